//! Plans, entitlements, subscriptions, and what came of payments.

use chatcore::billing::{Customer, Entitlement, PaymentEvent, PaymentObject, PlanId, StoredPlan, Subscription};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for StoredPlan {
    const TABLE: &'static str = "plans";
    const COLUMNS: &'static [&'static str] = &["id", "number", "plan", "version", "created_at", "updated_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            number: row.number()?,
            plan: row.json_opt()?,
            version: row.number()?,
            created_at: row.time()?,
            updated_at: row.time()?,
        })
    }
}

impl Kept for StoredPlan {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.number(self.number);
        to.json_opt(self.plan.as_ref());
        to.number(self.version);
        to.time(self.created_at);
        to.time(self.updated_at);
    }
}

impl Mapped for Entitlement {
    const TABLE: &'static str = "entitlements";
    const COLUMNS: &'static [&'static str] = &[
        "subject",
        "plan",
        "source",
        "since",
        "until",
        "beneath",
        "past",
        "overrides",
        "cap",
        "time_zone",
        "notes",
        "version",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            subject: row.key()?,
            plan: row.string()?.map(PlanId),
            source: row.json()?,
            since: row.time()?,
            until: row.time_opt()?,
            beneath: row.json_opt()?,
            past: row.json()?,
            overrides: row.json()?,
            cap: row.integer_opt()?.map(i64::cast_unsigned),
            time_zone: row.string()?,
            notes: row.json()?,
            version: row.number()?,
        })
    }
}

impl Kept for Entitlement {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.subject);
        to.text_opt(self.plan.as_ref().map(|plan| plan.0.as_str()));
        to.json(&self.source);
        to.time(self.since);
        to.time_opt(self.until);
        to.json_opt(self.beneath.as_ref());
        to.json(&self.past);
        to.json(&self.overrides);
        to.integer_opt(self.cap.map(u64::cast_signed));
        to.text_opt(self.time_zone.as_deref());
        to.json(&self.notes);
        to.number(self.version);
    }
}

impl Mapped for Subscription {
    const TABLE: &'static str = "subscriptions";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "subject",
        "customer",
        "plan",
        "price",
        "state",
        "period_start",
        "period_end",
        "until",
        "credited",
        "created_at",
        "updated_at",
        "version",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            subject: row.key()?,
            customer: row.text()?,
            plan: PlanId(row.text()?),
            price: row.text()?,
            state: row.word()?,
            period_start: row.time()?,
            period_end: row.time()?,
            until: row.time_opt()?,
            credited: row.json()?,
            created_at: row.time()?,
            updated_at: row.time()?,
            version: row.number()?,
        })
    }
}

impl Kept for Subscription {
    const FIXED: usize = 2;

    fn moves(before: &Self, after: &Self) -> bool {
        before.subject != after.subject
    }

    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.subject);
        to.text(&self.customer);
        to.text(&self.plan.0);
        to.text(&self.price);
        to.word(&self.state);
        to.time(self.period_start);
        to.time(self.period_end);
        to.time_opt(self.until);
        to.json(&self.credited);
        to.time(self.created_at);
        to.time(self.updated_at);
        to.number(self.version);
    }
}

impl Mapped for PaymentEvent {
    const TABLE: &'static str = "payment_events";
    const COLUMNS: &'static [&'static str] =
        &["id", "kind", "object", "created", "received_at", "state", "reason", "tries", "news"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            kind: row.text()?,
            object: row.string()?,
            created: row.time()?,
            received_at: row.time()?,
            state: row.word()?,
            reason: row.string()?,
            tries: row.number()?,
            news: row.json()?,
        })
    }
}

impl Kept for PaymentEvent {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.text(&self.kind);
        to.text_opt(self.object.as_deref());
        to.time(self.created);
        to.time(self.received_at);
        to.word(&self.state);
        to.text_opt(self.reason.as_deref());
        to.number(self.tries);
        to.json(&self.news);
    }
}

impl Mapped for Customer {
    const TABLE: &'static str = "customers";
    const COLUMNS: &'static [&'static str] = &["subject", "reference", "subscriptions", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { subject: row.key()?, reference: row.text()?, subscriptions: row.json()?, created_at: row.time()? })
    }
}

impl Kept for Customer {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.subject);
        to.text(&self.reference);
        to.json(&self.subscriptions);
        to.time(self.created_at);
    }
}

impl Mapped for PaymentObject {
    const TABLE: &'static str = "payment_objects";
    const COLUMNS: &'static [&'static str] = &["key", "subject", "watermark", "looked_at", "paid", "version"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        let (kind, id) = row.key()?;
        Ok(Self {
            kind,
            id,
            subject: row.key_opt()?,
            watermark: row.time()?,
            looked_at: row.time_opt()?,
            paid: row.flag()?,
            version: row.number()?,
        })
    }
}

impl Kept for PaymentObject {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&(self.kind, self.id.clone()));
        to.key_opt(self.subject.as_ref());
        to.time(self.watermark);
        to.time_opt(self.looked_at);
        to.flag(self.paid);
        to.number(self.version);
    }
}

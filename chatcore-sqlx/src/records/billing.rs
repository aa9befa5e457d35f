//! Plans, entitlements, subscriptions, and what came of payments.

use chatcore::billing::{Customer, Entitlement, PaymentEvent, PaymentObject, PlanId, StoredPlan, Subscription};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

flat! {
    StoredPlan in "plans" by id: key {
        number: number,
        plan: json_opt,
        version: number,
        created_at: time,
        updated_at: time,
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
        "zone_since",
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
            cap: row.number_opt()?,
            time_zone: row.string()?,
            zone_since: row.time_opt()?,
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
        to.number_opt(self.cap);
        to.text_opt(self.time_zone.as_deref());
        to.time_opt(self.zone_since);
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

flat! {
    PaymentEvent in "payment_events" by id: key {
        kind: text,
        object: string,
        created: time,
        received_at: time,
        state: word,
        reason: string,
        tries: number,
        news: json,
    }
}

flat! {
    Customer in "customers" by subject: key {
        reference: text,
        subscriptions: json,
        created_at: time,
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

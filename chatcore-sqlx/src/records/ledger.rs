//! What somebody has, and what became of it.

use chatcore::billing::ledger::{LedgerEntry, Month, Spent, Wallet};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

/// `balance` and `expires_at` follow from the others: people look at the one, the sweep is sorted by the other.
impl Mapped for Wallet {
    const TABLE: &'static str = "wallets";
    const COLUMNS: &'static [&'static str] = &[
        "owner",
        "balance",
        "plain",
        "slices",
        "held",
        "spent_month",
        "spent",
        "refilled_at",
        "entries",
        "expires_at",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        let owner = row.key()?;
        row.integer()?;
        let wallet = Self {
            owner,
            plain: row.credit()?,
            slices: row.json()?,
            held: row.credit()?,
            spent: Spent { month: Month(row.small()?), amount: row.credit()? },
            refilled_at: row.time_opt()?,
            entries: row.number()?,
        };
        row.time_opt()?;
        Ok(wallet)
    }
}

impl Kept for Wallet {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.owner);
        to.credit(self.balance());
        to.credit(self.plain);
        to.json(&self.slices);
        to.credit(self.held);
        to.integer(self.spent.month.0);
        to.credit(self.spent.amount);
        to.time_opt(self.refilled_at);
        to.number(self.entries);
        to.time_opt(self.expires_at());
    }
}

impl Mapped for LedgerEntry {
    const TABLE: &'static str = "ledger_entries";
    const COLUMNS: &'static [&'static str] =
        &["event", "owner", "number", "posted_at", "kind", "lines", "spent", "charge", "corrects", "reason", "staff"];
    const KEY: usize = 1;

    fn bind_key(event: &Self::Key, to: &mut impl Bind) {
        to.key(event);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            event: row.key()?,
            owner: row.key()?,
            number: row.number()?,
            at: row.time()?,
            kind: row.word()?,
            lines: row.json()?,
            spent: row.credit()?,
            charge: row.json_opt()?,
            corrects: row.string()?,
            reason: row.string()?,
            by: row.key_opt()?,
        })
    }
}

impl Kept for LedgerEntry {
    const FIXED: usize = 3;

    fn moves(before: &Self, after: &Self) -> bool {
        (before.owner, before.number) != (after.owner, after.number)
    }

    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.event);
        to.key(&self.owner);
        to.number(self.number);
        to.time(self.at);
        to.word(&self.kind);
        to.json(&self.lines);
        to.credit(self.spent);
        to.json_opt(self.charge.as_ref());
        to.text_opt(self.corrects.as_deref());
        to.text_opt(self.reason.as_deref());
        to.key_opt(self.by.as_ref());
    }
}

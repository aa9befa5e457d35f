//! What somebody has, and what became of it.

use chatcore::billing::ledger::{LedgerEntry, Month, Spent, Wallet};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

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

flat! {
    LedgerEntry in "ledger_entries" by event: key, fixed owner: key, number: number {
        at as posted_at: time,
        kind: word,
        lines: json,
        spent: credit,
        charge: json_opt,
        corrects: string,
        reason: string,
        by as staff: key_opt,
    }
}

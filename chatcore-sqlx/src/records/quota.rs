//! What was used, and what is held.

use chatcore::billing::entitlement::Hold;
use chatcore::billing::ledger::Credit;
use chatcore::quota::Counter;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Counter {
    const TABLE: &'static str = "counters";
    const COLUMNS: &'static [&'static str] = &["scope", "used", "held", "runs", "bytes", "models"];
    const KEY: usize = 1;

    fn bind_key(scope: &Self::Key, to: &mut impl Bind) {
        to.key(scope);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            scope: row.key()?,
            used: row.json()?,
            held: row.json()?,
            runs: row.number()?,
            bytes: row.number()?,
            models: row.json()?,
        })
    }
}

impl Kept for Counter {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.scope);
        to.json(&self.used);
        to.json(&self.held);
        to.number(self.runs);
        to.number(self.bytes);
        to.json(&self.models);
    }
}

impl Mapped for Hold {
    const TABLE: &'static str = "holds";
    const COLUMNS: &'static [&'static str] =
        &["run", "subject", "model", "prompt", "scopes", "amounts", "money", "quote", "placed_at", "expires_at"];
    const KEY: usize = 1;

    fn bind_key(run: &Self::Key, to: &mut impl Bind) {
        to.key(run);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            run: row.key()?,
            subject: row.key()?,
            model: row.text()?,
            prompt: row.number()?,
            scopes: row.json()?,
            amounts: row.json()?,
            money: Credit::from_micros(row.integer()?),
            quote: row.json_opt()?,
            placed_at: row.time()?,
            expires_at: row.time()?,
        })
    }
}

impl Kept for Hold {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.run);
        to.key(&self.subject);
        to.text(self.model.as_str());
        to.number(self.prompt);
        to.json(&self.scopes);
        to.json(&self.amounts);
        to.integer(self.money.as_micros());
        to.json_opt(self.quote.as_ref());
        to.time(self.placed_at);
        to.time(self.expires_at);
    }
}

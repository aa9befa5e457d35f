//! Runs and their logs.

use chatcore::turn::{Run, RunLog};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

flat! {
    Run in "runs" by id: key {
        conversation: key,
        message: key,
        owner: key,
        model: text,
        state: word,
        started_at: time,
        first_token_at: time_opt,
        ended_at: time_opt,
        heartbeat_at: time,
        stop_requested_at: time_opt,
        seen_len: number_opt,
        seeded: number,
        last_seq: number,
        usage: json_opt,
        finish: json_opt,
        error: json_opt,
    }
}

impl Mapped for RunLog {
    const TABLE: &'static str = "run_logs";
    const COLUMNS: &'static [&'static str] = &["run", "first", "last", "events"];
    const KEY: usize = 2;

    fn bind_key((run, first): &Self::Key, to: &mut impl Bind) {
        to.key(run);
        to.number(*first);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { run: row.key()?, first: row.number()?, last: row.number()?, events: row.json()? })
    }
}

impl Kept for RunLog {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.run);
        to.number(self.first);
        to.number(self.last);
        to.json(&self.events);
    }
}

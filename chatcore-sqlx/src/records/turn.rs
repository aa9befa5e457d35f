//! Runs and their logs.

use chatcore::turn::{Run, RunLog};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Run {
    const TABLE: &'static str = "runs";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "conversation",
        "message",
        "owner",
        "model",
        "state",
        "started_at",
        "first_token_at",
        "ended_at",
        "heartbeat_at",
        "stop_requested_at",
        "seen_len",
        "seeded",
        "last_seq",
        "usage",
        "finish",
        "error",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            conversation: row.key()?,
            message: row.key()?,
            owner: row.key()?,
            model: row.text()?,
            state: row.word()?,
            started_at: row.time()?,
            first_token_at: row.time_opt()?,
            ended_at: row.time_opt()?,
            heartbeat_at: row.time()?,
            stop_requested_at: row.time_opt()?,
            seen_len: row.integer_opt()?.map(i64::cast_unsigned),
            seeded: row.number()?,
            last_seq: row.number()?,
            usage: row.json_opt()?,
            finish: row.json_opt()?,
            error: row.json_opt()?,
        })
    }
}

impl Kept for Run {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.conversation);
        to.key(&self.message);
        to.key(&self.owner);
        to.text(self.model.as_str());
        to.word(&self.state);
        to.time(self.started_at);
        to.time_opt(self.first_token_at);
        to.time_opt(self.ended_at);
        to.time(self.heartbeat_at);
        to.time_opt(self.stop_requested_at);
        to.integer_opt(self.seen_len.map(u64::cast_signed));
        to.number(self.seeded);
        to.number(self.last_seq);
        to.json_opt(self.usage.as_ref());
        to.json_opt(self.finish.as_ref());
        to.json_opt(self.error.as_ref());
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

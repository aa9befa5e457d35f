//! Lanes and forks.

use chatcore::conversation::{Fork, Lane, Place};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Lane {
    const TABLE: &'static str = "lanes";
    const COLUMNS: &'static [&'static str] =
        &["conversation", "lane", "start", "parent", "role", "seq", "message", "elder", "cut_from"];
    const KEY: usize = 2;

    fn bind_key((conversation, lane): &Self::Key, to: &mut impl Bind) {
        to.key(conversation);
        to.integer(*lane);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            conversation: row.key()?,
            lane: row.small()?,
            start: row.small()?,
            parent: row.small()?,
            role: row.word()?,
            seq: row.number()?,
            message: row.key_opt()?,
            elder: row.word_opt()?,
            end: row.small_opt()?,
        })
    }
}

impl Kept for Lane {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.conversation);
        to.integer(self.lane);
        to.integer(self.start);
        to.integer(self.parent);
        to.word(&self.role);
        to.number(self.seq);
        to.key_opt(self.message.as_ref());
        to.word_opt(self.elder.as_ref());
        to.small_opt(self.end);
    }
}

impl Mapped for Fork {
    const TABLE: &'static str = "forks";
    const COLUMNS: &'static [&'static str] = &["conversation", "lane", "position", "active"];
    const KEY: usize = 3;

    fn bind_key((conversation, lane, position): &Self::Key, to: &mut impl Bind) {
        to.key(conversation);
        to.integer(*lane);
        to.integer(*position);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            conversation: row.key()?,
            place: Place { lane: row.small()?, position: row.small()? },
            active: row.small()?,
        })
    }
}

impl Kept for Fork {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.conversation);
        to.integer(self.place.lane);
        to.integer(self.place.position);
        to.integer(self.active);
    }
}

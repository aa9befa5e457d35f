//! Messages, and the two projections that rules ask for instead: neither reads a text.

use chatcore::conversation::{Message, Node, Place, Slot};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};
use crate::words;

impl Mapped for Message {
    const TABLE: &'static str = "messages";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "conversation",
        "lane",
        "position",
        "owner",
        "number",
        "parent",
        "seq",
        "role",
        "created_at",
        "state",
        "model",
        "usage",
        "run",
        "client_ref",
        "edited_at",
        "parts",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            conversation: row.key()?,
            place: place(row)?,
            owner: row.key()?,
            number: row.number()?,
            parent: row.key_opt()?,
            seq: row.number()?,
            role: row.word()?,
            created_at: row.time()?,
            state: row.word()?,
            model: row.string()?,
            usage: row.json_opt()?,
            run: row.key_opt()?,
            client_ref: row.string()?,
            edited_at: row.time_opt()?,
            parts: row.json()?,
        })
    }
}

impl Kept for Message {
    const FIXED: usize = 10;
    const UNREAD: &'static [&'static str] = &["words"];

    fn moves(before: &Self, after: &Self) -> bool {
        before.node() != after.node()
            || (before.owner, before.number, before.created_at) != (after.owner, after.number, after.created_at)
    }

    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.conversation);
        to.integer(self.place.lane);
        to.integer(self.place.position);
        to.key(&self.owner);
        to.number(self.number);
        to.key_opt(self.parent.as_ref());
        to.number(self.seq);
        to.word(&self.role);
        to.time(self.created_at);
        to.word(&self.state);
        to.text_opt(self.model.as_deref());
        to.json_opt(self.usage.as_ref());
        to.key_opt(self.run.as_ref());
        to.text_opt(self.client_ref.as_deref());
        to.time_opt(self.edited_at);
        to.json(&self.parts);
        to.text(&words::of(self.owner, &self.parts));
    }
}

fn place(row: &mut impl Take) -> Result<Place, sqlx::Error> {
    Ok(Place { lane: row.small()?, position: row.small()? })
}

impl Mapped for Node {
    const TABLE: &'static str = "messages";
    const COLUMNS: &'static [&'static str] = &["id", "conversation", "parent", "lane", "position", "role", "seq"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            message: row.key()?,
            conversation: row.key()?,
            parent: row.key_opt()?,
            place: place(row)?,
            role: row.word()?,
            seq: row.number()?,
        })
    }
}

impl Mapped for Slot {
    const TABLE: &'static str = "messages";
    const COLUMNS: &'static [&'static str] = &["conversation", "lane", "position", "id", "role"];
    const KEY: usize = 3;

    fn bind_key((conversation, lane, position): &Self::Key, to: &mut impl Bind) {
        to.key(conversation);
        to.integer(*lane);
        to.integer(*position);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { conversation: row.key()?, place: place(row)?, message: row.key()?, role: row.word()? })
    }
}

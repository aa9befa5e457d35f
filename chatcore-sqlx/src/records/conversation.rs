//! Conversations, what their owners call them, and counters.

use chatcore::conversation::{Conversation, ExternalId, ForkedFrom, Head, Place, Sequence};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

impl Mapped for Conversation {
    const TABLE: &'static str = "conversations";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "owner",
        "number",
        "external_id",
        "forked_from",
        "forked_message",
        "created_at",
        "title",
        "system_prompt",
        "model",
        "head_message",
        "head_lane",
        "head_position",
        "head_open",
        "version",
        "next_seq",
        "next_lane",
        "message_count",
        "cuts",
        "state",
        "updated_at",
        "usage",
        "pinned",
        "archived",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        let (id, owner, number, external_id) = (row.key()?, row.key()?, row.number()?, row.string()?);
        let forked_from = match (row.key_opt()?, row.key_opt()?) {
            (Some(conversation), Some(message)) => Some(ForkedFrom { conversation, message }),
            _ => None,
        };
        Ok(Self {
            id,
            owner,
            number,
            external_id,
            forked_from,
            created_at: row.time()?,
            title: row.string()?,
            system_prompt: row.string()?,
            model: row.string()?,
            head: match (row.key_opt()?, row.small_opt()?, row.small_opt()?, row.flag_opt()?) {
                (Some(message), Some(lane), Some(position), Some(open)) => {
                    Some(Head { message, place: Place { lane, position }, open })
                }
                _ => None,
            },
            version: row.number()?,
            next_seq: row.number()?,
            next_lane: row.small()?,
            message_count: row.number()?,
            cuts: row.small()?,
            state: row.word()?,
            updated_at: row.time()?,
            usage: row.json_opt()?.unwrap_or_default(),
            pinned: row.flag()?,
            archived: row.flag()?,
        })
    }
}

impl Kept for Conversation {
    const FIXED: usize = 7;

    fn moves(before: &Self, after: &Self) -> bool {
        (before.owner, before.number, &before.external_id, before.forked_from, before.created_at)
            != (after.owner, after.number, &after.external_id, after.forked_from, after.created_at)
    }

    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.owner);
        to.number(self.number);
        to.text_opt(self.external_id.as_deref());
        to.key_opt(self.forked_from.as_ref().map(|from| &from.conversation));
        to.key_opt(self.forked_from.as_ref().map(|from| &from.message));
        to.time(self.created_at);
        to.text_opt(self.title.as_deref());
        to.text_opt(self.system_prompt.as_deref());
        to.text_opt(self.model.as_deref());
        to.key_opt(self.head.as_ref().map(|head| &head.message));
        to.small_opt(self.head.map(|head| head.place.lane));
        to.small_opt(self.head.map(|head| head.place.position));
        to.flag_opt(self.head.map(|head| head.open));
        to.number(self.version);
        to.number(self.next_seq);
        to.integer(self.next_lane);
        to.number(self.message_count);
        to.integer(self.cuts);
        to.word(&self.state);
        to.time(self.updated_at);
        to.json_opt(Some(&self.usage).filter(|usage| !usage.is_empty()));
        to.flag(self.pinned);
        to.flag(self.archived);
    }
}

/// A unique index of the conversations.
impl Mapped for ExternalId {
    const TABLE: &'static str = "conversations";
    const COLUMNS: &'static [&'static str] = &["owner", "external_id", "id"];
    const KEY: usize = 2;
    const FILTER: Option<&'static str> = Some("external_id IS NOT NULL");

    fn bind_key((owner, external_id): &Self::Key, to: &mut impl Bind) {
        to.key(owner);
        to.text(external_id.as_str());
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { owner: row.key()?, external_id: row.text()?, conversation: row.key()? })
    }
}

flat! {
    Sequence in "sequences" by of as key: key {
        next: number,
    }
}

//! What people think of answers, and links to conversations.

use chatcore::feedback::Feedback;
use chatcore::share::Share;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

impl Mapped for Feedback {
    const TABLE: &'static str = "feedback";
    const COLUMNS: &'static [&'static str] =
        &["message", "author", "conversation", "model", "rating", "comment", "created_at", "updated_at"];
    const KEY: usize = 2;

    fn bind_key((message, by): &Self::Key, to: &mut impl Bind) {
        to.key(message);
        to.key(by);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            message: row.key()?,
            by: row.key()?,
            conversation: row.key()?,
            model: row.string()?,
            rating: row.word()?,
            comment: row.string()?,
            created_at: row.time()?,
            updated_at: row.time()?,
        })
    }
}

impl Kept for Feedback {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.message);
        to.key(&self.by);
        to.key(&self.conversation);
        to.text_opt(self.model.as_deref());
        to.word(&self.rating);
        to.text_opt(self.comment.as_deref());
        to.time(self.created_at);
        to.time(self.updated_at);
    }
}

flat! {
    Share in "shares" by hash: key {
        id: key,
        conversation: key,
        message: key,
        created_at: time,
        expires_at: time_opt,
    }
}

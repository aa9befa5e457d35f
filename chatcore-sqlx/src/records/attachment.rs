//! Attachments, and the bytes that they have.

use chatcore::attachment::{Attachment, Blob};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Attachment {
    const TABLE: &'static str = "attachments";
    const COLUMNS: &'static [&'static str] =
        &["id", "owner", "hash", "name", "media_type", "size", "state", "links", "idle_since", "scopes", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            owner: row.key()?,
            hash: row.key()?,
            name: row.text()?,
            media_type: row.text()?,
            size: row.number()?,
            state: row.word()?,
            links: row.number()?,
            idle_since: row.time_opt()?,
            scopes: row.json()?,
            created_at: row.time()?,
        })
    }
}

impl Kept for Attachment {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.owner);
        to.key(&self.hash);
        to.text(&self.name);
        to.text(&self.media_type);
        to.number(self.size);
        to.word(&self.state);
        to.number(self.links);
        to.time_opt(self.idle_since);
        to.json(&self.scopes);
        to.time(self.created_at);
    }
}

impl Mapped for Blob {
    const TABLE: &'static str = "blobs";
    const COLUMNS: &'static [&'static str] = &["hash", "upload", "size", "state", "links", "idle_since"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            hash: row.key()?,
            upload: row.key()?,
            size: row.number()?,
            state: row.word()?,
            links: row.number()?,
            idle_since: row.time_opt()?,
        })
    }
}

impl Kept for Blob {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.hash);
        to.key(&self.upload);
        to.number(self.size);
        to.word(&self.state);
        to.number(self.links);
        to.time_opt(self.idle_since);
    }
}

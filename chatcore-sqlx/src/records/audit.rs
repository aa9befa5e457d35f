//! What those who run the service did, and where the chain of it ends.

use chatcore::audit::{AuditEntry, AuditHead, Object};
use chatcore::once::Fingerprint;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for AuditEntry {
    const TABLE: &'static str = "audit_entries";
    const COLUMNS: &'static [&'static str] = &[
        "number",
        "happened_at",
        "actor",
        "act",
        "object_kind",
        "object",
        "about",
        "reason",
        "network",
        "detail",
        "previous",
        "hash",
    ];
    const KEY: usize = 1;

    fn bind_key(number: &Self::Key, to: &mut impl Bind) {
        to.number(*number);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: row.number()?,
            at: row.time()?,
            actor: row.key_opt()?,
            act: row.word()?,
            object: Object { kind: row.word()?, id: row.text()? },
            about: row.key_opt()?,
            reason: row.string()?,
            network: row.string()?,
            detail: row.string()?,
            previous: Fingerprint(row.bytes()?),
            hash: Fingerprint(row.bytes()?),
        })
    }
}

impl Kept for AuditEntry {
    fn bind(&self, to: &mut impl Bind) {
        to.number(self.number);
        to.time(self.at);
        to.key_opt(self.actor.as_ref());
        to.word(&self.act);
        to.word(&self.object.kind);
        to.text(&self.object.id);
        to.key_opt(self.about.as_ref());
        to.text_opt(self.reason.as_deref());
        to.text_opt(self.network.as_deref());
        to.text_opt(self.detail.as_deref());
        to.bytes(&self.previous.0);
        to.bytes(&self.hash.0);
    }
}

/// There is one chain, so the key has no bytes.
impl Mapped for AuditHead {
    const TABLE: &'static str = "audit_heads";
    const COLUMNS: &'static [&'static str] = &["chain", "number", "hash"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        row.key::<()>()?;
        Ok(Self { number: row.number()?, hash: Fingerprint(row.bytes()?) })
    }
}

impl Kept for AuditHead {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&());
        to.number(self.number);
        to.bytes(&self.hash.0);
    }
}

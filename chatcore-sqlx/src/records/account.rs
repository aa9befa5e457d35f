//! Users, identities and sessions.

use chatcore::account::{Identity, Session, SessionKind, TokenHash, User};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for User {
    const TABLE: &'static str = "users";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "number",
        "username",
        "email",
        "role",
        "state",
        "epoch",
        "created_at",
        "links",
        "key_epoch",
        "display_name",
        "locale",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            number: row.number()?,
            username: row.string()?,
            email: row.string()?,
            role: row.word()?,
            state: row.word()?,
            epoch: row.number()?,
            created_at: row.time()?,
            links: row.number()?,
            key_epoch: row.number()?,
            display_name: row.string()?,
            locale: row.string()?,
        })
    }
}

impl Kept for User {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.number(self.number);
        to.text_opt(self.username.as_deref());
        to.text_opt(self.email.as_deref());
        to.word(&self.role);
        to.word(&self.state);
        to.number(self.epoch);
        to.time(self.created_at);
        to.number(self.links);
        to.number(self.key_epoch);
        to.text_opt(self.display_name.as_deref());
        to.text_opt(self.locale.as_deref());
    }
}

impl Mapped for Identity {
    const TABLE: &'static str = "identities";
    const COLUMNS: &'static [&'static str] = &["key", "user", "secret", "verified_at", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: row.key()?,
            user: row.key()?,
            secret: row.string()?,
            verified_at: row.time_opt()?,
            created_at: row.time()?,
        })
    }
}

impl Kept for Identity {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.key);
        to.key(&self.user);
        to.text_opt(self.secret.as_deref());
        to.time_opt(self.verified_at);
        to.time(self.created_at);
    }
}

impl Mapped for Session {
    const TABLE: &'static str = "sessions";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "user",
        "kind",
        "rotating",
        "lifetime_seconds",
        "claims",
        "generation",
        "token_hash",
        "rotated_at",
        "epoch",
        "label",
        "created_at",
        "expires_at",
        "ended_at",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            user: row.key()?,
            kind: SessionKind {
                name: row.text()?,
                rotating: row.flag()?,
                lifetime_seconds: row.number()?,
                claims: row.text()?,
            },
            generation: row.number()?,
            token_hash: TokenHash(row.bytes()?),
            rotated_at: row.time()?,
            epoch: row.number()?,
            label: row.string()?,
            created_at: row.time()?,
            expires_at: row.time()?,
            ended_at: row.time_opt()?,
        })
    }
}

impl Kept for Session {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.key(&self.user);
        to.text(self.kind.name.as_str());
        to.flag(self.kind.rotating);
        to.number(self.kind.lifetime_seconds);
        to.text(self.kind.claims.as_str());
        to.number(self.generation);
        to.bytes(&self.token_hash.0);
        to.time(self.rotated_at);
        to.number(self.epoch);
        to.text_opt(self.label.as_deref());
        to.time(self.created_at);
        to.time(self.expires_at);
        to.time_opt(self.ended_at);
    }
}

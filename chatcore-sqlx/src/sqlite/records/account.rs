//! Users, identities and sessions.

use chatcore::account::{Identity, Session, SessionKind, TokenHash, User};

use crate::sqlite::row::{Binder, Columns};
use crate::sqlite::table::{Kept, Mapped};

impl Mapped for User {
    const TABLE: &'static str = "users";
    const COLUMNS: &'static [&'static str] =
        &["id", "number", "username", "email", "role", "state", "epoch", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut Binder) {
        to.key(key);
    }

    fn read(row: &mut Columns<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            number: row.number()?,
            username: row.take()?,
            email: row.take()?,
            role: row.word()?,
            state: row.word()?,
            epoch: row.number()?,
            created_at: row.time()?,
        })
    }
}

impl Kept for User {
    fn bind(&self, to: &mut Binder) {
        to.key(&self.id);
        to.number(self.number);
        to.put(self.username.as_deref());
        to.put(self.email.as_deref());
        to.word(&self.role);
        to.word(&self.state);
        to.number(self.epoch);
        to.time(self.created_at);
    }
}

impl Mapped for Identity {
    const TABLE: &'static str = "identities";
    const COLUMNS: &'static [&'static str] = &["key", "user", "secret", "verified_at", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut Binder) {
        to.key(key);
    }

    fn read(row: &mut Columns<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: row.key()?,
            user: row.key()?,
            secret: row.take()?,
            verified_at: row.time_opt()?,
            created_at: row.time()?,
        })
    }
}

impl Kept for Identity {
    fn bind(&self, to: &mut Binder) {
        to.key(&self.key);
        to.key(&self.user);
        to.put(self.secret.as_deref());
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

    fn bind_key(key: &Self::Key, to: &mut Binder) {
        to.key(key);
    }

    fn read(row: &mut Columns<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            user: row.key()?,
            kind: SessionKind {
                name: row.take()?,
                rotating: row.take()?,
                lifetime_seconds: row.number()?,
                claims: row.take()?,
            },
            generation: row.number()?,
            token_hash: {
                let hash = row.take::<&[u8]>()?;
                TokenHash(hash.try_into().map_err(|error| row.wrong(error))?)
            },
            rotated_at: row.time()?,
            epoch: row.number()?,
            label: row.take()?,
            created_at: row.time()?,
            expires_at: row.time()?,
            ended_at: row.time_opt()?,
        })
    }
}

impl Kept for Session {
    fn bind(&self, to: &mut Binder) {
        to.key(&self.id);
        to.key(&self.user);
        to.put(self.kind.name.as_str());
        to.put(self.kind.rotating);
        to.number(self.kind.lifetime_seconds);
        to.put(self.kind.claims.as_str());
        to.number(self.generation);
        to.put(self.token_hash.0.as_slice());
        to.time(self.rotated_at);
        to.number(self.epoch);
        to.put(self.label.as_deref());
        to.time(self.created_at);
        to.time(self.expires_at);
        to.time_opt(self.ended_at);
    }
}

//! Users, identities and sessions.

use chatcore::account::{Identity, Session, SessionKind, TokenHash, User};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

use super::flat::flat;

flat! {
    User in "users" by id: key {
        number: number,
        username: string,
        email: string,
        role: word,
        state: word,
        epoch: number,
        created_at: time,
        links: number,
        key_epoch: number,
        display_name: string,
        locale: string,
    }
}

flat! {
    Identity in "identities" by key: key {
        user: key,
        secret: string,
        verified_at: time_opt,
        created_at: time,
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

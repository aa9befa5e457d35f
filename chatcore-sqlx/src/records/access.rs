//! Codes, keys of programs, visitors, and how many have a role.

use chatcore::account::{ApiKey, Challenge, RoleCount, Visitor};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Challenge {
    const TABLE: &'static str = "challenges";
    const COLUMNS: &'static [&'static str] =
        &["hash", "kind", "payload", "user", "epoch", "binding", "created_at", "expires_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            hash: row.key()?,
            kind: row.word()?,
            payload: row.text()?,
            user: row.key_opt()?,
            epoch: row.integer_opt()?.map(i64::cast_unsigned),
            binding: row.key_opt()?,
            created_at: row.time()?,
            expires_at: row.time()?,
        })
    }
}

impl Kept for Challenge {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.hash);
        to.word(&self.kind);
        to.text(self.payload.as_str());
        to.key_opt(self.user.as_ref());
        to.integer_opt(self.epoch.map(u64::cast_signed));
        to.key_opt(self.binding.as_ref());
        to.time(self.created_at);
        to.time(self.expires_at);
    }
}

impl Mapped for ApiKey {
    const TABLE: &'static str = "api_keys";
    const COLUMNS: &'static [&'static str] = &[
        "hash",
        "owner",
        "id",
        "kind",
        "name",
        "prefix",
        "scopes",
        "epoch",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            hash: row.key()?,
            owner: row.key()?,
            id: row.key()?,
            kind: row.word()?,
            name: row.text()?,
            prefix: row.text()?,
            scopes: row.json()?,
            epoch: row.number()?,
            created_at: row.time()?,
            last_used_at: row.time_opt()?,
            expires_at: row.time_opt()?,
            revoked_at: row.time_opt()?,
        })
    }
}

impl Kept for ApiKey {
    const FIXED: usize = 3;

    fn moves(before: &Self, after: &Self) -> bool {
        (before.owner, before.id) != (after.owner, after.id)
    }

    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.hash);
        to.key(&self.owner);
        to.key(&self.id);
        to.word(&self.kind);
        to.text(self.name.as_str());
        to.text(self.prefix.as_str());
        to.json(&self.scopes);
        to.number(self.epoch);
        to.time(self.created_at);
        to.time_opt(self.last_used_at);
        to.time_opt(self.expires_at);
        to.time_opt(self.revoked_at);
    }
}

impl Mapped for Visitor {
    const TABLE: &'static str = "visitors";
    const COLUMNS: &'static [&'static str] = &["id", "created_at", "network", "merged_into", "merged_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.key()?,
            created_at: row.time()?,
            network: row.text()?,
            merged_into: row.key_opt()?,
            merged_at: row.time_opt()?,
        })
    }
}

impl Kept for Visitor {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.time(self.created_at);
        to.text(self.network.as_str());
        to.key_opt(self.merged_into.as_ref());
        to.time_opt(self.merged_at);
    }
}

impl Mapped for RoleCount {
    const TABLE: &'static str = "role_counts";
    const COLUMNS: &'static [&'static str] = &["role", "active"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { role: row.key()?, active: row.number()? })
    }
}

impl Kept for RoleCount {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.role);
        to.number(self.active);
    }
}

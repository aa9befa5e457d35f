//! Names of requests.

use chatcore::once::{Fingerprint, IdempotencyKey};

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for IdempotencyKey {
    const TABLE: &'static str = "idempotency_keys";
    const COLUMNS: &'static [&'static str] = &["owner", "name", "fingerprint", "made", "expires_at"];
    const KEY: usize = 2;

    fn bind_key((owner, name): &Self::Key, to: &mut impl Bind) {
        to.key(owner);
        to.key(name);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            owner: row.key()?,
            name: row.key()?,
            fingerprint: Fingerprint(row.bytes()?),
            made: row.json()?,
            expires_at: row.time_opt()?,
        })
    }
}

impl Kept for IdempotencyKey {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.owner);
        to.key(&self.name);
        to.bytes(&self.fingerprint.0);
        to.json(&self.made);
        to.time_opt(self.expires_at);
    }
}

//! Counters of what was done.

use chatcore::limits::RateCounter;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for RateCounter {
    const TABLE: &'static str = "rate_counters";
    const COLUMNS: &'static [&'static str] = &["bucket", "failures", "changed_at", "expires_at"];
    const KEY: usize = 1;

    fn bind_key(bucket: &Self::Key, to: &mut impl Bind) {
        to.key(bucket);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { bucket: row.key()?, failures: row.number()?, changed_at: row.time()?, expires_at: row.time()? })
    }
}

impl Kept for RateCounter {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.bucket);
        to.number(self.failures);
        to.time(self.changed_at);
        to.time(self.expires_at);
    }
}

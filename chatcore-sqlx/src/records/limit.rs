//! Counts of what was done in a stretch of time.

use chatcore::limit::RateWindow;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for RateWindow {
    const TABLE: &'static str = "rate_windows";
    const COLUMNS: &'static [&'static str] = &["bucket", "start", "used", "changed_at", "expires_at"];
    const KEY: usize = 2;

    fn bind_key((bucket, start): &Self::Key, to: &mut impl Bind) {
        to.key(bucket);
        to.time(*start);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self {
            bucket: row.key()?,
            start: row.time()?,
            used: row.number()?,
            changed_at: row.time()?,
            expires_at: row.time()?,
        })
    }
}

impl Kept for RateWindow {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.bucket);
        to.time(self.start);
        to.number(self.used);
        to.time(self.changed_at);
        to.time(self.expires_at);
    }
}

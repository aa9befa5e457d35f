//! Background work.

use chatcore::job::Job;

use crate::table::{Kept, Mapped};
use crate::value::{Bind, Take};

impl Mapped for Job {
    const TABLE: &'static str = "jobs";
    const COLUMNS: &'static [&'static str] = &["id", "work", "created_at"];
    const KEY: usize = 1;

    fn bind_key(key: &Self::Key, to: &mut impl Bind) {
        to.key(key);
    }

    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error> {
        Ok(Self { id: row.key()?, work: row.json()?, created_at: row.time()? })
    }
}

impl Kept for Job {
    fn bind(&self, to: &mut impl Bind) {
        to.key(&self.id);
        to.json(&self.work);
        to.time(self.created_at);
    }
}

//! The tests, by name.

mod conformance;

use chatcore_sqlx::testing::Postgres;

pub(crate) type Check = Box<dyn Fn(&Postgres) + Send + Sync>;

/// All of them.
pub(crate) fn all() -> Vec<(String, Check)> {
    conformance::all()
}

//! Shared parts of the benches: every store, conversations of some shape in it, the same work by hand on the same
//! engine, and medians of both from the same run.
//!
//! The two take turns, round by round, so that whatever else the machine does hits both. A time by itself says more
//! about the machine than about the code; the ratio of two is what can be compared, and a harness like Criterion times
//! one thing after the other, which is why there is none here. `cargo bench -p chatcore-benches` runs all of them.

mod backend;
mod data;
mod load;
mod measure;

pub use backend::{Raw, StoreKind, by_pgbench, count_groups};
pub use data::{Data, Failure, Shape};
pub use load::{Pace, write_from};
pub use measure::{Line, Medians, Report, side_by_side};

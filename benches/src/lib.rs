//! Shared parts of the benches: conversations of some shape in a file, the same work in hand-written SQL, and medians
//! of both from the same run.
//!
//! The two take turns, round by round, so that whatever else the machine does hits both. A time by itself says more
//! about the machine than about the code; the ratio is what can be compared. `cargo bench -p chatcore-benches` runs all
//! of them.

mod data;
mod measure;
mod raw;

pub use data::{DEPTHS, Data, Failure, Shape};
pub use measure::{Medians, Report, side_by_side};
pub use raw::{Raw, Tail};

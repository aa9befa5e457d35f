//! Models that need no network: to try things out, to test, and to show.
//!
//! They count words where others count tokens, and say so: their usage is [`UsageSource::Counted`]. A delay needs
//! tokio's timer; with a delay of zero they run on any executor.
//!
//! [`UsageSource::Counted`]: chatcore::turn::UsageSource::Counted

mod echo;
mod eliza;
mod renamed;
mod replay;
mod scripted;
mod speak;

pub use echo::Echo;
pub use eliza::Eliza;
pub use renamed::Renamed;
pub use replay::{Recording, RecordingError, Replay};
pub use scripted::{Scripted, Step};

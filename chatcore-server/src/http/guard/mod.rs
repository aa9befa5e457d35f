//! The guard at the door: what is asked of every request before anything else happens, so that no route can be forgotten.
//!
//! | question | file |
//! | --- | --- |
//! | Where does it come from? | `address`, `forwarded` |
//! | Is this the server that it asks for? | `hosts` |
//! | May a page of that origin ask? | `cors` |
//! | What kind of request is it? | `class` |
//! | Was that too often? | `limits` (how often), `local` (counters in this process), `names` (of whom), `fields` (what is answered) |
//!
//! It knows words in paths, and nothing of what routes do.

mod address;
mod class;
mod cors;
mod door;
mod fields;
mod forwarded;
mod hosts;
mod limits;
mod local;
mod names;

pub use address::{ClientAddress, ProxyError, TrustedProxies};
pub use class::Class;
pub use cors::{Cors, OriginError};
pub(super) use door::Admission;
pub use door::{Guard, GuardSettings};
pub(super) use fields::{LIMIT, POLICY, whole_seconds};
pub use forwarded::ForwardedBy;
pub use hosts::AllowedHosts;
pub use limits::{Limits, LimitsError, Policy};
pub use local::LocalLimits;

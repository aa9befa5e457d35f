//! Server-sent events, read the way the HTML standard says.
//!
//! [`Decoder`] is plain code: bytes go in, events come out, in whatever pieces the network delivers them. It has no
//! runtime and no I/O, so it can be proved: the `check` module compares it, cut at every byte, with a second reading of
//! the same bytes, and is shared by the property test and the fuzz target. [`Events`] puts it over a stream of bytes.
//!
//! There are crates that read events. This one is here because of two things that they leave out: a bound on what one
//! event may take of memory, and that proof.

#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod check;
mod decoder;
mod stream;

pub use decoder::{DEFAULT_LIMIT, Decoder, Event, TooLong};
pub use stream::{Events, EventsError};

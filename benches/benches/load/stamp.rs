//! The time at which a chunk was sent, as a part of its text: it comes through every server that passes text on.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What a stamp begins with; stands nowhere else in what is said.
pub(crate) const MARK: u8 = b'@';
/// How long it is, the mark included.
pub(crate) const LENGTH: usize = 13;

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The stamp of this moment.
pub(crate) fn now() -> String {
    format!("@{:012}", BEGIN.elapsed().as_micros())
}

/// How long ago a stamp was made; nothing if it is none.
pub(crate) fn age(stamp: &[u8]) -> Option<Duration> {
    let digits = str::from_utf8(stamp.get(1..LENGTH)?).ok()?;
    let at = Duration::from_micros(digits.parse().ok()?);
    Some(BEGIN.elapsed().saturating_sub(at))
}

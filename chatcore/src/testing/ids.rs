//! Ids that count, and callers by number.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::account::Caller;
use crate::id::{IdSource, UserId, VisitorId};

/// Ids whose random part is a counter: each test run gets the same ones.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl IdSource for CountingIds {
    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        // an id keeps the last ten bytes, and its version and variant take some bits of the first three of those
        bytes[8..].copy_from_slice(&(self.0.fetch_add(1, Ordering::Relaxed) + 1).to_be_bytes());
        bytes
    }
}

/// A user by number: the same number is the same user.
#[must_use]
pub fn user(number: u64) -> Caller {
    Caller::user(UserId::from_uuid(Uuid::from_u128(u128::from(number))))
}

/// A visitor by number.
#[must_use]
pub fn visitor(number: u64) -> Caller {
    Caller::visitor(VisitorId::from_uuid(Uuid::from_u128(u128::from(number))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::MessageId;

    #[test]
    fn ids_differ_and_repeat_from_run_to_run() {
        let (one, two) = (CountingIds::default(), CountingIds::default());
        let at = Timestamp::from_micros(5_000_000);
        let first: Vec<MessageId> = (0..300).map(|_| MessageId::mint(at, &one)).collect();
        let second: Vec<MessageId> = (0..300).map(|_| MessageId::mint(at, &two)).collect();
        assert_eq!(first, second);
        assert!(first.is_sorted_by(|a, b| a < b));
        assert_ne!(user(1).subject(), visitor(1).subject());
    }
}

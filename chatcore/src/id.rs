//! Ids: one type per thing, a prefix that says which, and a UUID of version 7 inside, so that they sort by time.
//!
//! What came first is never decided by ids (messages have a `seq`): clocks of several servers differ. That they sort by
//! time keeps new keys close together on disk, and lets whoever looks for what is new begin a little before it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::{Builder, Uuid};

use crate::clock::Timestamp;

/// Where the random part of ids comes from. Tests use a counter, programs [`RandomIds`].
pub trait IdSource: Send + Sync {
    /// Sixteen bytes that nobody else gets.
    fn random(&self) -> [u8; 16];
}

/// Random bytes of the operating system.
///
/// They make ids unique, not secret: a token that proves something needs its own source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one source of ids that the rule points to")]
    fn random(&self) -> [u8; 16] {
        Uuid::new_v4().into_bytes()
    }
}

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id that starts with `{expected}_`")]
pub struct IdError {
    expected: &'static str,
}

fn mint(at: Timestamp, ids: &dyn IdSource) -> Uuid {
    let random = ids.random();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[6..]);
    let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// The lowest id of a moment.
fn first_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// The millisecond in which an id was made; meaningless for a UUID of another version.
fn minted_at(uuid: &Uuid) -> Timestamp {
    let micros = (uuid.as_u128() >> 80).saturating_mul(1000);
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let wrong = IdError { expected: prefix };
    let hex = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(|| wrong.clone())?;
    let canonical = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return Err(wrong);
    }
    Uuid::try_parse(hex).map_err(|_| wrong)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: the time first, then random bytes.
            #[must_use]
            pub fn mint(at: Timestamp, ids: &dyn IdSource) -> Self {
                Self(mint(at, ids))
            }

            /// An id that sorts before every other that was made at that moment or later. Nothing has it.
            #[must_use]
            pub fn first_at(at: Timestamp) -> Self {
                Self(first_at(at))
            }

            /// When it was made, by the clock of whoever made it, in whole milliseconds.
            #[must_use]
            pub fn minted_at(&self) -> Timestamp {
                minted_at(&self.0)
            }

            /// The UUID inside, for stores and for clients that want one.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// The id around a UUID that a store or a client handed back.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.as_simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person with an account.
    UserId = "usr";
    /// Somebody without an account.
    VisitorId = "vis";
    /// A signed-in session (a family of refresh tokens).
    SessionId = "ses";
    /// A key that a program uses in a user's name.
    ApiKeyId = "key";
    /// A conversation.
    ConversationId = "conv";
    /// A message, the node of a conversation's forest.
    MessageId = "msg";
    /// One generation of an answer.
    RunId = "run";
    /// Background work that survives a restart.
    JobId = "job";
    /// A file that is attached to messages.
    AttachmentId = "att";
    /// A link to a conversation.
    ShareId = "shr";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_moment_sorts_between_those_before_and_the_others() {
        let at = |micros| Timestamp::from_micros(micros);
        let first = RunId::first_at(at(1_700_000_000_123_456));
        assert_eq!(first.minted_at(), at(1_700_000_000_123_000));
        for _ in 0..100 {
            assert!(RunId::mint(at(1_700_000_000_122_999), &RandomIds) < first);
            assert!(RunId::mint(at(1_700_000_000_123_000), &RandomIds) > first);
        }
    }

    #[test]
    fn text_form_is_strict_and_round_trips() {
        let id = MessageId::mint(Timestamp::from_micros(1_700_000_000_000_000), &RandomIds);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 36);
        for wrong in ["", "msg", "msg_", "conv_0190", &id.to_string().to_uppercase(), &id.as_uuid().to_string()] {
            assert!(wrong.parse::<MessageId>().is_err(), "{wrong}");
        }
        assert!(id.to_string().parse::<RunId>().is_err(), "another kind of id");
    }

    #[test]
    fn later_ids_sort_later() {
        let early = RunId::mint(Timestamp::from_micros(1_000), &RandomIds);
        let late = RunId::mint(Timestamp::from_micros(900_000_000), &RandomIds);
        assert!(early < late);
    }
}

//! Exactly once: a request that is made again, because its answer was lost, makes nothing again.
//!
//! Whoever makes a request gives it a name. The name is stored in the batch that makes things, with what was made and a
//! [`Fingerprint`] of what was asked: all that decides what is done, and nothing of how the answer is to reach whoever asked.
//! The same request under the same name is answered with what was made then, or told that it is gone; another request under
//! that name is refused. Of many that come at once one is stored, and the others find it.

mod claim;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use claim::{ClaimNames, ForgetNames};
pub(crate) use claim::{Claims, forget_expired, free_client_ref};

use crate::clock::Timestamp;
use crate::conversation::Part;
use crate::error::Error;
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::{Entries, Index, Kind, OrderedKey, Record};
use crate::subject::Subject;

/// The longest name of a request, in bytes.
pub const MAX_KEY_BYTES: usize = 255;

/// How long the name of a request is remembered.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The name that a caller gave to a request. What makes the request what it is, the service knows that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    name: String,
    /// How long it is remembered; `None` while its owner is there.
    lifetime: Option<Duration>,
}

impl Once {
    /// A request of that name.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless the name has 1 to [`MAX_KEY_BYTES`] visible ASCII characters.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = key.into();
        if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let reason = format!("must have 1 to {MAX_KEY_BYTES} visible ASCII characters");
            return Err(Error::invalid("Idempotency-Key", reason));
        }
        Ok(Self { name: key, lifetime: Some(KEY_LIFETIME) })
    }

    /// The same, remembered while its owner is there: what it made is not made again, not even when it is long gone.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self { lifetime: None, ..self }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

/// What was asked, as a SHA-256: requests are the same if these are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of several pieces. Where one ends and the next begins counts too.
    pub fn of<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let mut hash = Sha256::new();
        for piece in pieces {
            let piece = piece.as_ref();
            hash.update(u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(piece);
        }
        Self(hash.finalize().into())
    }

    /// Of a message: where it goes (and who says it), and what it says.
    pub(crate) fn of_message(to: String, parts: &[Part]) -> Self {
        Self::of([to, serde_json::to_string(parts).unwrap_or_default()])
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom("a fingerprint has 64 hexadecimal digits");
        let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let digits = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// What a request is known by to its owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestName {
    /// The name of the request itself, forgotten after [`KEY_LIFETIME`] unless it is [for good](Once::for_good).
    Key(String),
    /// The client's own name for the message that it stored in a conversation, kept as long as the message.
    ClientRef(ConversationId, String),
}

impl OrderedKey for RequestName {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Key(key) => {
                0_u8.write(out);
                key.write(out);
            }
            Self::ClientRef(conversation, name) => {
                1_u8.write(out);
                conversation.write(out);
                name.write(out);
            }
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => String::read(input).map(Self::Key),
            1 => <(ConversationId, String)>::read(input).map(|(of, name)| Self::ClientRef(of, name)),
            _ => None,
        }
    }
}

/// The ids of what a request made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The conversation, new or not.
    pub conversation: ConversationId,
    /// The message that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<MessageId>,
    /// The run that writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

impl Made {
    /// A conversation.
    pub(crate) const fn conversation(conversation: ConversationId) -> Self {
        Self { conversation, message: None, answer: None, run: None }
    }
}

/// A name that is taken, with what was asked under it and what it made. What it made may be gone meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyKey {
    /// Whose.
    pub owner: Subject,
    /// The name.
    pub name: RequestName,
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// What it made.
    pub made: Made,
    /// When the name is free again. `None` and time does not free it: it goes with the message that it names, or with its
    /// owner.
    pub expires_at: Option<Timestamp>,
}

impl IdempotencyKey {
    /// Whether the name is free again.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl Record for IdempotencyKey {
    type Key = (Subject, RequestName);
    const KIND: Kind = Kind::IdempotencyKey;

    fn key(&self) -> Self::Key {
        (self.owner, self.name.clone())
    }

    fn index(&self, entries: &mut Entries) {
        if let Some(at) = self.expires_at {
            entries.add(Index::KeysByExpiry, &(at, self.owner, self.name.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_visible_ascii() {
        for good in ["a", "~!{}", &"k".repeat(MAX_KEY_BYTES)] {
            assert!(Once::new(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a\n", "\u{e4}", &"k".repeat(MAX_KEY_BYTES + 1)] {
            assert!(matches!(Once::new(bad), Err(Error::Invalid { .. })), "{bad}");
        }
    }

    #[test]
    fn fingerprints_know_where_pieces_end() {
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
        assert_eq!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["ab", "c"]));
        let json = serde_json::to_string(&Fingerprint::of(["a"])).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), Fingerprint::of(["a"]));
        for wrong in ["\"ab\"", "\"\"", &json.replace('"', "").replace('a', "x")] {
            assert!(serde_json::from_str::<Fingerprint>(wrong).is_err(), "{wrong}");
        }
    }
}

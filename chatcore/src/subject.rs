//! Who is charged and limited: a user or a visitor.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{IdError, UserId, VisitorId};
use crate::store::OrderedKey;

/// The owner of conversations and the one who pays for runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Somebody with an account.
    User(UserId),
    /// Somebody without one.
    Visitor(VisitorId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Visitor(id) => id.fmt(f),
        }
    }
}

impl FromStr for Subject {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Visitor).or_else(|_| text.parse().map(Self::User))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl OrderedKey for Subject {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::User(id) => (0_u8, *id).write(out),
            Self::Visitor(id) => (1_u8, *id).write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => UserId::read(input).map(Self::User),
            1 => VisitorId::read(input).map(Self::Visitor),
            _ => None,
        }
    }
}

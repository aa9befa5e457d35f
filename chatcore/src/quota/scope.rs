//! Over whom it is counted.

use serde::{Deserialize, Serialize};

use crate::id::ApiKeyId;
use crate::store::OrderedKey;
use crate::subject::Subject;

/// Over whom a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// The user or visitor alone.
    #[default]
    Subject,
    /// All visitors from one network: the prefix of an address.
    Network,
    /// The key of a program alone.
    ApiKey,
    /// Everybody who has the plan.
    Plan,
    /// Everybody.
    Everything,
}

/// Whom a counter counts. Nobody who is counted chooses it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Who {
    /// A user or a visitor.
    Subject(Subject),
    /// A network, as [`Visitor::network`](crate::account::Visitor::network) names it.
    Network(String),
    /// A key of a program.
    ApiKey(ApiKeyId),
    /// A plan, by its id.
    Plan(String),
    /// Everybody.
    Everything,
}

/// What one counter counts: somebody, with all models or with one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeKey {
    /// Who.
    pub who: Who,
    /// The model, where it is counted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl ScopeKey {
    /// Somebody, with all models.
    #[must_use]
    pub const fn of(who: Who) -> Self {
        Self { who, model: None }
    }

    /// A user or a visitor, with all models.
    #[must_use]
    pub const fn subject(subject: Subject) -> Self {
        Self::of(Who::Subject(subject))
    }

    /// The same with one model.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        Self { who: self.who.clone(), model: Some(model.to_owned()) }
    }
}

/// What kind of somebody, then who; what comes later gets another number.
impl OrderedKey for Who {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Subject(subject) => (0_u8, *subject).write(out),
            Self::Network(network) => (1_u8, network.clone()).write(out),
            Self::ApiKey(id) => (2_u8, *id).write(out),
            Self::Plan(plan) => (3_u8, plan.clone()).write(out),
            Self::Everything => 4_u8.write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => Subject::read(input).map(Self::Subject),
            1 => String::read(input).map(Self::Network),
            2 => ApiKeyId::read(input).map(Self::ApiKey),
            3 => String::read(input).map(Self::Plan),
            4 => Some(Self::Everything),
            _ => None,
        }
    }
}

/// Who, then all models or the name of one.
impl OrderedKey for ScopeKey {
    fn write(&self, out: &mut Vec<u8>) {
        self.who.write(out);
        match &self.model {
            None => 0_u8.write(out),
            Some(model) => (1_u8, model.clone()).write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let who = Who::read(input)?;
        let model = match u8::read(input)? {
            0 => None,
            1 => Some(String::read(input)?),
            _ => return None,
        };
        Some(Self { who, model })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::{UserId, VisitorId};

    fn key() -> impl Strategy<Value = ScopeKey> {
        let id = 0..3_u128;
        let who = (0..6_u8, id, "[\0a]{0,2}").prop_map(|(kind, id, text)| match kind {
            0 => Who::Subject(Subject::User(UserId::from_uuid(Uuid::from_u128(id)))),
            1 => Who::Subject(Subject::Visitor(VisitorId::from_uuid(Uuid::from_u128(id)))),
            2 => Who::Network(text),
            3 => Who::ApiKey(ApiKeyId::from_uuid(Uuid::from_u128(id))),
            4 => Who::Plan(text),
            _ => Who::Everything,
        });
        (who, prop::option::of("[\0a]{0,2}")).prop_map(|(who, model)| ScopeKey { who, model })
    }

    proptest! {
        #[test]
        fn bytes_sort_like_keys_and_come_back(a in key(), b in key()) {
            prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), a.cmp(&b));
            let bytes = a.to_bytes();
            let mut input = bytes.as_slice();
            prop_assert_eq!(ScopeKey::read(&mut input), Some(a.clone()));
            prop_assert!(input.is_empty() && (a == b || !b.to_bytes().starts_with(&bytes)));
        }
    }
}

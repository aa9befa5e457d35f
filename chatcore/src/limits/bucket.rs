//! The name of what is counted.

use std::fmt;

/// Which counter: the policy that it belongs to, and who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The name of the policy: a short word, without spaces.
    pub policy: String,
    /// Who: whatever tells them apart, at most 64 characters. What is personal is hashed before.
    pub key: String,
}

impl Bucket {
    /// The counter of somebody under a policy.
    pub fn new(policy: impl Into<String>, key: impl Into<String>) -> Self {
        Self { policy: policy.into(), key: key.into() }
    }
}

/// As it is stored.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.policy, self.key)
    }
}

//! A limit.

use serde::{Deserialize, Serialize};

use super::meter::Meter;
use super::scope::Scope;
use super::window::Window;

/// So much of a meter in a window, for whom the scope says. What was used is kept apart from the rule, so that another
/// limit or another window forgets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRule {
    /// What is counted.
    pub meter: Meter,
    /// Over what time; none for a meter that has none.
    #[serde(default)]
    pub window: Window,
    /// Over whom.
    #[serde(default)]
    pub scope: Scope,
    /// With which model; with all of them if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How much there may be: nothing more than that.
    pub limit: u64,
}

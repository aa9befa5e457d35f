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
    /// With which model; with all of them if none is named. A run counts for the model that was asked, also when another
    /// one stepped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How much there may be: nothing more than that.
    pub limit: u64,
}

/// A rule that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// What goes down again has no window.
    #[error("{} has no window: it is as it is now", .0.name())]
    Window(Meter),
    /// It reaches back beyond what is known by the day.
    #[error("a window may have {} hours at most", LimitRule::MOST_HOURS)]
    TooLong,
    /// Bytes are of no model.
    #[error("stored bytes are kept for no model")]
    Model,
}

impl LimitRule {
    /// The longest window of so many hours: a day less than a [`History`](super::History) knows by the day.
    pub const MOST_HOURS: u16 = 61 * 24;

    /// Refuses what cannot be followed.
    ///
    /// # Errors
    /// [`RuleError`], which says why.
    pub fn validate(&self) -> Result<(), RuleError> {
        match self.window {
            window if self.meter.is_gauge() && window != Window::Lifetime => Err(RuleError::Window(self.meter)),
            Window::Rolling { hours } if hours > Self::MOST_HOURS => Err(RuleError::TooLong),
            _ if self.meter == Meter::StoredBytes && self.model.is_some() => Err(RuleError::Model),
            _ => Ok(()),
        }
    }

    /// Whether it is about the same as another one, whatever the limits are.
    fn replaces(&self, other: &Self) -> bool {
        let about = |rule: &Self| (rule.meter, rule.window, rule.scope, rule.model.clone());
        about(self) == about(other)
    }

    /// The rules of a plan with somebody's own: each takes the place of those that are about the same.
    #[must_use]
    pub fn overridden(rules: &[Self], own: &[Self]) -> Vec<Self> {
        let kept = rules.iter().filter(|rule| !own.iter().any(|own| own.replaces(rule)));
        kept.chain(own).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::Unit;

    fn rule(meter: Meter, window: Window, limit: u64) -> LimitRule {
        LimitRule { meter, window, scope: Scope::Subject, model: None, limit }
    }

    #[test]
    fn rules_that_cannot_be_followed_are_refused() {
        let day = Window::Fixed(Unit::Day);
        assert_eq!(rule(Meter::Messages, day, 1).validate(), Ok(()));
        assert_eq!(rule(Meter::ConcurrentRuns, Window::Lifetime, 1).validate(), Ok(()));
        let gauge = RuleError::Window(Meter::ConcurrentRuns);
        assert_eq!(rule(Meter::ConcurrentRuns, day, 1).validate(), Err(gauge));
        assert_eq!(rule(Meter::Tokens, Window::Rolling { hours: 1464 }, 1).validate(), Ok(()));
        assert_eq!(rule(Meter::Tokens, Window::Rolling { hours: 1465 }, 1).validate(), Err(RuleError::TooLong));
        let bytes = LimitRule { model: Some("small".into()), ..rule(Meter::StoredBytes, Window::Lifetime, 1) };
        assert_eq!(bytes.validate(), Err(RuleError::Model));
    }

    #[test]
    fn a_rule_of_somebodys_own_replaces_those_about_the_same() {
        let plan = [rule(Meter::Messages, Window::Fixed(Unit::Day), 10), rule(Meter::Tokens, Window::Lifetime, 9)];
        let own = [rule(Meter::Messages, Window::Fixed(Unit::Day), 99)];
        assert_eq!(LimitRule::overridden(&plan, &own), [plan[1].clone(), own[0].clone()]);
        let beside = [rule(Meter::Messages, Window::Calendar(Unit::Day), 1)];
        assert_eq!(LimitRule::overridden(&plan, &beside).len(), 3);
    }
}

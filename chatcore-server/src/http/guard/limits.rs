//! How often: one rule for each class of request and one for each account, all in one table.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chatcore::limits::Rule;

use super::class::Class;

/// What is counted together: requests of a class by the client's address, or attempts to sign in by account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Requests of a class from one address.
    Class(Class),
    /// Attempts to sign in to one account, wherever they come from.
    Account,
}

/// The usual rules: policy, units, seconds. What docs/limits.md says is tested against this.
const USUAL: [(Policy, u64, u64); 8] = [
    (Policy::Class(Class::SignIn), 20, 60),
    (Policy::Account, 10, 600),
    (Policy::Class(Class::Run), 240, 60),
    (Policy::Class(Class::Webhook), 6000, 60),
    (Policy::Class(Class::Write), 1200, 60),
    (Policy::Class(Class::Read), 6000, 60),
    (Policy::Class(Class::Page), 3000, 60),
    (Policy::Class(Class::Health), 600, 60),
];

/// How often something may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits(Vec<(Policy, Rule)>);

/// A text that says no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a limit: it looks like sign-in=20/60, units and seconds, or is `off`")]
pub struct LimitsError(String);

impl Policy {
    /// Its name, in settings and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Class(class) => class.name(),
            Self::Account => "account",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Default for Limits {
    fn default() -> Self {
        let rule = |(policy, units, seconds)| (policy, Rule::new(units, Duration::from_secs(seconds)));
        Self(USUAL.map(rule).into())
    }
}

impl FromStr for Limits {
    type Err = LimitsError;

    /// Rules with commas between them, `sign-in=20/60, read=off`, in place of the usual ones; `off` alone is none at all.
    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let mut limits = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || LimitsError(part.to_owned());
            if part == "off" {
                limits.0.clear();
                continue;
            }
            let (name, rule) = part.split_once('=').ok_or_else(wrong)?;
            let policy = USUAL.iter().map(|(policy, ..)| *policy).find(|policy| policy.name() == name.trim());
            let policy = policy.ok_or_else(wrong)?;
            limits.0.retain(|(known, _)| *known != policy);
            if rule.trim() != "off" {
                limits.0.push((policy, parse(rule).ok_or_else(wrong)?));
            }
        }
        Ok(limits)
    }
}

fn parse(rule: &str) -> Option<Rule> {
    let (units, seconds) = rule.split_once('/')?;
    let (units, seconds): (u64, u64) = (units.trim().parse().ok()?, seconds.trim().parse().ok()?);
    // longer than a day is a matter for quotas, which survive a restart
    let fine = (1..=1_000_000).contains(&units) && (1..=86_400).contains(&seconds);
    fine.then(|| Rule::new(units, Duration::from_secs(seconds)))
}

impl Limits {
    /// None at all.
    #[must_use]
    pub const fn off() -> Self {
        Self(Vec::new())
    }

    /// The rule of a policy, unless it has none.
    #[must_use]
    pub fn rule(&self, policy: Policy) -> Option<Rule> {
        self.0.iter().find(|(known, _)| *known == policy).map(|(_, rule)| *rule)
    }

    /// All rules, the strictest kind first.
    pub fn all(&self) -> impl Iterator<Item = (Policy, Rule)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_usual_rule() {
        for class in Class::ALL {
            assert!(Limits::default().rule(Policy::Class(class)).is_some(), "{class}");
        }
        assert!(Limits::default().rule(Policy::Account).is_some());
    }

    #[test]
    fn rules_can_be_replaced_and_switched_off() {
        let limits: Limits = " sign-in=5/30, read=off".parse().unwrap();
        assert_eq!(limits.rule(Policy::Class(Class::SignIn)), Some(Rule::new(5, Duration::from_secs(30))));
        assert_eq!(limits.rule(Policy::Class(Class::Read)), None);
        assert_eq!(limits.rule(Policy::Account), Limits::default().rule(Policy::Account));
        assert_eq!("off".parse(), Ok(Limits::off()));
        for wrong in
            ["on", "sign-in", "sign-in=5", "sign-in=0/60", "sign-in=5/0", "login=5/60", "read=5/100000", "read=-1/2"]
        {
            assert!(wrong.parse::<Limits>().is_err(), "{wrong}");
        }
    }

    /// The page for operators says the numbers that hold.
    #[test]
    fn the_page_says_the_same() {
        let page = include_str!("../../../docs/limits.md");
        for (policy, rule) in Limits::default().all() {
            let row = format!("| `{policy}` | {} | {} s |", rule.quota(), rule.window().as_secs());
            assert!(page.contains(&row), "docs/limits.md lacks the row\n{row}");
        }
    }
}

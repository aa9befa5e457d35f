//! How much people may use who have no plan.

use chatcore::billing::{Plan, PlanId};
use chatcore::quota::{LimitRule, Meter, Scope, Window};
use clap::Args;
use serde::Deserialize;

use super::ConfigError;

/// Limits of whoever has no plan, as somebody may give them; the table `[limits]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// How much users may use who have no plan, with commas between limits: `messages=20/calendar_day`,
    /// `tokens@large=100000/rolling_5h`, `concurrent_runs=3` [default: as much as they like]
    #[arg(id = "user_limits", long = "limits", env = "CHATCORE_LIMITS", value_name = "LIMITS")]
    pub users: Option<String>,

    /// The same for people without an account; `network:` in front counts all from one network together:
    /// `messages=5/day,network:messages=50/day`
    #[arg(id = "visitor_limits", long = "visitor-limits", env = "CHATCORE_VISITOR_LIMITS", value_name = "LIMITS")]
    pub visitors: Option<String>,
}

/// The plans that stand for limits without one.
const USERS: (&str, &str) = ("standard", "Standard");
const VISITORS: (&str, &str) = ("visitor", "Visitor");

impl LimitSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        for text in [&mut self.users, &mut self.visitors] {
            text.take_if(|text| text.trim().is_empty());
        }
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self { users: self.users.or(other.users), visitors: self.visitors.or(other.visitors) }
    }

    /// Adds a plan for the limits of users and one for those of visitors, where there are any, before those that are there.
    /// `users` and `visitors` are the plans of whoever has no other.
    pub(super) fn add_to(
        self,
        plans: &mut Vec<Plan>,
        users: &mut Option<PlanId>,
        visitors: &mut Option<PlanId>,
    ) -> Result<(), ConfigError> {
        for (name, text, plan, default, instead) in [
            ("limits", self.users, USERS, users, "billing.default_plan"),
            ("visitor_limits", self.visitors, VISITORS, visitors, "billing.visitor_plan"),
        ] {
            let Some(text) = text else { continue };
            let wrong = |reason| ConfigError::Text { name, reason };
            if default.is_some() {
                return Err(wrong(format!("there is {instead}: give the limits to that plan")));
            }
            let limits = rules(&text).map_err(wrong)?;
            let id = PlanId(plan.0.to_owned());
            *default = Some(id.clone());
            let (name, grants) = (plan.1.to_owned(), Vec::new());
            plans.insert(0, Plan { id, name, description: None, price: None, trial_days: 0, limits, grants });
        }
        Ok(())
    }
}

/// Limits with commas between them.
pub(crate) fn rules(text: &str) -> Result<Vec<LimitRule>, String> {
    let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
    rules.map(|text| rule(text).map_err(|reason| format!("`{text}`: {reason}"))).collect()
}

/// `[scope:]meter[@model]=limit[/window]`
fn rule(text: &str) -> Result<LimitRule, String> {
    let (what, much) = text.split_once('=').ok_or("a limit looks like `messages=20/day`")?;
    let (what, model) = match what.split_once('@') {
        Some((what, model)) => (what, Some(model.trim().to_owned())),
        None => (what, None),
    };
    let (scope, meter) = match what.split_once(':') {
        Some((scope, meter)) => (named_scope(scope.trim())?, meter),
        None => (Scope::Subject, what),
    };
    let meter = meter.trim();
    let meter = Meter::ALL.into_iter().find(|known| known.name() == meter).ok_or_else(|| {
        let known = Meter::ALL.map(Meter::name).join(", ");
        format!("there is no meter `{meter}`: {known}")
    })?;
    let (limit, window) = match much.split_once('/') {
        Some((limit, window)) => (limit, window.trim().parse().map_err(|error| format!("{error}"))?),
        None if meter.is_gauge() => (much, Window::Lifetime),
        None => {
            return Err("a window is missing: `/day`, `/calendar_month`, `/rolling_5h` and `/lifetime` are some".into());
        }
    };
    let limit = limit.trim().parse().map_err(|_| "the limit is no whole number".to_owned())?;
    let rule = LimitRule { meter, window, scope, model, limit };
    rule.validate().map_err(|error| error.to_string())?;
    Ok(rule)
}

/// A limit as it is read.
pub(crate) fn written(rule: &LimitRule) -> String {
    let scope = serde_json::to_value(rule.scope).ok().filter(|_| rule.scope != Scope::Subject);
    let scope = scope.and_then(|scope| Some(format!("{}:", scope.as_str()?))).unwrap_or_default();
    let model = rule.model.as_ref().map(|model| format!("@{model}")).unwrap_or_default();
    let window = if rule.meter.is_gauge() { String::new() } else { format!("/{}", rule.window) };
    format!("{scope}{}{model}={}{window}", rule.meter.name(), rule.limit)
}

fn named_scope(name: &str) -> Result<Scope, String> {
    serde_json::from_value(name.into())
        .map_err(|_| format!("there is no scope `{name}`: subject, network, api_key, plan, everything"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_are_written() {
        let read = rules("messages=20/calendar_day, network:tokens@llama3:8b=9/rolling_5h,concurrent_runs=3").unwrap();
        let said: Vec<_> = read.iter().map(|rule| (rule.meter.name(), rule.window.to_string(), rule.limit)).collect();
        let expected =
            [("messages", "calendar_day", 20), ("tokens", "rolling_5h", 9), ("concurrent_runs", "lifetime", 3)];
        assert_eq!(said, expected.map(|(meter, window, limit)| (meter, window.to_owned(), limit)));
        assert_eq!((read[1].scope, read[1].model.as_deref()), (Scope::Network, Some("llama3:8b")));
        let written: Vec<String> = read.iter().map(written).collect();
        assert_eq!(written, ["messages=20/calendar_day", "network:tokens@llama3:8b=9/rolling_5h", "concurrent_runs=3"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        for (text, reason) in [
            ("messages", "looks like"),
            ("messages=20", "window is missing"),
            ("messages=-1/day", "whole number"),
            ("messages=1/fortnight", "not a window"),
            ("letters=1/day", "no meter"),
            ("town:messages=1/day", "no scope"),
            ("concurrent_runs=1/day", "has no window"),
            ("tokens=1/rolling_9999h", "1464 hours"),
        ] {
            let refused = rules(text).unwrap_err();
            assert!(refused.contains(reason) && refused.contains(text), "{refused}");
        }
    }

    #[test]
    fn a_plan_stands_for_limits_without_one() {
        let both = || LimitSettings { users: Some("messages=1/day".into()), visitors: Some("messages=0/day".into()) };
        let (mut plans, mut users, mut visitors) = (Vec::new(), None, None);
        both().add_to(&mut plans, &mut users, &mut visitors).unwrap();
        let ids: Vec<&str> = plans.iter().map(|plan| plan.id.0.as_str()).collect();
        assert_eq!(ids, ["visitor", "standard"], "in the order in which one moves on");
        assert_eq!((users.unwrap().0, visitors.unwrap().0), ("standard".to_owned(), "visitor".to_owned()));
        let refused = both().add_to(&mut Vec::new(), &mut Some(PlanId("free".into())), &mut None).unwrap_err();
        assert_eq!(refused.to_string(), "limits: there is billing.default_plan: give the limits to that plan");
    }
}

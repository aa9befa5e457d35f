//! Refusals of what limits and credit do not allow: which limit it is, what is left, when there is more, and what would help.

use std::time::Duration;

use chatcore::billing::ledger::Credit;
use chatcore::quota::{LimitState, Scope, Unit, Verdict, Window};
use poem::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::guard::{LIMIT, POLICY, whole_seconds};
use super::problem::Problem;

/// A limit is used up (429). Without `resets_at` and `Retry-After` waiting does not help.
pub(super) fn over_limit(verdict: &Verdict) -> Problem {
    let binding = verdict.binding();
    let detail = binding.map_or_else(
        || "A limit is used up.".to_owned(),
        |state| {
            let LimitState { meter, window, limit, remaining, .. } = state;
            format!("The limit is {limit} of {} ({window}), and {remaining} of it are left.", meter.name())
        },
    );
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "limit-reached", "A limit is used up", detail)
        .with("limit", json(&binding))
        .with("limits", json(&verdict.states))
        .with("resets_at", json(&verdict.retry_at()))
        .with("plan", verdict.plan.clone())
        .with("next_plan", verdict.next_plan.clone());
    let problem = fields(verdict).into_iter().fold(problem, |problem, (name, value)| problem.field(name, value));
    match verdict.retry_after() {
        Some(wait) => problem.retry_after(whole_seconds(wait).max(1)),
        None => problem,
    }
}

/// There is not enough credit (402).
pub(super) fn insufficient_credit(needed: Credit, available: Credit) -> Problem {
    let detail = format!("It may cost {needed} micro-units of credit, and {available} are available.");
    Problem::new(StatusCode::PAYMENT_REQUIRED, "insufficient-credit", "Not enough credit", detail)
        .with("needed", needed.as_micros())
        .with("available", available.as_micros())
}

/// It would be more than somebody wants to spend (402).
pub(super) fn cap_reached(needed: Credit, cap: Credit, spent: Credit) -> Problem {
    let available = cap.minus(spent).unwrap_or_default().or_zero();
    let detail =
        format!("It may cost {needed} micro-units of credit, and {available} are left of your cap for this month.");
    Problem::new(StatusCode::PAYMENT_REQUIRED, "cap-reached", "Your cap is reached", detail)
        .with("needed", needed.as_micros())
        .with("available", available.as_micros())
        .with("cap", cap.as_micros())
        .with("spent", spent.as_micros())
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(json!(null))
}

/// `RateLimit` and `RateLimit-Policy` for the limits that refuse.
fn fields(verdict: &Verdict) -> Vec<(HeaderName, HeaderValue)> {
    let refusing: Vec<&LimitState> = verdict.states.iter().filter(|state| !state.allowed).collect();
    let list =
        |item: &dyn Fn(&LimitState) -> String| refusing.iter().map(|state| item(state)).collect::<Vec<_>>().join(", ");
    let limit = list(&|state| {
        let reset = state.resets_at.map(|at| format!(";t={}", whole_seconds(at.since(verdict.at)).max(1)));
        format!("\"{}\";r={}{}", name(state), state.remaining, reset.unwrap_or_default())
    });
    let policy = list(&|state| {
        let window = length(state.window).map(|length| format!(";w={}", length.as_secs()));
        format!("\"{}\";q={}{}", name(state), state.limit, window.unwrap_or_default())
    });
    let fields = [(LIMIT, limit), (POLICY, policy)].into_iter();
    fields.filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect()
}

/// What a limit is called in a field: `messages-calendar_day`, `network-tokens-rolling_5h-large`.
fn name(state: &LimitState) -> String {
    let scope = match state.scope {
        Scope::Subject => String::new(),
        other => json(&other).as_str().map(|scope| format!("{scope}-")).unwrap_or_default(),
    };
    let model = state.model.as_ref().map(|model| format!("-{model}")).unwrap_or_default();
    let name = format!("{scope}{}-{}{model}", state.meter.name(), state.window);
    // a quotation mark would end the name
    name.chars().map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' { c } else { '_' }).collect()
}

/// The longest that a window can be.
fn length(window: Window) -> Option<Duration> {
    let hours = match window {
        Window::Fixed(Unit::Minute) | Window::Calendar(Unit::Minute) => return Some(Duration::from_secs(60)),
        Window::Fixed(unit) => hours(unit, 0),
        // a day on which clocks go back is longer
        Window::Calendar(unit) => hours(unit, u64::from(unit != Unit::Hour)),
        Window::Rolling { hours } => u64::from(hours),
        _ => return None,
    };
    Some(Duration::from_secs(hours * 3600))
}

const fn hours(unit: Unit, more: u64) -> u64 {
    match unit {
        Unit::Minute => 0,
        Unit::Hour => 1,
        Unit::Day => 24 + more,
        Unit::Week => 7 * 24 + more,
        Unit::Month => 31 * 24 + more,
    }
}

#[cfg(test)]
mod tests {
    use chatcore::Timestamp;
    use chatcore::quota::Meter;

    use super::*;

    fn state(window: &str, resets_at: Option<i64>, allowed: bool) -> LimitState {
        LimitState {
            meter: Meter::Messages,
            window: window.parse().unwrap(),
            scope: Scope::Subject,
            model: None,
            limit: 5,
            used: 4,
            held: u64::from(!allowed),
            remaining: u64::from(allowed),
            resets_at: resets_at.map(|seconds| Timestamp::from_micros(seconds * 1_000_000)),
            allowed,
        }
    }

    fn verdict(states: Vec<LimitState>) -> Verdict {
        let (plan, next_plan) = (Some("free".into()), Some("pro".into()));
        Verdict { allowed: false, states, plan, next_plan, at: Timestamp::from_micros(1_500_000) }
    }

    #[test]
    fn a_refusal_says_which_limit_when_and_what_would_help() {
        let states =
            vec![state("hour", Some(60), false), state("calendar_day", Some(100), false), state("month", None, true)];
        let problem = over_limit(&verdict(states));
        let body = problem.to_json();
        assert_eq!((problem.status().as_u16(), problem.retry_after_seconds()), (429, Some(99)));
        assert_eq!((&body["limit"]["window"], &body["limit"]["held"]), (&json!("calendar_day"), &json!(1)));
        assert_eq!(body["resets_at"], "1970-01-01T00:01:40Z");
        assert_eq!((body["limits"].as_array().unwrap().len(), &body["next_plan"]), (3, &json!("pro")));
        let fields = fields(&verdict(vec![state("hour", Some(60), false), state("calendar_day", None, false)]));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let expected = [
            ("ratelimit", "\"messages-hour\";r=0;t=59, \"messages-calendar_day\";r=0"),
            ("ratelimit-policy", "\"messages-hour\";q=5;w=3600, \"messages-calendar_day\";q=5;w=90000"),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn names_stay_inside_their_quotation_marks() {
        let odd = LimitState { scope: Scope::Network, model: Some("a\"; ü".into()), ..state("lifetime", None, false) };
        assert_eq!(name(&odd), "network-messages-lifetime-a_;__");
        assert_eq!(over_limit(&verdict(vec![odd])).retry_after_seconds(), None, "waiting does not help");
    }
}

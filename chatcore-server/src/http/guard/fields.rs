//! What an answer says of limits: `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-11.

use std::time::Duration;

use chatcore::limits::{Rule, Verdict};
use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::limits::Policy;
use crate::http::problem::Problem;

pub(in crate::http) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(in crate::http) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What one policy says of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) policy: Policy,
    pub(super) rule: Rule,
    pub(super) verdict: Verdict,
}

impl Counted {
    /// For how long no more than what is left may be taken: until the next unit for whoever has to wait for it, and until
    /// everything is back for others, so that what is left over that time is a pace that never has to wait.
    fn window(&self) -> Duration {
        self.verdict.retry_after.unwrap_or(self.verdict.reset)
    }

    /// The refusal, if it is one.
    pub(super) fn refusal(&self) -> Option<Problem> {
        if self.verdict.allowed {
            return None;
        }
        let seconds = whole_seconds(self.window()).max(1);
        let detail = format!("That was too often. Try again in {seconds} seconds.");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", detail);
        Some(problem.with("violated-policies", vec![self.policy.name()]).retry_after(seconds))
    }
}

/// Adds both fields to an answer, behind what its route says of limits.
pub(super) fn add(counted: &[Counted], headers: &mut HeaderMap) {
    for (name, value) in fields(counted) {
        let before = headers.get(&name).and_then(|before| before.to_str().ok());
        let both = before.zip(value.to_str().ok()).map(|(before, value)| format!("{before}, {value}"));
        let both = both.and_then(|both| HeaderValue::try_from(both).ok());
        headers.insert(name, both.unwrap_or(value));
    }
}

/// Both fields, for all policies that looked at a request.
fn fields(counted: &[Counted]) -> Vec<(HeaderName, HeaderValue)> {
    let list = |item: fn(&Counted) -> String| counted.iter().map(item).collect::<Vec<_>>().join(", ");
    let limit = list(|it| {
        let remaining = if it.verdict.allowed { it.verdict.remaining } else { 0 };
        format!("\"{}\";r={remaining};t={}", it.policy, whole_seconds(it.window()))
    });
    let policy = list(|it| format!("\"{}\";q={};w={}", it.policy, it.rule.quota(), it.rule.window().as_secs().max(1)));
    let fields = [(LIMIT, limit), (POLICY, policy)].into_iter().filter(|(_, value)| !value.is_empty());
    fields.filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect()
}

/// Rounded up: who comes back then must not be refused again.
pub(in crate::http) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

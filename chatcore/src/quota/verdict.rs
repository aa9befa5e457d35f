//! One verdict over all rules.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::counter::Counter;
use super::meter::{Demand, Meter};
use super::rule::LimitRule;
use super::scope::{Scope, ScopeKey, Who};
use super::window::Window;
use super::zone::Zone;
use crate::clock::Timestamp;
use crate::id::ApiKeyId;
use crate::subject::Subject;

/// What a limit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitState {
    /// What is counted.
    pub meter: Meter,
    /// Over what time.
    pub window: Window,
    /// Over whom.
    pub scope: Scope,
    /// With which model, if it is about one.
    pub model: Option<String>,
    /// How much there may be.
    pub limit: u64,
    /// How much was used.
    pub used: u64,
    /// How much may be used yet by runs that go on.
    pub held: u64,
    /// How much is left.
    pub remaining: u64,
    /// When there is more again: when the window ends, or when so much has left it that what was asked for fits. `None`
    /// when time alone does not help.
    pub resets_at: Option<Timestamp>,
    /// Whether what was asked for fits.
    pub allowed: bool,
}

/// What all limits say together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether what was asked for fits all of them.
    pub allowed: bool,
    /// Each of them.
    pub states: Vec<LimitState>,
    /// The plan by which it was judged.
    pub plan: Option<String>,
    /// The next plan, in the order in which they are offered, by which it would be allowed. Only if it is not.
    pub next_plan: Option<String>,
    /// When it was judged.
    pub at: Timestamp,
}

impl Verdict {
    /// The limit that binds: of those that refuse the one that does so longest, or else the one of which the smallest part
    /// is left. `None` if there is no limit.
    #[must_use]
    pub fn binding(&self) -> Option<&LimitState> {
        let refusing = self.states.iter().filter(|state| !state.allowed);
        // who is never let through comes first, then the first of equals
        let longest = refusing.min_by_key(|state| Reverse(state.resets_at.unwrap_or(Timestamp::MAX)));
        longest.or_else(|| self.states.iter().min_by(|one, other| share(one).cmp(&share(other))))
    }

    /// From when on the same may be allowed; `None` if time alone does not help.
    #[must_use]
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.binding().filter(|state| !state.allowed).and_then(|state| state.resets_at)
    }

    /// How long that is from when it was judged; `None` if time alone does not help.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_at().map(|again| again.since(self.at))
    }
}

/// Which part of a limit is left, in millionths.
fn share(state: &LimitState) -> u128 {
    u128::from(state.remaining) * 1_000_000 / u128::from(state.limit.max(1))
}

/// Who wants something, as far as rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// The user or visitor.
    pub subject: Subject,
    /// The network that a visitor came from.
    pub network: Option<String>,
    /// The key of a program.
    pub api_key: Option<ApiKeyId>,
    /// The plan by which they are judged.
    pub plan: Option<String>,
    /// The model that is to be asked; all of them if it is only about how things stand.
    pub model: Option<String>,
}

impl Whom {
    /// The counter that a rule asks; `None` if the rule is about somebody or something else.
    #[must_use]
    pub fn key(&self, rule: &LimitRule) -> Option<ScopeKey> {
        let who = match rule.scope {
            Scope::Subject => Who::Subject(self.subject),
            Scope::Network => Who::Network(self.network.clone()?),
            Scope::ApiKey => Who::ApiKey(self.api_key?),
            Scope::Plan => Who::Plan(self.plan.clone()?),
            Scope::Everything => Who::Everything,
        };
        let asked = self.model.as_ref().is_none_or(|asked| rule.model.as_ref().is_none_or(|model| model == asked));
        asked.then(|| ScopeKey { who, model: rule.model.clone() })
    }

    /// The counters that count: the subject's own, and those that some rule asks.
    #[must_use]
    pub fn keys(&self, rules: &[LimitRule]) -> BTreeSet<ScopeKey> {
        let own = ScopeKey::subject(self.subject);
        rules.iter().filter_map(|rule| self.key(rule)).chain([own]).collect()
    }

    /// What the rules say of a demand. `counter` finds what is counted; whoever was never counted used nothing.
    pub fn judge<'a>(
        &self,
        rules: &[LimitRule],
        demand: &Demand,
        zone: &Zone,
        at: Timestamp,
        counter: impl Fn(&ScopeKey) -> Option<&'a Counter>,
    ) -> Verdict {
        let state = |rule: &LimitRule| {
            let key = self.key(rule)?;
            Some(state(rule, counter(&key), demand.of(rule.meter), zone, at))
        };
        let states: Vec<LimitState> = rules.iter().filter_map(state).collect();
        let allowed = states.iter().all(|state| state.allowed);
        Verdict { allowed, states, plan: self.plan.clone(), next_plan: None, at }
    }
}

fn state(rule: &LimitRule, counter: Option<&Counter>, wanted: u64, zone: &Zone, at: Timestamp) -> LimitState {
    let LimitRule { meter, window, scope, model, limit } = rule.clone();
    let (used, held) = counter.map_or((0, 0), |counter| counter.count(meter, window, zone, at));
    let count = used.saturating_add(held);
    let remaining = limit.saturating_sub(count);
    // who wants nothing of it is not refused for what was used before
    let allowed = wanted == 0 || wanted <= remaining;
    let least = wanted.max(1);
    let resets_at = match window {
        _ if least > limit || meter.is_gauge() => None,
        Window::Lifetime => None,
        Window::Fixed(_) | Window::Calendar(_) => Some(window.span(zone, at).end),
        Window::Rolling { hours } => counter.and_then(|counter| {
            let room = if allowed { count } else { count.saturating_add(least).saturating_sub(limit) };
            room_again(counter, meter, hours, room.min(used), at)
        }),
    };
    LimitState { meter, window, scope, model, limit, used, held, remaining, resets_at, allowed }
}

/// When so much of what was used in the last hours has left them.
fn room_again(counter: &Counter, meter: Meter, hours: u16, needed: u64, at: Timestamp) -> Option<Timestamp> {
    let mut left: u64 = 0;
    for (when, used) in counter.used.leaving(hours, at) {
        left = left.saturating_add(used.of(meter));
        if left >= needed && used.of(meter) > 0 {
            return Some(when);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::UserId;
    use crate::quota::{Amounts, Unit};

    fn whom(model: Option<&str>) -> Whom {
        let subject = Subject::User(UserId::from_uuid(Uuid::from_u128(1)));
        let (plan, model) = (Some("free".to_owned()), model.map(str::to_owned));
        Whom { subject, network: None, api_key: None, plan, model }
    }

    fn rule(meter: Meter, window: &str, limit: u64) -> LimitRule {
        LimitRule { meter, window: window.parse().unwrap(), scope: Scope::Subject, model: None, limit }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros((29_540_160 + hours * 60) * 60_000_000)
    }

    fn message() -> Demand {
        let amounts = Amounts { messages: 1, requests: 1, ..Amounts::default() };
        Demand { amounts, runs: 1, bytes: 0 }
    }

    /// The counter of somebody who sent a message in each of these hours.
    fn sent(hours: &[i64]) -> Counter {
        let mut counter = Counter::new(ScopeKey::subject(whom(None).subject));
        hours.iter().for_each(|hour| counter.used.book(message().amounts, at(*hour), &Zone::UTC));
        counter
    }

    fn judge(rules: &[LimitRule], counter: &Counter, now: Timestamp) -> Verdict {
        whom(None).judge(rules, &message(), &Zone::UTC, now, |_| Some(counter))
    }

    #[test]
    fn the_limit_that_binds_is_the_one_that_resets_last() {
        let rules = [
            rule(Meter::Messages, "hour", 1),
            rule(Meter::Messages, "day", 2),
            rule(Meter::Messages, "month", 99),
            rule(Meter::Requests, "rolling_5h", 2),
        ];
        let verdict = judge(&rules, &sent(&[8, 9]), at(9));
        assert!(!verdict.allowed);
        let allowed: Vec<bool> = verdict.states.iter().map(|state| state.allowed).collect();
        assert_eq!(allowed, [false, false, true, false]);
        let binding = verdict.binding().unwrap();
        assert_eq!((binding.window, binding.used, binding.remaining), (Window::Fixed(Unit::Day), 2, 0));
        assert_eq!((verdict.retry_at(), verdict.retry_after()), (Some(at(24)), Some(at(24).since(at(9)))));
        let rolling = verdict.states[3].resets_at.unwrap();
        assert!(judge(&rules[3..], &sent(&[8, 9]), rolling).allowed, "waiting as told helps");
        assert!(!judge(&rules[3..], &sent(&[8, 9]), Timestamp::from_micros(rolling.as_micros() - 1)).allowed);
    }

    #[test]
    fn what_is_held_counts_and_what_is_not_wanted_is_not_refused() {
        let mut counter = sent(&[1]);
        counter.held.messages = 1;
        let rules = [rule(Meter::Messages, "day", 2)];
        assert!(!judge(&rules, &counter, at(2)).allowed);
        let again = Demand { amounts: Amounts { requests: 1, ..Amounts::default() }, runs: 1, bytes: 0 };
        let verdict = whom(None).judge(&rules, &again, &Zone::UTC, at(2), |_| Some(&counter));
        assert!(verdict.allowed && verdict.states[0].remaining == 0);
        counter.runs = 3;
        let busy = judge(&[rule(Meter::ConcurrentRuns, "lifetime", 3)], &counter, at(2));
        assert_eq!((busy.allowed, busy.retry_at(), busy.states[0].used), (false, None, 3));
    }

    #[test]
    fn who_asks_for_more_than_there_ever_is_is_told_that_time_does_not_help() {
        let rules = [rule(Meter::Messages, "hour", 0), rule(Meter::Messages, "day", 1)];
        let verdict = judge(&rules, &sent(&[]), at(1));
        assert_eq!((verdict.allowed, verdict.retry_at()), (false, None));
        assert_eq!(verdict.binding().map(|state| state.limit), Some(0));
        assert_eq!(Verdict { allowed: true, ..Verdict::default() }.binding(), None);
    }

    #[test]
    fn rules_of_other_models_keys_and_networks_are_passed_over() {
        let of = |scope: Scope, model: Option<&str>| LimitRule {
            scope,
            model: model.map(str::to_owned),
            ..rule(Meter::Messages, "day", 1)
        };
        let rules = [
            of(Scope::Subject, Some("large")),
            of(Scope::Subject, Some("small")),
            of(Scope::Network, None),
            of(Scope::ApiKey, None),
            of(Scope::Plan, None),
            of(Scope::Everything, None),
        ];
        let asked = whom(Some("small"));
        let own = ScopeKey::subject(asked.subject);
        let keys: Vec<ScopeKey> = asked.keys(&rules).into_iter().collect();
        let plan = ScopeKey::of(Who::Plan("free".into()));
        assert_eq!(keys, [own.clone(), own.with_model("small"), plan, ScopeKey::of(Who::Everything)]);
        assert_eq!(whom(None).keys(&rules).len(), 5, "how things stand is told of every model");
    }

    proptest! {
        /// Editing a rule forgets nothing: what was used is the same whatever was asked before, and a wider window never
        /// holds less.
        #[test]
        fn another_rule_finds_the_same_history(hours in prop::collection::vec(0..200_i64, 1..30), limit in 0..40_u64) {
            let mut hours = hours;
            hours.sort_unstable();
            let (counter, now) = (sent(&hours), at(200));
            let windows = ["hour", "day", "week", "month", "lifetime"];
            let used: Vec<u64> = windows
                .iter()
                .map(|window| judge(&[rule(Meter::Messages, window, limit)], &counter, now).states[0].used)
                .collect();
            prop_assert_eq!(used[4], hours.len() as u64);
            prop_assert!(used[0] <= used[1] && used[1] <= used[2] && used[3] <= used[4]);
        }
    }
}

//! Who may use how much: meters, windows, scopes, the rules that are made of them, and what was used.
//!
//! Usage is kept, not windows: a [`Counter`] has the history of one scope in slices of time, and a rule asks it. So an edited
//! rule resets nothing, a new one finds what was used before it, and deleting chats gives nothing back. What a run may use at
//! most is *held* while it goes on and counts like what was used; so of many that come at once exactly as many get through
//! as there is room for.
//!
//! ```
//! use chatcore::quota::{Amounts, Counter, Demand, LimitRule, ScopeKey, Whom, Zone};
//! use chatcore::{RandomIds, Subject, Timestamp, UserId};
//!
//! let rule: LimitRule = serde_json::from_str(r#"{"meter": "messages", "window": "day", "limit": 2}"#)?;
//! let subject = Subject::User(UserId::mint(Timestamp::default(), &RandomIds));
//! let whom = Whom { subject, network: None, api_key: None, plan: None, model: None };
//! let (now, message) = (Timestamp::from_micros(1), Amounts { messages: 1, ..Amounts::default() });
//! let mut counter = Counter::new(ScopeKey::subject(whom.subject));
//! let demand = Demand { amounts: message, runs: 1, bytes: 0 };
//! for left in [2, 1, 0] {
//!     let verdict = whom.judge(&[rule.clone()], &demand, &Zone::UTC, now, |_| Some(&counter));
//!     assert_eq!((verdict.allowed, verdict.states[0].remaining), (left > 0, left));
//!     counter.used.book(message, now, &Zone::UTC);
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```

mod counter;
mod history;
mod meter;
mod rule;
mod scope;
mod store;
mod verdict;
mod window;
mod zone;

pub use counter::Counter;
pub use history::History;
pub(crate) use meter::is_zero;
pub use meter::{Amounts, Demand, Meter};
pub use rule::{LimitRule, RuleError};
pub use scope::{Scope, ScopeKey, Who};
pub use store::QuotaStore;
pub use verdict::{LimitState, Verdict, Whom};
pub use window::{Unit, Window, WindowError};
pub use zone::{Span, Zone, ZoneError};

//! What was used, and what is held.

use chatcore::billing::entitlement::Hold;
use chatcore::billing::ledger::{Credit, Quote, Rate};
use chatcore::quota::{Amounts, Counter, ScopeKey, Who, Zone};
use chatcore::{ApiKeyId, RunId, Subject, UserId, VisitorId};
use uuid::Uuid;

use super::{Sample, at, sample};

pub(super) fn quota() -> Vec<Sample> {
    let own = ScopeKey::subject(Subject::User(id!(UserId, 1)));
    let mut full = Counter::new(own.clone());
    let amounts = Amounts { messages: 1, requests: 2, tokens: 3, cost: 4, api_calls: 5 };
    // a day, a quarter of an hour and a minute
    for minutes in [0, 3 * 24 * 60, 3 * 24 * 60 + 65, 3 * 24 * 60 + 120] {
        full.used.book(amounts, at((29_454_000 + minutes) * 60_000_000), &Zone::UTC);
    }
    (full.held, full.runs, full.bytes) = (amounts, 6, 7);
    full.knows("small");
    let scopes = [
        own.with_model("small"),
        ScopeKey::subject(Subject::Visitor(id!(VisitorId, 7))),
        ScopeKey::of(Who::Network("192.0.2.0/24".into())),
        ScopeKey::of(Who::ApiKey(id!(ApiKeyId, 11))),
        ScopeKey::of(Who::Plan("free".into())),
        ScopeKey::of(Who::Everything),
    ];
    let hold = Hold {
        run: id!(RunId, 8),
        subject: Subject::User(id!(UserId, 1)),
        model: "small".into(),
        prompt: 9,
        scopes: std::iter::once(own).chain(scopes.clone()).collect(),
        amounts,
        money: Credit::from_micros(10),
        quote: Some(Quote { version: "1".into(), rate: Rate::PerRequest { amount: Credit::from_micros(10) } }),
        placed_at: at(4),
        expires_at: at(5),
    };
    let mut all = vec![sample(full), sample(hold)];
    all.extend(scopes.map(|scope| sample(Counter::new(scope))));
    all
}

//! What was used, and what is held.

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::billing::entitlement::Hold;
use crate::billing::ledger::{Credit, Quote, Rate};
use crate::id::ApiKeyId;
use crate::quota::{Amounts, Counter, ScopeKey, Who, Zone};

pub(super) fn quota(maker: &Maker<'_>) -> Vec<Sample> {
    let mut all = Vec::new();
    for (at, text) in texts().into_iter().enumerate() {
        let text: String = text.chars().take(200).collect();
        all.push(hold(maker, at, &text));
        all.push(counter(ScopeKey::of(Who::Network(text.clone())), at, &text));
        all.push(counter(ScopeKey::of(Who::Plan("free".into())).with_model(&text), at, &text));
    }
    all.extend(Maker::owners().map(|owner| counter(ScopeKey::subject(owner), 1, "small")));
    let id = ApiKeyId::mint(time(8_000_000), maker.ids);
    all.push(counter(ScopeKey::of(Who::ApiKey(id)), 2, ""));
    all.push(counter(ScopeKey::of(Who::Everything), 3, "large"));
    all
}

const MUCH: Amounts = Amounts { messages: MAX, requests: 0, tokens: MAX, cost: 1, api_calls: MAX };

fn counter(scope: ScopeKey, at: usize, text: &str) -> Sample {
    let before = Counter::new(scope);
    let mut after = before.clone();
    after.used.book(MUCH, time(TIMES[at % 5]), &Zone::UTC);
    (after.held, after.runs, after.bytes) = (MUCH, MAX, MAX);
    after.knows(text);
    if at.is_multiple_of(2) { sample(before, after) } else { sample(after, before) }
}

fn hold(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let subject = Maker::owner(at);
    let before = Hold {
        run: maker.run(),
        subject,
        model: text.to_owned(),
        prompt: MAX,
        scopes: vec![ScopeKey::subject(subject), ScopeKey::subject(subject).with_model(text)],
        amounts: MUCH,
        money: Credit::from_micros(i64::MAX),
        quote: Some(Quote { version: text.to_owned(), rate: Rate::Free }),
        placed_at: time(TIMES[at % 5]),
        expires_at: time(i64::MAX),
    };
    let after = Hold {
        model: String::new(),
        prompt: 0,
        scopes: Vec::new(),
        amounts: Amounts::default(),
        money: Credit::ZERO,
        quote: None,
        expires_at: time(i64::MIN),
        ..before.clone()
    };
    sample(before, after)
}

//! Codes, keys of programs, visitors, and counts.

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::account::{AccountRole, ApiKey, ApiKeyKind, Challenge, ChallengeKind, RoleCount, Scope, TokenHash, Visitor};
use crate::id::{ApiKeyId, VisitorId};
use crate::limits::RateCounter;

/// A hash of its own for each place in the list.
fn hash(at: usize, last: u8) -> TokenHash {
    let mut bytes = [u8::try_from(at * 16).unwrap_or(u8::MAX); 32];
    bytes[31] = last;
    TokenHash(bytes)
}

pub(super) fn access(maker: &Maker<'_>) -> Vec<Sample> {
    let mut all = Vec::new();
    for (at, text) in texts().into_iter().enumerate() {
        let text: String = text.chars().take(200).collect();
        all.extend([challenge(maker, at, &text), key(maker, at, &text), visitor(maker, at, &text)]);
        all.push(counter(at, &text));
    }
    for role in [AccountRole::User, AccountRole::Staff, AccountRole::Admin] {
        all.push(sample(RoleCount { role, active: MAX }, RoleCount { role, active: 0 }));
    }
    all
}

fn challenge(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let kinds = ChallengeKind::ALL;
    let before = Challenge {
        hash: hash(at, 1),
        kind: kinds[at % kinds.len()],
        payload: text.to_owned(),
        user: Some(maker.user()),
        epoch: Some(MAX),
        binding: None,
        created_at: time(TIMES[at % 5]),
        expires_at: time(i64::MAX),
    };
    let after = Challenge {
        kind: kinds[(at + 1) % kinds.len()],
        payload: String::new(),
        user: None,
        epoch: None,
        binding: Some(TokenHash([255; 32])),
        expires_at: time(i64::MIN),
        ..before.clone()
    };
    sample(before, after)
}

fn key(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let before = ApiKey {
        hash: hash(at, 2),
        id: ApiKeyId::mint(time(6_000_000), maker.ids),
        owner: maker.user(),
        kind: ApiKeyKind::Key,
        name: text.to_owned(),
        prefix: String::new(),
        scopes: vec![Scope::Read, Scope::Write, Scope::Account],
        epoch: MAX,
        created_at: time(TIMES[at % 5]),
        last_used_at: None,
        expires_at: Some(time(i64::MAX)),
        revoked_at: None,
    };
    let after = ApiKey {
        kind: ApiKeyKind::Token,
        name: String::new(),
        prefix: text.to_owned(),
        scopes: Vec::new(),
        epoch: 0,
        last_used_at: Some(time(TIMES[at % 5])),
        expires_at: None,
        revoked_at: Some(time(i64::MIN)),
        ..before.clone()
    };
    sample(before, after)
}

fn visitor(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let before = Visitor {
        id: VisitorId::mint(time(7_000_000), maker.ids),
        created_at: time(TIMES[at % 5]),
        network: text.to_owned(),
        merged_into: None,
        merged_at: None,
    };
    let merged_into = Some(maker.user());
    sample(before.clone(), Visitor { merged_into, merged_at: Some(time(TIMES[at % 5])), ..before })
}

fn counter(at: usize, text: &str) -> Sample {
    let before =
        RateCounter { bucket: text.to_owned(), failures: MAX, changed_at: time(i64::MIN), expires_at: time(i64::MAX) };
    sample(before.clone(), RateCounter { failures: 0, changed_at: time(1), expires_at: time(TIMES[at % 5]), ..before })
}

//! Users, identities and sessions.

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::account::{AccountRole, AccountState, Identity, IdentityKey, Session, SessionKind, TokenHash, User};
use crate::id::SessionId;

pub(super) fn accounts(maker: &Maker<'_>) -> Vec<Sample> {
    let roles = [AccountRole::User, AccountRole::Staff, AccountRole::Admin];
    let states = [AccountState::Active, AccountState::Suspended, AccountState::Deleted];
    let mut all = Vec::new();
    for (at, text) in texts().into_iter().enumerate() {
        let text: String = text.chars().take(200).collect();
        let before = User {
            id: maker.user(),
            number: MAX - at as u64,
            username: Some(text.clone()),
            email: None,
            role: roles[at % 3],
            state: states[at % 3],
            epoch: MAX,
            links: MAX,
            key_epoch: 0,
            display_name: Some(text.clone()),
            locale: None,
            created_at: time(TIMES[at % 5]),
        };
        let (role, state) = (roles[(at + 1) % 3], states[(at + 1) % 3]);
        let after = User {
            username: None,
            email: Some(text.clone()),
            role,
            state,
            epoch: 1,
            links: 0,
            key_epoch: MAX,
            display_name: None,
            locale: Some(text.clone()),
            ..before.clone()
        };
        all.push(sample(before, after));
        let keys = [IdentityKey::Username(text.clone()), IdentityKey::Email(text.clone())];
        let links = [
            IdentityKey::OAuth { provider: text.clone(), subject: String::new() },
            IdentityKey::OAuth { provider: "p".into(), subject: text.clone() },
            IdentityKey::Wallet(text.clone()),
        ];
        for key in keys.into_iter().chain(links).chain([IdentityKey::Password(maker.user())]) {
            let secret = Some(texts()[5].clone());
            let before =
                Identity { key, user: maker.user(), secret, verified_at: None, created_at: time(TIMES[at % 5]) };
            let verified_at = Some(time(TIMES[(at + 3) % 5]));
            all.push(sample(before.clone(), Identity { secret: None, verified_at, ..before }));
        }
        let kind =
            SessionKind { name: text.clone(), rotating: at % 2 == 0, lifetime_seconds: MAX, claims: text.clone() };
        let before = Session {
            id: SessionId::mint(time(5_000_000), maker.ids),
            user: maker.user(),
            kind,
            generation: MAX,
            token_hash: TokenHash([255; 32]),
            rotated_at: time(TIMES[at % 5]),
            epoch: MAX,
            label: Some(text),
            created_at: time(i64::MIN),
            expires_at: time(i64::MAX),
            ended_at: None,
        };
        let after = Session {
            generation: 1,
            token_hash: TokenHash([0; 32]),
            label: None,
            ended_at: Some(time(TIMES[at % 5])),
            ..before.clone()
        };
        all.push(sample(before, after));
    }
    all
}

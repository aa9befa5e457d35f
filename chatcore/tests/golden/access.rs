//! Links, codes, keys of programs, visitors and counts.

use chatcore::account::{
    AccountRole, AccountState, ApiKey, ApiKeyKind, Challenge, ChallengeKind, Identity, IdentityKey, RoleCount, Scope,
    TokenHash, User, Visitor,
};
use chatcore::job::{Job, Work};
use chatcore::limits::RateCounter;
use chatcore::{ApiKeyId, JobId, Subject, UserId, VisitorId};
use uuid::Uuid;

use super::{Sample, at, sample};

pub(super) fn access() -> Vec<Sample> {
    let user = User {
        id: id!(UserId, 1),
        number: 2,
        username: None,
        email: None,
        role: AccountRole::Admin,
        state: AccountState::Active,
        epoch: 3,
        links: 2,
        key_epoch: 1,
        display_name: Some("Ann B.".into()),
        locale: Some("de-AT".into()),
        created_at: at(4),
    };
    let link = |key| Identity { key, user: user.id, secret: None, verified_at: Some(at(5)), created_at: at(4) };
    let bare = Challenge {
        hash: TokenHash([0xab; 32]),
        kind: ChallengeKind::OauthState,
        payload: "{}".into(),
        user: None,
        epoch: None,
        binding: None,
        created_at: at(4),
        expires_at: at(5),
    };
    let full = Challenge {
        kind: ChallengeKind::PasswordReset,
        user: Some(user.id),
        epoch: Some(3),
        binding: Some(TokenHash([0xcd; 32])),
        ..bare.clone()
    };
    let key = ApiKey {
        hash: TokenHash([0xef; 32]),
        id: id!(ApiKeyId, 11),
        owner: user.id,
        kind: ApiKeyKind::Key,
        name: "laptop".into(),
        prefix: "ck_ab".into(),
        scopes: vec![Scope::Read, Scope::Write, Scope::Account],
        epoch: 1,
        created_at: at(4),
        last_used_at: None,
        expires_at: Some(at(9)),
        revoked_at: None,
    };
    let token = ApiKey {
        kind: ApiKeyKind::Token,
        last_used_at: Some(at(5)),
        expires_at: None,
        revoked_at: Some(at(6)),
        ..key.clone()
    };
    let network = "192.0.2.0/24".to_owned();
    let visitor = Visitor { id: id!(VisitorId, 7), created_at: at(4), network, merged_into: None, merged_at: None };
    let merged = Visitor { merged_into: Some(user.id), merged_at: Some(at(5)), ..visitor.clone() };
    let counter = RateCounter { bucket: "password ann".into(), failures: 3, changed_at: at(4), expires_at: at(60) };
    let provider = IdentityKey::OAuth { provider: "google".into(), subject: "117".into() };
    vec![
        sample(link(provider)),
        sample(link(IdentityKey::Wallet("0x00000000000000000000000000000000000000ab".into()))),
        sample(user),
        sample(bare),
        sample(full),
        sample(key),
        sample(token),
        sample(visitor),
        sample(merged),
        sample(counter),
        sample(RoleCount { role: AccountRole::Admin, active: 1 }),
        sample(Job {
            id: id!(JobId, 10),
            work: Work::Adopt { from: Subject::Visitor(id!(VisitorId, 7)), to: Subject::User(id!(UserId, 1)) },
            created_at: at(11),
        }),
        sample(Job {
            id: id!(JobId, 10),
            work: Work::Erase { user: id!(UserId, 1), looked_at: Some(at(12)) },
            created_at: at(11),
        }),
    ]
}

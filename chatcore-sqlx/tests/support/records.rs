//! Records from small numbers, so that random ones meet each other.

use chatcore::account::{
    AccountRole, AccountState, ApiKey, ApiKeyKind, Challenge, ChallengeKind, Identity, IdentityKey, RoleCount, Scope,
    Session, SessionKind, TokenHash, User, Visitor,
};
use chatcore::audit::{Act, AuditEntry, AuditHead, Object, ObjectKind};
use chatcore::billing::entitlement::Hold;
use chatcore::billing::ledger::{
    Account, Charge, Credit, EntryKind, LedgerEntry, Line, Month, Quote, Rate, Slice, Spent, Terms, Wallet,
};
use chatcore::conversation::{
    Conversation, ConversationState, ExternalId, Fork, ForkedFrom, Head, Lane, Message, MessageState, Numbered, Part,
    Place, Role, Sequence,
};
use chatcore::job::{Job, Work};
use chatcore::limits::RateCounter;
use chatcore::once::{Fingerprint, IdempotencyKey, Made, RequestName};
use chatcore::quota::{Amounts, Counter, ScopeKey, Who, Zone};
use chatcore::store::{AnyRecord, Kind};
use chatcore::turn::{FinishReason, Run, RunError, RunEvent, RunLog, RunState, Usage};
use chatcore::{ApiKeyId, ConversationId, JobId, MessageId, RunId, SessionId, Subject, Timestamp, UserId, VisitorId};
use uuid::Uuid;

use super::{attachments, billing, social};

pub(crate) fn uuid(n: u8) -> Uuid {
    // the first byte too, so that neither end of a key is always the same
    Uuid::from_bytes([n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, n])
}

pub(crate) fn conversation_id(n: u8) -> ConversationId {
    ConversationId::from_uuid(uuid(n))
}

pub(crate) fn message_id(n: u8) -> MessageId {
    MessageId::from_uuid(uuid(n))
}

pub(crate) fn run_id(n: u8) -> RunId {
    RunId::from_uuid(uuid(n))
}

pub(crate) fn user_id(n: u8) -> UserId {
    UserId::from_uuid(uuid(n))
}

pub(crate) fn owner(n: u8) -> Subject {
    if n.is_multiple_of(2) {
        Subject::User(user_id(n / 2))
    } else {
        Subject::Visitor(VisitorId::from_uuid(uuid(n / 2)))
    }
}

/// Texts that stores stumble over.
pub(crate) fn text(n: u8) -> String {
    ["", "plain", "with \0 inside", "\0", "ünïcödé 🦀", "'; DROP TABLE messages; --", "{\"json\": [1]}", "a\u{1}b"]
        [usize::from(n % 8)]
    .to_owned()
}

pub(crate) fn maybe<T>(n: u8, some: impl FnOnce() -> T) -> Option<T> {
    (!n.is_multiple_of(3)).then(some)
}

pub(crate) fn at(n: u8) -> Timestamp {
    Timestamp::from_micros((i64::from(n) - 3) * 1_000_003)
}

fn role(n: u8) -> Role {
    [Role::System, Role::User, Role::Assistant, Role::Tool][usize::from(n % 4)]
}

fn usage(n: u8) -> Usage {
    Usage { input: u64::from(n), output: u64::MAX, ..Usage::default() }
}

pub(crate) fn conversation(a: u8, salt: u8) -> Conversation {
    Conversation {
        id: conversation_id(a),
        owner: owner(salt % 3),
        number: u64::from(a % 3),
        external_id: maybe(salt, || text(salt)),
        title: maybe(salt / 2, || text(salt / 3)),
        system_prompt: maybe(salt / 3, || text(salt)),
        model: maybe(salt / 5, || text(salt)),
        head: maybe(salt, || Head {
            message: message_id(salt),
            place: Place { lane: u32::from(salt), position: u32::MAX },
            open: salt.is_multiple_of(2),
        }),
        version: u64::from(salt),
        next_seq: u64::from(salt) + 1,
        next_lane: 1,
        message_count: 7,
        cuts: u32::from(salt % 2),
        state: [
            ConversationState::Live,
            ConversationState::Live,
            ConversationState::Building,
            ConversationState::Deleted,
        ][usize::from(salt % 4)],
        pinned: salt.is_multiple_of(3),
        archived: salt.is_multiple_of(5),
        usage: maybe(salt, || (text(salt), usage(a))).into_iter().collect(),
        forked_from: maybe(salt / 7, || ForkedFrom { conversation: conversation_id(a), message: message_id(salt) }),
        created_at: at(0),
        updated_at: at(salt % 4),
    }
}

pub(crate) fn message(a: u8, b: u8, salt: u8) -> Message {
    Message {
        id: message_id(a),
        conversation: conversation_id(b % 3),
        owner: owner(salt % 3),
        parent: maybe(salt, || message_id(salt)),
        place: Place { lane: u32::from(b / 3 % 3), position: 1 + u32::from(salt % 7) },
        seq: u64::from(salt),
        number: u64::from(salt % 3),
        role: role(salt),
        parts: vec![
            Part::text(text(salt)),
            Part::Reasoning { text: text(b), signature: maybe(salt, || text(a)) },
            Part::Provider { provider: "x".into(), raw: serde_json::json!({"n": salt, "deep": [null, text(b)]}) },
        ],
        state: [MessageState::Complete, MessageState::Open, MessageState::Interrupted][usize::from(salt % 3)],
        model: maybe(salt / 2, || text(salt)),
        usage: maybe(salt / 3, || usage(salt)),
        run: maybe(salt / 5, || run_id(salt)),
        client_ref: maybe(salt / 7, || text(b)),
        created_at: at(salt),
        edited_at: maybe(salt, || at(salt / 2)),
    }
}

pub(crate) fn lane(a: u8, b: u8, salt: u8) -> Lane {
    let lane = u32::from(b);
    let start = if lane == 0 { 0 } else { 1 + u32::from(salt % 5) };
    Lane {
        conversation: conversation_id(a % 3),
        lane,
        start,
        parent: u32::from(salt) % lane.max(1),
        role: role(salt),
        seq: u64::from(b) * 10 + u64::from(salt % 10),
        message: maybe(salt, || message_id(salt)),
        elder: maybe(salt / 2, || role(salt / 4)),
        end: maybe(salt / 2, || start + u32::from(salt % 3)),
    }
}

fn fork(a: u8, b: u8, salt: u8) -> Fork {
    Fork {
        conversation: conversation_id(a % 3),
        place: Place { lane: u32::from(b % 3), position: u32::from(b / 3) },
        active: u32::from(salt % 3),
    }
}

fn sequence(a: u8, b: u8, salt: u8) -> Sequence {
    let of = [Numbered::Users, Numbered::Conversations(owner(b)), Numbered::Messages(owner(b))][usize::from(a % 3)];
    Sequence { of, next: u64::from(salt) }
}

pub(crate) fn run(a: u8, salt: u8) -> Run {
    Run {
        id: run_id(a),
        conversation: conversation_id(salt % 3),
        message: message_id(salt),
        owner: owner(salt),
        model: text(salt),
        state: [RunState::Running, RunState::Queued, RunState::Completed, RunState::Failed, RunState::Interrupted]
            [usize::from(salt % 5)],
        started_at: at(0),
        first_token_at: maybe(salt, || at(salt)),
        ended_at: maybe(salt / 2, || at(salt)),
        heartbeat_at: at(salt % 6),
        stop_requested_at: maybe(salt / 3, || at(salt)),
        seen_len: maybe(salt / 2, || u64::from(a)),
        seeded: u64::from(salt / 2),
        last_seq: u64::from(salt),
        usage: maybe(salt, || usage(a)),
        finish: maybe(salt, || {
            if salt.is_multiple_of(2) { FinishReason::Length } else { FinishReason::Other(text(salt)) }
        }),
        error: maybe(salt / 2, || RunError { code: text(salt), message: text(a) }),
    }
}

fn run_log(a: u8, b: u8, salt: u8) -> RunLog {
    let first = 1 + 3 * u64::from(b);
    RunLog {
        run: run_id(a % 3),
        first,
        last: first + 2,
        events: vec![RunEvent::Started, RunEvent::Delta { text: text(salt) }, RunEvent::Usage { usage: usage(salt) }],
    }
}

fn user(a: u8, salt: u8) -> User {
    User {
        id: user_id(a),
        number: u64::from(salt % 4),
        username: maybe(salt, || text(salt)),
        email: maybe(salt / 2, || text(a)),
        role: [AccountRole::User, AccountRole::Staff, AccountRole::Admin][usize::from(salt % 3)],
        state: [AccountState::Active, AccountState::Suspended, AccountState::Deleted][usize::from(salt / 3 % 3)],
        epoch: u64::from(salt),
        links: u64::from(salt / 2),
        key_epoch: u64::from(salt / 3),
        display_name: maybe(salt / 5, || text(salt)),
        locale: maybe(salt / 7, || text(a)),
        created_at: at(salt),
    }
}

fn identity(a: u8, b: u8, salt: u8) -> Identity {
    let key = match a % 5 {
        0 => IdentityKey::Username(text(b)),
        1 => IdentityKey::Email(text(b)),
        2 => IdentityKey::OAuth { provider: text(b), subject: text(a) },
        3 => IdentityKey::Wallet(text(b)),
        _ => IdentityKey::Password(user_id(b)),
    };
    Identity {
        key,
        user: user_id(salt % 4),
        secret: maybe(salt, || text(salt)),
        verified_at: maybe(salt / 2, || at(salt)),
        created_at: at(a),
    }
}

fn session(a: u8, salt: u8) -> Session {
    Session {
        id: SessionId::from_uuid(uuid(a)),
        user: user_id(salt % 3),
        kind: if salt.is_multiple_of(2) { SessionKind::api() } else { SessionKind::web() },
        generation: u64::from(salt),
        token_hash: TokenHash([salt; 32]),
        rotated_at: at(salt),
        epoch: 1,
        label: maybe(salt, || text(salt)),
        created_at: at(a),
        expires_at: at(255),
        ended_at: maybe(salt / 2, || at(salt)),
    }
}

fn job(a: u8, salt: u8) -> Job {
    let work = match salt % 4 {
        0 => Work::PurgeSubtree { conversation: conversation_id(salt), lane: 1, from: 2 },
        1 => Work::PurgeConversation { conversation: conversation_id(salt) },
        2 => Work::Fork { conversation: conversation_id(salt), message: message_id(salt) },
        _ => Work::Adopt { from: owner(salt), to: owner(a) },
    };
    Job { id: JobId::from_uuid(uuid(a)), work, created_at: at(salt) }
}

fn name(a: u8, b: u8, salt: u8) -> IdempotencyKey {
    let conversation = conversation_id(salt % 3);
    let name = if b.is_multiple_of(2) {
        RequestName::Key(text(a))
    } else {
        RequestName::ClientRef(conversation_id(a), text(b))
    };
    IdempotencyKey {
        owner: owner(a),
        name,
        fingerprint: Fingerprint([salt; 32]),
        made: Made {
            conversation,
            message: maybe(salt, || message_id(b)),
            answer: None,
            run: maybe(salt / 2, || run_id(a)),
        },
        expires_at: maybe(salt / 3, || at(salt % 6)),
    }
}

pub(crate) fn hash(a: u8) -> TokenHash {
    TokenHash([a; 32])
}

fn challenge(a: u8, salt: u8) -> Challenge {
    let kinds = ChallengeKind::ALL;
    Challenge {
        hash: hash(a),
        kind: kinds[usize::from(salt) % kinds.len()],
        payload: text(salt),
        user: maybe(salt, || user_id(salt)),
        epoch: maybe(salt / 2, || u64::from(salt)),
        binding: maybe(salt / 3, || hash(salt)),
        created_at: at(salt),
        expires_at: at(salt % 6),
    }
}

fn api_key(a: u8, salt: u8) -> ApiKey {
    ApiKey {
        hash: hash(a),
        id: ApiKeyId::from_uuid(uuid(a)),
        owner: user_id(salt % 3),
        kind: if salt.is_multiple_of(2) { ApiKeyKind::Key } else { ApiKeyKind::Token },
        name: text(salt),
        prefix: text(a),
        scopes: [Scope::Read, Scope::Write, Scope::Account][..usize::from(salt % 4)].to_vec(),
        epoch: u64::from(salt),
        created_at: at(a),
        last_used_at: maybe(salt, || at(salt)),
        expires_at: maybe(salt / 2, || at(salt)),
        revoked_at: maybe(salt / 3, || at(salt)),
    }
}

pub(crate) fn visitor_id(n: u8) -> VisitorId {
    VisitorId::from_uuid(uuid(n))
}

fn visitor(a: u8, salt: u8) -> Visitor {
    Visitor {
        id: visitor_id(a),
        created_at: at(salt),
        network: text(salt),
        merged_into: maybe(salt, || user_id(salt)),
        merged_at: maybe(salt / 2, || at(salt)),
    }
}

fn rate_counter(a: u8, salt: u8) -> RateCounter {
    RateCounter { bucket: text(a), failures: u64::from(salt), changed_at: at(salt), expires_at: at(salt % 6) }
}

fn audit_entry(a: u8, salt: u8) -> AuditEntry {
    AuditEntry {
        number: u64::from(a),
        at: at(salt),
        actor: maybe(salt, || user_id(salt)),
        act: [Act::ReadChat, Act::Suspend][usize::from(salt % 2)],
        object: Object::new(ObjectKind::Conversation, text(salt)),
        about: maybe(salt, || owner(salt)),
        reason: maybe(salt, || text(salt)),
        network: maybe(salt, || text(salt)),
        detail: None,
        previous: Fingerprint([a; 32]),
        hash: Fingerprint([salt; 32]),
    }
}

fn role_count(a: u8, salt: u8) -> RoleCount {
    let role = [AccountRole::User, AccountRole::Staff, AccountRole::Admin][usize::from(a % 3)];
    RoleCount { role, active: u64::from(salt) }
}

pub(crate) fn scope(a: u8, b: u8) -> ScopeKey {
    let who = match a % 5 {
        0 => Who::Network(text(a)),
        1 => Who::ApiKey(ApiKeyId::from_uuid(uuid(a))),
        2 => Who::Plan(text(a)),
        3 => Who::Everything,
        _ => Who::Subject(owner(a)),
    };
    ScopeKey { who, model: (!b.is_multiple_of(2)).then(|| text(b)) }
}

fn counter(a: u8, b: u8, salt: u8) -> Counter {
    let mut counter = Counter::new(scope(a, b));
    let amounts = Amounts { tokens: u64::from(salt), messages: 1, ..Amounts::default() };
    counter.used.book(amounts, at(salt), &Zone::UTC);
    counter.used.book(amounts, at(a), &Zone::UTC);
    counter.held = amounts;
    counter.runs = u64::from(salt % 2);
    counter.knows(&text(salt));
    counter
}

fn hold(a: u8, salt: u8) -> Hold {
    Hold {
        run: run_id(a),
        subject: owner(salt),
        model: text(salt),
        prompt: u64::from(salt),
        scopes: vec![scope(salt, 0), scope(4, salt)],
        amounts: Amounts { cost: u64::from(salt), requests: 1, ..Amounts::default() },
        money: credit(salt),
        quote: maybe(salt, || Quote { version: text(salt), rate: Rate::PerRequest { amount: credit(salt) } }),
        placed_at: at(salt),
        expires_at: at(salt % 6),
    }
}

fn credit(n: u8) -> Credit {
    Credit::from_micros(i64::from(n) - 9)
}

fn terms(n: u8) -> Terms {
    Terms { priority: n % 2, expires_at: maybe(n, || at(n % 6)), trial: false }
}

pub(crate) fn wallet(a: u8, salt: u8) -> Wallet {
    Wallet {
        owner: owner(a),
        plain: credit(salt),
        slices: (0..salt % 3).map(|n| Slice { terms: terms(n + salt), left: credit(salt / 2) }).collect(),
        held: credit(salt / 3),
        spent: Spent { month: Month(u32::from(salt)), amount: credit(salt) },
        refilled_at: maybe(salt, || at(salt)),
        entries: u64::from(salt),
    }
}

pub(crate) fn ledger_entry(a: u8, b: u8, salt: u8) -> LedgerEntry {
    let kinds = [EntryKind::Charge, EntryKind::Start, EntryKind::Transfer];
    let used = [(text(salt), usage(salt))].into();
    LedgerEntry {
        event: text(a),
        owner: owner(b % 3),
        number: u64::from(salt % 7),
        at: at(salt),
        kind: kinds[usize::from(salt % 3)],
        lines: [Account::Credit, Account::Grant(terms(salt)), Account::Revenue]
            .map(|account| Line { account, amount: credit(salt) })
            .into(),
        spent: credit(salt),
        charge: maybe(salt, || Charge { run: run_id(salt), price_version: text(salt), used }),
        corrects: maybe(salt / 2, || text(salt)),
        reason: maybe(salt / 3, || text(salt / 2)),
        by: maybe(salt / 5, || user_id(salt)),
    }
}

/// A record of any kind. `a` and `b` choose the key, `salt` the rest.
pub(crate) fn record(kind: Kind, a: u8, b: u8, salt: u8) -> AnyRecord {
    match kind {
        Kind::Conversation => conversation(a, salt).into(),
        Kind::Message => message(a, b, salt).into(),
        Kind::Lane => lane(a, b, salt).into(),
        Kind::Fork => fork(a, b, salt).into(),
        Kind::Sequence => sequence(a, b, salt).into(),
        Kind::Run => run(a, salt).into(),
        Kind::RunLog => run_log(a, b, salt).into(),
        Kind::User => user(a, salt).into(),
        Kind::Identity => identity(a, b, salt).into(),
        Kind::Session => session(a, salt).into(),
        Kind::Job => job(a, salt).into(),
        Kind::IdempotencyKey => name(a, b, salt).into(),
        Kind::Challenge => challenge(a, salt).into(),
        Kind::ApiKey => api_key(a, salt).into(),
        Kind::Visitor => visitor(a, salt).into(),
        Kind::RateCounter => rate_counter(a, salt).into(),
        Kind::RoleCount => role_count(a, salt).into(),
        Kind::AuditEntry => audit_entry(a, salt).into(),
        Kind::AuditHead => AuditHead { number: u64::from(salt), hash: Fingerprint([salt; 32]) }.into(),
        Kind::Counter => counter(a, b, salt).into(),
        Kind::Hold => hold(a, salt).into(),
        Kind::Wallet => wallet(a, salt).into(),
        Kind::LedgerEntry => ledger_entry(a, b, salt).into(),
        Kind::Entitlement => billing::entitlement(a, salt).into(),
        Kind::StoredPlan => billing::plan(a, salt).into(),
        Kind::Subscription => billing::subscription(a, salt).into(),
        Kind::PaymentEvent => billing::event(a, salt).into(),
        Kind::Customer => billing::customer(a, salt).into(),
        Kind::PaymentObject => billing::object(a, b, salt).into(),
        Kind::Attachment => attachments::attachment(a, salt).into(),
        Kind::Blob => attachments::blob(a, salt).into(),
        Kind::Feedback => social::feedback(a, b, salt).into(),
        Kind::Share => social::share(a, salt).into(),
        Kind::Node => message(a, b, salt).node().into(),
        Kind::Slot => {
            let it = message(a, b, salt);
            chatcore::conversation::Slot {
                conversation: it.conversation,
                place: it.place,
                message: it.id,
                role: it.role,
            }
            .into()
        }
        Kind::ExternalId => {
            ExternalId { owner: owner(salt % 3), external_id: text(salt), conversation: conversation_id(a) }.into()
        }
        other => panic!("no record of {other:?}"),
    }
}

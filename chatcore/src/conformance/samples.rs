//! Records of every kind, with every variant and with values at the edges of what a store must keep.

use std::fmt::Debug;

use super::raw::{Absent, Delete, Insert, Same, Update, key_of};
use crate::account::{AccountRole, AccountState, Identity, IdentityKey, Session, SessionKind, TokenHash, User};
use crate::conversation::{
    Conversation, ConversationState, Fork, ForkedFrom, Head, Lane, Message, MessageState, Numbered, Part, Place, Role,
    Sequence,
};
use crate::id::{ConversationId, IdSource, JobId, MessageId, RunId, SessionId, UserId};
use crate::job::{Job, Work};
use crate::store::{AnyRecord, Batch, Kind, Stored};
use crate::subject::Subject;
use crate::testing::{user, visitor};
use crate::turn::{FinishReason, Run, RunError, RunEvent, RunLog, RunState, Usage, UsageSource};
use crate::Timestamp;

/// A record before and after a change, with the batches that make, change, look at and remove it.
pub(super) struct Sample {
    pub(super) kind: Kind,
    pub(super) key: Vec<u8>,
    pub(super) before: AnyRecord,
    pub(super) after: AnyRecord,
    pub(super) insert: Box<dyn Fn() -> Batch + Send + Sync>,
    pub(super) update: Box<dyn Fn() -> Batch + Send + Sync>,
    pub(super) delete: Box<dyn Fn() -> Batch + Send + Sync>,
    pub(super) is_before: Box<dyn Fn() -> Batch + Send + Sync>,
    pub(super) is_after: Box<dyn Fn() -> Batch + Send + Sync>,
    pub(super) is_absent: Box<dyn Fn() -> Batch + Send + Sync>,
}

/// The largest number that a store must keep: what fits a signed 64-bit column.
pub(super) const MAX: u64 = i64::MAX as u64;

fn sample<R: Stored + Debug>(before: R, after: R) -> Sample
where
    AnyRecord: From<R>,
{
    assert_eq!(before.key(), after.key());
    let made = (before.clone(), before.clone(), before.clone(), before.clone());
    let next = (after.clone(), after.clone());
    Sample {
        kind: R::KIND,
        key: key_of(&before),
        before: before.into(),
        after: after.into(),
        insert: Box::new(move || Batch::of(Insert(made.0.clone()))),
        delete: Box::new(move || Batch::of(Delete(made.1.clone()))),
        is_before: Box::new(move || Batch::of(Same(made.2.clone()))),
        is_absent: Box::new(move || Batch::of(Absent(made.3.clone()))),
        update: Box::new(move || Batch::of(Update(next.0.clone()))),
        is_after: Box::new(move || Batch::of(Same(next.1.clone()))),
    }
}

/// Texts that stores have been known to spoil.
pub(super) fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "plain",
        "  spaces around\t",
        "lines\r\nof\nboth kinds\r",
        "'; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}",
        "ä ö ü ß é ñ, ДЖ, 漢字, ع, \u{1F600}\u{1F468}\u{200D}\u{1F469}, e\u{301}, \u{feff}, \u{202e}, \u{10ffff}",
        "\u{1}\u{7}\u{1b}[0m\u{7f}\u{85}",
        "null",
        "{\"json\": [1, 2.5, null]}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("200 kB of text ".repeat(14_000));
    texts
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

const TIMES: [i64; 5] = [0, 1, -1, 1_767_225_600_123_456, i64::MAX];

struct Maker<'a> {
    ids: &'a dyn IdSource,
}

impl Maker<'_> {
    fn owners() -> [Subject; 3] {
        [user(1).subject(), user(u64::MAX).subject(), visitor(1).subject()]
    }

    fn owner(at: usize) -> Subject {
        Self::owners()[at % 3]
    }

    fn conversation(&self) -> ConversationId {
        ConversationId::mint(time(1_000_000), self.ids)
    }

    fn message(&self) -> MessageId {
        MessageId::mint(time(2_000_000), self.ids)
    }

    fn user(&self) -> UserId {
        UserId::mint(time(3_000_000), self.ids)
    }

    fn run(&self) -> RunId {
        RunId::mint(time(4_000_000), self.ids)
    }
}

/// Samples of every kind that is stored for itself.
pub(super) fn samples(ids: &dyn IdSource) -> Vec<Sample> {
    let maker = Maker { ids };
    let mut all = conversations(&maker);
    all.extend(messages(&maker));
    all.extend(places(&maker));
    all.extend(runs(&maker));
    all.extend(logs(&maker));
    all.extend(accounts(&maker));
    all.extend(jobs(&maker));
    all
}

fn conversations(maker: &Maker<'_>) -> Vec<Sample> {
    let states = [ConversationState::Live, ConversationState::Building, ConversationState::Deleted];
    let of = |(at, text): (usize, String)| {
        let short: String = text.chars().take(200).collect();
        let before = Conversation {
            id: maker.conversation(),
            owner: Maker::owner(at),
            number: MAX - at as u64,
            external_id: (!short.is_empty()).then(|| short.clone()),
            title: Some(short.clone()),
            system_prompt: Some(text),
            model: Some(short),
            head: Some(Head {
                message: maker.message(),
                place: Place { lane: u32::MAX, position: u32::MAX },
                open: at % 2 == 0,
            }),
            version: MAX,
            next_seq: MAX,
            next_lane: u32::MAX,
            message_count: MAX,
            cuts: u32::MAX,
            state: states[at % 3],
            forked_from: Some(ForkedFrom { conversation: maker.conversation(), message: maker.message() }),
            created_at: time(TIMES[at % 5]),
            updated_at: time(TIMES[(at + 1) % 5]),
        };
        let after = Conversation {
            external_id: Some(format!("other {at}")),
            title: None,
            system_prompt: None,
            model: None,
            head: None,
            version: 0,
            next_seq: 0,
            next_lane: 0,
            message_count: 0,
            cuts: 0,
            state: states[(at + 1) % 3],
            forked_from: None,
            updated_at: time(i64::MIN),
            ..before.clone()
        };
        sample(before, after)
    };
    let mut all: Vec<Sample> = texts().into_iter().enumerate().map(of).collect();
    let numbered = [Numbered::Users, Numbered::Conversations(Maker::owner(0)), Numbered::Messages(Maker::owner(2))];
    all.extend(numbered.map(|of| sample(Sequence { of, next: 1 }, Sequence { of, next: MAX })));
    all
}

fn parts(text: &str) -> Vec<Part> {
    let some = |text: &str| Some(text.to_owned());
    let text = text.to_owned();
    vec![
        Part::text(text.clone()),
        Part::Reasoning { text: text.clone(), signature: None },
        Part::Reasoning { text: String::new(), signature: some("c2ln") },
        Part::ToolCall { id: text.clone(), name: "look".into(), arguments: "{broken".into() },
        Part::ToolResult { call_id: "1".into(), content: text.clone(), is_error: true },
        Part::Image { url: text.clone(), media_type: some("image/png") },
        Part::File { url: text.clone(), name: some("a.txt"), media_type: None },
        Part::Refusal { text: text.clone() },
        Part::Provider { provider: "testing".into(), raw: serde_json::json!({"b": [1, null, {"a": text}], "a": -1}) },
    ]
}

const STATES: [RunState; 5] =
    [RunState::Running, RunState::Completed, RunState::Stopped, RunState::Failed, RunState::Interrupted];

fn usage(source: UsageSource) -> Usage {
    Usage { input: MAX, output: 0, cache_read: 1, cache_write: MAX, reasoning: 2, source }
}

fn messages(maker: &Maker<'_>) -> Vec<Sample> {
    let roles = [Role::System, Role::User, Role::Assistant, Role::Tool];
    let of = |(at, text): (usize, String)| {
        let before = Message {
            id: maker.message(),
            conversation: maker.conversation(),
            owner: Maker::owner(at),
            parent: (at % 2 == 0).then(|| maker.message()),
            place: Place { lane: u32::MAX - 1, position: u32::MAX },
            seq: MAX,
            number: MAX - at as u64,
            role: roles[at % 4],
            parts: parts(&text),
            state: STATES[at % 5].message(),
            model: Some(text.chars().take(200).collect()),
            usage: Some(usage(UsageSource::Provider)),
            run: Some(maker.run()),
            client_ref: Some(text.chars().take(200).collect()),
            created_at: time(TIMES[at % 5]),
            edited_at: Some(time(TIMES[(at + 2) % 5])),
        };
        let after = Message {
            parts: Vec::new(),
            state: MessageState::Interrupted,
            model: None,
            usage: None,
            run: None,
            client_ref: None,
            edited_at: None,
            ..before.clone()
        };
        sample(before, after)
    };
    texts().into_iter().enumerate().map(of).collect()
}

fn places(maker: &Maker<'_>) -> Vec<Sample> {
    let conversation = maker.conversation();
    let lane = Lane {
        conversation,
        lane: u32::MAX,
        start: u32::MAX,
        parent: 7,
        role: Role::Tool,
        seq: MAX,
        message: Some(maker.message()),
        elder: None,
        end: None,
    };
    let small = Lane { lane: 1, start: 1, parent: 0, elder: Some(Role::System), message: None, seq: 2, ..lane };
    let first = Lane { end: Some(1), ..Lane::first(conversation) };
    let place = Place { lane: u32::MAX, position: u32::MAX };
    let fork = Fork { conversation, place, active: u32::MAX };
    let root = Fork { conversation, place: Place::ROOT, active: 3 };
    vec![
        sample(lane, Lane { end: Some(u32::MAX), ..lane }),
        sample(small, Lane { end: Some(1), ..small }),
        sample(first, Lane { end: Some(0), ..first }),
        sample(fork, Fork { active: 0, ..fork }),
        sample(root, Fork { active: 0, ..root }),
    ]
}

fn runs(maker: &Maker<'_>) -> Vec<Sample> {
    let finishes = [
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::ToolCalls,
        FinishReason::ContentFilter,
        FinishReason::Other("end of \u{1F600}".into()),
    ];
    let of = |at: usize| {
        let source = [UsageSource::Provider, UsageSource::Counted, UsageSource::Estimated][at % 3];
        let before = Run {
            id: maker.run(),
            conversation: maker.conversation(),
            message: maker.message(),
            owner: Maker::owner(at),
            model: texts()[5].clone(),
            state: STATES[at],
            started_at: time(TIMES[at]),
            first_token_at: Some(time(TIMES[at])),
            ended_at: None,
            heartbeat_at: time(TIMES[(at + 1) % 5]),
            stop_requested_at: None,
            last_seq: 0,
            usage: None,
            finish: None,
            error: None,
        };
        let after = Run {
            state: STATES[(at + 1) % 5],
            first_token_at: None,
            ended_at: Some(time(i64::MIN)),
            heartbeat_at: time(i64::MIN),
            stop_requested_at: Some(time(i64::MAX)),
            last_seq: MAX,
            usage: Some(usage(source)),
            finish: Some(finishes[at].clone()),
            error: Some(RunError { code: "timeout".into(), message: texts()[6].clone() }),
            ..before.clone()
        };
        sample(before, after)
    };
    (0..5).map(of).collect()
}

/// One of every event.
pub(super) fn events(text: &str) -> Vec<RunEvent> {
    let text = text.to_owned();
    vec![
        RunEvent::Started,
        RunEvent::Delta { text: text.clone() },
        RunEvent::Reasoning { text: text.clone(), signature: Some("c2ln".into()) },
        RunEvent::Reasoning { text: text.clone(), signature: None },
        RunEvent::Refusal { text: text.clone() },
        RunEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: text.clone() },
        RunEvent::Provider { provider: "testing".into(), raw: serde_json::json!({"a": [text]}) },
        RunEvent::Usage { usage: usage(UsageSource::Counted) },
        RunEvent::Completed,
        RunEvent::Stopped,
        RunEvent::Failed { code: "interrupted".into(), message: text },
        RunEvent::Interrupted,
    ]
}

fn logs(maker: &Maker<'_>) -> Vec<Sample> {
    let run = maker.run();
    let of = |(at, text): (usize, String)| {
        let (events, first) = (events(&text), 1 + at as u64 * 100);
        let before = RunLog { run, first, last: first + events.len() as u64 - 1, events };
        sample(before.clone(), RunLog { last: MAX, events: vec![RunEvent::Completed], ..before })
    };
    texts().into_iter().enumerate().map(of).collect()
}

fn accounts(maker: &Maker<'_>) -> Vec<Sample> {
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
            created_at: time(TIMES[at % 5]),
        };
        let (role, state) = (roles[(at + 1) % 3], states[(at + 1) % 3]);
        let after = User { username: None, email: Some(text.clone()), role, state, epoch: 1, ..before.clone() };
        all.push(sample(before, after));
        let keys = [IdentityKey::Username(text.clone()), IdentityKey::Email(text.clone())];
        for key in keys.into_iter().chain([IdentityKey::Password(maker.user())]) {
            let secret = Some(texts()[5].clone());
            let before = Identity { key, user: maker.user(), secret, verified_at: None, created_at: time(TIMES[at % 5]) };
            let verified_at = Some(time(TIMES[(at + 3) % 5]));
            all.push(sample(before.clone(), Identity { secret: None, verified_at, ..before }));
        }
        let kind = SessionKind { name: text.clone(), rotating: at % 2 == 0, lifetime_seconds: MAX, claims: text.clone() };
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

fn jobs(maker: &Maker<'_>) -> Vec<Sample> {
    let (conversation, message) = (maker.conversation(), maker.message());
    let works = [
        Work::PurgeSubtree { conversation, lane: u32::MAX, from: u32::MAX },
        Work::PurgeConversation { conversation },
        Work::Fork { conversation, message },
    ];
    let of = |(at, work): (usize, Work)| {
        let id = JobId::mint(time(6_000_000), maker.ids);
        let before = Job { id, work, created_at: time(TIMES[at]) };
        sample(before.clone(), Job { created_at: time(i64::MIN), ..before })
    };
    works.into_iter().enumerate().map(of).collect()
}

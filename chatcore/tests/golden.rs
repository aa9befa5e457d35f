//! The stored form never changes under data that is there: fixed bytes for records of every kind, for their keys, and for
//! the entries of their lists. What they are stands in `golden/version-1.txt`; a later version gets a file of its own.
//!
//! A list that comes later (`0b`, runs by owner) has no entries of the records that were there before; it may only be
//! one that is asked for new ones.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chatcore::account::{AccountRole, AccountState, Identity, IdentityKey, Session, SessionKind, TokenHash, User};
use chatcore::attachment::ContentHash;
use chatcore::billing::{ObjectKind, PlanId};
use chatcore::conversation::{
    Conversation, ConversationState, ExternalId, Fork, ForkedFrom, Head, Lane, Message, MessageState, Numbered, Part,
    Place, Role, Sequence, Slot,
};
use chatcore::job::{Job, Work};
use chatcore::once::{Fingerprint, IdempotencyKey, Made, RequestName};
use chatcore::quota::ScopeKey;
use chatcore::store::codec::{self, CodecError};
use chatcore::store::{AnyRecord, Entries, Kind, OrderedKey, Stored};
use chatcore::turn::{FinishReason, Run, RunError, RunEvent, RunLog, RunState, Usage, UsageSource};
use chatcore::{
    AttachmentId, ConversationId, JobId, MessageId, RunId, SessionId, Subject, Timestamp, UserId, VisitorId,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const GOLDEN: &str = include_str!("golden/version-1.txt");

/// A record, and all that is stored for it.
struct Sample {
    record: AnyRecord,
    entries: Vec<Vec<u8>>,
}

fn sample<R: Stored>(record: R) -> Sample
where
    AnyRecord: From<R>,
{
    Sample { entries: Entries::of(Some(&record)), record: record.into() }
}

/// Ids with their kind in the first digits and their number in the last.
macro_rules! id {
    ($type:ident, $number:literal) => {
        $type::from_uuid(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + $number))
    };
}

#[path = "golden/access.rs"]
mod access;
#[path = "golden/attachments.rs"]
mod attachments;
#[path = "golden/billing.rs"]
mod billing;
#[path = "golden/money.rs"]
mod money;
#[path = "golden/quota.rs"]
mod quota;
#[path = "golden/social.rs"]
mod social;

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn usage() -> Usage {
    Usage { input: 1, output: 2, cache_read: 3, cache_write: 4, reasoning: 5, source: UsageSource::Counted }
}

fn conversations() -> Vec<Sample> {
    let owner = Subject::User(id!(UserId, 1));
    let full = Conversation {
        id: id!(ConversationId, 2),
        owner,
        number: 3,
        external_id: some("a b"),
        title: some("Title"),
        system_prompt: some("Be brief."),
        model: some("small"),
        head: Some(Head { message: id!(MessageId, 4), place: Place { lane: 1, position: 2 }, open: true }),
        version: 5,
        next_seq: 6,
        next_lane: 7,
        message_count: 8,
        cuts: 9,
        state: ConversationState::Live,
        pinned: false,
        archived: false,
        usage: std::collections::BTreeMap::new(),
        forked_from: Some(ForkedFrom { conversation: id!(ConversationId, 5), message: id!(MessageId, 6) }),
        created_at: at(1_767_225_600_000_000),
        updated_at: at(1_767_225_600_123_456),
    };
    let bare = Conversation {
        owner: Subject::Visitor(id!(VisitorId, 7)),
        external_id: None,
        title: None,
        system_prompt: None,
        model: None,
        head: None,
        state: ConversationState::Building,
        forked_from: None,
        created_at: at(-1),
        ..full.clone()
    };
    let external = ExternalId { owner, external_id: "a b".into(), conversation: full.id };
    let counters = [Numbered::Users, Numbered::Conversations(owner), Numbered::Messages(bare.owner)];
    let mut all = vec![sample(full), sample(bare), sample(external)];
    all.extend(counters.map(|of| sample(Sequence { of, next: 10 })));
    all
}

fn messages() -> Vec<Sample> {
    let text = || "text".to_owned();
    let full = Message {
        id: id!(MessageId, 4),
        conversation: id!(ConversationId, 2),
        owner: Subject::User(id!(UserId, 1)),
        parent: Some(id!(MessageId, 3)),
        place: Place { lane: 1, position: 2 },
        seq: 3,
        number: 4,
        role: Role::Assistant,
        parts: vec![
            Part::text("text"),
            Part::Reasoning { text: text(), signature: some("c2ln") },
            Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() },
            Part::ToolResult { call_id: "1".into(), content: text(), is_error: true },
            Part::Image { url: "data:,".into(), media_type: some("image/png") },
            Part::File { url: "data:,".into(), name: some("a.txt"), media_type: None },
            Part::Refusal { text: text() },
            Part::Provider { provider: "own".into(), raw: json!({"b": [1, null], "a": -1.5}) },
        ],
        state: MessageState::Complete,
        model: some("small"),
        usage: Some(usage()),
        run: Some(id!(RunId, 8)),
        client_ref: some("ref"),
        created_at: at(0),
        edited_at: Some(at(1)),
    };
    let bare = Message {
        parent: None,
        parts: Vec::new(),
        state: MessageState::Open,
        model: None,
        usage: None,
        run: None,
        client_ref: None,
        edited_at: None,
        ..full.clone()
    };
    let slot = Slot { conversation: full.conversation, place: full.place, message: full.id, role: full.role };
    vec![sample(full.node()), sample(slot), sample(full), sample(bare)]
}

fn places() -> Vec<Sample> {
    let conversation = id!(ConversationId, 2);
    let lane = Lane {
        conversation,
        lane: 3,
        start: 5,
        parent: 1,
        role: Role::User,
        seq: 6,
        message: Some(id!(MessageId, 4)),
        elder: Some(Role::Tool),
        end: Some(9),
    };
    let fork = Fork { conversation, place: Place { lane: 1, position: 4 }, active: 3 };
    vec![sample(lane), sample(Lane::first(conversation)), sample(fork), sample(Fork { active: 1, ..fork })]
}

fn runs() -> Vec<Sample> {
    let bare = Run {
        id: id!(RunId, 8),
        conversation: id!(ConversationId, 2),
        message: id!(MessageId, 4),
        owner: Subject::User(id!(UserId, 1)),
        model: "small".into(),
        state: RunState::Running,
        started_at: at(1),
        first_token_at: None,
        ended_at: None,
        heartbeat_at: at(2),
        stop_requested_at: None,
        seen_len: None,
        seeded: 0,
        last_seq: 0,
        usage: None,
        finish: None,
        error: None,
    };
    let full = Run {
        state: RunState::Failed,
        first_token_at: Some(at(3)),
        ended_at: Some(at(4)),
        stop_requested_at: Some(at(5)),
        last_seq: 6,
        usage: Some(usage()),
        finish: Some(FinishReason::Other("end".into())),
        error: Some(RunError { code: "timeout".into(), message: "too late".into() }),
        ..bare.clone()
    };
    let text = || "text".to_owned();
    let events = vec![
        RunEvent::Started,
        RunEvent::Delta { text: text() },
        RunEvent::Reasoning { text: text(), signature: some("c2ln") },
        RunEvent::Refusal { text: text() },
        RunEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() },
        RunEvent::Provider { provider: "own".into(), raw: json!([true]) },
        RunEvent::Usage { usage: usage() },
        RunEvent::Completed,
        RunEvent::Stopped,
        RunEvent::Failed { code: "timeout".into(), message: "too late".into() },
        RunEvent::Interrupted,
    ];
    let log = RunLog { run: bare.id, first: 2, last: 12, events };
    vec![sample(bare), sample(full), sample(log)]
}

fn accounts() -> Vec<Sample> {
    let user = User {
        id: id!(UserId, 1),
        number: 2,
        username: some("Ann"),
        email: None,
        role: AccountRole::Staff,
        state: AccountState::Active,
        epoch: 3,
        links: 0,
        key_epoch: 0,
        display_name: None,
        locale: None,
        created_at: at(4),
    };
    let identity = |key, secret| Identity { key, user: id!(UserId, 1), secret, verified_at: None, created_at: at(4) };
    let session = Session {
        id: id!(SessionId, 9),
        user: user.id,
        kind: SessionKind::api(),
        generation: 1,
        token_hash: TokenHash([0xab; 32]),
        rotated_at: at(5),
        epoch: 3,
        label: some("browser"),
        created_at: at(4),
        expires_at: at(i64::MAX),
        ended_at: None,
    };
    vec![
        sample(user.clone()),
        sample(User { username: None, email: some("ann@example.org"), state: AccountState::Suspended, ..user }),
        sample(identity(IdentityKey::Username("ann".into()), None)),
        sample(identity(IdentityKey::Email("ann@example.org".into()), None)),
        sample(identity(IdentityKey::Password(id!(UserId, 1)), some("$argon2id$"))),
        sample(session),
    ]
}

fn jobs() -> Vec<Sample> {
    let (conversation, message) = (id!(ConversationId, 2), id!(MessageId, 4));
    let works = [
        Work::PurgeSubtree { conversation, lane: 1, from: 2 },
        Work::PurgeConversation { conversation },
        Work::Fork { conversation, message },
    ];
    works.map(|work| sample(Job { id: id!(JobId, 10), work, created_at: at(11) })).into()
}

fn names() -> Vec<Sample> {
    let conversation = id!(ConversationId, 2);
    let bare = IdempotencyKey {
        owner: Subject::User(id!(UserId, 1)),
        name: RequestName::Key("first-try".into()),
        fingerprint: Fingerprint([0xcd; 32]),
        made: Made { conversation, message: None, answer: None, run: None },
        expires_at: Some(at(12)),
    };
    let (message, answer, run) = (Some(id!(MessageId, 4)), Some(id!(MessageId, 5)), Some(id!(RunId, 8)));
    let full = IdempotencyKey {
        owner: Subject::Visitor(id!(VisitorId, 7)),
        name: RequestName::ClientRef(conversation, "draft 1".into()),
        made: Made { conversation, message, answer, run },
        expires_at: None,
        ..bare.clone()
    };
    // a run that waits to go on with another one, and one that was stopped by somebody who read along
    let AnyRecord::Run(run) = runs().swap_remove(1).record else { unreachable!() };
    let queued = Run { state: RunState::Queued, seeded: 3, error: None, ended_at: None, ..run.clone() };
    let seen = Run { state: RunState::Stopped, seen_len: Some(7), error: None, ..run };
    vec![sample(bare), sample(full), sample(queued), sample(seen)]
}

fn samples() -> Vec<Sample> {
    let chats = [conversations(), messages(), places(), runs(), accounts(), jobs(), names()];
    let rest = [access::access(), quota::quota(), money::money(), billing::billing()];
    let rest = rest.into_iter().chain([attachments::attachments(), social::social()]);
    chats.into_iter().chain(rest).flatten().collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A record as it stands in the file.
fn written(Sample { record, entries }: &Sample) -> String {
    let mut text = format!("{} {}\nkey    {}\n", record.kind() as u8, record.kind().name(), hex(&record.key_bytes()));
    for entry in entries {
        writeln!(text, "list   {}", hex(entry)).unwrap();
    }
    let bytes = record.encode();
    assert_eq!(bytes[0], codec::VERSION);
    text + "record " + std::str::from_utf8(&bytes[1..]).unwrap()
}

fn golden() -> Vec<&'static str> {
    GOLDEN.trim_end().split("\n\n").collect()
}

/// The stored form that a block of the file holds.
fn stored(block: &str) -> Vec<u8> {
    let json = block.lines().find_map(|line| line.strip_prefix("record ")).unwrap();
    [&[1], json.as_bytes()].concat()
}

#[test]
fn every_kind_is_stored_in_these_bytes() {
    let samples = samples();
    let kinds: BTreeSet<Kind> = samples.iter().map(|sample| sample.record.kind()).collect();
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
    let all: Vec<String> = samples.iter().map(written).collect();
    assert_eq!(golden().len(), all.len(), "the file is to hold:\n{}", all.join("\n\n"));
    for (golden, written) in golden().into_iter().zip(all) {
        assert_eq!(written, golden, "what is stored has changed: data that is there would not be found or not be read");
    }
}

#[test]
fn these_bytes_are_read_as_the_records() {
    for (block, sample) in golden().into_iter().zip(samples()) {
        let read = AnyRecord::decode(sample.record.kind(), &stored(block)).unwrap();
        assert_eq!(read, sample.record);
    }
}

fn decode(kind: Kind, fields: &Map<String, Value>) -> Result<AnyRecord, CodecError> {
    AnyRecord::decode(kind, &[&[codec::VERSION], serde_json::to_vec(fields).unwrap().as_slice()].concat())
}

fn fields(sample: &Sample) -> Map<String, Value> {
    serde_json::from_slice(&sample.record.encode()[1..]).unwrap()
}

#[test]
fn a_field_that_a_later_program_added_is_passed_over() {
    for sample in samples() {
        let mut more = fields(&sample);
        more.insert("added_later".into(), json!({"a": [1]}));
        assert_eq!(decode(sample.record.kind(), &more).unwrap(), sample.record);
    }
}

#[test]
fn a_field_that_an_earlier_program_did_not_have_is_none() {
    let mut optional = 0;
    for sample in samples() {
        let all = fields(&sample);
        for (name, value) in &all {
            let mut fewer = all.clone();
            fewer.remove(name);
            let read = decode(sample.record.kind(), &fewer);
            if value.is_null() {
                optional += 1;
                assert_eq!(read.unwrap(), sample.record, "{name} of a {}", sample.record.kind().name());
            } else {
                // a value that is lost is an error, or `None` where that is a value: never what was there
                assert!(read.map_or(true, |read| read != sample.record), "{name} of a {}", sample.record.kind().name());
            }
        }
    }
    assert!(optional > 20, "the samples leave {optional} fields out");
}

#[test]
fn a_field_that_must_be_there_is_missed() {
    for sample in samples() {
        let kind = sample.record.kind();
        let read = decode(kind, &Map::new());
        assert!(matches!(read, Err(CodecError::Fields(_))), "a {} of no fields: {read:?}", kind.name());
    }
}

#[test]
fn a_newer_version_is_refused() {
    for sample in samples() {
        let mut bytes = sample.record.encode();
        bytes[0] = codec::VERSION + 1;
        let read = AnyRecord::decode(sample.record.kind(), &bytes);
        assert!(matches!(read, Err(CodecError::Version(2))), "{read:?}");
    }
    assert!(matches!(codec::decode::<Job>(&[]), Err(CodecError::Empty)));
    assert!(matches!(codec::decode::<Job>(&[codec::VERSION]), Err(CodecError::Fields(_))));
}

#[test]
fn keys_of_the_file_are_read_as_the_keys() {
    fn read<K: OrderedKey>(bytes: &[u8]) -> bool {
        let mut input = bytes;
        K::read(&mut input).is_some_and(|key| key.to_bytes() == bytes) && input.is_empty()
    }
    for sample in samples() {
        let bytes = sample.record.key_bytes();
        let whole = match sample.record.kind() {
            Kind::Conversation => read::<ConversationId>(&bytes),
            Kind::Message | Kind::Node => read::<MessageId>(&bytes),
            Kind::Lane => read::<(ConversationId, u32)>(&bytes),
            Kind::Fork | Kind::Slot => read::<(ConversationId, u32, u32)>(&bytes),
            Kind::Sequence => read::<Numbered>(&bytes),
            Kind::Run => read::<RunId>(&bytes),
            Kind::RunLog => read::<(RunId, u64)>(&bytes),
            Kind::User => read::<UserId>(&bytes),
            Kind::Identity => read::<IdentityKey>(&bytes),
            Kind::Session => read::<SessionId>(&bytes),
            Kind::Job => read::<JobId>(&bytes),
            Kind::IdempotencyKey => read::<(Subject, RequestName)>(&bytes),
            Kind::ExternalId => read::<(Subject, String)>(&bytes),
            Kind::Feedback => read::<(MessageId, Subject)>(&bytes),
            Kind::Challenge | Kind::ApiKey | Kind::Share => read::<TokenHash>(&bytes),
            Kind::Visitor => read::<VisitorId>(&bytes),
            Kind::RateCounter | Kind::LedgerEntry => read::<String>(&bytes),
            Kind::RoleCount => read::<AccountRole>(&bytes),
            Kind::Counter => read::<ScopeKey>(&bytes),
            Kind::Hold => read::<RunId>(&bytes),
            Kind::Wallet => read::<Subject>(&bytes),
            Kind::Entitlement | Kind::Customer => read::<Subject>(&bytes),
            Kind::StoredPlan => read::<PlanId>(&bytes),
            Kind::Subscription | Kind::PaymentEvent => read::<String>(&bytes),
            Kind::PaymentObject => read::<(ObjectKind, String)>(&bytes),
            Kind::Attachment => read::<AttachmentId>(&bytes),
            Kind::Blob => read::<ContentHash>(&bytes),
            _ => false,
        };
        assert!(whole, "the key of a {}: {}", sample.record.kind().name(), hex(&bytes));
    }
}

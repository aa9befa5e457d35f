//! Records of every kind, with every variant and with values at the edges of what a store must keep.

mod access;
mod attachments;
mod billing;
mod chats;
mod money;
mod people;
mod quota;
mod runs;
mod social;

use std::fmt::Debug;

use super::raw::{Absent, Delete, Insert, Same, Update, key_of};
use crate::Timestamp;
use crate::id::{ConversationId, IdSource, MessageId, RunId, UserId};
use crate::store::{AnyRecord, Batch, Kind, Stored};
use crate::subject::Subject;
use crate::testing::{user, visitor};
use crate::turn::{RunState, Usage, UsageSource};

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
        [user(77).subject(), user(u64::MAX).subject(), visitor(77).subject()]
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
    let mut all = chats::conversations(&maker);
    all.extend(chats::messages(&maker));
    all.extend(chats::places(&maker));
    all.extend(runs::runs(&maker));
    all.extend(runs::logs(&maker));
    all.extend(people::accounts(&maker));
    all.extend(access::access(&maker));
    all.extend(money::money(&maker));
    all.extend(billing::billing());
    all.extend(runs::jobs(&maker));
    all.extend(attachments::attachments(&maker));
    all.extend(social::social(&maker));
    all.extend(quota::quota(&maker));
    all.extend(runs::names(&maker));
    all
}

/// Records of every kind that is stored for itself, with every variant and with values at the edges of what a store must
/// keep: for tests of whatever moves records. Ids make the keys of all but the sequences.
#[must_use]
pub fn records(ids: &dyn IdSource) -> Vec<AnyRecord> {
    samples(ids).into_iter().map(|sample| sample.before).collect()
}

const STATES: [RunState; 6] = [
    RunState::Running,
    RunState::Completed,
    RunState::Stopped,
    RunState::Failed,
    RunState::Interrupted,
    RunState::Queued,
];

fn usage(source: UsageSource) -> Usage {
    Usage { input: MAX, output: 0, cache_read: 1, cache_write: MAX, reasoning: 2, source }
}

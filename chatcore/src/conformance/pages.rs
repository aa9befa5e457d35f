//! Lists that are read page by page while others write to them.

use std::collections::BTreeSet;

use futures::future::BoxFuture;

use super::bench::{Bench, message};
use super::raw::{Delete, Insert, Update};
use crate::account::{ApiKey, Session};
use crate::conversation::{Conversation, Lane, LaneRange, Message, Parent, Place, Role};
use crate::id::{ConversationId, MessageId};
use crate::job::{Job, Work};
use crate::share::Share;
use crate::store::{AnyRecord, Batch, Kind, OrderedKey, Stored};
use crate::turn::{Run, RunEvent, RunLog, RunState};

/// Reads an ascending list from its beginning to its end, and puts something in front of the place, something behind it
/// and takes away what is at it after each page. `all` is what may be in the list, in order.
async fn ascends<'a, T: Stored>(
    bench: &Bench<'_>,
    all: &[T],
    list: impl Fn(Option<T>, usize) -> BoxFuture<'a, Vec<T>> + Send + Sync,
) {
    let put = async |at: usize| drop(bench.commit(Batch::of(Insert(all[at].clone()))).await.unwrap());
    let take = async |at: usize| drop(bench.commit(Batch::of(Delete(all[at].clone()))).await.unwrap());
    let mut there = BTreeSet::new();
    for size in [1, 2, 5, usize::MAX] {
        for at in 0..all.len() {
            match (there.contains(&at), at % 3 == 0) {
                (true, false) => take(at).await,
                (false, true) => put(at).await,
                _ => {}
            }
        }
        there = (0..all.len()).filter(|at| at % 3 == 0).collect();
        let mut place: Option<usize> = None;
        loop {
            let behind: Vec<usize> = there.iter().copied().filter(|at| place.is_none_or(|place| *at > place)).collect();
            let after = place.map(|place| all[place].clone());
            assert_eq!(list(after.clone(), 0).await, [], "a page of none has some");
            let page = list(after, size).await;
            let expected: Vec<T> = behind.iter().take(size).map(|at| all[*at].clone()).collect();
            assert_eq!(page, expected, "a page of {size} behind place {place:?} of {there:?}");
            let Some(last) = behind.iter().take(size).next_back().copied() else { break };
            place = Some(last);
            let before = (0..last).find(|at| !there.contains(at));
            let after = (last..all.len()).find(|at| !there.contains(at));
            for new in [before, after].into_iter().flatten() {
                put(new).await;
                there.insert(new);
            }
            take(last).await;
            there.remove(&last);
        }
    }
}

fn jobs(bench: &Bench<'_>) -> Vec<Job> {
    let conversation = ConversationId::mint(bench.now(), &*bench.ids);
    let work = Work::PurgeConversation { conversation };
    (0..20).map(|_| Job { id: bench.mint_job(), work: work.clone(), created_at: bench.now() }).collect()
}

pub(super) async fn job_pages_under_writes(bench: Bench<'_>) {
    ascends(&bench, &jobs(&bench), |after: Option<Job>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.jobs(after.map(|job| job.id), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn scan_pages_under_writes(bench: Bench<'_>) {
    ascends(&bench, &jobs(&bench), |after: Option<Job>, limit| {
        let store = &bench.store;
        Box::pin(async move {
            let after = after.map(|job| job.id.to_bytes());
            let found = store.scan(Kind::Job, after.as_deref(), limit).await.unwrap();
            let job =
                |record| if let AnyRecord::Job(job) = record { job } else { panic!("a scan of jobs: {record:?}") };
            found.into_iter().map(job).collect()
        })
    })
    .await;
}

pub(super) async fn session_pages_under_writes(bench: Bench<'_>) {
    let user = bench.caller.user_id().unwrap();
    let all: Vec<Session> = (0..20).map(|_| super::accounts::session(&bench, user)).collect();
    ascends(&bench, &all, |after: Option<Session>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.sessions(user, after.map(|session| session.id), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn api_key_pages_under_writes(bench: Bench<'_>) {
    let user = bench.caller.user_id().unwrap();
    let all: Vec<ApiKey> = (0..20).map(|n| super::access::key(&bench, n, user)).collect();
    ascends(&bench, &all, |after: Option<ApiKey>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.api_keys(user, after.map(|key| key.id), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn share_pages_under_writes(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let all: Vec<Share> = (0..20).map(|n| super::social::share(&bench, 200 - n, id, None)).collect();
    ascends(&bench, &all, |after: Option<Share>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.shares(id, after.map(|share| share.id), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn log_pages_under_writes(bench: Bench<'_>) {
    let run = bench.mint_run();
    let event = |seq| RunEvent::Delta { text: format!("{seq}") };
    let stretch = |first: u64| RunLog { run, first, last: first + 2, events: (0..3).map(event).collect() };
    let all: Vec<RunLog> = (0..20).map(|at| stretch(1 + at * 3)).collect();
    ascends(&bench, &all, |after: Option<RunLog>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.run_log(run, after.map_or(0, |log| log.last), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn lane_pages_under_writes(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let lane = |at: u32| Lane {
        lane: 100 - at,
        start: 2 + at / 7,
        role: Role::User,
        seq: u64::from(at % 7) * 10,
        message: Some(MessageId::mint(bench.now(), &*bench.ids)),
        ..Lane::first(id)
    };
    let all: Vec<Lane> = (0..20).map(lane).collect();
    let whole = LaneRange { lane: 0, first: 0, last: u32::MAX };
    ascends(&bench, &all, |after: Option<Lane>, limit| {
        let store = &bench.store;
        Box::pin(async move {
            let after = after.map(|lane| (lane.fork().position, lane.seq));
            store.lanes_from(id, whole, after, limit).await.unwrap()
        })
    })
    .await;
}

pub(super) async fn tree_pages_under_writes(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let like = bench.ask(id, Parent::Root, "like this").await;
    bench.commit(Batch::of(Delete(like.clone()))).await.unwrap();
    let stands = |at: u32| Message {
        id: MessageId::mint(bench.now(), &*bench.ids),
        place: Place { lane: at / 6, position: 1 + at % 6 },
        number: 100 - u64::from(at),
        ..like.clone()
    };
    let all: Vec<Message> = (0..20).map(stands).collect();
    ascends(&bench, &all, |after: Option<Message>, limit| {
        let store = &bench.store;
        Box::pin(async move { store.tree(id, after.map(|message| message.place), limit).await.unwrap() })
    })
    .await;
}

pub(super) async fn pages_under_writes(bench: Bench<'_>) {
    let mut ids = Vec::new();
    for _ in 0..16 {
        ids.push(bench.conversation().await);
        bench.tick();
    }
    let owner = bench.caller.subject();
    let (mut seen, mut written): (Vec<Conversation>, Vec<ConversationId>) = (Vec::new(), Vec::new());
    loop {
        let after = seen.last().map(|last| (last.updated_at, last.id));
        let page = bench.store.conversations(owner, after, 2).await.unwrap();
        let Some(last) = page.last().cloned() else { break };
        seen.extend(page);
        // one that was shown and one that was not are written to, one is made, and the place goes away
        for one in [seen[0].id, ids[seen.len() / 4]] {
            let new = message(Parent::Head, Role::User, "written");
            bench.conversations().append(&bench.caller, one, new).await.unwrap();
            written.push(one);
            bench.tick();
        }
        written.push(bench.conversation().await);
        if seen.len() > 2 {
            let hidden =
                Conversation { state: crate::conversation::ConversationState::Deleted, ..bench.get(last.id).await };
            bench.commit(Batch::of(Update(hidden))).await.unwrap();
        }
        assert!(seen.len() <= ids.len(), "the pages never end");
    }
    let shown: Vec<ConversationId> = seen.iter().map(|one| one.id).collect();
    let once: BTreeSet<ConversationId> = shown.iter().copied().collect();
    assert_eq!(once.len(), shown.len(), "a conversation comes twice");
    let quiet: Vec<ConversationId> = ids.iter().rev().copied().filter(|id| !written.contains(id)).collect();
    let quiet_shown: Vec<ConversationId> = shown.into_iter().filter(|id| !written.contains(id)).collect();
    assert_eq!(quiet_shown, quiet, "one that nobody writes to is passed over");
    assert!(!quiet.is_empty());
}

pub(super) async fn lapsed_until_ended(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let mut waiting: Vec<Run> = (0..10).map(|_| super::runs::run(&bench, id, bench.now())).collect();
    waiting.reverse();
    for run in &waiting {
        bench.commit(Batch::of(Insert(run.clone()))).await.unwrap();
    }
    bench.tick();
    let mut ended = Vec::new();
    loop {
        let page = bench.store.lapsed_runs(bench.now(), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        for run in page {
            let over = Run { state: RunState::Interrupted, ended_at: Some(bench.now()), ..run.clone() };
            bench.commit(Batch::of(Update(over))).await.unwrap();
            ended.push(run);
            assert!(ended.len() <= waiting.len(), "a run that was ended lapses again");
        }
        // a sign of life in between, and one more that goes silent
        if ended.len() == 3 {
            let lives = Run { heartbeat_at: bench.now(), ..waiting[0].clone() };
            bench.commit(Batch::of(Update(lives))).await.unwrap();
            waiting.remove(0);
        }
    }
    ended.reverse();
    assert_eq!(ended, waiting, "each run that lapsed is met once, and none that shows a sign of life");
}

//! Attachments and blobs as a store finds and lists them.

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use crate::id::AttachmentId;
use crate::store::Batch;
use crate::testing::{user, visitor};

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn attachment(bench: &Bench<'_>, created_at: i64, idle_since: Option<i64>) -> Attachment {
    Attachment {
        id: AttachmentId::mint(bench.now(), &*bench.ids),
        owner: bench.caller.subject(),
        hash: ContentHash([7; 32]),
        name: "a.png".into(),
        media_type: "image/png".into(),
        size: 9,
        state: AttachmentState::Ready,
        links: u64::from(idle_since.is_none()),
        idle_since: idle_since.map(time),
        scopes: Vec::new(),
        created_at: time(created_at),
    }
}

fn blob(bench: &Bench<'_>, first: u8, idle_since: Option<i64>) -> Blob {
    let mut hash = [0xff; 32];
    hash[0] = first;
    Blob {
        hash: ContentHash(hash),
        upload: AttachmentId::mint(bench.now(), &*bench.ids),
        size: 9,
        state: BlobState::Kept,
        links: u64::from(idle_since.is_none()),
        idle_since: idle_since.map(time),
    }
}

pub(super) async fn attachment_by_id(bench: Bench<'_>) {
    for state in [AttachmentState::Arriving, AttachmentState::Ready] {
        let one = Attachment { state, ..attachment(&bench, 1, None) };
        assert_eq!(bench.store.attachment(one.id).await.unwrap(), None);
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
        assert_eq!(bench.store.attachment(one.id).await.unwrap(), Some(one), "whatever its state");
    }
}

pub(super) async fn blob_by_hash(bench: Bench<'_>) {
    for (first, state) in [(0, BlobState::Arriving), (127, BlobState::Kept), (255, BlobState::Leaving)] {
        let one = Blob { state, ..blob(&bench, first, Some(5)) };
        assert_eq!(bench.store.blob(one.hash).await.unwrap(), None);
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
        assert_eq!(bench.store.blob(one.hash).await.unwrap(), Some(one), "whatever its state");
    }
    assert_eq!(bench.store.blob(ContentHash([0xff; 32])).await.unwrap().map(|it| it.state), Some(BlobState::Leaving));
}

pub(super) async fn attachments_newest_first(bench: Bench<'_>) {
    let owner = bench.caller.subject();
    let mut all: Vec<Attachment> =
        [5, 1, 9, 5, i64::MAX, -3, 5].map(|at| attachment(&bench, at, Some(at))).into_iter().collect();
    let foreign = [user(2).subject(), visitor(1).subject()];
    let foreign = foreign.map(|owner| Attachment { owner, ..attachment(&bench, 6, None) });
    for one in all.iter().chain(&foreign) {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    all.sort_by_key(|one| (std::cmp::Reverse(one.created_at), one.id));
    for limit in [1, 2, 3, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = bench.store.attachments(owner, after, limit).await.unwrap();
            assert!(page.len() <= limit, "a page of {limit} has {}", page.len());
            let Some(last) = page.last() else { break };
            after = Some((last.created_at, last.id));
            found.extend(page);
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
    // a page begins behind its place, whoever is there still
    let place = (all[2].created_at, all[2].id);
    bench.commit(Batch::of(Delete(all.remove(2)))).await.unwrap();
    assert_eq!(bench.store.attachments(owner, Some(place), 100).await.unwrap(), all[2..]);
    assert_eq!(bench.store.attachments(owner, None, 0).await.unwrap(), []);
}

pub(super) async fn idle_attachments_oldest_first(bench: Bench<'_>) {
    let idle = [Some(50), None, Some(i64::MIN), Some(10), Some(i64::MAX), Some(10)];
    let mut all: Vec<Attachment> = idle.map(|since| attachment(&bench, 0, since)).into_iter().collect();
    for one in &all {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    let expect = async |all: &[Attachment], since: i64, limit: usize| {
        let is_idle = |one: &&Attachment| one.idle_since.is_some_and(|at| at <= time(since));
        let mut expected: Vec<Attachment> = all.iter().filter(is_idle).cloned().collect();
        expected.sort_by_key(|one| (one.idle_since, one.id));
        expected.truncate(limit);
        assert_eq!(bench.store.idle_attachments(time(since), limit).await.unwrap(), expected, "{limit} by {since}");
    };
    for since in [i64::MIN, 9, 10, 11, 50, i64::MAX] {
        for limit in [0, 1, 2, 100] {
            expect(&all, since, limit).await;
        }
    }
    // one is named, another one is not any more
    (all[3].idle_since, all[1].idle_since) = (None, Some(time(7)));
    for at in [1, 3] {
        bench.commit(Batch::of(Update(all[at].clone()))).await.unwrap();
    }
    expect(&all, i64::MAX, 100).await;
}

pub(super) async fn idle_blobs_oldest_first(bench: Bench<'_>) {
    let idle = [(9, Some(50)), (1, None), (8, Some(i64::MIN)), (7, Some(10)), (6, Some(i64::MAX)), (255, Some(10))];
    let mut all: Vec<Blob> = idle.map(|(first, since)| blob(&bench, first, since)).into_iter().collect();
    for one in &all {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    let expect = async |all: &[Blob], since: i64, limit: usize| {
        let is_idle = |one: &&Blob| one.idle_since.is_some_and(|at| at <= time(since));
        let mut expected: Vec<Blob> = all.iter().filter(is_idle).cloned().collect();
        expected.sort_by_key(|one| (one.idle_since, one.hash));
        expected.truncate(limit);
        assert_eq!(bench.store.idle_blobs(time(since), limit).await.unwrap(), expected, "{limit} by {since}");
    };
    for since in [i64::MIN, 9, 10, 11, 50, i64::MAX] {
        for limit in [0, 1, 2, 100] {
            expect(&all, since, limit).await;
        }
    }
    (all[3].idle_since, all[1].idle_since) = (None, Some(time(7)));
    for at in [1, 3] {
        bench.commit(Batch::of(Update(all[at].clone()))).await.unwrap();
    }
    expect(&all, i64::MAX, 100).await;
}

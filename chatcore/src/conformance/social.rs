//! Feedback and links as a store finds and lists them.

use std::cmp::Reverse;

use super::access::hash;
use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::feedback::{Feedback, Rating};
use crate::id::{ConversationId, MessageId, ShareId};
use crate::share::Share;
use crate::store::{Batch, Record};
use crate::subject::Subject;
use crate::testing::{user, visitor};

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn feedback(bench: &Bench<'_>, message: MessageId, by: Subject, at: i64, rating: Rating) -> Feedback {
    Feedback {
        message,
        by,
        conversation: ConversationId::mint(bench.now(), &*bench.ids),
        model: None,
        rating,
        comment: Some(format!("{at}")),
        created_at: time(-5),
        updated_at: time(at),
    }
}

pub(super) async fn feedback_by_message(bench: Bench<'_>) {
    let messages: Vec<MessageId> = (0..9).map(|_| MessageId::mint(bench.now(), &*bench.ids)).collect();
    let (me, other) = (user(1).subject(), visitor(1).subject());
    let mut own = Vec::new();
    for (n, message) in (0..).zip(&messages) {
        let theirs = feedback(&bench, *message, other, n, Rating::Down);
        bench.commit(Batch::of(Insert(theirs))).await.unwrap();
        if n % 2 == 0 {
            own.push(feedback(&bench, *message, me, n, Rating::Up));
            bench.commit(Batch::of(Insert(own.last().unwrap().clone()))).await.unwrap();
        }
    }
    let expect = async |asked: &[MessageId], all: &[Feedback]| {
        let of = |id: &MessageId| all.iter().find(|one| one.message == *id).cloned();
        let expected: Vec<Feedback> = asked.iter().filter_map(of).collect();
        assert_eq!(bench.store.feedback_on(me, asked).await.unwrap(), expected);
    };
    expect(&messages, &own).await;
    let backwards: Vec<MessageId> = messages.iter().rev().copied().collect();
    expect(&backwards, &own).await;
    expect(&[], &own).await;
    expect(&messages[1..2], &own).await;
    assert_eq!(bench.store.feedback_on(user(2).subject(), &messages).await.unwrap(), []);
    let gone = own.remove(1);
    bench.commit(Batch::of(Delete(gone))).await.unwrap();
    expect(&messages, &own).await;
}

/// The order of the list.
fn place(one: &Feedback) -> (Reverse<Timestamp>, Vec<u8>) {
    use crate::store::OrderedKey;
    (Reverse(one.updated_at), one.key().to_bytes())
}

pub(super) async fn feedback_newest_first(bench: Bench<'_>) {
    let mut all = Vec::new();
    let people = [user(1).subject(), visitor(1).subject(), user(2).subject()];
    for (n, at) in [5, 1, i64::MAX, 5, i64::MIN, 3, 5, -1, 0, 3].into_iter().enumerate() {
        let rating = if n % 3 == 0 { Rating::Down } else { Rating::Up };
        let message = MessageId::mint(bench.now(), &*bench.ids);
        all.push(feedback(&bench, message, people[n % 3], at, rating));
        bench.commit(Batch::of(Insert(all[n].clone()))).await.unwrap();
    }
    all.sort_by_key(place);
    let expect = async |all: &[Feedback], rating: Option<Rating>, since: i64| {
        let is = |one: &&Feedback| one.updated_at >= time(since) && rating.is_none_or(|rating| one.rating == rating);
        let expected: Vec<Feedback> = all.iter().filter(is).cloned().collect();
        for page in [1, 2, 3, usize::MAX] {
            let mut joined: Vec<Feedback> = Vec::new();
            loop {
                let after = joined.last().map(|last| (last.updated_at, last.message, last.by));
                let found = bench.store.feedback(rating, time(since), after, page).await.unwrap();
                assert!(found.len() <= page, "a page of {page} has {}", found.len());
                if found.is_empty() {
                    break;
                }
                joined.extend(found);
            }
            assert_eq!(joined, expected, "{rating:?} since {since} in pages of {page}");
        }
    };
    for rating in [None, Some(Rating::Up), Some(Rating::Down)] {
        for since in [i64::MIN, -1, 3, 4, 5, i64::MAX] {
            expect(&all, rating, since).await;
        }
        assert_eq!(bench.store.feedback(rating, time(i64::MIN), None, 0).await.unwrap(), []);
    }
    // somebody changes their mind
    all[4] = Feedback { rating: Rating::Down, updated_at: time(4), ..all[4].clone() };
    bench.commit(Batch::of(Update(all[4].clone()))).await.unwrap();
    all.sort_by_key(place);
    expect(&all, None, i64::MIN).await;
    expect(&all, Some(Rating::Down), i64::MIN).await;
    expect(&all, Some(Rating::Up), i64::MIN).await;
}

pub(super) async fn feedback_pages_under_writes(bench: Bench<'_>) {
    let me = user(1).subject();
    let mut still = Vec::new();
    for at in 0..20 {
        let message = MessageId::mint(bench.now(), &*bench.ids);
        still.push(feedback(&bench, message, me, at, Rating::Up));
        bench.commit(Batch::of(Insert(still.last().unwrap().clone()))).await.unwrap();
    }
    let (mut met, mut after, mut now): (Vec<MessageId>, _, _) = (Vec::new(), None, 100);
    loop {
        let page = bench.store.feedback(None, time(i64::MIN), after, 3).await.unwrap();
        let Some(last) = page.last().cloned() else { break };
        after = Some((last.updated_at, last.message, last.by));
        met.extend(page.iter().map(|one| one.message));
        // one that was met and one that was not are said anew, and one that was met is taken back
        let oldest = still.iter().find(|one| !met.contains(&one.message)).cloned();
        for again in [Some(last.clone()), oldest].into_iter().flatten() {
            now += 1;
            bench.commit(Batch::of(Update(Feedback { updated_at: time(now), ..again.clone() }))).await.unwrap();
            still.retain(|one| one.message != again.message);
        }
        // not at once, or what goes would make up for what comes
        if let Some(gone) = page.first().filter(|first| first.message != last.message && met.len() > 3) {
            bench.commit(Batch::of(Delete(gone.clone()))).await.unwrap();
        }
    }
    let times = |id: &MessageId| met.iter().filter(|met| *met == id).count();
    assert!(met.iter().all(|id| times(id) == 1), "something was met twice");
    assert!(still.iter().all(|one| times(&one.message) == 1), "what nobody touched was passed over");
}

pub(super) fn share(bench: &Bench<'_>, n: u8, conversation: ConversationId, end: Option<i64>) -> Share {
    Share {
        hash: hash(n),
        id: ShareId::mint(bench.now(), &*bench.ids),
        conversation,
        message: MessageId::mint(bench.now(), &*bench.ids),
        created_at: bench.now(),
        expires_at: end.map(time),
    }
}

pub(super) async fn share_by_hash(bench: Bench<'_>) {
    let conversation = ConversationId::mint(bench.now(), &*bench.ids);
    for (n, end) in [(1, None), (2, Some(-5)), (3, Some(i64::MAX))] {
        let one = share(&bench, n, conversation, end);
        assert_eq!(bench.store.share(one.hash).await.unwrap(), None);
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
        assert_eq!(bench.store.share(one.hash).await.unwrap(), Some(one));
    }
    assert_eq!(bench.store.share(hash(4)).await.unwrap(), None);
}

pub(super) async fn shares_in_order(bench: Bench<'_>) {
    let [one, other] = [0, 1].map(|_| ConversationId::mint(bench.now(), &*bench.ids));
    // hashes fall while ids grow
    let of = |n: u8| if n.is_multiple_of(3) { other } else { one };
    let all: Vec<Share> = (0..20).map(|n| share(&bench, 200 - n, of(n), (n < 9).then_some(-1))).collect();
    for share in all.iter().rev() {
        bench.commit(Batch::of(Insert(share.clone()))).await.unwrap();
    }
    let mut own: Vec<Share> = all.into_iter().filter(|share| share.conversation == one).collect();
    for page in [1, 3, 13, usize::MAX] {
        let mut joined: Vec<Share> = Vec::new();
        loop {
            let found = bench.store.shares(one, joined.last().map(|last| last.id), page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, own, "pages of {page} do not join to the whole");
    }
    let gone = own.remove(4);
    bench.commit(Batch::of(Delete(gone.clone()))).await.unwrap();
    assert_eq!(bench.store.shares(one, Some(gone.id), 2).await.unwrap(), own[4..6]);
    assert_eq!(bench.store.shares(one, None, 0).await.unwrap(), []);
}

pub(super) async fn expired_shares_oldest_first(bench: Bench<'_>) {
    let conversation = ConversationId::mint(bench.now(), &*bench.ids);
    let mut all = Vec::new();
    for (n, end) in (0..).zip([Some(50), Some(10), None, Some(i64::MIN), Some(30), Some(10), Some(i64::MAX), Some(10)])
    {
        all.push(share(&bench, 9 - n, conversation, end));
        bench.commit(Batch::of(Insert(all[usize::from(n)].clone()))).await.unwrap();
    }
    let expect = async |all: &[Share], now: i64, limit: usize| {
        let mut over: Vec<Share> = all.iter().filter(|share| !share.is_live(time(now))).cloned().collect();
        over.sort_by_key(|share| (share.expires_at, share.hash));
        over.truncate(limit);
        assert_eq!(bench.store.expired_shares(time(now), limit).await.unwrap(), over, "at most {limit} by {now}");
    };
    for now in [i64::MIN, 9, 10, 29, 50, i64::MAX] {
        for limit in [0, 1, 3, usize::MAX] {
            expect(&all, now, limit).await;
        }
    }
    // one gets no end, another is gone
    all[0].expires_at = None;
    bench.commit(Batch::of(Update(all[0].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(3)))).await.unwrap();
    expect(&all, i64::MAX, usize::MAX).await;
}

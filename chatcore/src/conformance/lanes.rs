//! Lanes and forks as a store lists them.

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::conversation::{Fork, Lane, LaneRange, Parent, Place, Role, Stretch, Tally};
use crate::id::{ConversationId, MessageId};
use crate::store::Batch;

fn lane(bench: &Bench<'_>, of: ConversationId, lane: u32, fork: Place, role: Role, seq: u64) -> Lane {
    let message = Some(MessageId::mint(bench.now(), &*bench.ids));
    let (start, parent) = (fork.position + 1, fork.lane);
    Lane { conversation: of, lane, start, parent, role, seq, message, elder: None, end: None }
}

fn empty(lane: Lane) -> Lane {
    Lane { end: Some(lane.start), ..lane }
}

/// Lanes that fork off lane 0, numbered so that no two orders are the same. And a neighbour with lanes of its own.
async fn thicket(bench: &Bench<'_>) -> (ConversationId, Vec<Lane>) {
    let ids = [(); 2].map(|()| ConversationId::mint(bench.now(), &*bench.ids));
    let mut lanes = Vec::new();
    for id in ids {
        let at = |position| Place { lane: 0, position };
        lanes = vec![
            lane(bench, id, 9, at(0), Role::User, 2),
            lane(bench, id, 3, at(5), Role::User, 20),
            lane(bench, id, 4, at(5), Role::Assistant, 30),
            empty(lane(bench, id, 2, at(5), Role::User, 40)),
            lane(bench, id, 1, at(5), Role::User, 50),
            // cut further down: it is not empty
            Lane { end: Some(9), ..lane(bench, id, 7, at(5), Role::User, 300) },
            lane(bench, id, 5, at(6), Role::Tool, 10),
            empty(lane(bench, id, 6, at(u32::MAX - 1), Role::Tool, 60)),
            lane(bench, id, 8, Place { lane: 3, position: 5 }, Role::User, 70),
            Lane { end: Some(1_000), ..Lane::first(id) },
        ];
        for lane in lanes.iter().rev() {
            bench.commit(Batch::of(Insert(*lane))).await.unwrap();
        }
    }
    (ids[1], lanes)
}

const fn range(lane: u32, first: u32, last: u32) -> LaneRange {
    LaneRange { lane, first, last }
}

async fn tally(bench: &Bench<'_>, id: ConversationId, range: LaneRange, before: u64) -> Vec<(u32, Role, u64, u64)> {
    let found = bench.store.tally(id, &[Stretch { range, before }]).await.unwrap();
    assert!(found.iter().all(|tally| tally.lane == range.lane));
    let mut found: Vec<_> =
        found.iter().map(|Tally { position, role, total, before, .. }| (*position, *role, *total, *before)).collect();
    found.sort_unstable();
    found
}

pub(super) async fn tally_counts_lanes(bench: Bench<'_>) {
    let (id, lanes) = thicket(&bench).await;
    let all = tally(&bench, id, range(0, 0, u32::MAX), 0).await;
    let expected = [(0, Role::User, 1, 0), (5, Role::User, 3, 0), (5, Role::Assistant, 1, 0), (6, Role::Tool, 1, 0)];
    assert_eq!(all, expected, "by position of the parent and role of the child, without empty lanes");
    assert_eq!(tally(&bench, id, range(0, 1, 5), 0).await, expected[1..3]);
    assert_eq!(tally(&bench, id, range(3, 5, 5), 0).await, [(5, Role::User, 1, 0)], "a lane beside lane 0");
    assert_eq!(tally(&bench, id, range(0, 7, u32::MAX), 0).await, []);
    // a lane that is emptied no longer counts
    bench.commit(Batch::of(Update(empty(lanes[1])))).await.unwrap();
    assert_eq!(tally(&bench, id, range(0, 5, 5), 0).await, [(5, Role::User, 2, 0), (5, Role::Assistant, 1, 0)]);
    bench.commit(Batch::of(Delete(lanes[4]))).await.unwrap();
    assert_eq!(tally(&bench, id, range(0, 5, 5), 0).await, [(5, Role::User, 1, 0), (5, Role::Assistant, 1, 0)]);
}

pub(super) async fn tally_before(bench: Bench<'_>) {
    let (id, _) = thicket(&bench).await;
    for (before, expected) in [(0, 0), (20, 0), (21, 1), (50, 1), (51, 2), (301, 3), (u64::from(u32::MAX), 3)] {
        let found = tally(&bench, id, range(0, 5, 5), before).await;
        assert_eq!(found[0], (5, Role::User, 3, expected), "those whose `seq` is below {before}");
    }
}

pub(super) async fn tally_by_stretch(bench: Bench<'_>) {
    let (id, _) = thicket(&bench).await;
    let stretches = [
        Stretch { range: range(3, 5, 5), before: 0 },
        Stretch { range: range(9, 0, 9), before: 0 },
        Stretch { range: range(0, 5, 6), before: 51 },
        Stretch { range: range(0, 0, 0), before: 0 },
    ];
    let found = bench.store.tally(id, &stretches).await.unwrap();
    let places: Vec<_> = found.iter().map(|tally| (tally.lane, tally.position)).collect();
    assert_eq!(places, [(3, 5), (0, 5), (0, 5), (0, 6), (0, 0)], "stretch by stretch, not by lane");
    let before: Vec<u64> = found.iter().filter(|tally| tally.role == Role::User).map(|tally| tally.before).collect();
    assert_eq!(before, [0, 2, 0], "each stretch has a `before` of its own");
    let mut apart = Vec::new();
    for stretch in stretches {
        apart.extend(bench.store.tally(id, &[stretch]).await.unwrap());
    }
    assert_eq!(found, apart);
    assert!(bench.store.tally(id, &[]).await.unwrap().is_empty());
}

pub(super) async fn lanes_by_place(bench: Bench<'_>) {
    let (id, lanes) = thicket(&bench).await;
    let all: Vec<Lane> = lanes[..8].to_vec();
    let found = bench.store.lanes_from(id, range(0, 0, u32::MAX), None, 100).await.unwrap();
    assert_eq!(found, all, "by position of the parent, then `seq`, empty ones included");
    for page in [1, 2, 3, 8, 9] {
        let mut joined: Vec<Lane> = Vec::new();
        loop {
            let after = joined.last().map(|last: &Lane| (last.start - 1, last.seq));
            let found = bench.store.lanes_from(id, range(0, 0, u32::MAX), after, page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, all, "pages of {page} do not join to the whole");
    }
    assert_eq!(bench.store.lanes_from(id, range(0, 5, 5), None, 100).await.unwrap(), all[1..6]);
    assert_eq!(bench.store.lanes_from(id, range(0, 5, 5), Some((5, 45)), 100).await.unwrap(), all[4..6]);
    assert_eq!(bench.store.lanes_from(id, range(0, 5, 6), Some((5, 300)), 100).await.unwrap(), all[6..7]);
    assert_eq!(bench.store.lanes_from(id, range(3, 0, 9), None, 100).await.unwrap(), lanes[8..9]);
    assert_eq!(bench.store.lanes_from(id, range(0, 0, 9), None, 0).await.unwrap(), []);
}

/// Lanes 0 <- 1 <- 2 <- 3, forking off at positions 10, 20 and 30.
async fn ladder(bench: &Bench<'_>) -> (ConversationId, [Lane; 3]) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let step = |number: u32| {
        let fork = Place { lane: number - 1, position: number * 10 };
        lane(bench, id, number, fork, Role::User, u64::from(number) * 100)
    };
    let lanes = [step(1), step(2), step(3)];
    for lane in lanes {
        bench.commit(Batch::of(Insert(lane))).await.unwrap();
    }
    (id, lanes)
}

pub(super) async fn upwards(bench: Bench<'_>) {
    let (id, [one, two, three]) = ladder(&bench).await;
    let zero = Lane::first(id);
    assert_eq!(bench.store.lanes_up(id, 3, 0).await.unwrap(), [three, two, one, zero]);
    assert_eq!(bench.store.lanes_up(id, 1, 0).await.unwrap(), [one, zero]);
    assert_eq!(bench.store.lanes_up(id, 0, 0).await.unwrap(), [zero], "lane 0 needs no record");
    let cut = Lane { end: Some(5), ..zero };
    bench.commit(Batch::of(Insert(cut))).await.unwrap();
    assert_eq!(bench.store.lanes_up(id, 3, 0).await.unwrap(), [three, two, one, cut], "but may have one");
    let nobody = ConversationId::mint(bench.now(), &*bench.ids);
    assert_eq!(bench.store.lanes_up(nobody, 0, 0).await.unwrap(), [Lane::first(nobody)]);
    assert_eq!(bench.store.lanes_up(id, 77, 0).await.unwrap(), [], "a lane that is not there leads nowhere");
}

pub(super) async fn down_to_floor(bench: Bench<'_>) {
    let (id, [one, two, three]) = ladder(&bench).await;
    let zero = Lane::first(id);
    // the lanes start at 11, 21 and 31
    let all = [three, two, one, zero];
    for (floor, count) in [(u32::MAX, 1), (32, 1), (31, 2), (22, 2), (21, 3), (12, 3), (11, 4), (1, 4), (0, 4)] {
        let found = bench.store.lanes_up(id, 3, floor).await.unwrap();
        assert_eq!(found, all[..count], "with the floor at {floor}");
    }
}

pub(super) async fn tip_shows_departure_and_end(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 8).await;
    let tip = bench.store.tip(id, range(0, 1, u32::MAX)).await.unwrap();
    assert_eq!((tip.departure, tip.last), (None, Some(chain[7].node())), "a chat that never forked");
    let fork = |position, active| Fork { conversation: id, place: Place { lane: 0, position }, active };
    for fork in [fork(6, 2), fork(3, 1), fork(2, 0), fork(0, 4)] {
        bench.commit(Batch::of(Insert(fork))).await.unwrap();
    }
    // departures at 0, 3 and 6; the fork at 2 stays in the lane
    for (first, last, departs, ends) in [
        (0, u32::MAX, Some(fork(0, 4)), Some(8)),
        (1, u32::MAX, Some(fork(3, 1)), Some(8)),
        (3, 5, Some(fork(3, 1)), Some(5)),
        (4, u32::MAX, Some(fork(6, 2)), Some(8)),
        (4, 5, None, Some(5)),
        (1, 2, None, Some(2)),
        (7, u32::MAX, None, Some(8)),
        (9, u32::MAX, None, None),
        (5, 3, None, None),
    ] {
        let tip = bench.store.tip(id, range(0, first, last)).await.unwrap();
        let last = tip.last.map(|node| node.place.position);
        assert_eq!((tip.departure, last), (departs, ends), "from {first} to {last:?}");
    }
    // turned back into the lane
    bench.commit(Batch::of(Update(fork(3, 0)))).await.unwrap();
    let tip = bench.store.tip(id, range(0, 1, u32::MAX)).await.unwrap();
    assert_eq!(tip.departure, Some(fork(6, 2)), "a fork that was turned back still departs");
    bench.commit(Batch::of(Delete(fork(6, 0)))).await.unwrap();
    assert_eq!(bench.store.tip(id, range(0, 1, u32::MAX)).await.unwrap().departure, None);
}

pub(super) async fn reads_see_commits(bench: Bench<'_>) {
    let id = bench.conversation().await;
    for at in 0..50_u64 {
        let said = bench.ask(id, Parent::Head, "now").await;
        let stored = bench.store.conversation(id).await.unwrap().unwrap();
        assert_eq!(stored.head_message(), Some(said.id), "a read did not see the commit before it");
        assert_eq!(stored.message_count, at + 1);
        assert_eq!(bench.store.message(said.id).await.unwrap(), Some(said.clone()));
        let here = range(said.place.lane, said.place.position, said.place.position);
        assert_eq!(bench.store.messages_in(id, &[here]).await.unwrap(), std::slice::from_ref(&said));
        assert_eq!(bench.store.message_by_number(said.owner, said.number).await.unwrap(), Some(said));
    }
}

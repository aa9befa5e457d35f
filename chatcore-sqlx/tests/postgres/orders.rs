//! Rules that take the same rows in different orders, from several servers: nobody waits for ever, nobody is told of a
//! deadlock, and nothing is lost.

use chatcore::conversation::{Numbered, Sequence};
use chatcore::store::{Batch, Change, Commit, Kind, Stop, Tx};
use futures::future::join_all;

use super::place::Place;
use crate::support::records::{conversation, owner};
use crate::support::{CountUp, Step, Verb, batch, count};

fn counter(n: u8) -> Numbered {
    Numbered::Messages(owner(n))
}

/// Asks for each counter when it has the one before, and counts all of them up.
#[derive(Debug)]
struct OneByOne(Vec<u8>);

impl Change for OneByOne {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found: Vec<Sequence> = self.0.iter().map(|n| tx.require(&counter(*n))).collect::<Result<_, _>>()?;
        found.into_iter().try_for_each(|it| tx.update(Sequence { next: it.next + 1, ..it }))
    }
}

const COUNTERS: u8 = 6;
const RACERS: usize = 12;
const TURNS: usize = 6;

/// Every racer counts, from one of three servers; in the end each counter must have been counted that often.
async fn race(place: &Place, batch_of: impl Fn(usize) -> (Vec<u8>, Batch)) {
    let stores = place.stores(3).await;
    for n in 0..COUNTERS {
        stores[0].commit(Batch::of(CountUp(counter(n)))).await.unwrap();
    }
    let racer = |racer: usize| {
        let (store, batch_of) = (&stores[racer % 3], &batch_of);
        async move {
            let mut counted = Vec::new();
            for turn in 0..TURNS {
                let (counters, batch) = batch_of(racer + 5 * turn);
                store.commit(batch).await.unwrap();
                counted.extend(counters);
            }
            counted
        }
    };
    let counted: Vec<u8> = join_all((0..RACERS).map(racer)).await.concat();
    for n in 0..COUNTERS {
        let expected = 2 + counted.iter().filter(|it| **it == n).count() as u64;
        assert_eq!(count(&*stores[usize::from(n % 3)], counter(n)).await, expected, "counter {n}");
    }
}

fn counter_of(n: usize) -> u8 {
    u8::try_from(n % usize::from(COUNTERS)).unwrap()
}

/// Two counters, in one order or the other.
fn crosswise(n: usize) -> Vec<u8> {
    let (a, b) = (counter_of(n), counter_of(n / 2));
    let b = if a == b { (b + 1) % COUNTERS } else { b };
    if n.is_multiple_of(2) { vec![a, b] } else { vec![b, a] }
}

pub(super) async fn rules_that_take_rows_crosswise_lose_nothing(place: Place) {
    race(&place, |n| {
        let counters = crosswise(n);
        let batch = counters.iter().fold(Batch::default(), |batch, n| batch.and(CountUp(counter(*n))));
        (counters, batch)
    })
    .await;
}

pub(super) async fn rules_that_ask_in_rounds_lose_nothing(place: Place) {
    race(&place, |n| {
        let mut counters = crosswise(n);
        let third = (0..COUNTERS).rev().find(|it| !counters.contains(it));
        counters.extend(third);
        (counters.clone(), Batch::of(OneByOne(counters)))
    })
    .await;
}

/// Rows whose own keys go one way and whose unique values go the other: the server itself has to cut the knot.
pub(super) async fn crossed_unique_values_are_sorted_out(place: Place) {
    let stores = place.stores(2).await;
    for n in 0..6_u8 {
        let named = |id: u8, name: u8| {
            let mut it = conversation(4 * n + id, 1);
            it.external_id = Some(format!("{n}.{name}"));
            Step(Verb::InsertFresh, it.into())
        };
        let ours = stores[0].commit(batch([named(0, 0), named(1, 1)]));
        let theirs = stores[1].commit(batch([named(2, 1), named(3, 0)]));
        let (ours, theirs) = tokio::join!(ours, theirs);
        assert_ne!(ours.is_ok(), theirs.is_ok(), "one of them is whole");
        let refused = ours.err().or(theirs.err()).unwrap();
        assert_eq!(refused.conflict(), Some(&chatcore::store::Conflict::Exists(Kind::ExternalId)), "{refused}");
    }
    assert_eq!(place.ask("SELECT count(*) FROM conversations").await, 12);
}

//! What is still there when a program ends and starts again.

use futures::future::join_all;

use super::bench::{Bench, expect_refusal};
use super::raw::{Absent, Insert, REFUSED, Refuse, scan_all};
use super::samples::samples;
use crate::conversation::Parent;
use crate::store::{Batch, Kind};

pub(super) async fn durable_before_answer(bench: Bench<'_>) {
    let conversation = bench.conversation().await;
    let chain = bench.chain(conversation, 4).await;
    let other = bench.ask(conversation, Parent::Message(chain[0].id), "other").await;
    let all = samples(&*bench.ids);
    for done in join_all(all.iter().map(|sample| bench.commit((sample.insert)()))).await {
        done.unwrap();
    }
    let mut before = Vec::new();
    for kind in Kind::ALL {
        before.push(scan_all(&*bench.store, *kind, 100).await);
    }
    let refused = crate::job::Job {
        id: bench.mint_job(),
        work: crate::job::Work::PurgeConversation { conversation },
        created_at: bench.now(),
    };
    expect_refusal(bench.commit(Batch::of(Insert(refused.clone())).and(Refuse)).await, &REFUSED);
    let Some(bench) = bench.reopen().await else { return };
    for (kind, before) in Kind::ALL.iter().zip(before) {
        let after = scan_all(&*bench.store, *kind, 100).await;
        assert!(after == before, "after opening it again there are other {}s", kind.name());
    }
    assert_eq!(bench.texts(conversation).await, ["0", "other"]);
    assert_eq!(bench.head(conversation).await, Some(other.id));
    bench.commit(Batch::of(Absent(refused))).await.unwrap();
    // and it goes on where it was
    let next = bench.ask(conversation, Parent::Head, "next").await;
    assert_eq!((next.seq, next.number, next.place.lane), (6, 6, other.place.lane));
    let Some(bench) = bench.reopen().await else { return };
    assert_eq!(bench.texts(conversation).await, ["0", "other", "next"]);
}

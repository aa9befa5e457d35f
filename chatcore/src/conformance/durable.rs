//! What is still there when a program ends and starts again.

use futures::future::join_all;

use super::bench::{Bench, expect_refusal, message};
use super::raw::{Absent, Insert, REFUSED, Refuse, scan_all};
use crate::conversation::{Parent, Role};
use crate::id::ConversationId;
use crate::job::{Job, Work};
use crate::store::{AnyRecord, Batch, Kind};

fn job(bench: &Bench<'_>, conversation: ConversationId) -> Job {
    Job { id: bench.mint_job(), work: Work::PurgeConversation { conversation }, created_at: bench.now() }
}

/// All records, by kind.
async fn everything(bench: &Bench<'_>) -> Vec<Vec<AnyRecord>> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.push(scan_all(&*bench.store, *kind, 100).await);
    }
    all
}

async fn expect_same(bench: &Bench<'_>, before: &[Vec<AnyRecord>]) {
    for ((kind, before), after) in Kind::ALL.iter().zip(before).zip(everything(bench).await) {
        assert!(after == *before, "after opening it again there are other {}s", kind.name());
    }
}

pub(super) async fn durable_before_answer(bench: Bench<'_>) {
    let conversation = bench.conversation().await;
    let chain = bench.chain(conversation, 4).await;
    let other = bench.ask(conversation, Parent::Message(chain[0].id), "other").await;
    let all = bench.samples();
    for done in join_all(all.iter().map(|sample| bench.commit((sample.insert)()))).await {
        done.unwrap();
    }
    let before = everything(&bench).await;
    let refused = job(&bench, conversation);
    expect_refusal(bench.commit(Batch::of(Insert(refused.clone())).and(Refuse)).await, &REFUSED);
    let Some(bench) = bench.reopen().await else { return };
    expect_same(&bench, &before).await;
    assert_eq!(bench.texts(conversation).await, ["0", "other"]);
    assert_eq!(bench.head(conversation).await, Some(other.id));
    bench.commit(Batch::of(Absent(refused))).await.unwrap();
    // and it goes on where it was
    let next = bench.ask(conversation, Parent::Head, "next").await;
    assert_eq!((next.seq, next.number, next.place.lane), (6, 6, other.place.lane));
    let Some(bench) = bench.reopen().await else { return };
    assert_eq!(bench.texts(conversation).await, ["0", "other", "next"]);
}

pub(super) async fn reopening_changes_nothing(bench: Bench<'_>) {
    let conversation = bench.conversation().await;
    bench.chain(conversation, 4).await;
    let samples = bench.samples();
    for sample in &samples {
        bench.commit((sample.insert)()).await.unwrap();
    }
    let mut bench = bench;
    for round in 0..6 {
        let before = everything(&bench).await;
        // twice without a write, then with one in between
        let Some(again) = bench.reopen().await else { return };
        expect_same(&again, &before).await;
        if round > 2 {
            again.ask(conversation, Parent::Head, "one more").await;
        }
        bench = again;
    }
    assert_eq!(bench.texts(conversation).await.len(), 7);
    for sample in &samples {
        bench.commit((sample.delete)()).await.unwrap();
    }
    let before = everything(&bench).await;
    for _ in 0..2 {
        let Some(again) = bench.reopen().await else { return };
        expect_same(&again, &before).await;
        bench = again;
    }
    bench.expect_sound().await;
}

pub(super) async fn large_writes_survive(bench: Bench<'_>) {
    let conversation = bench.conversation().await;
    // a mebibyte, of which no two places are alike
    let text: String = (0..131_072).map(|at| format!("{at:08}")).collect();
    let large = message(Parent::Root, Role::User, &text);
    bench.conversations().append(&bench.caller, conversation, large).await.unwrap();
    let jobs: Vec<Job> = (0..Batch::MAX_CHANGES).map(|_| job(&bench, conversation)).collect();
    let mut batch = Batch::default();
    jobs.iter().for_each(|job| batch.push(Insert(job.clone())));
    bench.commit(batch).await.unwrap();
    let Some(bench) = bench.reopen().await else { return };
    let stored = bench.store.jobs(None, usize::MAX).await.unwrap();
    assert!(stored == jobs, "of a batch of {} changes {} are there", jobs.len(), stored.len());
    assert!(bench.texts(conversation).await == [text], "a large message is another");
}

//! What a commit promises while everything goes well.

use futures::future::join_all;

use super::bench::{Bench, expect_refusal, pause};
use super::raw::{Absent, Broken, Insert, InsertFresh, REFUSED, Refuse, Same, Update, scan_all};
use crate::conversation::{Numbered, Sequence, next_number};
use crate::id::JobId;
use crate::job::{Job, Work};
use crate::store::{Batch, Change, Conflict, Kind, Stop, StoreErrorKind, Tx};

const USERS: Sequence = Sequence { of: Numbered::Users, next: 1 };

/// Takes the next number.
#[derive(Debug, Clone, Copy)]
struct Count;

impl Change for Count {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        next_number(tx, Numbered::Users).map(|_| ())
    }
}

fn job(bench: &Bench<'_>) -> Job {
    let conversation = crate::ConversationId::mint(bench.now(), &*bench.ids);
    Job { id: bench.mint_job(), work: Work::PurgeConversation { conversation }, created_at: bench.now() }
}

pub(super) async fn all_or_nothing(bench: Bench<'_>) {
    let kept = job(&bench);
    bench.commit(Batch::of(Insert(kept.clone()))).await.unwrap();
    let jobs: Vec<Job> = (0..4).map(|_| job(&bench)).collect();
    let mut batch =
        Batch::of(Update(Job { created_at: bench.now().plus(std::time::Duration::from_secs(9)), ..kept.clone() }));
    for job in &jobs {
        batch.push(Insert(job.clone()));
    }
    expect_refusal(bench.commit(batch.and(Count).and(Refuse)).await, &REFUSED);
    bench.commit(Batch::of(Same(kept))).await.expect("a refused batch changed a record");
    assert_eq!(bench.count(Kind::Job).await, 1, "a refused batch left records");
    assert_eq!(bench.count(Kind::Sequence).await, 0, "a refused batch left a record of another kind");
    // and a batch that holds is there as a whole, in the lists too
    let mut batch = Batch::of(Count);
    jobs.iter().for_each(|job| batch.push(Insert(job.clone())));
    bench.commit(batch).await.unwrap();
    assert_eq!(bench.count(Kind::Job).await, 5, "a part of a batch is missing");
    bench.commit(Batch::of(Same(Sequence { next: 2, ..USERS }))).await.unwrap();
}

pub(super) async fn one_after_another(bench: Bench<'_>) {
    // 64 at once: each sees what those before it wrote
    let counted = join_all((0..64).map(|_| bench.commit(Batch::of(Count)))).await;
    for counted in counted {
        counted.unwrap();
    }
    let total = Sequence { next: 65, ..USERS };
    bench.commit(Batch::of(Same(total))).await.expect("64 counts at once were not all counted");
    // and one of many that want the same key gets it
    let wanted = job(&bench);
    let results = join_all((0..64).map(|_| bench.commit(Batch::of(Insert(wanted.clone()))))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "a key was given to several");
    for result in results.into_iter().filter(Result::is_err) {
        expect_refusal(result, &Conflict::Exists(Kind::Job));
    }
}

pub(super) async fn broken_rule_alone(bench: Bench<'_>) {
    let good: Vec<Job> = (0..8).map(|_| job(&bench)).collect();
    let all = good.iter().map(|job| async {
        let bad = bench.commit(Batch::of(Insert(self::job(&bench))).and(Broken));
        let (bad, good) = futures::join!(bad, bench.commit(Batch::of(Insert(job.clone()))));
        good.expect("a rule that panicked harmed another batch");
        let error = bad.expect_err("a rule that panicked was taken for one that holds");
        assert_eq!(*error.kind(), StoreErrorKind::NotApplied, "{error}");
    });
    join_all(all).await;
    assert_eq!(bench.count(Kind::Job).await, 8, "a rule that panicked left a trace");
    bench.commit(Batch::of(Count)).await.expect("the store is of no use after a rule that panicked");
}

pub(super) async fn insert_needs_absence(bench: Bench<'_>) {
    let first = job(&bench);
    bench.commit(Batch::of(Insert(first.clone()))).await.unwrap();
    let second = Job { work: job(&bench).work, ..first.clone() };
    expect_refusal(bench.commit(Batch::of(Insert(second.clone()))).await, &Conflict::Exists(Kind::Job));
    // in one batch
    let third = job(&bench);
    let twice = Batch::of(Insert(third.clone())).and(Insert(third));
    expect_refusal(bench.commit(twice).await, &Conflict::Exists(Kind::Job));
    bench.commit(Batch::of(Same(first))).await.expect("an insert overwrote a record");
}

pub(super) async fn fresh_ids_are_checked(bench: Bench<'_>) {
    let first = job(&bench);
    bench.commit(Batch::of(InsertFresh(first.clone()))).await.unwrap();
    let second = Job { work: job(&bench).work, ..first.clone() };
    let innocent = job(&bench);
    let (refused, taken) = futures::join!(
        bench.commit(Batch::of(InsertFresh(second)).and(Count)),
        bench.commit(Batch::of(InsertFresh(innocent.clone())).and(Count)),
    );
    expect_refusal(refused, &Conflict::Exists(Kind::Job));
    taken.expect("an id that was used twice harmed another batch");
    bench.commit(Batch::of(Same(first))).await.expect("a fresh id that was not fresh overwrote a record");
    bench.commit(Batch::of(Same(innocent))).await.unwrap();
    bench.commit(Batch::of(Same(Sequence { next: 2, ..USERS }))).await.expect("a batch was done twice");
}

pub(super) async fn update_needs_presence(bench: Bench<'_>) {
    let nobody = job(&bench);
    expect_refusal(bench.commit(Batch::of(Update(nobody.clone()))).await, &Conflict::Missing(Kind::Job));
    expect_refusal(bench.commit(Batch::of(super::raw::Delete(nobody.clone()))).await, &Conflict::Missing(Kind::Job));
    bench.commit(Batch::of(Absent(nobody))).await.expect("an update made a record");
    assert_eq!(bench.count(Kind::Job).await, 0);
}

pub(super) async fn answers_with_what_was_written(bench: Bench<'_>) {
    let job = job(&bench);
    let done = bench.commit(Batch::of(Insert(job.clone())).and(Count).and(Count)).await.unwrap();
    assert_eq!(done.get::<Job>(&job.id), Some(&job));
    assert_eq!(done.get::<Sequence>(&Numbered::Users).map(|sequence| sequence.next), Some(3));
    assert_eq!(done.all::<Job>().count(), 1);
    // the answer is this batch's, not its neighbours'
    let others = join_all((0..8).map(|_| bench.commit(Batch::of(Insert(self::job(&bench)))))).await;
    assert!(others.iter().all(|other| other.as_ref().unwrap().all::<Job>().count() == 1), "an answer of somebody else");
}

/// Follows a chain of jobs: each round the next one is known only when the one before is loaded.
#[derive(Debug, Clone)]
struct Follow(Vec<JobId>);

impl Change for Follow {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        for id in &self.0 {
            tx.require::<Job>(id)?;
        }
        // and a key that nobody has is an answer too
        next_number(tx, Numbered::Users).map(|_| ())
    }
}

pub(super) async fn loads_in_rounds(bench: Bench<'_>) {
    let jobs: Vec<Job> = (0..40).map(|_| job(&bench)).collect();
    let mut batch = Batch::default();
    jobs.iter().for_each(|job| batch.push(Insert(job.clone())));
    bench.commit(batch).await.unwrap();
    let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let many = ids.chunks(10).map(|some| bench.commit(Batch::of(Follow(some.to_vec()))));
    for done in join_all(many).await {
        done.expect("a rule that asks again and again is not answered");
    }
    bench.commit(Batch::of(Follow(ids))).await.unwrap();
    bench.commit(Batch::of(Same(Sequence { next: 6, ..USERS }))).await.expect("a round was counted twice");
    let missing = Follow(vec![jobs[0].id, bench.mint_job()]);
    expect_refusal(bench.commit(Batch::of(missing)).await, &Conflict::Missing(Kind::Job));
}

pub(super) async fn batches_are_bounded(bench: Bench<'_>) {
    let full = || {
        let mut batch = Batch::default();
        (0..Batch::MAX_CHANGES).for_each(|_| batch.push(Insert(job(&bench))));
        batch
    };
    let error = bench.commit(full().and(Count)).await.expect_err("a batch beyond the limit was taken");
    assert_eq!(*error.kind(), StoreErrorKind::NotApplied, "{error}");
    assert_eq!(bench.count(Kind::Job).await, 0);
    bench.commit(full()).await.expect("a batch at the limit was refused");
    assert_eq!(scan_all(&*bench.store, Kind::Job, usize::MAX).await.len(), Batch::MAX_CHANGES);
    bench.commit(Batch::default()).await.expect("a batch of nothing was refused");
}

/// Cuts commits off at every point where they wait.
pub(super) async fn survives_cancel(bench: Bench<'_>) {
    let mut done = 0;
    for polls in 0..200 {
        let pair = (job(&bench), job(&bench));
        let batch = Batch::of(Insert(pair.0.clone())).and(Insert(pair.1.clone()));
        let finished = {
            let mut commit = Box::pin(bench.commit(batch));
            let mut finished = false;
            for _ in 0..polls {
                if futures::poll!(&mut commit).is_ready() {
                    finished = true;
                    break;
                }
                pause().await;
            }
            finished
        };
        // the next one goes through, and afterwards the one that was cut off is there or is not
        bench.commit(Batch::of(Count)).await.expect("a caller that went away took the store along");
        let first = bench.commit(Batch::of(Same(pair.0))).await.is_ok();
        let second = bench.commit(Batch::of(Same(pair.1))).await.is_ok();
        assert_eq!(first, second, "a caller that went away left half of its batch");
        assert!(first || !finished, "a batch that was answered is not there");
        done += 1;
        if finished {
            break;
        }
    }
    bench.commit(Batch::of(Same(Sequence { next: done + 1, ..USERS }))).await.unwrap();
    // many at once, of which every other caller goes away
    let jobs: Vec<(Job, Job)> = (0..64).map(|_| (job(&bench), job(&bench))).collect();
    let all = jobs.iter().enumerate().map(|(at, (a, b))| {
        let commit = bench.commit(Batch::of(Insert(a.clone())).and(Insert(b.clone())));
        async move {
            if at % 2 == 0 {
                commit.await.unwrap();
            } else {
                let mut commit = Box::pin(commit);
                if futures::poll!(&mut commit).is_pending() {
                    pause().await;
                    let _ = futures::poll!(&mut commit);
                }
            }
        }
    });
    join_all(all).await;
    bench.commit(Batch::of(Count)).await.unwrap();
    for (at, (a, b)) in jobs.into_iter().enumerate() {
        let there = (bench.commit(Batch::of(Same(a))).await.is_ok(), bench.commit(Batch::of(Same(b))).await.is_ok());
        assert_eq!(there.0, there.1, "a caller that went away left half of its batch");
        assert!(there.0 || at % 2 == 1, "a neighbour that went away took a batch along");
    }
}

//! Connections that break, servers that go away, rows that somebody else holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chatcore::conversation::{ConversationStore, Numbered};
use chatcore::job::{Job, JobStore, Work};
use chatcore::store::{Batch, Commit, StoreErrorKind};
use chatcore::{ConversationId, JobId, StoreError, Timestamp};
use chatcore_sqlx::PostgresStore;
use chatcore_sqlx::testing::PrivatePostgres;
use futures::future::join_all;
use uuid::Uuid;

use super::place::{Place, run, whole_message};
use crate::support::records::conversation_id;
use crate::support::{CountUp, batch, count, fresh};

fn job(n: u64) -> Job {
    let id = Uuid::from_u128(u128::from(n) + 1);
    let work = Work::PurgeConversation { conversation: ConversationId::from_uuid(id) };
    Job { id: JobId::from_uuid(id), work, created_at: Timestamp::default() }
}

async fn up(store: &PostgresStore) -> Result<(), StoreError> {
    store.commit(Batch::of(CountUp(Numbered::Users))).await.map(|_| ())
}

async fn is_there(store: &PostgresStore, job: &Job) -> bool {
    let before = JobId::from_uuid(Uuid::from_u128(job.id.as_uuid().as_u128() - 1));
    store.jobs(Some(before), 1).await.unwrap().first() == Some(job)
}

/// Makes a commit take a while, so that some are cut off just then.
const SLOW_COMMIT: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON sequences DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow();";

/// Writes and reads until the time is over; says of each write what became of it.
async fn work(store: &PostgresStore, task: u64, over: &AtomicBool) -> Vec<(Job, Result<(), StoreErrorKind>)> {
    let mut written = Vec::new();
    for n in 0.. {
        // the last write is in peace
        let is_last = over.load(Ordering::Relaxed);
        let job = job(1000 * n + task);
        let done = store.commit(batch([fresh(job.clone())]).and(CountUp(Numbered::Users))).await;
        written.push((job, done.map(|_| ()).map_err(|error| error.kind().clone())));
        if let Err(error) = store.conversation(conversation_id(1)).await {
            assert_eq!(*error.kind(), StoreErrorKind::Unavailable, "{}", whole_message(&error));
        }
        if is_last {
            break;
        }
    }
    written
}

pub(super) async fn connections_that_are_cut_lose_nothing(place: Place) {
    let store = place.store().await;
    up(&store).await.unwrap();
    run(&mut place.aside().await, SLOW_COMMIT).await;
    let over = AtomicBool::new(false);
    let cut = async {
        let mut aside = place.aside().await;
        for n in 0..30_u64 {
            let ours = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
                place.schema
            );
            run(&mut aside, &ours).await;
            tokio::time::sleep(Duration::from_millis(5 + n * 7 % 40)).await;
        }
        over.store(true, Ordering::Relaxed);
    };
    let (written, ()) = tokio::join!(join_all((0..16).map(|task| work(&store, task, &over))), cut);
    let (mut kept, mut unknown) = (0, 0);
    for (job, done) in written.into_iter().flatten() {
        match done {
            Ok(()) => {
                assert!(is_there(&store, &job).await, "an answered write is gone");
                kept += 1;
            }
            Err(StoreErrorKind::NotApplied) => assert!(!is_there(&store, &job).await, "it was to be not applied"),
            Err(StoreErrorKind::Unavailable) => unknown += u64::from(is_there(&store, &job).await),
            Err(other) => panic!("{other:?}: it was written twice"),
        }
    }
    assert!(kept >= 16, "everybody wrote in the end");
    assert_eq!(count(&*store, Numbered::Users).await, 2 + kept + unknown, "each batch was applied once");
}

/// The only reader meets the end of its connection, then the new one.
pub(super) async fn one_reader_survives_being_cut_off(place: Place) {
    let store = PostgresStore::open(place.options().readers(1)).await.unwrap();
    for _ in 0..10 {
        store.conversation(conversation_id(1)).await.unwrap();
        let ours = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}'",
            place.schema
        );
        place.ask(&ours).await;
        place.until("TRUE", |backends| backends == 0).await;
        store.conversation(conversation_id(1)).await.unwrap();
        up(&store).await.unwrap();
    }
}

pub(super) async fn idle_connections_may_be_closed_by_the_server(place: Place) {
    let idle = place.connect.clone().options([("idle_session_timeout", "1s")]);
    let place = Place { connect: idle, ..place };
    let store = PostgresStore::open(place.options().readers(1)).await.unwrap();
    for _ in 0..3 {
        up(&store).await.unwrap();
        store.conversation(conversation_id(1)).await.unwrap();
        place.until("pid <> pg_backend_pid()", |backends| backends == 0).await;
    }
    assert_eq!(count(&store, Numbered::Users).await, 4);
}

pub(super) async fn a_server_that_stops_for_a_while_is_waited_for(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start_in(folder.path()).unwrap();
    let place = Place::at(server.options(), place.schema);
    let store = place.store().await;
    up(&store).await.unwrap();
    store.conversation(conversation_id(1)).await.unwrap();
    server.stop().unwrap();
    let refused = up(&store).await.unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
    assert!(whole_message(&refused).contains("cannot be reached"), "{refused}");
    let unread = store.conversation(conversation_id(1)).await.unwrap_err();
    assert_eq!(*unread.kind(), StoreErrorKind::Unavailable);
    server.start().unwrap();
    for _ in 0..4 {
        store.conversation(conversation_id(1)).await.unwrap();
        up(&store).await.unwrap();
    }
    assert_eq!(count(&*store, Numbered::Users).await, 6);
    // shorter than the store is patient: nobody notices
    let restart = async {
        tokio::task::block_in_place(|| {
            server.stop().unwrap();
            server.start().unwrap();
        });
    };
    let counted = AtomicU64::new(0);
    let write = join_all((0..4).map(|_| async {
        if up(&store).await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }));
    tokio::join!(restart, write);
    assert!(count(&*store, Numbered::Users).await >= 6 + counted.load(Ordering::Relaxed));
    store.close().await;
}

pub(super) async fn a_row_that_is_held_stops_its_own_batch_alone(place: Place) {
    let options = place.options().lock_timeout(Duration::from_millis(300));
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    up(&store).await.unwrap();
    let mut aside = place.aside().await;
    run(&mut aside, "BEGIN; SELECT * FROM sequences FOR UPDATE").await;
    let free = |n| store.commit(batch([fresh(job(n))]));
    let (one, held, two, held_too, three) = tokio::join!(free(1), up(&store), free(2), up(&store), free(3));
    for done in [one, two, three] {
        done.unwrap();
    }
    for held in [held, held_too] {
        let refused = held.unwrap_err();
        assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
        assert!(refused.to_string().contains("sequences: somebody else holds a row for too long"), "{refused}");
    }
    let refused = up(&store).await.unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
    run(&mut aside, "ROLLBACK").await;
    up(&store).await.unwrap();
    assert_eq!(count(&*store, Numbered::Users).await, 3);
}

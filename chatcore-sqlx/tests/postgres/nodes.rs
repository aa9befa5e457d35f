//! Several servers over one database.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chatcore::account::RegisterUser;
use chatcore::conformance::check_store;
use chatcore::conversation::{InsertMessage, MessageState, NewConversation, NewMessage, Parent, Part, Role};
use chatcore::store::{Batch, Commit, Conflict, Kind, Store};
use chatcore::testing::{CountingIds, ManualClock, ScriptedModel, user};
use chatcore::turn::{BeginRun, FinishRun, Run, RunEvent, RunState, UsageByModel};
use chatcore::{Chat, Clock, Error, IdSource, MessageId, RunId, Timestamp, UserId};
use chatcore_sqlx::PostgresStore;
use futures::future::join_all;

use super::place::Place;
use crate::support::compare::same_records;
use crate::support::records::{conversation, record};
use crate::support::{Step, Verb, batch};

/// A server: services over a store.
pub(super) fn chat(store: Arc<PostgresStore>, ids: &Arc<CountingIds>) -> Chat {
    let clock = ManualClock::new();
    Chat::over(store, ScriptedModel::new(&clock), Arc::new(clock), ids.clone())
}

fn say(parent: Parent) -> NewMessage {
    NewMessage {
        role: Role::User,
        parts: vec![Part::text("me")],
        parent,
        expected_head: None,
        client_ref: None,
        once: None,
    }
}

async fn expect_sound(stores: &[Arc<PostgresStore>]) {
    let defects = check_store(&*stores[0]).await.unwrap();
    assert!(defects.is_empty(), "{}", defects.join("\n"));
    for other in &stores[1..] {
        same_records(&*stores[0], &**other).await;
    }
}

pub(super) async fn racers_from_several_servers_leave_one_sound_tree(place: Place) {
    let stores = place.stores(3).await;
    let ids = Arc::new(CountingIds::default());
    let chats: Vec<Chat> = stores.iter().map(|store| chat(store.clone(), &ids)).collect();
    let caller = user(1);
    let id = chats[0].conversations().create(&caller, NewConversation::default()).await.unwrap().id;
    let known = Mutex::new(Vec::new());
    let written: Mutex<Vec<(u64, u64)>> = Mutex::default();
    let racer = |racer: usize| {
        let (service, caller, known, written) = (chats[racer % 3].conversations(), &caller, &known, &written);
        async move {
            for turn in 0..4 {
                let any: Option<MessageId> = {
                    let known = known.lock().unwrap();
                    known.get(racer * 7919 % (1 + known.len())).copied()
                };
                let done = match (turn, any) {
                    (1, Some(any)) => service.append(caller, id, say(Parent::Message(any))).await,
                    (2, _) if racer.is_multiple_of(8) => service.append(caller, id, say(Parent::Root)).await,
                    (3, Some(any)) if racer % 16 == 5 => match service.delete_subtree(caller, any).await {
                        Ok(_) => continue,
                        Err(error) => Err(error),
                    },
                    _ => service.append(caller, id, say(Parent::Head)).await,
                };
                match done {
                    Ok(view) => {
                        known.lock().unwrap().push(view.message.id);
                        written.lock().unwrap().push((view.message.number, view.message.seq));
                    }
                    // it was deleted meanwhile
                    Err(Error::NotFound(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    };
    join_all((0..64).map(racer)).await;
    for chat in &chats {
        chat.conversations().resume_jobs(Timestamp::MAX).await.unwrap();
    }
    let written = written.into_inner().unwrap();
    let all = |count: usize| (1..=count as u64).collect::<BTreeSet<_>>();
    assert!(written.len() >= 64 * 2, "{} messages were written", written.len());
    assert_eq!(written.iter().map(|(number, _)| *number).collect::<BTreeSet<_>>(), all(written.len()), "numbers");
    assert_eq!(written.iter().map(|(_, seq)| *seq).collect::<BTreeSet<_>>(), all(written.len()), "order");
    expect_sound(&stores).await;
}

pub(super) async fn one_name_is_one_user_wherever_it_is_asked_for(place: Place) {
    let stores = place.stores(3).await;
    let ids = CountingIds::default();
    let ask = |racer: usize| {
        let register = RegisterUser {
            id: UserId::mint(Timestamp::default(), &ids),
            username: Some(format!("Name{}", racer % 8)),
            email: None,
            secret: "$argon2id$".into(),
            role: chatcore::account::AccountRole::User,
            at: Timestamp::default(),
        };
        stores[racer / 8 % 3].commit(Batch::of(register))
    };
    let done = join_all((0..64).map(ask)).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 8);
    for refused in done.into_iter().filter_map(Result::err) {
        assert_eq!(refused.conflict(), Some(&Conflict::Exists(Kind::Identity)), "{refused}");
    }
    for number in 1..=8 {
        assert!(chatcore::account::AccountStore::user_by_number(&*stores[0], number).await.unwrap().is_some());
    }
    expect_sound(&stores).await;
}

/// The message and the run of an answer that has begun.
pub(super) async fn begin(store: &dyn Store, chat: &Chat, ids: &dyn IdSource, at: Timestamp) -> RunId {
    let caller = user(1);
    let conversation = chat.conversations().create(&caller, NewConversation::default()).await.unwrap().id;
    let (message, id, owner) = (MessageId::mint(at, ids), RunId::mint(at, ids), caller.subject());
    let insert = InsertMessage {
        id: message,
        conversation,
        owner,
        parent: None,
        hint: None,
        role: Role::Assistant,
        parts: Vec::new(),
        state: MessageState::Open,
        model: None,
        run: Some(id),
        client_ref: None,
        follow: true,
        at,
    };
    let run = Run {
        id,
        conversation,
        message,
        owner,
        model: "parrot".into(),
        state: RunState::Running,
        started_at: at,
        first_token_at: None,
        ended_at: None,
        heartbeat_at: at,
        stop_requested_at: None,
        seen_len: None,
        seeded: 0,
        last_seq: 0,
        usage: None,
        finish: None,
        error: None,
    };
    store.commit(Batch::of(insert).and(BeginRun { run })).await.unwrap();
    id
}

pub(super) async fn one_end_of_a_run_wins_wherever_it_comes_from(place: Place) {
    let stores = place.stores(3).await;
    let ids = Arc::new(CountingIds::default());
    let at = ManualClock::new().now();
    for _ in 0..5 {
        let run = begin(&*stores[0], &chat(stores[0].clone(), &ids), &*ids, at).await;
        let ends = [RunState::Completed, RunState::Stopped, RunState::Interrupted];
        let end = |racer: usize| {
            let (state, event) = (ends[racer / 3 % 3], [RunEvent::Completed, RunEvent::Stopped, RunEvent::Interrupted]);
            let finish = FinishRun {
                model: None,
                run,
                state,
                first: 1,
                events: vec![RunEvent::Delta { text: format!("said by {racer}") }, event[racer / 3 % 3].clone()],
                parts: vec![Part::text(format!("said by {racer}"))],
                usage: UsageByModel::default(),
                finish: None,
                error: None,
                first_token_at: None,
                at,
            };
            stores[racer % 3].commit(Batch::of(finish))
        };
        let done = join_all((0..18).map(end)).await;
        let stored = chatcore::turn::TurnStore::run(&*stores[1], run).await.unwrap().unwrap();
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
        for refused in done.into_iter().filter_map(Result::err) {
            assert_eq!(refused.conflict(), Some(&Conflict::RunEnded { state: stored.state }), "{refused}");
        }
    }
    expect_sound(&stores).await;
}

pub(super) async fn one_of_many_inserts_wins_and_the_others_are_told(place: Place) {
    let stores = place.stores(3).await;
    for n in 0..12 {
        for (verb, kind) in [(Verb::Insert, Kind::Job), (Verb::InsertFresh, Kind::Run), (Verb::InsertFresh, Kind::Fork)]
        {
            let ask = |racer: u8| {
                let step = Step(verb, record(kind, n, n, 8 * racer));
                stores[usize::from(racer % 3)].commit(batch([step]))
            };
            expect_one(join_all((0..9).map(ask)).await, &Conflict::Exists(kind));
        }
        // one external id, conversations of many ids
        let ask = |racer: u8| {
            let mut it = conversation(9 * n + racer, 1);
            it.external_id = Some(format!("{n}"));
            stores[usize::from(racer % 3)].commit(batch([Step(Verb::InsertFresh, it.into())]))
        };
        expect_one(join_all((0..9).map(ask)).await, &Conflict::Exists(Kind::ExternalId));
    }
}

fn expect_one<T>(done: Vec<Result<T, chatcore::StoreError>>, conflict: &Conflict) {
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    for refused in done.into_iter().filter_map(Result::err) {
        assert_eq!(refused.conflict(), Some(conflict), "{refused}");
    }
}

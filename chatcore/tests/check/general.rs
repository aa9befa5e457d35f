//! What a check and a repair do as a whole.

use chatcore::MemoryStore;
use chatcore::account::Caller;
use chatcore::check::{Options, check, repair};
use chatcore::conversation::{Conversation, Fork, Head, Lane, Message, Node, Slot};
use chatcore::page::PageRequest;
use chatcore::store::{Batch, Commit, Record};
use chatcore::testing::{ScriptedModel, user};
use chatcore::turn::{Run, RunEvent, RunLog};
use chatcore::{Chat, Clock};
use futures::executor::block_on;

use crate::raw::{Gone, Patch, all, dump, patch};
use crate::world::World;

#[test]
fn an_empty_store_is_clean() {
    let report = block_on(repair(&MemoryStore::in_memory(), &Options::default(), &mut |_| {})).unwrap();
    assert!(report.is_clean() && report.defects.is_empty() && report.totals.is_empty());
    assert_eq!(report.passes, 1);
}

#[test]
fn a_whole_store_is_left_as_it_is() {
    let world = World::new();
    let before = dump(&*world.store);
    let mut seen = Vec::new();
    let report = block_on(repair(&*world.store, &Options::default(), &mut |at| seen.push(*at))).unwrap();
    assert_eq!(dump(&*world.store), before);
    assert_eq!(report.records["message"], all::<Message>(&*world.store).len() as u64);
    assert_eq!((report.records["conversation"], report.records["user"]), (3, 2));
    let last = seen.iter().rfind(|at| at.kind == "message").unwrap();
    assert_eq!((last.pass, last.records), (1, report.records["message"]));
}

#[test]
fn a_report_is_json_and_lists_no_more_than_it_may() {
    let world = World::new();
    let texts: Vec<Message> = all(&*world.store);
    for message in texts.iter().filter(|message| message.conversation == world.victim) {
        world.commit(patch::<Message>(message.id, |message| message.number = 0));
    }
    let report = block_on(check(&*world.store, &Options::default().list(2), &mut |_| {})).unwrap();
    assert_eq!(report.defects.len(), 2);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["totals"]["number_out_of_range"], serde_json::json!({"found": 11, "repaired": 0}));
    assert_eq!(json["truncated"], true);
    let defect = &json["defects"][0];
    assert_eq!(defect["rule"], "number_out_of_range");
    assert_eq!(defect["kind"], "message");
    assert!(defect["key"]["text"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(defect["key"]["hex"].as_str().unwrap().len(), 32);
    assert_eq!(defect["repair"], "gives it the next number");
    assert!(!json.to_string().contains("second note"), "a report has no texts");
}

/// The owner moves the head while the repair has seen a dead one: the owner's choice stands.
#[test]
fn a_repair_that_races_with_live_use_does_nothing() {
    let world = World::new();
    let (lost, chosen) = (world.new_message(), world.said("second note").node());
    world.commit(patch::<Conversation>(world.victim, move |one| {
        one.head = one.head.map(|head| Head { message: lost, ..head });
    }));
    let mut used = false;
    let mut live = |at: &chatcore::check::Progress| {
        if at.kind == "conversation" && !std::mem::replace(&mut used, true) {
            let head = Head { message: chosen.message, place: chosen.place, open: false };
            let change = Patch::<Conversation, _>(world.victim, move |one: &mut Conversation| one.head = Some(head));
            let use_it = || block_on(world.store.commit(Batch::of(change))).unwrap();
            std::thread::scope(|scope| drop(scope.spawn(use_it).join().unwrap()));
        }
    };
    let report = block_on(repair(&*world.store, &Options::default(), &mut live)).unwrap();
    assert!(used && report.defects.iter().all(|defect| !defect.repaired), "{:#?}", report.defects);
    assert_eq!(world.record().head_message(), Some(chosen.message));
    assert!(world.check().is_clean());
}

/// Only messages are left of a conversation: all of them can be read again.
#[test]
fn a_conversation_comes_back_from_its_messages() {
    let world = World::new();
    let of_victim = |message: &Message| message.conversation == world.victim;
    let texts: Vec<Message> = all::<Message>(&*world.store).into_iter().filter(of_victim).collect();
    let mut batch = Batch::of(Gone::<Conversation>(world.victim));
    for message in &texts {
        batch.push(Gone::<Node>(message.id));
        batch.push(Gone::<Slot>((world.victim, message.place.lane, message.place.position)));
    }
    all::<Lane>(&*world.store).iter().filter(|lane| lane.conversation == world.victim).for_each(|lane| {
        batch.push(Gone::<Lane>(lane.key()));
    });
    all::<Fork>(&*world.store).iter().filter(|fork| fork.conversation == world.victim).for_each(|fork| {
        batch.push(Gone::<Fork>(fork.key()));
    });
    world.commit(batch);
    let report = world.repair();
    assert!(report.is_clean(), "{:#?}", report.defects);
    let chat = Chat::over(
        world.store.clone(),
        ScriptedModel::new(&world.clock),
        std::sync::Arc::new(world.clock.clone()),
        world.ids.clone(),
    );
    let caller: Caller = user(1);
    for before in &texts {
        let view = block_on(chat.conversations().message(&caller, before.id)).unwrap();
        assert_eq!((view.message.parts, view.message.parent), (before.parts.clone(), before.parent));
    }
    let page = block_on(chat.conversations().branch(&caller, world.victim, None, &PageRequest::first())).unwrap();
    assert!(page.items.len() > 1);
}

/// The run of an open answer is lost, its log is not: what was said becomes the message.
#[test]
fn the_words_of_a_lost_run_are_kept() {
    let world = World::new();
    let message = world.said("answer to last");
    let run: Run = world.run_of("answer to last");
    let open = Patch::<Message, _>(message.id, |message: &mut Message| {
        (message.state, message.parts) = (chatcore::conversation::MessageState::Open, Vec::new());
    });
    world.commit(Batch::of(open).and(Gone::<Run>(run.id)));
    assert!(world.repair().is_clean());
    assert_eq!(world.said("answer to last").state, chatcore::conversation::MessageState::Interrupted);
    assert_eq!(all::<RunLog>(&*world.store).iter().filter(|log| log.run == run.id).count(), 0);
}

/// A run that is still going when its log has ended ends as its log does, and so does its message.
#[test]
fn a_run_ends_as_its_log_does() {
    let world = World::new();
    let (message, run) = (world.said("answer to last").id, world.run_of("answer to last").id);
    let going = Patch::<Run, _>(run, |run: &mut Run| {
        (run.state, run.ended_at) = (chatcore::turn::RunState::Running, None);
    });
    let open = Patch::<Message, _>(message, |message: &mut Message| {
        (message.state, message.parts) = (chatcore::conversation::MessageState::Open, Vec::new());
    });
    world.commit(Batch::of(going).and(open));
    assert_eq!(world.check().defects[0].rule, "run_log_end_differs");
    assert!(world.repair().is_clean());
    assert_eq!(world.said("answer to last").state, chatcore::conversation::MessageState::Complete);
    let last = world.log_of("answer to last").events.last().cloned();
    assert_eq!((last, world.clock.now()), (Some(RunEvent::Completed), world.clock.now()));
}

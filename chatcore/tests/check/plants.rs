//! One plant a rule: it breaks that rule and no other.

use chatcore::account::{
    AccountRole, AccountState, ApiKey, ApiKeyKind, Challenge, ChallengeKind, Identity, IdentityKey, Session, TokenHash,
    User,
};
use chatcore::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use chatcore::billing::ledger::{Credit, Wallet};
use chatcore::billing::{Customer, Entitlement, ObjectKind, PaymentObject};
use chatcore::check::RULES;
use chatcore::conversation::{
    Conversation, ConversationState, DeleteConversation, DeleteSubtree, ExternalId, Fork, Head, Lane, Message,
    MessageState, Node, Numbered, Part, Place, Sequence, Slot,
};
use chatcore::feedback::{Feedback, Rating};
use chatcore::job::{Job, Work};
use chatcore::quota::{Counter, ScopeKey, Who};
use chatcore::share::Share;
use chatcore::store::{Batch, Record};
use chatcore::turn::{Run, RunEvent, RunLog};
use chatcore::{ApiKeyId, AttachmentId, Clock, JobId, ShareId, Subject, UserId};
use uuid::Uuid;

use crate::raw::{Gone, Patch, Put, all, dump, gone, patch, put};
use crate::world::World;

/// Breaks one rule, sees it found alone, mended, and everything else left alone.
fn prove(rule: &str, plant: fn(&World) -> Batch) {
    let [one, two] = [World::new(), World::new()];
    let neighbours = one.neighbours();
    assert_eq!(one.check().defects, [], "the world is whole before it is broken");
    [&one, &two].iter().for_each(|world| world.commit(plant(world)));
    let (broken, texts) = (dump(&*one.store), one.texts());
    let found = one.check();
    let rules: Vec<&str> = found.defects.iter().map(|defect| defect.rule).collect();
    assert_eq!(rules, [rule], "{:#?}", found.defects);
    assert_eq!(dump(&*one.store), broken, "a check writes nothing");
    let repaired = one.repair();
    assert!(repaired.is_clean(), "{:#?}", repaired.defects);
    assert!(repaired.totals[rule].repaired >= 1);
    let again = one.check();
    assert_eq!(again.defects, [], "a second check finds nothing");
    assert!(repaired.defects.iter().all(|defect| defect.repaired && defect.repair.is_some()));
    assert_eq!(one.neighbours(), neighbours, "the neighbour lost something");
    let lost: Vec<_> = texts.difference(&one.texts()).cloned().collect();
    assert!(lost.is_empty(), "texts were thrown away: {lost:?}");
    two.repair();
    assert_eq!(dump(&*one.store), dump(&*two.store), "equal stores are repaired equally");
}

macro_rules! plants {
    ($($rule:ident: $plant:expr;)*) => {
        $(#[test] fn $rule() { prove(stringify!($rule), $plant); })*

        #[test]
        fn every_rule_is_broken_by_somebody() {
            let mut broken = vec![$(stringify!($rule)),*, "unreadable_record", "list_misses_record"];
            // what is wrong in an entry nobody can mend
            broken.extend(["entry_unbalanced", "entries_with_gaps"]);
            broken.extend(["audit_entry_altered", "audit_chain_broken", "audit_head_differs"]);
            let mut rules: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
            broken.sort_unstable();
            rules.sort_unstable();
            assert_eq!(broken, rules);
        }
    };
}

fn message(world: &World, text: &str, change: impl Fn(&mut Message) + Send + Sync + 'static) -> Batch {
    patch::<Message>(world.said(text).id, change)
}

fn leaf(world: &World, change: impl Fn(&mut Message) + Send + Sync + 'static) -> Batch {
    patch::<Message>(world.leaf().id, change)
}

fn record(world: &World, change: impl Fn(&mut Conversation) + Send + Sync + 'static) -> Batch {
    patch::<Conversation>(world.victim, change)
}

fn run(world: &World, change: impl Fn(&mut Run) + Send + Sync + 'static) -> Batch {
    patch::<Run>(world.run_of("answer to last").id, change)
}

fn log(world: &World, change: impl Fn(&mut RunLog) + Send + Sync + 'static) -> Batch {
    patch::<RunLog>(world.log_of("answer to last").key(), change)
}

fn job(world: &World, work: Work) -> Job {
    Job { id: world.new_job(), work, created_at: world.clock.now() }
}

/// A deletion of "note", whose job got lost.
fn deleted(world: &World) -> Batch {
    let id = world.new_job();
    let change = DeleteSubtree {
        conversation: world.victim,
        owner: world.owner(),
        message: world.said("note").id,
        head: None,
        choices: Vec::new(),
        job: id,
        at: world.clock.now(),
    };
    Batch::of(change).and(Gone::<Job>(id))
}

const NOBODY: UserId = UserId::from_uuid(Uuid::from_u128(77));

fn slot(world: &World, text: &str) -> (chatcore::ConversationId, u32, u32) {
    let place = world.said(text).place;
    (world.victim, place.lane, place.position)
}

plants! {
    conversation_missing: |world| gone::<Conversation>(world.victim);
    message_unlisted: |world| gone::<Slot>(slot(world, "second note"));
    place_taken_twice: |world| {
        let conversation = world.record();
        let next = all::<Sequence>(&*world.store).into_iter().find(|one| one.of == Numbered::Messages(world.owner()));
        let (id, number) = (world.new_message(), next.unwrap().next);
        let twin = Message { id, number, seq: conversation.next_seq, parts: vec![Part::text("twin")], ..world.leaf() };
        put(twin)
            .and(Patch::<Conversation, _>(world.victim, |one: &mut Conversation| {
                one.next_seq += 1;
                one.message_count += 1;
            }))
            .and(Patch::<Sequence, _>(Numbered::Messages(world.owner()), |one: &mut Sequence| one.next += 1))
    };
    message_owner_differs: |world| {
        let nobody = Subject::User(NOBODY);
        leaf(world, move |message| message.owner = nobody)
            .and(Put(Sequence { of: Numbered::Messages(nobody), next: 1_000 }))
    };
    node_differs: |world| patch::<Node>(world.leaf().id, |node| node.seq += 1);
    node_without_message: |world| put(Node { message: world.new_message(), ..world.leaf().node() });
    slot_differs: |world| {
        patch::<Slot>(slot(world, "second note"), |slot| slot.role = chatcore::conversation::Role::System)
    };
    slot_without_message: |world| {
        let place = Place { lane: 0, position: 99 };
        put(Slot { conversation: world.victim, place, message: world.new_message(), role: world.leaf().role })
    };
    parents_in_a_circle: |world| {
        let below = world.said("second").id;
        message(world, "first", move |message| message.parent = Some(below))
    };
    parent_missing: |world| {
        let lost = world.new_message();
        message(world, "second", move |message| message.parent = Some(lost))
    };
    older_than_parent: |world| {
        let seqs: Vec<u64> = all::<Message>(&*world.store)
            .into_iter()
            .filter(|message| message.conversation == world.victim)
            .map(|message| message.seq)
            .collect();
        let free = (1..).find(|seq| !seqs.contains(seq)).unwrap();
        leaf(world, move |message| message.seq = free)
    };
    seq_out_of_range: |world| leaf(world, |message| message.seq = 0);
    seq_twice: |world| {
        let seq = world.said("last").seq;
        leaf(world, move |message| message.seq = seq)
    };
    place_out_of_range: |world| leaf(world, |message| message.place.position = u32::MAX);
    lane_missing: |world| leaf(world, |message| message.place.lane = 77);
    not_behind_parent: |world| leaf(world, |message| message.place = Place { lane: 0, position: 50 });
    lane_differs: |world| patch::<Lane>(world.lane_of("note").key(), |lane| lane.message = None);
    lane_unused: |world| {
        let lane = world.record().next_lane;
        put(Lane { lane, ..world.lane_of("note") }).and(Patch::<Conversation, _>(world.victim, |one: &mut Conversation| one.next_lane += 1))
    };
    lane_without_conversation: |world| put(Lane { conversation: world.new_conversation(), ..world.lane_of("note") });
    fork_without_conversation: |world| {
        put(Fork { conversation: world.new_conversation(), place: Place { lane: 0, position: 1 }, active: 1 })
    };
    fork_at_nothing: |world| put(Fork { conversation: world.victim, place: Place { lane: 0, position: 99 }, active: 0 });
    fork_to_nothing: |world| {
        put(Fork { conversation: world.victim, place: world.said("first").place, active: 77 })
    };
    head_missing: |world| record(world, |one| one.head = None);
    head_gone: |world| {
        let message = world.new_message();
        record(world, move |one| one.head = one.head.map(|head| Head { message, ..head }))
    };
    head_deleted: |world| {
        let node = world.said("second note").node();
        let change = DeleteSubtree {
            conversation: world.victim,
            owner: world.owner(),
            message: world.said("note").id,
            head: None,
            choices: Vec::new(),
            job: world.new_job(),
            at: world.clock.now(),
        };
        Batch::of(change).and(Patch::<Conversation, _>(world.victim, move |one: &mut Conversation| {
            one.head = Some(Head { message: node.message, place: node.place, open: false });
        }))
    };
    head_elsewhere: |world| {
        record(world, |one| one.head = one.head.map(|head| Head { place: Place { lane: 0, position: 1 }, ..head }))
    };
    head_not_free: |world| {
        let node = world.said("first").node();
        record(world, move |one| one.head = Some(Head { message: node.message, place: node.place, open: true }))
    };
    message_count_differs: |world| record(world, |one| one.message_count += 3);
    next_seq_behind: |world| record(world, |one| one.next_seq = 2);
    next_lane_behind: |world| record(world, |one| one.next_lane = 1);
    version_out_of_range: |world| record(world, |one| one.version = u64::MAX);
    cuts_differ: |world| record(world, |one| one.cuts = 3);
    deleted_part_without_job: deleted;
    living_part_with_job: |world| {
        let work = Work::PurgeSubtree { conversation: world.victim, lane: 0, from: 2 };
        put(job(world, work)).and(Patch::<Conversation, _>(world.victim, |one: &mut Conversation| one.cuts += 1))
    };
    deleted_without_job: |world| {
        let id = world.new_job();
        let (owner, at) = (world.owner(), world.clock.now());
        Batch::of(DeleteConversation { conversation: world.victim, owner, job: id, at }).and(Gone::<Job>(id))
    };
    building_without_job: |world| record(world, |one| one.state = ConversationState::Building);
    job_without_conversation: |world| {
        put(job(world, Work::PurgeConversation { conversation: world.new_conversation() }))
    };
    job_without_purpose: |world| put(job(world, Work::PurgeConversation { conversation: world.victim }));
    open_without_run: |world| leaf(world, |message| message.state = MessageState::Open);
    message_without_run: |world| {
        let run = world.new_run();
        leaf(world, move |message| message.run = Some(run))
    };
    message_of_another_run: |world| {
        let run = world.run_of("answer to last").id;
        leaf(world, move |message| message.run = Some(run))
    };
    run_without_message: |world| {
        put(Run { id: world.new_run(), message: world.new_message(), ..world.run_of("answer to last") })
    };
    run_of_another_message: |world| put(Run { id: world.new_run(), ..world.run_of("answer to last") });
    run_elsewhere: |world| run(world, |run| run.owner = Subject::User(NOBODY));
    run_state_differs: |world| message(world, "answer to last", |message| message.state = MessageState::Open);
    run_end_differs: |world| run(world, |run| run.ended_at = None);
    run_log_gap: |world| {
        let log = world.log_of("answer to last");
        let rest = log.events[1..].to_vec();
        let begin = self::log(world, |log| {
            log.events.truncate(1);
            log.last = log.first;
        });
        begin.and(Put(RunLog { first: log.first + 2, last: log.last + 1, events: rest, ..log }))
    };
    run_log_goes_on: |world| {
        let log = world.log_of("answer to last");
        let events = vec![RunEvent::Delta { text: "more".into() }];
        put(RunLog { first: log.last + 1, last: log.last + 1, events, ..log })
    };
    run_log_end_differs: |world| log(world, |log| *log.events.last_mut().unwrap() = RunEvent::Stopped);
    run_last_seq_differs: |world| run(world, |run| run.last_seq += 5);
    answer_differs_from_log: |world| message(world, "answer to last", |message| message.parts = vec![Part::text("no")]);
    log_without_run: |world| put(RunLog { run: world.new_run(), ..world.log_of("answer to last") });
    external_id_twice: |world| patch::<Conversation>(world.other, |one| one.external_id = Some("mine".into()));
    external_id_differs: |world| gone::<ExternalId>((world.owner(), "mine".into()));
    external_id_without_conversation: |world| {
        let (owner, external_id) = (world.owner(), "nobody's".into());
        put(ExternalId { owner, external_id, conversation: world.new_conversation() })
    };
    number_twice: |world| {
        let number = world.said("first").number;
        leaf(world, move |message| message.number = number)
    };
    number_out_of_range: |world| leaf(world, |message| message.number = u64::MAX);
    counter_behind: |world| patch::<Sequence>(Numbered::Messages(world.owner()), |one| one.next = 2);
    identity_without_user: |world| {
        let key = IdentityKey::Username("nobody".into());
        put(Identity { key, user: NOBODY, secret: None, verified_at: None, created_at: world.clock.now() })
    };
    password_of_another: |world| {
        let bob = world.bob;
        patch::<Identity>(IdentityKey::Password(world.ann), move |identity| identity.user = bob)
    };
    session_without_user: |world| put(world.new_session(NOBODY));
    deleted_user_without_job: |world| patch::<User>(world.ann, |user| user.state = AccountState::Deleted);
    links_differ: |world| patch::<User>(world.ann, |user| user.links = 3);
    key_without_user: |world| {
        put(ApiKey {
            hash: TokenHash([1; 32]),
            id: ApiKeyId::from_uuid(Uuid::from_u128(1)),
            owner: NOBODY,
            kind: ApiKeyKind::Key,
            name: "lost".into(),
            prefix: "ck_".into(),
            scopes: Vec::new(),
            epoch: 0,
            created_at: world.clock.now(),
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        })
    };
    code_without_user: |world| {
        put(Challenge {
            hash: TokenHash([1; 32]),
            kind: ChallengeKind::PasswordReset,
            payload: String::new(),
            user: Some(NOBODY),
            epoch: Some(1),
            binding: None,
            created_at: world.clock.now(),
            expires_at: world.clock.now(),
        })
    };
    admins_miscounted: |world| patch::<User>(world.ann, |user| user.role = AccountRole::Admin);
    total_differs: |_| {
        let used = r#"{"total":{"tokens":1},"from":5,"slices":[[0,1,0,0,2]]}"#;
        let used = serde_json::from_str(used).unwrap();
        put(Counter { used, ..Counter::new(ScopeKey::of(Who::Everything)) })
    };
    held_differs: |_| put(Counter { runs: 1, ..Counter::new(ScopeKey::of(Who::Everything)) });
    attachment_links_differ: |world| {
        let one = attachment(world);
        put(blob(&one)).and(Put(Attachment { links: 5, idle_since: None, ..one }))
    };
    blob_links_differ: |world| {
        let one = attachment(world);
        put(Blob { links: 3, ..blob(&one) }).and(Put(one))
    };
    blob_missing: |world| put(attachment(world));
    stored_bytes_differ: |_| put(Counter { bytes: 9, ..Counter::new(ScopeKey::of(Who::Everything)) });
    wallet_differs: |world| {
        let owner = world.owner();
        put(crate::money::entry(owner, 1, 5)).and(Put(Wallet { entries: 1, ..Wallet::empty(owner) }))
    };
    wallet_held_differs: |world| {
        put(Wallet { held: Credit::from_micros(5), ..Wallet::empty(world.owner()) })
    };
    wallet_missing: |world| put(crate::money::entry(world.owner(), 1, 5));
    session_epoch_ahead: |world| patch::<Session>(world.session, |session| session.epoch = 9);
    subscription_unwatched: |_| gone::<PaymentObject>((ObjectKind::Subscription, "sub_new_1".into()));
    customer_missing: |world| gone::<Customer>(world.owner());
    customer_unlinked: |_| gone::<PaymentObject>((ObjectKind::Customer, "cus_1".into()));
    customer_subscriptions_differ: |world| {
        patch::<Customer>(world.owner(), |one| one.subscriptions = vec!["sub_old_1".into()])
    };
    feedback_without_message: |world| {
        put(Feedback {
            message: world.said("note").id,
            by: Subject::User(NOBODY),
            conversation: world.victim,
            model: None,
            rating: Rating::Up,
            comment: None,
            created_at: world.clock.now(),
            updated_at: world.clock.now(),
        })
    };
    share_without_message: |world| {
        put(Share {
            hash: TokenHash([1; 32]),
            id: ShareId::mint(world.clock.now(), &*world.ids),
            conversation: world.other,
            message: world.said("note").id,
            created_at: world.clock.now(),
            expires_at: None,
        })
    };
    entitlement_differs: |world| patch::<Entitlement>(world.owner(), |one| one.until = None);
}

/// An attachment that no message names.
fn attachment(world: &World) -> Attachment {
    let at = world.clock.now();
    Attachment {
        id: AttachmentId::from_uuid(Uuid::from_u128(1)),
        owner: world.owner(),
        hash: ContentHash([7; 32]),
        name: "a.txt".into(),
        media_type: "text/plain".into(),
        size: 3,
        state: AttachmentState::Ready,
        links: 0,
        idle_since: Some(at),
        scopes: Vec::new(),
        created_at: at,
    }
}

/// What it has.
fn blob(of: &Attachment) -> Blob {
    Blob { hash: of.hash, upload: of.id, size: of.size, state: BlobState::Kept, links: 1, idle_since: None }
}

#[test]
fn equal_ids_of_lost_jobs() {
    let [one, two] = [World::new(), World::new()];
    let jobs: Vec<Vec<JobId>> = [one, two]
        .iter()
        .map(|world| {
            world.commit(deleted(world));
            assert!(world.repair().is_clean());
            all::<Job>(&*world.store).iter().map(|job| job.id).collect()
        })
        .collect();
    assert_eq!((jobs[0].len(), &jobs[0]), (1, &jobs[1]));
}

//! What those who run the service see, in pages that join, and what stops at its bounds.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::{AccountRole, Caller, RegisterUser};
use chatcore::audit::{Act, By};
use chatcore::billing::{
    Billing, Checkout, Plan, PlanId, PlanTable, Signed, Snapshot, SnapshotStatus, SubscriptionState, Urls,
};
use chatcore::conversation::{NewConversation, Settings};
use chatcore::office::{ChatQuery, LOOK, Office, Period, PersonQuery, SubscriptionQuery};
use chatcore::page::{Page, PageRequest};
use chatcore::store::Batch;
use chatcore::testing::{CountingIds, ManualClock, ScriptedGateway, ScriptedModel, user};
use chatcore::{Chat, Clock, ConversationId, Error, MemoryStore, SessionId, Store, UserId};
use futures::executor::block_on;

struct World {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    ids: Arc<CountingIds>,
    chat: Chat,
    office: Office,
}

impl World {
    fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::in_memory());
        let (clock, ids) = (Arc::new(ManualClock::new()), Arc::new(CountingIds::default()));
        let chat = Chat::over(store.clone(), ScriptedModel::new(&clock), clock.clone(), ids.clone());
        let office = Office::new(store.clone(), clock.clone(), chat.clone());
        Self { store, clock, ids, chat, office }
    }

    fn registered(&self, name: &str, email: Option<&str>, role: AccountRole) -> UserId {
        self.clock.advance(Duration::from_secs(1));
        let (id, at) = (UserId::mint(self.clock.now(), &*self.ids), self.clock.now());
        let (username, secret) = (Some(name.to_owned()), "$argon2id$".to_owned());
        let change = RegisterUser { id, username, email: email.map(str::to_owned), secret, role, at };
        block_on(self.store.commit(Batch::of(change))).unwrap();
        id
    }

    fn chat(&self, owner: &Caller, title: &str) -> ConversationId {
        self.clock.advance(Duration::from_secs(60));
        let new = NewConversation { title: Some(title.to_owned()), ..NewConversation::default() };
        block_on(self.chat.conversations().create(owner, new)).unwrap().id
    }

    /// All pages of that size together.
    fn joined<T>(&self, size: usize, page: impl Fn(&PageRequest) -> Result<Page<T>, Error>) -> Vec<T> {
        let (mut all, mut request) = (Vec::new(), PageRequest::first().limit(size));
        loop {
            let found = page(&request).unwrap();
            assert!(found.items.len() <= size);
            all.extend(found.items);
            match found.next {
                Some(next) => request = PageRequest::first().limit(size).after(Some(next)),
                None => return all,
            }
        }
    }
}

fn admin(id: UserId) -> Caller {
    Caller::session(id, SessionId::from_uuid(uuid::Uuid::from_u128(1)), AccountRole::Admin)
}

#[test]
fn pages_of_people_join_whatever_is_asked() {
    let world = World::new();
    for number in 0..9 {
        world.registered(&format!("ann{number}"), Some(&format!("ann{number}@a.test")), AccountRole::User);
        world.registered(&format!("zoe{number}"), Some(&format!("annabel{number}@a.test")), AccountRole::Staff);
    }
    world.registered("ann", None, AccountRole::Staff);
    let find = |text: Option<&str>, role, size| {
        let query = PersonQuery { text: text.map(str::to_owned), role, state: None };
        let found = world.joined(size, |page| block_on(world.office.people(None, &query, page)));
        found.into_iter().map(|user| user.username.unwrap()).collect::<Vec<_>>()
    };
    for size in [1, 2, 7, 50] {
        assert_eq!(find(None, None, size).len(), 19);
        let named = find(Some("Ann"), None, size);
        assert_eq!(
            (named.len(), &*named[0], &*named[1]),
            (19, "ann", "ann0"),
            "names first, then addresses: {named:?}"
        );
        assert_eq!(find(Some("annabel"), None, size).len(), 9);
        assert_eq!(find(Some("ann"), Some(AccountRole::Staff), size).len(), 10);
        assert_eq!(find(Some("zz"), None, size), Vec::<String>::new());
        assert_eq!(find(Some("4"), None, size), ["zoe1"]);
    }
}

#[test]
fn pages_of_chats_join_and_go_by_time() {
    let world = World::new();
    let start = world.clock.now();
    let chats: Vec<ConversationId> = (0..12)
        .map(|number| world.chat(&user(number % 3 + 1), if number % 2 == 0 { "About Cats" } else { "dogs" }))
        .collect();
    let find = |query: &ChatQuery, size| {
        let found = world.joined(size, |page| block_on(world.office.chats(None, query, page)));
        found.into_iter().map(|chat| chat.id).collect::<Vec<_>>()
    };
    let newest: Vec<ConversationId> = chats.iter().rev().copied().collect();
    // what its owner keeps apart is found like everything else
    for (at, pinned) in [(9, true), (3, false)] {
        let settings = Settings { pinned: Some(pinned), archived: Some(!pinned), ..Settings::default() };
        block_on(world.chat.conversations().update(&user(1), chats[at], settings, None)).unwrap();
    }
    let minute = |number: u64| Some(start.plus(Duration::from_secs(60 * number)));
    for size in [1, 5, 12, 200] {
        assert_eq!(find(&ChatQuery::default(), size), newest);
        let cats = ChatQuery { title: Some("cats".into()), ..ChatQuery::default() };
        assert_eq!(find(&cats, size), newest.iter().copied().skip(1).step_by(2).collect::<Vec<_>>());
        let stretch = ChatQuery { since: minute(3), until: minute(6), ..ChatQuery::default() };
        assert_eq!(find(&stretch, size), newest[7..10]);
        let rest = ChatQuery { until: minute(3), ..ChatQuery::default() };
        assert_eq!(find(&rest, size), newest[10..]);
        let own = ChatQuery { owner: Some(user(1).subject()), ..ChatQuery::default() };
        assert_eq!(find(&own, size), [9, 6, 3, 0].map(|at| chats[at]));
        let own = ChatQuery { title: Some("cats".into()), ..own };
        assert_eq!(find(&own, size), [6, 0].map(|at| chats[at]));
    }
}

#[test]
fn a_page_stops_looking_and_goes_on() {
    let world = World::new();
    for number in 0..=LOOK {
        let change = RegisterUser {
            id: UserId::mint(world.clock.now(), &*world.ids),
            username: Some(format!("user{number}")),
            email: None,
            secret: String::new(),
            role: if number == LOOK { AccountRole::Staff } else { AccountRole::User },
            at: world.clock.now(),
        };
        block_on(world.store.commit(Batch::of(change))).unwrap();
    }
    let query = PersonQuery { role: Some(AccountRole::Staff), ..PersonQuery::default() };
    let first = block_on(world.office.people(None, &query, &PageRequest::first())).unwrap();
    assert!(first.items.is_empty() && first.next.is_some(), "it has looked at {LOOK}, and there may be more");
    let rest = block_on(world.office.people(None, &query, &PageRequest::first().after(first.next))).unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

#[test]
fn leave_to_read_ends_and_is_for_one() {
    let world = World::new();
    let [root, other] = ["root", "rita"].map(|name| admin(world.registered(name, None, AccountRole::Admin)));
    let (ann, page) = (user(1), PageRequest::first());
    let (chat, elsewhere) = (world.chat(&ann, "a"), world.chat(&ann, "b"));
    let read = |by: &Caller, id, grant| block_on(world.office.transcript(by, id, grant, None, &page));
    let refused = |answer: Result<_, Error>| matches!(answer, Err(Error::Denied));
    block_on(async {
        for reason in [None, Some(""), Some(" ")] {
            let opened = world.office.open_chat(By::from(&root).because(reason), chat).await;
            assert!(matches!(opened, Err(Error::Invalid { field: "reason", .. })), "{reason:?}");
        }
        assert!(refused(world.office.open_chat(By::from(&ann).because("mine"), chat).await.map(|_| page_of())));
    });
    assert!(block_on(world.store.audit_head()).unwrap().is_none(), "what was refused left nothing");
    let entry = block_on(world.office.open_chat(By::from(&root).because("help"), chat)).unwrap();
    assert_eq!((entry.number, entry.act, entry.about), (1, Act::ReadChat, Some(ann.subject())));
    read(&root, chat, 1).unwrap();
    assert!(refused(read(&other, chat, 1)) && refused(read(&root, elsewhere, 1)) && refused(read(&root, chat, 2)));
    world.clock.advance(Duration::from_secs(3600));
    read(&root, chat, 1).unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert!(refused(read(&root, chat, 1)), "an hour is over");
}

#[test]
fn pages_of_subscriptions_join_and_are_sifted() {
    let world = World::new();
    let sold = |id: &str, reference: &str| -> Plan {
        let price = serde_json::json!({"reference": reference, "amount": 900, "currency": "usd", "interval": "month"});
        serde_json::from_value(serde_json::json!({"id": id, "name": id, "price": price})).unwrap()
    };
    let table = PlanTable::new(vec![sold("plus", "price_plus"), sold("max", "price_max")], None, None).unwrap();
    let gateway = ScriptedGateway::new("secret");
    let billing = Billing::new(world.store.clone(), world.clock.clone(), world.ids.clone(), table);
    let billing = billing.with_gateway(Arc::new(gateway.clone()));
    for number in 1..=9_u64 {
        let urls = Urls { success: "https://chat.test".into(), cancel: "https://chat.test".into() };
        let checkout = Checkout { plan: PlanId("plus".into()), urls, once: None };
        block_on(billing.checkout(&user(number), &checkout)).unwrap();
        let now = world.clock.now();
        let told = Snapshot {
            id: format!("sub_{number}"),
            customer: format!("cus_{number}"),
            price: if number % 3 == 0 { "price_max" } else { "price_plus" }.into(),
            status: if number % 2 == 0 { SnapshotStatus::PastDue } else { SnapshotStatus::Active },
            period_start: now,
            period_end: now.plus(Duration::from_secs(86_400)),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        };
        let (body, signature) = gateway.sign(&gateway.change(told, now), now);
        block_on(billing.receive(Signed { body: &body, signature: &signature })).unwrap();
    }
    let find = |state, plan: Option<&str>, size| {
        let query = SubscriptionQuery { state, plan: plan.map(|id| PlanId(id.into())) };
        let found = world.joined(size, |page| block_on(world.office.subscriptions(None, &query, page)));
        found.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    let named = |numbers: &[u64]| numbers.iter().map(|number| format!("sub_{number}")).collect::<Vec<_>>();
    for size in [1, 2, 5, 50] {
        assert_eq!(find(None, None, size), named(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert_eq!(find(Some(SubscriptionState::PastDue), None, size), named(&[2, 4, 6, 8]));
        assert_eq!(find(None, Some("max"), size), named(&[3, 6, 9]));
        assert_eq!(find(Some(SubscriptionState::Active), Some("max"), size), named(&[3, 9]));
        assert_eq!(find(Some(SubscriptionState::Ended), None, size), Vec::<String>::new());
    }
}

fn page_of<T>() -> Page<T> {
    Page { items: Vec::new(), next: None }
}

#[test]
fn whoever_may_not_is_refused_before_anything_is_looked_at() {
    let world = World::new();
    let (ann, page) = (user(1), PageRequest::first());
    let period = Period::last_days(30, world.clock.now());
    block_on(async {
        let denied = |error: Option<Error>| assert!(matches!(error, Some(Error::Denied)), "{error:?}");
        denied(world.office.people(&ann, &PersonQuery::default(), &page).await.err());
        denied(world.office.chats(&ann, &ChatQuery::default(), &page).await.err());
        denied(world.office.models(&ann, None, period).await.err());
        denied(world.office.used(&ann, period, &page).await.err());
        denied(world.office.subscriptions(&ann, &SubscriptionQuery::default(), &page).await.err());
        denied(world.office.delete_chats(By::from(&ann).because("x"), &[]).await.err());
    });
}

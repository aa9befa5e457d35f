//! Titles that conversations get by themselves, over the store in memory.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, NewConversation};
use chatcore::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use chatcore::turn::{ModelErrorKind, ModelEvent, Titles, Usage, UsageSource};
use chatcore::{Chat, MemoryStore};
use futures::executor::block_on;

struct World {
    chat: Chat,
    model: ScriptedModel,
    me: Caller,
    conversation: Conversation,
}

fn world(titles: Titles, title: Option<&str>) -> World {
    let clock = ManualClock::new();
    let model = ScriptedModel::new(&clock);
    let (store, ids) = (Arc::new(MemoryStore::in_memory()), Arc::new(CountingIds::default()));
    let chat = Chat::over(store, model.clone(), Arc::new(clock), ids).titles(titles);
    let me = user(1);
    let new = NewConversation { title: title.map(str::to_owned), ..NewConversation::default() };
    let conversation = block_on(chat.conversations().create(&me, new)).unwrap();
    World { chat, model, me, conversation }
}

impl World {
    fn say(&self, text: &str) -> Conversation {
        let turn = block_on(self.chat.send(&self.me, self.conversation.id, text)).unwrap();
        block_on(turn.driver);
        block_on(self.chat.conversations().get(&self.me, self.conversation.id)).unwrap()
    }
}

#[test]
fn the_first_words_do_without_a_model() {
    let world = world(Titles::Words, None);
    assert_eq!(world.say("# Why is the sky blue?\nI wonder.").title.as_deref(), Some("Why is the sky blue?"));
    assert_eq!(world.say("something else").title.as_deref(), Some("Why is the sky blue?"), "the first title stays");
    assert_eq!(world.model.requests().len(), 2);
}

#[test]
fn a_title_that_somebody_gave_is_kept() {
    for titles in [Titles::Words, Titles::Model(None)] {
        let world = world(titles, Some("Mine"));
        assert_eq!(world.say("Why is the sky blue?").title.as_deref(), Some("Mine"));
        assert_eq!(world.model.requests().len(), 1, "and no model is asked for one");
    }
}

#[test]
fn an_answer_that_failed_names_nothing() {
    let world = world(Titles::Words, None);
    world.model.will(Script::default().text("well").fail(ModelErrorKind::Interrupted));
    assert_eq!(world.say("Why is the sky blue?").title, None);
    assert_eq!(world.say("And the sea?").title.as_deref(), Some("Why is the sky blue?"), "the next one does");
}

#[test]
fn a_model_writes_it_and_is_paid_for() {
    let world = world(Titles::Model(None), None);
    world.model.will(Script::saying("Licht wird gestreut."));
    let usage = Usage { input: 50, output: 5, source: UsageSource::Provider, ..Usage::default() };
    world.model.will(Script::default().text("\"Blauer ").text("Himmel.\"").event(ModelEvent::Usage(usage)).finish());
    let conversation = world.say("Warum ist der Himmel blau?");
    assert_eq!(conversation.title.as_deref(), Some("Blauer Himmel"));
    let asked = world.model.requests().pop().unwrap();
    let said = asked.messages.last().unwrap();
    let text = chatcore::conversation::text_of(&said.parts);
    assert!(text.contains("Warum ist der Himmel blau?") && text.contains("Licht wird gestreut."), "{text}");
    let spent = conversation.usage["scripted"];
    assert!(spent.input > 50 && spent.output >= 5, "the answer and the title: {spent:?}");
}

#[test]
fn a_model_that_cannot_leaves_it_to_the_words() {
    for script in [
        Script::refusing(ModelErrorKind::Unavailable),
        Script::default().text("half").fail(ModelErrorKind::Interrupted),
        Script::saying("  \n "),
    ] {
        let world = world(Titles::Model(None), None);
        world.model.will(Script::saying("because"));
        world.model.will(script);
        assert_eq!(world.say("Why is the sky blue?").title.as_deref(), Some("Why is the sky blue?"));
    }
}

#[test]
fn readers_do_not_wait_for_it() {
    use futures::{FutureExt, StreamExt};
    let world = world(Titles::Model(None), None);
    world.model.will(Script::saying("because"));
    world.model.will(Script::default().wait(Duration::from_secs(5)).text("Sky").finish());
    let turn = block_on(world.chat.send(&world.me, world.conversation.id, "Why is the sky blue?")).unwrap();
    let events = block_on(world.chat.events(&world.me, turn.run.id, 0)).unwrap();
    let mut driver = Box::pin(turn.driver);
    while world.model.requests().len() < 2 {
        assert!((&mut driver).now_or_never().is_none(), "the title takes its time");
    }
    let events: Vec<_> = block_on(events.collect());
    assert!(events.last().unwrap().as_ref().unwrap().event.is_last());
}

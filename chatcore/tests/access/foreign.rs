//! What is somebody's looks like nothing to everybody else, however they came in: users, visitors, keys of programs.

use std::sync::Arc;

use chatcore::account::{Caller, NewKey, Scope};
use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role, Settings};
use chatcore::page::PageRequest;
use chatcore::testing::ScriptedModel;
use chatcore::turn::Ask;
use chatcore::{Chat, ConversationId, Error, IdSource, MessageId, RunId};
use futures::executor::block_on;

use crate::world::World;

/// Ids of things, of somebody or of nobody.
#[derive(Clone, Copy)]
struct Ids {
    conversation: ConversationId,
    message: MessageId,
    run: RunId,
}

fn told<T>(done: Result<T, Error>) -> String {
    match done {
        Ok(_) => "done".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What every operation on such things says, in the words of its error.
async fn answers(chat: &Chat, caller: &Caller, ids: Ids, own: ConversationId) -> Vec<(&'static str, String)> {
    let Ids { conversation: id, message, run } = ids;
    let (service, page) = (chat.conversations(), PageRequest::first());
    let new = |parent| NewMessage {
        role: Role::User,
        parts: vec![Part::text("mine now")],
        parent,
        expected_head: None,
        client_ref: None,
        once: None,
    };
    vec![
        ("get", told(service.get(caller, id).await)),
        ("update", told(service.update(caller, id, Settings::default(), None).await)),
        ("delete", told(chat.delete(caller, id).await)),
        ("branch", told(service.branch(caller, id, None, &page).await)),
        ("branch of a leaf", told(service.branch(caller, own, Some(message), &page).await)),
        ("tree", told(service.tree(caller, id, &page).await)),
        ("append", told(service.append(caller, id, new(Parent::Head)).await)),
        ("append below", told(service.append(caller, own, new(Parent::Message(message))).await)),
        ("move the head", told(service.move_head(caller, id, message, None).await)),
        ("move the own head", told(service.move_head(caller, own, message, None).await)),
        ("fork", told(service.fork(caller, id, message, None).await)),
        ("message", told(service.message(caller, message).await)),
        ("siblings", told(service.siblings(caller, message, &page).await)),
        ("revise", told(service.revise(caller, message, vec![Part::text("mine now")]).await)),
        ("delete a message", told(chat.delete_message(caller, message).await)),
        ("send", told(chat.send(caller, id, "mine now").await)),
        ("edit", told(chat.edit(caller, message, "mine now").await)),
        ("regenerate", told(chat.regenerate(caller, message, Ask::default()).await)),
        ("answer", told(chat.answer(caller, message, Ask::default()).await)),
        ("continue", told(chat.go_on(caller, message, Ask::default()).await)),
        ("preview", told(chat.preview(caller, id, "mine now").await)),
        ("what was spent", told(chat.spent(caller, id).await)),
        ("events", told(chat.conversation_events(caller, id, None).await)),
        ("a run", told(chat.run(caller, run).await)),
        ("events of a run", told(chat.events(caller, run, 0).await)),
        ("stop", told(chat.stop(caller, run).await)),
    ]
}

#[test]
fn nobody_learns_what_is_there() {
    let world = World::new();
    let (clock, ids) = (Arc::new(world.clock.clone()), world.ids.clone());
    let chat = Chat::over(world.store.clone(), ScriptedModel::new(&world.clock), clock.clone(), ids.clone());
    block_on(async {
        let (_, ann) = world.joins(Some("ann"), None).await;
        let conversation = chat.create(&ann, NewConversation::default()).await.unwrap().id;
        let turn = chat.send(&ann, conversation, "hello").await.unwrap();
        turn.driver.await;
        let theirs = Ids { conversation, message: turn.assistant_message.message.id, run: turn.run.id };
        let before = chat.conversations().get(&ann, conversation).await.unwrap();
        let none = {
            let at = chatcore::Clock::now(&world.clock);
            let ids: &dyn IdSource = &*ids;
            let (conversation, message) = (ConversationId::mint(at, ids), MessageId::mint(at, ids));
            Ids { conversation, message, run: RunId::mint(at, ids) }
        };

        let (_, bob) = world.joins(Some("bob"), None).await;
        let visitor = world.accounts.open_visitor("192.0.2.0/24").await.unwrap();
        let visitor = world.accounts.by_visitor(&visitor.token).await.unwrap().0;
        let new = NewKey { name: "program".into(), scopes: vec![Scope::Read, Scope::Write], expires_at: None };
        let key = world.accounts.create_key(&bob, new).await.unwrap();
        let key = world.accounts.by_secret(&key.secret).await.unwrap().0;
        for (who, caller) in [("bob", bob), ("a visitor", visitor), ("a key of bob", key)] {
            let own = chat.create(&caller, NewConversation::default()).await.unwrap().id;
            let foreign = answers(&chat, &caller, theirs, own).await;
            assert_eq!(foreign, answers(&chat, &caller, none, own).await, "{who}");
            for (what, said) in foreign {
                assert!(said.starts_with("no such "), "{who}, {what}: {said}");
            }
        }
        assert_eq!(chat.conversations().get(&ann, conversation).await.unwrap(), before);
    });
}

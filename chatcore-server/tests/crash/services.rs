//! Random work through the services, as the server does it.

use chatcore::account::{NewAccount, PasswordPolicy, SessionKind};
use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use chatcore::turn::{Ask, RunState, Say, Turn};
use chatcore::{ConversationId, Error, MessageId, SessionId, StoreError, UserId};
use rand::RngExt;
use rand::seq::IteratorRandom;

use super::journal::{Done, News, Print, Work};
use super::tree::{Node, Tree};
use super::words;
use super::writer::{Task, chain};

/// More conversations than this are not kept, and no larger ones.
const CONVERSATIONS: usize = 4;
const MESSAGES: usize = 40;

pub(crate) struct Services {
    task: Task,
    users: Vec<UserId>,
    sessions: Vec<SessionId>,
}

impl Services {
    pub(crate) async fn run(task: Task) {
        let mut services = Self { task, users: Vec::new(), sessions: Vec::new() };
        if let Err(error) = services.task.load().await {
            services.task.say(News::Read(Some(chain(&error))));
            return;
        }
        while !services.task.is_over() {
            Box::pin(services.step()).await;
        }
    }

    async fn step(&mut self) {
        let kept = self.task.ledger.conversations.keys().copied();
        let trees = kept.filter(|id| self.task.ledger.tree(*id).is_some()).collect::<Vec<_>>();
        let Some(id) = trees.iter().copied().choose(&mut self.task.random) else { return self.create().await };
        let Some(tree) = self.task.ledger.tree(id).cloned() else { return };
        if self.task.ledger.conversations.len() > CONVERSATIONS {
            return self.delete_conversation(id).await;
        }
        let any = self.task.pick(&tree, |_, _| true);
        match (self.task.random.random_range(0..100), any) {
            (0..30, _) => self.send(id, &tree).await,
            (30..45, _) | (_, None) => self.append(id, any.filter(|_| self.task.number.is_multiple_of(3))).await,
            (45..55, Some(_)) => self.edit(id, &tree).await,
            (55..65, Some(_)) => self.regenerate(id, &tree).await,
            (65..70, Some(_)) => self.revise(id, &tree).await,
            (70..75, Some(any)) => self.switch(id, any).await,
            (75..80, Some(any)) => Box::pin(self.delete(id, any)).await,
            (80..83, Some(any)) => self.fork(id, any).await,
            (83..88, Some(any)) if tree.nodes.len() > MESSAGES => Box::pin(self.delete(id, any)).await,
            (88..90, _) => self.delete_conversation(id).await,
            (90..93, _) => self.create().await,
            _ => self.account().await,
        }
    }

    async fn create(&mut self) {
        let (chat, caller, title) = (self.task.opened.chat.clone(), self.task.caller.clone(), self.task.name());
        let new =
            NewConversation { title: Some(title.clone()), external_id: Some(title.clone()), ..Default::default() };
        let doing = async move { chat.create(&caller, new).await };
        self.task.attempt(Work::Create { title }, doing, |made| Done::Conversation(made.id)).await;
    }

    async fn append(&mut self, id: ConversationId, below: Option<MessageId>) {
        let head = self.task.ledger.tree(id).and_then(|tree| tree.head);
        let parent = below.or(head);
        // now and then one that fills pages of its own
        let bytes =
            if self.task.random.random_ratio(1, 25) { self.task.random.random_range(4_000..150_000) } else { 40 };
        let text = words::exactly(&self.task.name(), bytes);
        let (service, caller) = (self.task.opened.chat.conversations().clone(), self.task.caller.clone());
        let work = Work::Append { conversation: id, parent, text: Print::of(&text) };
        let parts = vec![Part::text(text)];
        let parent = parent.map_or(Parent::Root, Parent::Message);
        let new = NewMessage { role: Role::User, parts, parent, expected_head: None, client_ref: None, once: None };
        let doing = async move { service.append(&caller, id, new).await };
        self.task.attempt(work, doing, |view| Done::Messages(vec![view.message.id])).await;
    }

    async fn send(&mut self, id: ConversationId, tree: &Tree) {
        let text = words::some(&self.task.name(), &mut self.task.random);
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let said = Print::of(&text);
        let work = Work::Turn { conversation: id, parent: tree.head, said: Some(said), answer: said };
        let say = Say { parent: tree.head.map_or(Parent::Root, Parent::Message), ..Say::text(text) };
        self.turn(id, work, async move { chat.send(&caller, id, say).await }).await;
    }

    async fn edit(&mut self, id: ConversationId, tree: &Tree) {
        let Some(message) = self.task.pick(tree, |_, node| node.role == Role::User) else { return };
        let text = words::some(&self.task.name(), &mut self.task.random);
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let said = Print::of(&text);
        let work = Work::Turn { conversation: id, parent: tree.nodes[&message].parent, said: Some(said), answer: said };
        self.turn(id, work, async move { chat.edit(&caller, message, text.as_str()).await }).await;
    }

    async fn regenerate(&mut self, id: ConversationId, tree: &Tree) {
        let asked = |node: &Node| node.parent.and_then(|parent| tree.nodes.get(&parent));
        let answers = |_: &MessageId, node: &Node| node.role == Role::Assistant && asked(node).is_some();
        let Some(message) = self.task.pick(tree, answers) else { return };
        let node = &tree.nodes[&message];
        let Some(answer) = asked(node).map(|asked| asked.text) else { return };
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let work = Work::Turn { conversation: id, parent: node.parent, said: None, answer };
        self.turn(id, work, async move { chat.regenerate(&caller, message, Ask::default()).await }).await;
    }

    /// Begins a turn and sees it to its end.
    async fn turn(&mut self, id: ConversationId, work: Work, begin: impl Future<Output = Result<Turn, Error>> + Send) {
        let added = |turn: &Turn| {
            let said = turn.user_message.as_ref().map(|said| said.message.id);
            Done::Messages(said.into_iter().chain([turn.assistant_message.message.id]).collect())
        };
        let Some(Turn { assistant_message, run, driver, .. }) = self.task.attempt(work, begin, added).await else {
            return;
        };
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let doing = async move {
            driver.await;
            let unsure = || StoreError::new(chatcore::store::StoreErrorKind::Unavailable, "finish");
            match chat.run(&caller, run.id).await?.state {
                RunState::Completed => Ok(()),
                state => Err(Error::Store(unsure().context(format!("the run is {state:?}")))),
            }
        };
        let work = Work::Finish { conversation: id, answer: assistant_message.message.id };
        self.task.attempt(work, doing, |()| Done::Nothing).await;
    }

    async fn revise(&mut self, id: ConversationId, tree: &Tree) {
        // what was answered keeps its text: the answer is known by it
        let free = |id: &MessageId, node: &Node| node.role == Role::User && !tree.has_children(*id);
        let Some(message) = self.task.pick(tree, free) else { return };
        let text = words::some(&self.task.name(), &mut self.task.random);
        let (service, caller) = (self.task.opened.chat.conversations().clone(), self.task.caller.clone());
        let work = Work::Revise { conversation: id, message, text: Print::of(&text) };
        let doing = async move { service.revise(&caller, message, vec![Part::text(text)]).await };
        self.task.attempt(work, doing, |_| Done::Nothing).await;
    }

    async fn switch(&mut self, id: ConversationId, message: MessageId) {
        let (service, caller) = (self.task.opened.chat.conversations().clone(), self.task.caller.clone());
        let doing = async move { service.move_head(&caller, id, message, None).await };
        let work = Work::Switch { conversation: id, message };
        Box::pin(self.task.attempt(work, doing, |now| Done::Head(now.head_message()))).await;
    }

    async fn delete(&mut self, id: ConversationId, message: MessageId) {
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let doing = async move { chat.delete_message(&caller, message).await };
        let work = Work::Delete { conversation: id, message };
        Box::pin(self.task.attempt(work, doing, |now| Done::Head(now.head_message()))).await;
    }

    async fn delete_conversation(&mut self, id: ConversationId) {
        let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
        let doing = async move { chat.delete(&caller, id).await };
        self.task.attempt(Work::DeleteConversation { conversation: id }, doing, |()| Done::Nothing).await;
    }

    async fn fork(&mut self, id: ConversationId, message: MessageId) {
        let (service, caller) = (self.task.opened.chat.conversations().clone(), self.task.caller.clone());
        let title = self.task.name();
        let work = Work::Fork { conversation: id, message, title: title.clone() };
        let doing = async move { service.fork(&caller, id, message, Some(title)).await };
        self.task.attempt(work, doing, |made| Done::Conversation(made.id)).await;
    }

    /// Signs somebody up, in or out.
    async fn account(&mut self) {
        let accounts = self.task.opened.accounts.clone();
        let session = self.sessions.iter().copied().choose(&mut self.task.random);
        let user = self.users.iter().copied().choose(&mut self.task.random);
        match (self.task.random.random_range(0..4), user, session) {
            (0, _, Some(session)) => {
                let doing = async move {
                    let (caller, ..) = accounts.by_session(session).await?;
                    accounts.logout_caller(&caller).await
                };
                self.sessions.retain(|known| *known != session);
                self.task.attempt(Work::SignOut { session }, doing, |()| Done::Nothing).await;
            }
            (1..3, Some(user), _) => {
                let doing = async move { accounts.open(user, SessionKind::api(), None).await };
                let signed = |new: &chatcore::account::SignedIn| Done::Session(new.session.id);
                let new = self.task.attempt(Work::SignIn { user }, doing, signed).await;
                self.sessions.extend(new.map(|new| new.session.id));
            }
            _ => {
                let name = self.task.name();
                let new = NewAccount {
                    username: Some(name.clone()),
                    email: Some(format!("{name}@example.com")),
                    password: "correct horse battery".to_owned(),
                    policy: PasswordPolicy::default(),
                };
                let doing = async move { accounts.register(new).await };
                let user = self.task.attempt(Work::SignUp { name }, doing, |user| Done::User(user.id)).await;
                self.users.extend(user.map(|user| user.id));
            }
        }
    }
}

//! *Begin*: what happens before the model is asked. Who asks, what it is about, and whether it was asked before.

use super::ground::{Ground, Said};
use super::{Ask, Chat, Driver, Say, ToolOutcome, Turn};
use crate::account::{Caller, Scope};
use crate::attachment::completed;
use crate::conversation::{Message, MessageState, Parent, Part, Role, limits};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::once::{Claims, Fingerprint, Made};
use crate::turn::Policy;
use crate::turn::answer::open_calls;

/// How often a turn looks again when the conversation changes under it.
const TRIES: usize = 100;

/// What a turn is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Send(ConversationId, Parent),
    Edit(MessageId),
    Regenerate(MessageId),
    Answer(MessageId),
    Continue(MessageId),
    Results(MessageId),
}

impl Target {
    /// Where a message goes, as the fingerprint of its client's name has it. These are stored as long as the message.
    fn place(&self) -> String {
        match self {
            Self::Edit(message) => format!("edit {message}"),
            Self::Send(_, parent) => format!("send {parent:?}"),
            other => format!("{other:?}"),
        }
    }
}

impl Chat {
    /// Says something and begins the answer.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`], [`Error::StaleHead`], [`Error::UnknownModel`]; [`Error::Reused`] and
    /// [`Error::Gone`] when the request has a name that was used; [`Error::Busy`] and [`Error::QueueFull`] as the
    /// [`Policy`] says.
    pub async fn send(&self, caller: &Caller, id: ConversationId, say: impl Into<Say>) -> Result<Turn, Error> {
        let say = say.into();
        let target = Target::Send(id, say.parent);
        self.say(caller, id, target, say).await
    }

    /// Says something in place of an earlier user message, as its sibling, and begins the answer.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not a user's, or a parent is named: it stays where it is.
    pub async fn edit(&self, caller: &Caller, message: MessageId, say: impl Into<Say>) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let (say, target) = (say.into(), Target::Edit(message));
        if say.parent != Parent::Head {
            return Err(Error::invalid("parent_id", "cannot be chosen for an edit"));
        }
        // what was said instead may be there when what was edited is not
        let claims = Claims::of(say.ask.once.as_ref(), || say.fingerprint(&target));
        if let Some(made) = claims.made(&**self.store(), caller.subject(), self.conversations.now()).await? {
            return self.replay(caller, made).await;
        }
        let (conversation, _) = self.conversations.live(caller, message).await?;
        self.say(caller, conversation.id, target, say).await
    }

    /// Answers again, as a sibling of an answer.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not an answer.
    pub async fn regenerate(&self, caller: &Caller, message: MessageId, ask: Ask) -> Result<Turn, Error> {
        self.ask_again(caller, Target::Regenerate(message), None, &ask).await
    }

    /// Answers a message that was stored without a run.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not a user's or a tool's.
    pub async fn answer(&self, caller: &Caller, message: MessageId, ask: Ask) -> Result<Turn, Error> {
        self.ask_again(caller, Target::Answer(message), None, &ask).await
    }

    /// Goes on with an answer that was stopped, interrupted or cut off by an error or a limit of its length.
    ///
    /// The whole answer is a new sibling: it begins with what was said before, up to its first call of a tool, and the model
    /// goes on behind that. The model that gave the answer goes on, unless another is named. So a
    /// message is written by one run only, and what hangs below the old one stays as it was. The usage of each is what its
    /// own run used.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not an answer or has nothing to go on with;
    /// [`Error::Busy`] when it is still being written.
    pub async fn go_on(&self, caller: &Caller, message: MessageId, ask: Ask) -> Result<Turn, Error> {
        self.ask_again(caller, Target::Continue(message), None, &ask).await
    }

    /// Hands back what the caller's own tools answered, and lets the model go on: the results are a message below the
    /// answer that called, and a new answer below that.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] unless there is one result for each call of that answer that has none.
    pub async fn tool_results(
        &self,
        caller: &Caller,
        message: MessageId,
        results: Vec<ToolOutcome>,
        ask: Ask,
    ) -> Result<Turn, Error> {
        let parts: Vec<Part> = results.into_iter().map(Part::from).collect();
        let said = Said { role: Role::Tool, parts, client_ref: None };
        self.ask_again(caller, Target::Results(message), Some(said), &ask).await
    }

    async fn say(&self, caller: &Caller, id: ConversationId, target: Target, say: Say) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        limits::parts(&say.parts)?;
        limits::name("client_ref", say.client_ref.as_deref())?;
        let content = || Fingerprint::of_message(target.place(), &say.parts);
        let claims = Claims::of(say.ask.once.as_ref(), || say.fingerprint(&target));
        let claims = claims.and_client_ref(id, say.client_ref.as_deref(), content);
        let Say { parts, client_ref, ask, .. } = say;
        self.turn(caller, target, Some(Said { role: Role::User, parts, client_ref }), &ask, claims).await
    }

    /// A turn about a message that is there.
    async fn ask_again(&self, caller: &Caller, target: Target, said: Option<Said>, ask: &Ask) -> Result<Turn, Error> {
        let parts = said.as_ref().map_or(&[][..], |said| &said.parts);
        let claims = Claims::of(ask.once.as_ref(), || ask.fingerprint(&target, parts, None));
        self.turn(caller, target, said, ask, claims).await
    }

    /// The turn that was begun under one of these names, or a new one.
    async fn turn(
        &self,
        caller: &Caller,
        target: Target,
        said: Option<Said>,
        ask: &Ask,
        claims: Claims,
    ) -> Result<Turn, Error> {
        // boxed: what it holds meanwhile is large, and callers hold it in turn
        Box::pin(self.turn_or_replay(caller, target, said, ask, claims)).await
    }

    async fn turn_or_replay(
        &self,
        caller: &Caller,
        target: Target,
        mut said: Option<Said>,
        ask: &Ask,
        claims: Claims,
    ) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let (store, owner, now) = (&**self.store(), caller.subject(), self.conversations.now());
        if let Some(made) = claims.made(store, owner, now).await? {
            return self.replay(caller, made).await;
        }
        if let Some(said) = &mut said {
            completed(store, owner, &mut said.parts).await?;
        }
        let mut tries = 0;
        let error = loop {
            tries += 1;
            let begun = async {
                let ground = self.ground(caller, target, said.as_ref()).await?;
                if tries == 1 {
                    self.moderate(&ground, ask).await?;
                }
                self.begin(caller, ground, ask, &claims).await
            };
            let begun = begun.await;
            match begun {
                Ok(turn) => return Ok(turn),
                // the conversation changed between the look and the step: look again
                Err(Error::StaleVersion) if ask.policy != Policy::Sibling && tries < TRIES => {
                    if let Some(made) = claims.made(store, owner, now).await? {
                        return self.replay(caller, made).await;
                    }
                }
                Err(error) => break error,
            }
        };
        // whoever asked the same a moment before may have been first
        let made = claims.made_instead(store, owner, now, error).await?;
        self.replay(caller, made).await
    }

    /// A turn that was begun before; [`Error::Gone`] when a part of it was deleted since.
    async fn replay(&self, caller: &Caller, made: Made) -> Result<Turn, Error> {
        self.replayed(caller, made).await.map_err(Error::or_gone)
    }

    async fn replayed(&self, caller: &Caller, made: Made) -> Result<Turn, Error> {
        let Made { message, answer: Some(answer), run: Some(run), .. } = made else {
            return Err(Error::Reused("Idempotency-Key"));
        };
        let user_message = match message {
            Some(message) => Some(self.conversations.message(caller, message).await?),
            None => None,
        };
        let assistant_message = self.conversations.message(caller, answer).await?;
        let run = self.run(caller, run).await?;
        let driver = Driver::watching(self, run.id);
        Ok(Turn { user_message, assistant_message, run, plan: None, replayed: true, driver })
    }

    /// What there is for a turn to begin on.
    async fn ground(&self, caller: &Caller, target: Target, said: Option<&Said>) -> Result<Ground, Error> {
        match target {
            Target::Send(id, parent) => self.ground_of_send(caller, id, parent, said).await,
            Target::Edit(message) => {
                let (conversation, message) = self.conversations.live(caller, message).await?;
                if message.role != Role::User {
                    return Err(Error::invalid("message_id", "is not a user message"));
                }
                let parent = message.parent.map_or(Parent::Root, Parent::Message);
                let (parent, place) = self.conversations.parent(caller, &conversation, parent).await?;
                let ground = Ground::new(conversation, parent, place, said.cloned());
                Ok(Ground { replaced: Some(message.place), ..ground })
            }
            Target::Results(answer) => {
                let (conversation, answer) = self.conversations.live(caller, answer).await?;
                let parts = said.map_or(&[][..], |said| &said.parts);
                expect_results(&answer, parts)?;
                limits::parts(parts)?;
                Ok(Ground::new(conversation, Some(answer.id), Some(answer.place), said.cloned()))
            }
            Target::Answer(message) => {
                let (conversation, message) = self.conversations.live(caller, message).await?;
                if !matches!(message.role, Role::User | Role::Tool) {
                    return Err(Error::invalid("message_id", "is not a message that can be answered"));
                }
                Ok(Ground::answering(conversation, &message))
            }
            Target::Regenerate(answer) => {
                let (conversation, answer) = self.conversations.live(caller, answer).await?;
                let asked = self.asked(caller, &answer).await?;
                Ok(Ground::answering(conversation, &asked))
            }
            Target::Continue(answer) => {
                let (conversation, answer) = self.conversations.live(caller, answer).await?;
                let asked = self.asked(caller, &answer).await?;
                Ok(Ground { before: Some(Box::new(answer)), ..Ground::answering(conversation, &asked) })
            }
        }
    }

    pub(super) async fn ground_of_send(
        &self,
        caller: &Caller,
        id: ConversationId,
        parent: Parent,
        said: Option<&Said>,
    ) -> Result<Ground, Error> {
        let conversation = self.conversations.get(caller, id).await?;
        let (parent_id, place) = self.conversations.parent(caller, &conversation, parent).await?;
        let ground = Ground::new(conversation, parent_id, place, said.cloned());
        let named = matches!(parent, Parent::Message(_)).then_some(parent_id);
        Ok(Ground { named, ..ground })
    }

    /// The message that an answer answers.
    async fn asked(&self, caller: &Caller, answer: &Message) -> Result<Message, Error> {
        let parent = answer.parent.filter(|_| answer.role == Role::Assistant);
        let parent = parent.ok_or_else(|| Error::invalid("message_id", "is not an answer to a message"))?;
        Ok(self.conversations.live(caller, parent).await?.1)
    }
}

/// Refuses results that are not those that an answer waits for.
fn expect_results(answer: &Message, results: &[Part]) -> Result<(), Error> {
    match answer.state {
        MessageState::Open => return Err(Error::Busy),
        _ if answer.role != Role::Assistant => return Err(Error::invalid("message_id", "is not an answer")),
        _ => {}
    }
    let mut open: Vec<&str> = open_calls(&answer.parts).collect();
    if open.is_empty() {
        return Err(Error::invalid("message_id", "is an answer that waits for no results"));
    }
    for part in results {
        let Part::ToolResult { call_id, .. } = part else { continue };
        let at = open.iter().position(|id| id == call_id);
        open.swap_remove(at.ok_or_else(|| Error::invalid("results", format!("has no call `{call_id}` to answer")))?);
    }
    match open.first() {
        Some(id) => Err(Error::invalid("results", format!("lacks the result of `{id}`"))),
        None => Ok(()),
    }
}

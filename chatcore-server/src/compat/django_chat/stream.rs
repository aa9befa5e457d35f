//! A chat as server-sent events: first what was said, then what is said, until the listener goes away.
//!
//! Each event has its name on the line `event:` and as `type` in its JSON: `message` (a whole one), `delta` (more of an
//! answer), `done` (the whole answer), `error`. Events of answers have an id; whoever comes back with it as
//! `Last-Event-ID` hears what came since, and no more.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use chatcore::account::{Caller, ChallengeKind};
use chatcore::conversation::MessageState;
use chatcore::turn::{ConversationEvent, ConversationEvents, RunEvent};
use chatcore::{Error, MessageId, RunId};
use futures::stream::{StreamExt, unfold};
use poem::http::header;
use serde_json::{Value, json};

use super::chats::{find, message};
use super::plain::{check, error, unauthorized};
use super::tokens::signed_in;
use crate::app::App;
use crate::compat::drf::{Form, Text, data};
use crate::compat::reply::ok;
use crate::compat::sse::events;
use crate::compat::talk::branch;
use crate::compat::{Call, Outcome, Refusal};

/// A ticket: an `EventSource` can send no headers, and an address is no place for a token.
pub(super) async fn ticket(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let mut form = Form::new(data(&call).await?);
    let chat = form.text("chat_id", Text::required());
    check(&form)?;
    let none = || error(poem::http::StatusCode::NOT_FOUND, "Chat not found");
    let chat = uuid::Uuid::try_parse(&chat).map_err(|_| none())?;
    let chat = chatcore::ConversationId::from_uuid(chat);
    match call.app.chat.conversations().get(&caller, chat).await {
        Err(Error::NotFound(_)) => return Err(none()),
        found => found?,
    };
    let issued = call.app.credentials.accounts().issue_ticket(&caller, &chat.to_string()).await?;
    let seconds = ChallengeKind::StreamTicket.lifetime().as_secs();
    ok(&json!({ "ticket": issued.code, "expires_in": seconds }))
}

/// Who listens: with a header, or with a ticket for this chat.
async fn listener(call: &Call) -> Result<Caller, Refusal> {
    let ticket = call.parameter("ticket").or_else(|| call.parameter("token"));
    let Some(ticket) = ticket.filter(|_| call.header(header::AUTHORIZATION.as_str()).is_none()) else {
        return Ok(signed_in(call).await?.caller);
    };
    let refused = || unauthorized("The ticket is not valid, or not any more. Get one from /auth/ticket/.");
    let chat: uuid::Uuid = call.parse("chat").ok_or_else(refused)?;
    let about = chatcore::ConversationId::from_uuid(chat).to_string();
    match call.app.credentials.accounts().by_ticket(&ticket, &about).await {
        Err(Error::InvalidCode) => Err(refused()),
        found => Ok(found?),
    }
}

pub(super) async fn messages(call: Call) -> Outcome {
    let caller = listener(&call).await?;
    let chat = find(&call, &caller).await?;
    let accept = call.header(header::ACCEPT.as_str()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/event-stream") {
        let said = branch(&call.app, &caller, chat.id).await?;
        return ok(&said.iter().map(message).collect::<Vec<Value>>());
    }
    let after = call.header("last-event-id").and_then(|id| id.parse().ok());
    let is_back = after.is_some();
    // first the ear, then the look: what is said in between is heard
    let heard = call.app.chat.conversation_events(&caller, chat.id, after).await?;
    let mut teller = Teller::new(call.app.clone(), caller.clone(), heard);
    for view in branch(&call.app, &caller, chat.id).await? {
        if view.message.state != MessageState::Open {
            teller.told.insert(view.message.id);
            if !is_back {
                teller.tell("message", None, message(&view));
            }
        }
    }
    let pieces = unfold(teller, |mut teller| async move { teller.next().await.map(|piece| (piece, teller)) });
    Ok(events(&call.app, &caller, pieces))
}

/// A run that is followed.
struct Followed {
    message: MessageId,
    /// Whether its answer was told already, whole.
    is_told: bool,
}

struct Teller {
    app: Arc<App>,
    caller: Caller,
    heard: ConversationEvents,
    told: HashSet<MessageId>,
    runs: HashMap<RunId, Followed>,
    pieces: VecDeque<String>,
}

impl Teller {
    fn new(app: Arc<App>, caller: Caller, heard: ConversationEvents) -> Self {
        Self { app, caller, heard, told: HashSet::new(), runs: HashMap::new(), pieces: VecDeque::new() }
    }

    fn tell(&mut self, name: &str, id: Option<String>, mut data: Value) {
        data["type"] = name.into();
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        self.pieces.push_back(format!("{id}event: {name}\ndata: {data}\n\n"));
    }

    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Some(piece);
            }
            let heard = self.heard.next().await?;
            if let Err(error) = self.hear(heard).await {
                // whoever is cut off comes back with the id of the last event
                tracing::warn!(%error, "a stream of a chat broke off");
                return None;
            }
        }
    }

    async fn hear(&mut self, heard: Result<ConversationEvent, Error>) -> Result<(), Error> {
        let ConversationEvent { run, event, bookmark } = heard?;
        if !self.runs.contains_key(&run) {
            self.meet(run).await?;
        }
        let Some(Followed { message: answer, is_told: false }) = self.runs.get(&run) else { return Ok(()) };
        let (answer, id) = (*answer, Some(bookmark.to_string()));
        let name = answer.as_uuid().to_string();
        match event.event {
            RunEvent::Delta { text } | RunEvent::Refusal { text } => {
                self.tell("delta", id, json!({ "message_id": name, "content": text }));
            }
            RunEvent::Failed { message, .. } => {
                self.tell("error", id, json!({ "message_id": name, "error": message }));
            }
            last if last.is_last() => {
                let view = self.app.chat.conversations().message(&self.caller, answer).await?;
                let mut whole = message(&view);
                whole["message_id"] = name.into();
                self.tell("done", id, whole);
                self.told.insert(answer);
                self.runs.remove(&run);
            }
            _ => {}
        }
        Ok(())
    }

    /// A run of which nothing was heard before: what it answers is told first, if it was not.
    async fn meet(&mut self, id: RunId) -> Result<(), Error> {
        let run = self.app.chat.run(&self.caller, id).await?;
        let is_told = self.told.contains(&run.message);
        self.runs.insert(id, Followed { message: run.message, is_told });
        let answer = self.app.chat.conversations().message(&self.caller, run.message).await;
        let question = answer.ok().and_then(|answer| answer.message.parent);
        if let Some(question) = question.filter(|question| self.told.insert(*question))
            && let Ok(view) = self.app.chat.conversations().message(&self.caller, question).await
        {
            self.tell("message", None, message(&view));
        }
        Ok(())
    }
}

//! Events, in two ways.
//!
//! * **Of one chat** (`?chatId=`, without the name of a device): opening the stream has the last message answered, and the
//!   stream ends behind the answer with `[DONE]`.
//! * **Of a device** (the header `X-Fingerprint-Hash`): one stream for all chats, for as long as the page is open. What is
//!   said with a `sessionId` is answered at once, and told in every stream of the same account or device.
//!
//! There are no names and no ids of events, only `data:`. The `content` of a piece is the whole text so far.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chatcore::account::Caller;
use chatcore::conversation::{MessageState, MessageView, Role};
use chatcore::turn::{Ask, ConversationEvent, ConversationEvents, RunEvent, RunEvents};
use chatcore::{Error, RunId};
use futures::stream::{StreamExt, iter, unfold};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::limits::{is_limited, is_used_up};
use super::messages::{place, refused, uid};
use super::who::{caller, chat, error, guest, named, names_device, text};
use crate::app::App;
use crate::compat::drf::data;
use crate::compat::reply::{json as reply, ok};
use crate::compat::sse::events;
use crate::compat::{Call, Outcome, Refusal};

fn piece(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An answer as far as it has come.
fn answer(view: &MessageView, content: &str, is_last: bool, resolve: bool) -> Value {
    let mut body = place(view);
    if !is_last && view.versions == 1 {
        body["currentVersion"] = Value::Null;
        body["totalVersions"] = Value::Null;
    }
    body["messageId"] = uid(view.message.id).into();
    body["chatId"] = view.message.conversation.as_uuid().to_string().into();
    body["role"] = "assistant".into();
    body["content"] = content.into();
    body["v"] = "1".into();
    body["resolveMessage"] = resolve.into();
    body
}

pub(super) async fn open(call: Call) -> Outcome {
    if names_device(&call) {
        let caller = caller(&call).await?;
        return live(&call, &caller, false).await;
    }
    let asked = call.parameter("chatId");
    let Some(id) = named(asked.as_deref()) else {
        return Err(error(StatusCode::BAD_REQUEST, "chatId is required"));
    };
    let caller = guest(&call).await?.ok_or_else(|| error(StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    let of = chat(&call, &caller, id).await?;
    let none = || error(StatusCode::BAD_REQUEST, "No user message to respond to");
    let head = of.head_message().ok_or_else(none)?;
    let view = call.app.chat.conversations().message(&caller, head).await?;
    let resolve = is_limited(&call.app, &caller).await?;
    let (view, run) = match (view.message.role, view.message.state, view.message.run) {
        (Role::User, ..) => {
            let me = caller.clone();
            let begun = call.app.begin(move |chats| async move { chats.answer(&me, head, Ask::default()).await });
            let begun = begun.await.map_err(refused)?;
            (begun.assistant_message, begun.run.id)
        }
        (Role::Assistant, MessageState::Open, Some(run)) => (view, run),
        (Role::Assistant, ..) => {
            // the answer came before the stream
            let whole = piece(&answer(&view, &view.message.text(), true, resolve));
            return Ok(events(&call.app, &caller, iter([whole, "data: [DONE]\n\n".to_owned()])));
        }
        _ => return Err(none()),
    };
    let heard = call.app.chat.events(&caller, run, 0).await?;
    let one = One { heard, view, said: String::new(), resolve, last: VecDeque::new(), is_over: false };
    let pieces = unfold(one, |mut one| async move { one.next().await.map(|piece| (piece, one)) });
    Ok(events(&call.app, &caller, pieces))
}

/// The stream of one answer.
struct One {
    heard: RunEvents,
    view: MessageView,
    said: String,
    resolve: bool,
    last: VecDeque<String>,
    is_over: bool,
}

impl One {
    async fn next(&mut self) -> Option<String> {
        while !self.is_over {
            match self.heard.next().await.and_then(Result::ok).map(|numbered| numbered.event) {
                Some(RunEvent::Delta { text } | RunEvent::Refusal { text }) => {
                    self.said.push_str(&text);
                    return Some(piece(&answer(&self.view, &self.said, false, false)));
                }
                Some(RunEvent::Failed { message, .. }) => self.end(Some(&message)),
                Some(last) if last.is_last() => self.end(None),
                Some(_) => {}
                None => self.end(Some("The answer broke off.")),
            }
        }
        self.last.pop_front()
    }

    fn end(&mut self, why: Option<&str>) {
        self.is_over = true;
        let last = match why {
            Some(why) => failed(&self.view, why),
            None => answer(&self.view, &self.said, true, self.resolve),
        };
        self.last.extend([piece(&last), "data: [DONE]\n\n".to_owned()]);
    }
}

fn failed(view: &MessageView, why: &str) -> Value {
    let chat = view.message.conversation.as_uuid().to_string();
    json!({ "error": why, "messageId": uid(view.message.id), "chatId": chat })
}

/// The stream that stays open, at an address of its own: its events say what they are.
pub(super) async fn open_for_all(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    live(&call, &caller, true).await
}

async fn live(call: &Call, caller: &Caller, typed: bool) -> Outcome {
    let secret = call.app.ways.browser_secret()?;
    let session = secret.get(..32).unwrap_or(&secret);
    let heard = call.app.chat.subject_events(caller, None)?;
    let named = call.parameter("sessionId").filter(|_| typed);
    let (app, caller_of) = (call.app.clone(), caller.clone());
    let mut all = All { app, caller: caller_of, typed, heard, runs: HashMap::new(), pieces: VecDeque::new() };
    all.tell(&json!({ "type": "connected", "sessionId": named.as_deref().unwrap_or(session) }));
    let pieces = unfold(all, |mut all| async move { all.next().await.map(|piece| (piece, all)) });
    Ok(events(&call.app, caller, pieces))
}

/// An answer that is followed.
struct Followed {
    view: MessageView,
    said: String,
}

/// The stream of a device.
struct All {
    app: Arc<App>,
    caller: Caller,
    /// Events say what they are.
    typed: bool,
    heard: ConversationEvents,
    runs: HashMap<RunId, Followed>,
    pieces: VecDeque<String>,
}

impl All {
    fn tell(&mut self, data: &Value) {
        self.pieces.push_back(piece(data));
    }

    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Some(piece);
            }
            let heard = self.heard.next().await?;
            if let Err(error) = self.hear(heard).await {
                tracing::warn!(%error, "a stream of a device broke off");
                return None;
            }
        }
    }

    async fn hear(&mut self, heard: Result<ConversationEvent, Error>) -> Result<(), Error> {
        let ConversationEvent { run, event, .. } = heard?;
        if !self.runs.contains_key(&run) {
            self.meet(run).await?;
        }
        let Some(mut followed) = self.runs.remove(&run) else { return Ok(()) };
        match event.event {
            RunEvent::Delta { text } | RunEvent::Refusal { text } => {
                if followed.said.is_empty() {
                    let chat = followed.view.message.conversation.as_uuid().to_string();
                    self.tell(&json!({ "loading-end": { "chatId": chat } }));
                }
                followed.said.push_str(&text);
                let told = answer(&followed.view, &followed.said, false, false);
                self.tell(&told);
            }
            RunEvent::Failed { message, .. } => {
                let mut told = failed(&followed.view, &message);
                if self.typed {
                    told["type"] = "error".into();
                }
                self.tell(&told);
                return self.end(&followed.view).await;
            }
            RunEvent::Stopped => {
                let (chat, id) = ids(&followed.view);
                self.tell(&json!({ "stop-streaming": { "chatId": chat, "messageId": id } }));
                return self.end(&followed.view).await;
            }
            last if last.is_last() => {
                let resolve = is_limited(&self.app, &self.caller).await?;
                self.tell(&answer(&followed.view, &followed.said, true, resolve));
                return self.end(&followed.view).await;
            }
            _ => {}
        }
        self.runs.insert(run, followed);
        Ok(())
    }

    /// A run of which nothing was heard before.
    async fn meet(&mut self, id: RunId) -> Result<(), Error> {
        let run = self.app.chat.run(&self.caller, id).await?;
        let conversations = self.app.chat.conversations().clone();
        let view = match conversations.message(&self.caller, run.message).await {
            // it was deleted meanwhile
            Err(Error::NotFound(_)) => return Ok(()),
            found => found?,
        };
        let (chat, message) = ids(&view);
        if let Some(parent) = view.message.parent.filter(|_| view.versions == 1)
            && let Ok(question) = conversations.message(&self.caller, parent).await
        {
            let mut echo = place(&question);
            echo["messageId"] = uid(parent).into();
            echo["chatId"] = chat.clone().into();
            echo["role"] = "user".into();
            echo["content"] = question.message.text().into();
            echo["v"] = "1".into();
            if self.typed {
                echo["type"] = "userMessage".into();
            }
            self.tell(&echo);
        }
        self.tell(&json!({ "start-generation": { "chatId": chat, "messageId": message } }));
        self.tell(&json!({ "loading-start": { "chatId": chat } }));
        self.runs.insert(id, Followed { view, said: String::new() });
        Ok(())
    }

    async fn end(&mut self, view: &MessageView) -> Result<(), Error> {
        let (chat, id) = ids(view);
        self.tell(&json!({ "done-generation": { "messageId": id, "chatId": chat } }));
        let is_used_up = is_used_up(&self.app, &self.caller).await?;
        self.tell(&json!({ "end-tokens": is_used_up }));
        Ok(())
    }
}

fn ids(view: &MessageView) -> (String, String) {
    (view.message.conversation.as_uuid().to_string(), uid(view.message.id))
}

/// Clients of the original say that they are still there; here the connection says so.
pub(super) async fn pong(call: Call) -> Outcome {
    let given = data(&call).await?;
    match text(&given, "sessionId") {
        Some(_) => ok(&json!({ "success": true })),
        None => Err(error(StatusCode::BAD_REQUEST, "sessionId is required")),
    }
}

pub(super) async fn stop(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let given = data(&call).await?;
    let none = || -> Refusal {
        let body = json!({ "success": false, "message": "No active streaming found for this chat" });
        reply(StatusCode::NOT_FOUND, &body).into()
    };
    let id = text(&given, "chatId").ok_or_else(|| error(StatusCode::BAD_REQUEST, "chatId is required"))?;
    let of = chat(&call, &caller, id).await?;
    let head = of.head_message().ok_or_else(none)?;
    let view = call.app.chat.conversations().message(&caller, head).await?;
    let run = view.message.run.filter(|_| view.message.state == MessageState::Open).ok_or_else(none)?;
    match call.app.chat.stop(&caller, run).await {
        Err(Error::RunEnded(_)) => Err(none()),
        stopped => {
            stopped?;
            ok(&json!({ "success": true, "message": "Streaming stop requested" }))
        }
    }
}

//! Messages: saying, editing, answering again, revising, deleting.

use chatcore::Error;
use chatcore::account::Caller;
use chatcore::conversation::{NewMessage, Parent, Role};
use chatcore::page::Page;
use chatcore::turn::{Ask, ModelOptions, Say};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{EventStream, Json};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::dto::{ConversationDto, MessageDto, Render, RunDto};
use super::part::{PartDto, said};
use super::runs::{Stream, events};
use super::support::{Answer, Auth, PageOf, body_id, page_request, path_id};
use super::text::Text;
use crate::app::{App, Begun, detached};

pub(crate) struct MessageApi;

/// What is said, and how it is answered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Send {
    /// The message as text.
    text: Option<Text>,
    /// The message as parts, instead of `text`.
    parts: Option<Vec<PartDto>>,
    /// The message that it follows; `null` makes it a first one; left out, it is the head. An edit has its own.
    parent_id: MaybeUndefined<Text>,
    /// Refuse, with 409, unless the head is there; `null` means that there is no message yet.
    expected_head: MaybeUndefined<Text>,
    /// Which model answers.
    model: Option<Text>,
    /// The longest answer in tokens.
    #[oai(validator(minimum(value = "1")))]
    max_output_tokens: Option<u64>,
    /// 0 picks the likeliest word, higher is more surprising.
    #[oai(validator(minimum(value = "0"), maximum(value = "2")))]
    temperature: Option<f64>,
    /// Your own name for the message.
    client_ref: Option<Text>,
    /// Answer with the stream of events.
    #[oai(default)]
    stream: bool,
    /// Answer at once; the events are at the run.
    #[oai(default)]
    detach: bool,
    /// `false` stores the message without asking a model.
    run: Option<bool>,
}

/// How a stored message is answered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Again {
    /// Refuse, with 409, unless the head is there; `null` means that there is no message yet.
    expected_head: MaybeUndefined<Text>,
    /// Which model answers.
    model: Option<Text>,
    /// The longest answer in tokens.
    #[oai(validator(minimum(value = "1")))]
    max_output_tokens: Option<u64>,
    /// 0 picks the likeliest word, higher is more surprising.
    #[oai(validator(minimum(value = "0"), maximum(value = "2")))]
    temperature: Option<f64>,
    /// Answer with the stream of events.
    #[oai(default)]
    stream: bool,
    /// Answer at once; the events are at the run.
    #[oai(default)]
    detach: bool,
}

/// The new text of a message.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Revise {
    /// The text.
    text: Text,
}

/// A turn that began.
#[derive(Object)]
#[oai(rename = "Turn")]
struct TurnDto {
    /// The message that was said; `null` if it was there before.
    user_message: Option<MessageDto>,
    /// The answer: whole, or open when it was not waited for. `null` when no model was asked.
    assistant_message: Option<MessageDto>,
    /// The run that writes it.
    run: Option<RunDto>,
}

/// A turn began.
#[derive(ApiResponse)]
enum Began {
    /// The events of its run, to the end (`stream`).
    #[oai(status = 200)]
    Stream(EventStream<Stream>),
    /// The whole turn.
    #[oai(status = 201)]
    Done(Json<TurnDto>),
    /// The answer is being written (`detach`).
    #[oai(status = 202)]
    Running(Json<TurnDto>),
}

/// How long the caller waits.
#[derive(Clone, Copy)]
enum Wait {
    Stream,
    Detach,
    End,
}

impl Wait {
    fn of(stream: bool, detach: bool) -> Self {
        match (stream, detach) {
            (true, _) => Self::Stream,
            (false, true) => Self::Detach,
            (false, false) => Self::End,
        }
    }
}

fn ask(
    model: Option<Text>,
    expected_head: &MaybeUndefined<Text>,
    max_output_tokens: Option<u64>,
    temperature: Option<f64>,
) -> Answer<Ask> {
    let expected_head = match expected_head {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(id) => Some(Some(path_id(id, "message")?)),
    };
    let options = ModelOptions { max_output_tokens, temperature, ..ModelOptions::default() };
    Ok(Ask { model: model.map(String::from), expected_head, options })
}

impl Again {
    fn ask(&self) -> Answer<Ask> {
        ask(self.model.clone(), &self.expected_head, self.max_output_tokens, self.temperature)
    }

    fn wait(&self) -> Wait {
        Wait::of(self.stream, self.detach)
    }
}

fn parent(parent: &MaybeUndefined<Text>) -> Answer<Parent> {
    Ok(match parent {
        MaybeUndefined::Undefined => Parent::Head,
        MaybeUndefined::Null => Parent::Root,
        MaybeUndefined::Value(id) => Parent::Message(path_id(id, "message")?),
    })
}

impl Send {
    fn say(self) -> Answer<Say> {
        let ask = ask(self.model.clone(), &self.expected_head, self.max_output_tokens, self.temperature)?;
        let parent = parent(&self.parent_id)?;
        Ok(Say { parts: said(self.text, self.parts)?, parent, client_ref: self.client_ref.map(String::from), ask })
    }

    fn wait(&self) -> Wait {
        Wait::of(self.stream, self.detach)
    }
}

/// Answers a turn that began as its caller wants to wait for it.
async fn wait_for(app: &App, caller: &Caller, begun: Begun, wait: Wait, render: Option<Render>) -> Answer<Began> {
    let Begun { user_message, assistant_message, run, ended } = begun;
    let user_message = user_message.map(|view| MessageDto::of(view, render));
    match wait {
        Wait::Stream => Ok(Began::Stream(events(app, caller, run.id, 0, render).await?)),
        Wait::Detach => Ok(Began::Running(Json(TurnDto {
            user_message,
            assistant_message: Some(MessageDto::of(assistant_message, render)),
            run: Some(run.into()),
        }))),
        Wait::End => {
            ended.await;
            let answer = app.chat.conversations().message(caller, assistant_message.message.id).await?;
            Ok(Began::Done(Json(TurnDto {
                user_message,
                assistant_message: Some(MessageDto::explained(&app.chat, caller, answer, render).await),
                run: Some(app.chat.run(caller, run.id).await?.into()),
            })))
        }
    }
}

// The document has one entry an address, so all methods of an address are in one of these blocks.
#[OpenApi(tag = "Tag::Messages")]
impl MessageApi {
    /// One branch, root first
    ///
    /// The first page is the newest; `next_cursor` leads towards the root.
    #[oai(path = "/conversations/:id/messages", method = "get")]
    async fn branch(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The branch that ends here; the active one if left out.
        leaf: Query<Option<String>>,
        /// `html` adds the text as safe HTML.
        render: Query<Option<Render>>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<MessageDto>>> {
        let id = path_id(&id, "conversation")?;
        let leaf = body_id(leaf.0.as_deref(), "message")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.chat.conversations().branch(auth.caller(), id, leaf, &page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for view in found.items {
            items.push(MessageDto::explained(&auth.app.chat, auth.caller(), view, render.0).await);
        }
        Ok(Json(Page { items, next: found.next }.into()))
    }

    /// Say something
    ///
    /// Answers when the model has finished (201), at once (`detach`, 202), or with the stream of events (`stream`, 200).
    /// A closed connection stops nothing.
    #[oai(path = "/conversations/:id/messages", method = "post")]
    async fn send(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        body: Json<Send>,
    ) -> Answer<Began> {
        let id = path_id(&id, "conversation")?;
        let (caller, wait) = (auth.caller().clone(), body.wait());
        if body.run == Some(false) {
            let Say { parts, parent, client_ref, ask } = body.0.say()?;
            let new = NewMessage { role: Role::User, parts, parent, expected_head: ask.expected_head, client_ref };
            let stored = auth.app.chat.conversations().append(&caller, id, new).await?;
            let user_message = Some(MessageDto::of(stored, render.0));
            return Ok(Began::Done(Json(TurnDto { user_message, assistant_message: None, run: None })));
        }
        let (say, me) = (body.0.say()?, caller.clone());
        let begun = auth.app.begin(|chat| async move { chat.send(&me, id, say).await }).await?;
        wait_for(&auth.app, &caller, begun, wait, render.0).await
    }

    /// Say something else instead of an earlier message
    #[oai(path = "/messages/:id/edit", method = "post")]
    async fn edit(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        body: Json<Send>,
    ) -> Answer<Began> {
        let id = path_id(&id, "message")?;
        let (caller, wait) = (auth.caller().clone(), body.wait());
        if body.run.is_some() || !body.parent_id.is_undefined() {
            let field = if body.run.is_some() { "run" } else { "parent_id" };
            return Err(Error::invalid(field, "cannot be chosen for an edit").into());
        }
        let (say, me) = (body.0.say()?, caller.clone());
        let begun = auth.app.begin(|chat| async move { chat.edit(&me, id, say).await }).await?;
        wait_for(&auth.app, &caller, begun, wait, render.0).await
    }

    /// Answer again
    #[oai(path = "/messages/:id/regenerate", method = "post")]
    async fn regenerate(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        body: Json<Again>,
    ) -> Answer<Began> {
        let id = path_id(&id, "message")?;
        let (ask, me) = (body.ask()?, auth.caller().clone());
        let begun = auth.app.begin(|chat| async move { chat.regenerate(&me, id, ask).await }).await?;
        wait_for(&auth.app, auth.caller(), begun, body.wait(), render.0).await
    }

    /// Answer a message that was stored without a run
    #[oai(path = "/messages/:id/answer", method = "post")]
    async fn answer(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        body: Json<Again>,
    ) -> Answer<Began> {
        let id = path_id(&id, "message")?;
        let (ask, me) = (body.ask()?, auth.caller().clone());
        let begun = auth.app.begin(|chat| async move { chat.answer(&me, id, ask).await }).await?;
        wait_for(&auth.app, auth.caller(), begun, body.wait(), render.0).await
    }

    /// One message
    #[oai(path = "/messages/:id", method = "get")]
    async fn get(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds the text as safe HTML.
        render: Query<Option<Render>>,
    ) -> Answer<Json<MessageDto>> {
        let id = path_id(&id, "message")?;
        let view = auth.app.chat.conversations().message(auth.caller(), id).await?;
        Ok(Json(MessageDto::explained(&auth.app.chat, auth.caller(), view, render.0).await))
    }

    /// The versions of a message, in the order they came
    #[oai(path = "/messages/:id/siblings", method = "get")]
    async fn siblings(
        &self,
        auth: Auth,
        id: Path<String>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<SiblingDto>>> {
        let id = path_id(&id, "message")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.chat.conversations().siblings(auth.caller(), id, &page).await?;
        let siblings = found.map(|one| SiblingDto { id: one.message.to_string(), version: one.version });
        Ok(Json(siblings.into()))
    }

    /// Replace the text of a message in place
    #[oai(path = "/messages/:id", method = "patch")]
    async fn revise(&self, auth: Auth, id: Path<String>, body: Json<Revise>) -> Answer<Json<MessageDto>> {
        let id = path_id(&id, "message")?;
        let parts = said(Some(body.0.text), None)?;
        let view = auth.app.chat.conversations().revise(auth.caller(), id, parts).await?;
        Ok(Json(MessageDto::explained(&auth.app.chat, auth.caller(), view, None).await))
    }

    /// Delete a message and everything below it
    ///
    /// Answers the conversation: its head is outside of what went.
    #[oai(path = "/messages/:id", method = "delete")]
    async fn delete(&self, auth: Auth, id: Path<String>) -> Answer<Json<ConversationDto>> {
        let id = path_id(&id, "message")?;
        let (chat, me) = (auth.app.chat.clone(), auth.caller().clone());
        let conversation = detached(async move { chat.delete_message(&me, id).await }).await?;
        Ok(Json(conversation.into()))
    }
}

/// One version of a message.
#[derive(Object)]
#[oai(rename = "Sibling")]
struct SiblingDto {
    /// The message.
    id: String,
    /// Which version it is, from 1.
    version: u64,
}

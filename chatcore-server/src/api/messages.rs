//! Messages: saying, editing, answering again, revising, deleting.

use chatcore::Error;
use chatcore::conversation::NewMessage;
use chatcore::page::Page;
use chatcore::turn::ToolOutcome;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::dto::{ConversationDto, MessageDto, Render};
use super::feedback::Rate;
use super::of_message::OfMessage;
use super::once::Key;
use super::optional::Optional;
use super::part::attached;
use super::support::{Answer, Auth, PageOf, body_id, page_request, path_id};
use super::text::Text;
use super::turn::{Again, Asking, Began, Results, Send, TurnDto, wait_for};
use crate::app::detached;

pub(crate) struct MessageApi;

/// The new text of a message, and what is attached to it.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Revise {
    /// The text.
    text: Text,
    /// Ids of what is attached from now on; left out, that stays as it is.
    #[oai(validator(max_items = 64))]
    attachments: Option<Vec<Text>>,
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
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Json<Send>,
    ) -> Answer<Began> {
        let once = key.once()?;
        let id = path_id(&id, "conversation")?;
        let (caller, wait) = (auth.caller().clone(), body.wait()?);
        if body.run == Some(false) {
            wait.not_at_all()?;
            let new = NewMessage::try_from(body.0.say(once)?)?;
            let stored = auth.app.chat.conversations().append(&caller, id, new).await?;
            let user_message = Some(MessageDto::of(stored, render.0));
            return Ok(Began::Done(Json(TurnDto { user_message, assistant_message: None, run: None })));
        }
        let (say, me) = (body.0.say(once)?, caller.clone());
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
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Json<Send>,
    ) -> Answer<Began> {
        let once = key.once()?;
        let id = path_id(&id, "message")?;
        let (caller, wait) = (auth.caller().clone(), body.wait()?);
        if body.run.is_some() {
            return Err(Error::invalid("run", "cannot be chosen for an edit").into());
        }
        let (say, me) = (body.0.say(once)?, caller.clone());
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
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Optional<Again>,
    ) -> Answer<Began> {
        let of = OfMessage { auth, id: &id, key, render: render.0 };
        of.begin(body.0.unwrap_or_default(), |chat, me, id, _, ask| async move { chat.regenerate(&me, id, ask).await })
            .await
    }

    /// Answer a message that was stored without a run
    #[oai(path = "/messages/:id/answer", method = "post")]
    async fn answer(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Optional<Again>,
    ) -> Answer<Began> {
        let of = OfMessage { auth, id: &id, key, render: render.0 };
        of.begin(body.0.unwrap_or_default(), |chat, me, id, _, ask| async move { chat.answer(&me, id, ask).await })
            .await
    }

    /// Go on with an answer that was stopped, interrupted or cut off
    ///
    /// The whole answer is a new version: it begins with what was said before. The old one stays as it was.
    #[oai(path = "/messages/:id/continue", method = "post")]
    async fn go_on(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Optional<Again>,
    ) -> Answer<Began> {
        let of = OfMessage { auth, id: &id, key, render: render.0 };
        of.begin(body.0.unwrap_or_default(), |chat, me, id, _, ask| async move { chat.go_on(&me, id, ask).await }).await
    }

    /// Hand back what your tools answered
    ///
    /// The results become a message below the answer that called, and the model goes on below that.
    #[oai(path = "/messages/:id/tool-results", method = "post")]
    async fn tool_results(
        &self,
        auth: Auth,
        id: Path<String>,
        /// `html` adds texts as safe HTML.
        render: Query<Option<Render>>,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Json<Results>,
    ) -> Answer<Began> {
        let of = OfMessage { auth, id: &id, key, render: render.0 };
        of.begin(body.0, |chat, me, id, body, ask| async move {
            let results = body.results.into_iter().map(ToolOutcome::from).collect();
            chat.tool_results(&me, id, results, ask).await
        })
        .await
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

    /// Say what you think of an answer
    ///
    /// Doing it again replaces what you said before. Answers the message.
    #[oai(path = "/messages/:id/feedback", method = "put")]
    async fn rate(&self, auth: Auth, id: Path<String>, body: Json<Rate>) -> Answer<Json<MessageDto>> {
        let id = path_id(&id, "message")?;
        let conversations = auth.app.chat.conversations();
        conversations.set_feedback(auth.caller(), id, body.0.opinion()?).await?;
        let view = conversations.message(auth.caller(), id).await?;
        Ok(Json(MessageDto::explained(&auth.app.chat, auth.caller(), view, None).await))
    }

    /// Replace the text of a message in place
    #[oai(path = "/messages/:id", method = "patch")]
    async fn revise(&self, auth: Auth, id: Path<String>, body: Json<Revise>) -> Answer<Json<MessageDto>> {
        let id = path_id(&id, "message")?;
        let Revise { text, attachments } = body.0;
        let attachments = attachments.map(|ids| attached(Some(ids))).transpose()?;
        let service = auth.app.chat.conversations();
        let view = service.revise_text(auth.caller(), id, text.into(), attachments).await?;
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

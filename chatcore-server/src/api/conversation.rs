//! Conversations: making, listing, changing, switching, forking, deleting.

use chatcore::conversation::{NewConversation, Settings};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::dto::{ConversationDto, RoleDto};
use super::once::Key;
use super::spending::{PlanDto, SpendingDto};
use super::support::{Answer, Auth, PageOf, body_id, page_request, path_id};
use super::text::{Text, change};
use super::turn::Send;
use crate::app::detached;

pub(crate) struct ConversationApi;

/// What a new conversation is to be.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Create {
    /// What lists call it.
    title: Option<Text>,
    /// Said to the model before everything else.
    system_prompt: Option<Text>,
    /// The model that answers when a turn names none.
    model: Option<Text>,
    /// Your own id for it, unique among yours.
    external_id: Option<Text>,
}

/// What changes. A field that is left out stays; `null` takes it away.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Change {
    /// What lists call it.
    title: MaybeUndefined<Text>,
    /// Said to the model before everything else.
    system_prompt: MaybeUndefined<Text>,
    /// The model that answers when a turn names none.
    model: MaybeUndefined<Text>,
    /// Whether lists have it in front of the others.
    pinned: Option<bool>,
    /// Whether it is put away: lists have it apart from the others, and everything else goes on.
    archived: Option<bool>,
    /// Refuse unless the conversation has this version.
    expected_version: Option<u64>,
}

/// Where the head goes.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct MoveHead {
    /// The head goes to the leaf that was last active below this message.
    message_id: Text,
    /// Refuse unless the head is there.
    expected_head: Option<Text>,
}

/// What is forked.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Fork {
    /// The last message that is copied.
    message_id: Text,
    /// The title of the copy.
    title: Option<Text>,
}

/// A conversation was made.
#[derive(ApiResponse)]
pub(super) enum Created {
    /// Here it is.
    #[oai(status = 201)]
    Created(Json<ConversationDto>),
}

/// Something was deleted.
#[derive(ApiResponse)]
enum Deleted {
    /// It is gone.
    #[oai(status = 204)]
    Gone,
}

/// A node of the tree: a message without its parts.
#[derive(Object)]
#[oai(rename = "TreeNode")]
struct TreeNode {
    /// The message.
    id: String,
    /// The message that it follows.
    parent_id: Option<String>,
    /// Who speaks.
    role: RoleDto,
    /// The beginning of its text.
    preview: String,
    /// Which of its siblings it is.
    version: u64,
    /// How many siblings there are.
    versions: u64,
}

/// Characters of a preview.
const PREVIEW: usize = 80;

#[OpenApi(tag = "Tag::Conversations")]
impl ConversationApi {
    /// What sending this would show the model, and what it would cost
    ///
    /// Nothing is stored and no model is asked.
    #[oai(path = "/conversations/:id/plan", method = "post")]
    async fn plan(&self, auth: Auth, id: Path<String>, body: Json<Send>) -> Answer<Json<PlanDto>> {
        let id = path_id(&id, "conversation")?;
        let preview = auth.app.chat.preview(auth.caller(), id, body.0.say(None)?).await?;
        Ok(Json(preview.into()))
    }

    /// What the answers used: on one branch, and in all of the conversation
    ///
    /// The conversation counts answers that were deleted, too.
    #[oai(path = "/conversations/:id/usage", method = "get")]
    async fn usage(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The branch that ends here; the active one if left out.
        leaf: Query<Option<String>>,
    ) -> Answer<Json<SpendingDto>> {
        let id = path_id(&id, "conversation")?;
        let leaf = body_id(leaf.0.as_deref(), "message")?;
        let conversation = auth.app.chat.spent(auth.caller(), id).await?.into();
        let branch = auth.app.chat.spent_on_branch(auth.caller(), id, leaf).await?.into();
        Ok(Json(SpendingDto { conversation, branch }))
    }

    /// Make a conversation
    #[oai(path = "/conversations", method = "post")]
    async fn create(
        &self,
        auth: Auth,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Json<Create>,
    ) -> Answer<Created> {
        let once = key.once()?;
        let Json(Create { title, system_prompt, model, external_id }) = body;
        let text = |text: Option<Text>| text.map(String::from);
        let new = NewConversation {
            external_id: text(external_id),
            title: text(title),
            system_prompt: text(system_prompt),
            model: text(model),
            once,
        };
        let made = auth.app.chat.create(auth.caller(), new).await?;
        Ok(Created::Created(Json(made.into())))
    }

    /// My conversations: those that are pinned, then the others, each the one written to last first
    #[oai(path = "/conversations", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        /// Those that are put away, instead of the others.
        archived: Query<Option<bool>>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<ConversationDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let conversations = auth.app.chat.conversations();
        let found = match archived.0 {
            Some(true) => conversations.archived(auth.caller(), &page).await?,
            _ => conversations.list(auth.caller(), &page).await?,
        };
        Ok(Json(found.map(ConversationDto::from).into()))
    }

    /// One conversation
    #[oai(path = "/conversations/:id", method = "get")]
    async fn get(&self, auth: Auth, id: Path<String>) -> Answer<Json<ConversationDto>> {
        let id = path_id(&id, "conversation")?;
        Ok(Json(auth.app.chat.conversations().get(auth.caller(), id).await?.into()))
    }

    /// Change title, system prompt or model, pin it or put it away
    ///
    /// Pinning and putting away alone leave `updated_at` as it is.
    #[oai(path = "/conversations/:id", method = "patch")]
    async fn update(&self, auth: Auth, id: Path<String>, body: Json<Change>) -> Answer<Json<ConversationDto>> {
        let id = path_id(&id, "conversation")?;
        let Json(Change { title, system_prompt, model, pinned, archived, expected_version }) = body;
        let [title, system_prompt, model] = [title, system_prompt, model].map(change);
        let settings = Settings { title, system_prompt, model, pinned, archived };
        let changed = auth.app.chat.update(auth.caller(), id, settings, expected_version).await?;
        Ok(Json(changed.into()))
    }

    /// Delete a conversation
    #[oai(path = "/conversations/:id", method = "delete")]
    async fn delete(&self, auth: Auth, id: Path<String>) -> Answer<Deleted> {
        let id = path_id(&id, "conversation")?;
        let (chat, me) = (auth.app.chat.clone(), auth.caller().clone());
        detached(async move { chat.delete(&me, id).await }).await?;
        Ok(Deleted::Gone)
    }

    /// All messages, whatever their branch
    #[oai(path = "/conversations/:id/tree", method = "get")]
    async fn tree(
        &self,
        auth: Auth,
        id: Path<String>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<TreeNode>>> {
        let id = path_id(&id, "conversation")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.chat.conversations().tree(auth.caller(), id, &page).await?;
        let nodes = found.map(|view| TreeNode {
            id: view.message.id.to_string(),
            parent_id: view.message.parent.map(|id| id.to_string()),
            role: view.message.role.into(),
            preview: view.message.text().chars().take(PREVIEW).collect(),
            version: view.version,
            versions: view.versions,
        });
        Ok(Json(nodes.into()))
    }

    /// Look at another branch
    #[oai(path = "/conversations/:id/head", method = "put")]
    async fn move_head(&self, auth: Auth, id: Path<String>, body: Json<MoveHead>) -> Answer<Json<ConversationDto>> {
        let id = path_id(&id, "conversation")?;
        let to = path_id(&body.message_id, "message")?;
        let expected = body_id(body.expected_head.as_deref(), "message")?;
        let moved = auth.app.chat.conversations().move_head(auth.caller(), id, to, expected).await?;
        Ok(Json(moved.into()))
    }

    /// Copy a branch into a conversation of its own
    #[oai(path = "/conversations/:id/fork", method = "post")]
    async fn fork(
        &self,
        auth: Auth,
        id: Path<String>,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Json<Fork>,
    ) -> Answer<Created> {
        let once = key.once()?;
        let id = path_id(&id, "conversation")?;
        let message = path_id(&body.message_id, "message")?;
        let title = body.0.title.map(String::from);
        let (chat, me) = (auth.app.chat.clone(), auth.caller().clone());
        let copy = detached(async move { chat.conversations().fork_once(&me, id, message, title, once).await }).await?;
        Ok(Created::Created(Json(copy.into())))
    }
}

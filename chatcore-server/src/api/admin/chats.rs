//! Conversations of users: finding them, reading them with a reason, deleting them.

use chatcore::account::Permission;
use chatcore::audit::By;
use chatcore::conversation::{Conversation, Sibling};
use chatcore::office::ChatQuery;
use chatcore::{ConversationId, Error};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::moment;
use crate::api::Tag;
use crate::api::dto::MessageDto;
use crate::api::support::{Answer, Auth, PageOf, body_id, page_request, path_id};
use crate::api::text::Text;
use crate::app::detached;

pub(crate) struct ChatApi;

/// A conversation, as those who run the service find it.
#[derive(Object)]
#[oai(rename = "FoundConversation")]
struct ChatDto {
    /// Its id.
    id: String,
    /// The user or visitor whose it is.
    owner: String,
    /// What its owner's list calls it.
    title: Option<String>,
    /// The model that answers when a turn names none.
    model: Option<String>,
    /// How many messages it has, in all branches.
    message_count: u64,
    /// When it was made.
    created_at: String,
    /// When it was last written to.
    updated_at: String,
}

impl From<Conversation> for ChatDto {
    fn from(chat: Conversation) -> Self {
        Self {
            id: chat.id.to_string(),
            owner: chat.owner.to_string(),
            title: chat.title,
            model: chat.model,
            message_count: chat.message_count,
            created_at: chat.created_at.to_string(),
            updated_at: chat.updated_at.to_string(),
        }
    }
}

/// Why a conversation is opened.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Open {
    /// Why: 1 to 500 characters. The owner can read it.
    reason: Text,
}

/// Leave to read a conversation.
#[derive(Object)]
struct Grant {
    /// What reading it asks for: the number of the entry in the audit log.
    grant: u64,
    /// When it was opened. It may be read for an hour.
    at: String,
}

/// Which of the versions of a message there are.
#[derive(Object)]
#[oai(rename = "MessageVersion")]
struct VersionDto {
    /// Its id.
    message_id: String,
    /// Which version it is, from 1.
    version: u64,
}

impl From<Sibling> for VersionDto {
    fn from(it: Sibling) -> Self {
        Self { message_id: it.message.to_string(), version: it.version }
    }
}

/// What is to be deleted.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Remove {
    /// The ids: 100 at most.
    ids: Vec<Text>,
    /// Why: 1 to 500 characters. The owners can read it.
    reason: Text,
}

/// What was deleted.
#[derive(Object)]
struct Removed {
    /// How many of them there were.
    deleted: u64,
}

fn conversation(auth: &Auth, id: &str, permission: Permission) -> Answer<ConversationId> {
    auth.caller().require_permission(permission)?;
    path_id(id, "conversation")
}

/// Without leave nothing is read, whatever else is asked.
fn shown(grant: Option<u64>) -> Result<u64, Error> {
    grant.ok_or(Error::Denied)
}

/// Ids that cannot be any are those of nothing, and passed over like others that lead nowhere.
fn ids<I: std::str::FromStr>(texts: &[Text]) -> Vec<I> {
    texts.iter().filter_map(|id| id.parse().ok()).collect()
}

fn removed(deleted: usize) -> Json<Removed> {
    Json(Removed { deleted: u64::try_from(deleted).unwrap_or(u64::MAX) })
}

#[OpenApi(tag = "Tag::Admin")]
impl ChatApi {
    /// Find conversations
    ///
    /// The newest first: those of one owner by when they were last written to, those of everybody by when they were made. A
    /// page may be shorter than asked for: as long as there is a `next_cursor` there may be more.
    #[oai(path = "/admin/conversations", method = "get")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the query")]
    async fn find(
        &self,
        auth: Auth,
        /// The user or visitor whose they are.
        owner: Query<Option<String>>,
        /// What is in the title, whatever the case.
        title: Query<Option<String>>,
        /// Made at this moment or later: a day, or a date and time as in RFC 3339.
        since: Query<Option<String>>,
        /// Made before this moment.
        until: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<ChatDto>>> {
        auth.caller().require_permission(Permission::FindChats)?;
        let time = |field, text: Option<String>| text.map(|text| moment(field, &text)).transpose();
        let query = ChatQuery {
            owner: body_id(owner.0.as_deref(), "user")?,
            title: title.0,
            since: time("since", since.0)?,
            until: time("until", until.0)?,
        };
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.chats(auth.caller(), &query, &page).await?;
        Ok(Json(found.map(ChatDto::from).into()))
    }

    /// A conversation, without what is in it
    #[oai(path = "/admin/conversations/:id", method = "get")]
    async fn one(&self, auth: Auth, id: Path<String>) -> Answer<Json<ChatDto>> {
        let id = conversation(&auth, &id, Permission::FindChats)?;
        Ok(Json(auth.app.office.chat(auth.caller(), id).await?.into()))
    }

    /// Open a conversation to read it
    ///
    /// That it was done, and why, stands in the audit log, where the owner can read it. What comes back is the leave to read
    /// it, for an hour.
    #[oai(path = "/admin/conversations/:id/open", method = "post")]
    async fn open(&self, auth: Auth, id: Path<String>, body: Json<Open>) -> Answer<Json<Grant>> {
        let id = conversation(&auth, &id, Permission::ReadChats)?;
        let by = By::from(auth.caller()).because(&*body.0.reason);
        let entry = auth.app.office.open_chat(by, id).await?;
        Ok(Json(Grant { grant: entry.number, at: entry.at.to_string() }))
    }

    /// Read a conversation that was opened
    ///
    /// One branch of it, root first; the next page leads towards the root.
    #[oai(path = "/admin/conversations/:id/transcript", method = "get")]
    async fn transcript(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The leave to read it.
        grant: Query<Option<u64>>,
        /// A message through which the branch leads; the one that the owner looks at if it is not said.
        through: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<MessageDto>>> {
        let id = conversation(&auth, &id, Permission::ReadChats)?;
        let through = body_id(through.0.as_deref(), "message")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.transcript(auth.caller(), id, shown(grant.0)?, through, &page).await?;
        Ok(Json(found.map(|view| MessageDto::of(view, None)).into()))
    }

    /// The versions of a message of a conversation that was opened
    #[oai(path = "/admin/conversations/:id/versions", method = "get")]
    async fn versions(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The leave to read it.
        grant: Query<Option<u64>>,
        /// The message.
        message: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<VersionDto>>> {
        let id = conversation(&auth, &id, Permission::ReadChats)?;
        let message = path_id(message.0.as_deref().unwrap_or_default(), "message")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.versions(auth.caller(), id, shown(grant.0)?, message, &page).await?;
        Ok(Json(found.map(VersionDto::from).into()))
    }

    /// Delete conversations
    ///
    /// Each by itself, as its owner would; what is not there is passed over. If it breaks off, asking again does the rest.
    #[oai(path = "/admin/conversations/delete", method = "post")]
    async fn delete_chats(&self, auth: Auth, body: Json<Remove>) -> Answer<Json<Removed>> {
        auth.caller().require_permission(Permission::DeleteChats)?;
        let Remove { ids: texts, reason } = body.0;
        expect_few(&texts)?;
        let (app, caller) = (auth.app.clone(), auth.caller().clone());
        // whoever goes away meanwhile leaves nothing half done
        let done =
            detached(async move { app.office.delete_chats(By::from(&caller).because(&*reason), &ids(&texts)).await });
        Ok(removed(done.await?))
    }

    /// Delete messages
    ///
    /// Each with all that is below it.
    #[oai(path = "/admin/messages/delete", method = "post")]
    async fn delete_messages(&self, auth: Auth, body: Json<Remove>) -> Answer<Json<Removed>> {
        auth.caller().require_permission(Permission::DeleteChats)?;
        let Remove { ids: texts, reason } = body.0;
        expect_few(&texts)?;
        let (app, caller) = (auth.app.clone(), auth.caller().clone());
        let done =
            detached(
                async move { app.office.delete_messages(By::from(&caller).because(&*reason), &ids(&texts)).await },
            );
        Ok(removed(done.await?))
    }
}

/// The limit of the core, before ids that are none are left out.
fn expect_few(ids: &[Text]) -> Result<(), Error> {
    use chatcore::office::MAX_BULK;
    if ids.len() > MAX_BULK { Err(Error::invalid("ids", format!("must be {MAX_BULK} at most"))) } else { Ok(()) }
}

//! Links under which anybody reads a conversation.

use chatcore::conversation::Role;
use chatcore::share::{Link, NewShare, Shared, SharedMessage};
use chatcore::{Error, Timestamp};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::conversation::Created;
use super::dto::{Render, RoleDto};
use super::once::Key;
use super::optional::Optional;
use super::support::{Answer, Auth, Done, PageOf, Public, body_id, page_request, path_id};
use super::text::Text;
use crate::app::detached;
use crate::web::markdown;

pub(crate) struct ShareApi;

/// A link to be made.
#[derive(Default, Object)]
#[oai(deny_unknown_fields)]
struct CreateShare {
    /// The last message that it shows; the head if left out.
    message_id: Option<Text>,
    /// When it ends by itself, as in RFC 3339; never if left out.
    expires_at: Option<Text>,
}

impl CreateShare {
    fn new_share(self) -> Answer<NewShare> {
        let wrong = |_| Error::invalid("expires_at", "must be a date and time as in RFC 3339");
        let expires_at = self.expires_at.map(|end| end.parse::<Timestamp>().map_err(wrong)).transpose()?;
        Ok(NewShare { message: body_id(self.message_id.as_deref(), "message")?, expires_at })
    }
}

/// A link to a conversation.
#[derive(Debug, Object)]
#[oai(rename = "Share")]
struct ShareDto {
    /// Its id.
    id: String,
    /// Where anybody reads the conversation; `null` if the server has another secret than when the link was made, which
    /// goes on to work.
    url: Option<String>,
    /// The last message that it shows.
    message_id: String,
    /// When it was made.
    created_at: String,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl ShareDto {
    fn of(link: Link, home: &str) -> Self {
        let Link { share, token } = link;
        Self {
            id: share.id.to_string(),
            url: token.map(|token| format!("{home}/s/{token}")),
            message_id: share.message.to_string(),
            created_at: share.created_at.to_string(),
            expires_at: share.expires_at.map(|at| at.to_string()),
        }
    }
}

/// A link was made.
#[derive(ApiResponse)]
enum Made {
    /// Here it is.
    #[oai(status = 201)]
    Created(Json<ShareDto>),
}

/// A conversation as readers of a link see it. Thoughts, tools, instructions and attachments are not part of it.
#[derive(Debug, Object)]
#[oai(rename = "SharedConversation")]
struct SharedDto {
    /// What it is called.
    title: Option<String>,
    /// When the link ends by itself.
    expires_at: Option<String>,
    /// Messages, the oldest first. The first page is the end; `next_cursor` leads towards the beginning.
    messages: Vec<SharedMessageDto>,
    /// Pass it as `cursor` to get the page before; `null` when this one has the beginning.
    next_cursor: Option<String>,
}

/// A message as readers of a link see it.
#[derive(Debug, Object)]
#[oai(rename = "SharedMessage")]
struct SharedMessageDto {
    /// Who speaks: `user` or `assistant`.
    role: RoleDto,
    /// The text of it.
    text: String,
    /// The text as safe HTML, when `render=html` was asked for.
    #[oai(skip_serializing_if_is_none)]
    html: Option<String>,
    /// Images and files that belong to it and are not shown.
    attachments: u64,
    /// The model that wrote it.
    model: Option<String>,
    /// When it came.
    created_at: String,
}

impl SharedMessageDto {
    fn of(it: SharedMessage, render: Option<Render>) -> Self {
        let html = render.filter(|_| it.role == Role::Assistant).map(|Render::Html| markdown::render(&it.text));
        Self {
            role: it.role.into(),
            html,
            text: it.text,
            attachments: u64::try_from(it.attachments).unwrap_or(u64::MAX),
            model: it.model,
            created_at: it.created_at.to_string(),
        }
    }
}

impl SharedDto {
    fn of(shared: Shared, render: Option<Render>) -> Self {
        let messages = shared.messages.items.into_iter().map(|it| SharedMessageDto::of(it, render));
        Self {
            title: shared.title,
            expires_at: shared.expires_at.map(|at| at.to_string()),
            messages: messages.collect(),
            next_cursor: shared.messages.next.map(|cursor| cursor.to_string()),
        }
    }
}

#[OpenApi(tag = "Tag::Sharing")]
impl ShareApi {
    /// Links to a conversation, the oldest first
    #[oai(path = "/conversations/:id/shares", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        id: Path<String>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<ShareDto>>> {
        let id = path_id(&id, "conversation")?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.shares.list(auth.caller(), id, &page).await?;
        Ok(Json(found.map(|link| ShareDto::of(link, &auth.app.home)).into()))
    }

    /// Make a link under which anybody reads the conversation
    ///
    /// Up to a message: later messages and other branches never show. Who has the link sees what is said, and nothing else.
    #[oai(path = "/conversations/:id/shares", method = "post")]
    async fn create(&self, auth: Auth, id: Path<String>, body: Optional<CreateShare>) -> Answer<Made> {
        let id = path_id(&id, "conversation")?;
        let new = body.0.unwrap_or_default().new_share()?;
        let made = auth.app.shares.create(auth.caller(), id, new).await?;
        Ok(Made::Created(Json(ShareDto::of(made, &auth.app.home))))
    }

    /// End links to a conversation
    #[oai(path = "/conversations/:id/shares", method = "delete")]
    async fn end(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The link that ends; all of them if left out.
        share_id: Query<Option<String>>,
    ) -> Answer<Done> {
        let id = path_id(&id, "conversation")?;
        let share = body_id(share_id.0.as_deref(), "share")?;
        auth.app.shares.end(auth.caller(), id, share).await?;
        Ok(Done::Done)
    }

    /// Read a conversation by its link
    ///
    /// Anybody may, without an account. A link that never was and one that has ended answer the same.
    #[oai(path = "/shares/:token", method = "get")]
    async fn read(
        &self,
        public: Public,
        token: Path<String>,
        /// `html` adds what models said as safe HTML.
        render: Query<Option<Render>>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<SharedDto>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let shared = public.0.shares.read(&token, &page).await?;
        Ok(Json(SharedDto::of(shared, render.0)))
    }

    /// Go on with a copy of what a link shows
    ///
    /// The copy is yours: what becomes of the link does not touch it.
    #[oai(path = "/shares/:token/fork", method = "post")]
    async fn fork(
        &self,
        auth: Auth,
        token: Path<String>,
        /// Your name for this request (1 to 255 visible ASCII characters). Made again under it within a day, it is answered
        /// as the first time, and nothing is done twice; another request under it is refused with 422.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        body: Optional<Fork>,
    ) -> Answer<Created> {
        let Fork {} = body.0.unwrap_or_default();
        let once = key.once()?;
        let (shares, me, token) = (auth.app.shares.clone(), auth.caller().clone(), token.0);
        let copy = detached(async move { shares.fork(&me, &token, once).await }).await?;
        Ok(Created::Created(Json(copy.into())))
    }
}

/// There is nothing to say.
#[derive(Default, Object)]
#[oai(deny_unknown_fields, rename = "ForkShare")]
struct Fork {}

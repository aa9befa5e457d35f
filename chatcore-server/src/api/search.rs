//! Finding messages by their words.

use chatcore::search::{Highlight, Hit};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::dto::RoleDto;
use super::support::{Answer, Auth, PageOf, page_request};

pub(crate) struct SearchApi;

/// A message that was found.
#[derive(Debug, Object)]
#[oai(rename = "Hit")]
struct HitDto {
    /// Its conversation.
    conversation_id: String,
    /// What lists call that.
    title: Option<String>,
    /// Whether that is put away.
    archived: bool,
    /// The message. It may be in a branch that is not the active one: `leaf` shows the branch that ends there.
    message_id: String,
    /// Who speaks.
    role: RoleDto,
    /// The piece of its text around the first word that was looked for, on one line; `…` stands where it was cut.
    snippet: String,
    /// The words that were looked for, as places in the snippet.
    highlights: Vec<HighlightDto>,
    /// When it came.
    created_at: String,
}

/// A place in a snippet, counted in Unicode characters (code points).
#[derive(Debug, Object)]
#[oai(rename = "Highlight")]
struct HighlightDto {
    /// Where it starts, from 0.
    start: u64,
    /// How long it is.
    length: u64,
}

impl From<Highlight> for HighlightDto {
    fn from(it: Highlight) -> Self {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self { start: count(it.start), length: count(it.length) }
    }
}

impl From<Hit> for HitDto {
    fn from(hit: Hit) -> Self {
        Self {
            conversation_id: hit.conversation.to_string(),
            title: hit.title,
            archived: hit.archived,
            message_id: hit.message.to_string(),
            role: hit.role.into(),
            snippet: hit.snippet.text,
            highlights: hit.snippet.highlights.into_iter().map(Into::into).collect(),
            created_at: hit.created_at.to_string(),
        }
    }
}

#[OpenApi(tag = "Tag::Conversations")]
impl SearchApi {
    /// Find messages of mine, in all branches of all conversations
    ///
    /// The newest first: those that have all of the words, the last of which may be the beginning of one. Case does not
    /// count, signs mean nothing. A page may have few hits or none while `next_cursor` leads on: where there is no index, so
    /// many messages are read at a time.
    #[oai(path = "/search", method = "get")]
    async fn search(
        &self,
        auth: Auth,
        /// The words: 1 to 16, in up to 200 characters.
        q: Query<String>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<HitDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.chat.conversations().search(auth.caller(), &q, &page).await?;
        Ok(Json(found.map(HitDto::from).into()))
    }
}

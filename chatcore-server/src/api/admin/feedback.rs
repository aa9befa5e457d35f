//! What people think of the answers that they got.

use chatcore::feedback::{Feedback, FeedbackFilter};
use chatcore::{Error, Timestamp};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::feedback::{number, rating};
use crate::api::support::{Answer, Auth, PageOf, page_request};

pub(crate) struct FeedbackApi;

/// What somebody thinks of an answer. What the answer says is theirs alone.
#[derive(Object)]
#[oai(rename = "GivenFeedback")]
struct GivenDto {
    /// The answer.
    message_id: String,
    /// Its conversation.
    conversation_id: String,
    /// Who says so: a user, or a visitor.
    subject: String,
    /// The model that wrote the answer.
    model: Option<String>,
    /// 1 if it was good, -1 if it was not.
    rating: i8,
    /// Why.
    comment: Option<String>,
    /// When they said something of it first.
    created_at: String,
    /// When they said this.
    updated_at: String,
}

impl From<Feedback> for GivenDto {
    fn from(it: Feedback) -> Self {
        Self {
            message_id: it.message.to_string(),
            conversation_id: it.conversation.to_string(),
            subject: it.by.to_string(),
            model: it.model,
            rating: number(it.rating),
            comment: it.comment,
            created_at: it.created_at.to_string(),
            updated_at: it.updated_at.to_string(),
        }
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl FeedbackApi {
    /// What people think of answers, the newest first
    #[oai(path = "/admin/feedback", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        /// Only what was said then or later, as in RFC 3339.
        since: Query<Option<String>>,
        /// Only this: 1 or -1.
        rating: Query<Option<i8>>,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<GivenDto>>> {
        let wrong = |_| Error::invalid("since", "must be a date and time as in RFC 3339");
        let since: Option<Timestamp> = since.0.map(|text| text.parse().map_err(wrong)).transpose()?;
        let filter = FeedbackFilter { since, rating: rating.0.map(self::rating).transpose()? };
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.chat.conversations().feedback(auth.caller(), filter, &page).await?;
        Ok(Json(found.map(GivenDto::from).into()))
    }
}

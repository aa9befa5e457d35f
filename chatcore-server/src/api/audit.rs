//! What those who run the service did about somebody, for whom it is about.

use chatcore::audit::AuditEntry;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::dto::word;
use super::support::{Answer, Auth, PageOf, page_request};

pub(crate) struct AuditApi;

/// Something that those who run the service did about me. Who of them it was is not said.
#[derive(Object)]
#[oai(rename = "OwnAuditEntry")]
struct EntryDto {
    /// Its number in the log of the service.
    number: u64,
    /// When.
    at: String,
    /// What was done: `read_chat`, `delete_chat`, `adjust_balance` and so on.
    act: String,
    /// What kind of thing it was done to: `conversation`, `user` and so on.
    object_kind: String,
    /// To which.
    object: String,
    /// Why.
    reason: Option<String>,
    /// What came of it, in a few words.
    detail: Option<String>,
}

impl From<AuditEntry> for EntryDto {
    fn from(entry: AuditEntry) -> Self {
        Self {
            number: entry.number,
            at: entry.at.to_string(),
            act: word(&entry.act),
            object_kind: word(&entry.object.kind),
            object: entry.object.id,
            reason: entry.reason,
            detail: entry.detail,
        }
    }
}

#[OpenApi(tag = "Tag::Accounts")]
impl AuditApi {
    /// What was done about me
    ///
    /// By those who run the service, the newest first: that somebody opened one of my chats, and why.
    #[oai(path = "/me/audit", method = "get")]
    async fn own(
        &self,
        auth: Auth,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<EntryDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.audit.own(auth.caller(), &page).await?;
        Ok(Json(found.map(EntryDto::from).into()))
    }
}

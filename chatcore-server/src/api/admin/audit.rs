//! What those who run the service did.

use chatcore::account::Permission;
use chatcore::audit::{AuditEntry, AuditHead};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::dto::word;
use crate::api::support::{Answer, Auth, PageOf, body_id, page_request};

pub(crate) struct AuditApi;

/// Something that was done, by whom and why.
#[derive(Object)]
#[oai(rename = "AuditEntry")]
struct EntryDto {
    /// Counted from 1, without gaps.
    number: u64,
    /// When.
    at: String,
    /// The user who did it; `null` if it was the program itself, its command line say.
    actor: Option<String>,
    /// What was done: `suspend`, `read_chat` and so on.
    act: String,
    /// What kind of thing it was done to: `user`, `conversation` and so on.
    object_kind: String,
    /// To which.
    object: String,
    /// The user or visitor whom it is about, who can read of it.
    about: Option<String>,
    /// Why.
    reason: Option<String>,
    /// Where from: the prefix of an address.
    network: Option<String>,
    /// What came of it, in a few words.
    detail: Option<String>,
    /// The hash of the entry before it, as hexadecimal digits.
    previous: String,
    /// The hash of this entry.
    hash: String,
}

impl From<AuditEntry> for EntryDto {
    fn from(entry: AuditEntry) -> Self {
        Self {
            number: entry.number,
            at: entry.at.to_string(),
            actor: entry.actor.map(|actor| actor.to_string()),
            act: word(&entry.act),
            object_kind: word(&entry.object.kind),
            object: entry.object.id,
            about: entry.about.map(|about| about.to_string()),
            reason: entry.reason,
            network: entry.network,
            detail: entry.detail,
            previous: word(&entry.previous),
            hash: word(&entry.hash),
        }
    }
}

/// What a walk along all entries says.
#[derive(Object)]
#[oai(rename = "AuditChain")]
struct ChainDto {
    /// How many entries there are.
    entries: u64,
    /// The hash of the last one. Noted elsewhere, it shows later that nothing up to it was changed.
    head: Option<String>,
    /// The number of the first entry that is not as it was written, if there is one; 0 if it is the end itself.
    broken_at: Option<u64>,
}

#[OpenApi(tag = "Tag::Admin")]
impl AuditApi {
    /// What those who run the service did
    ///
    /// The newest first.
    #[oai(path = "/admin/audit", method = "get")]
    async fn entries(
        &self,
        auth: Auth,
        /// The user or visitor whom it is about; everybody if it is not said.
        about: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<EntryDto>>> {
        auth.caller().require_permission(Permission::SeeAudit)?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let about = body_id(about.0.as_deref(), "user")?;
        let found = auth.app.audit.entries(auth.caller(), about, &page).await?;
        Ok(Json(found.map(EntryDto::from).into()))
    }

    /// Whether all of that is as it was written
    ///
    /// Walks along the whole chain of hashes.
    #[oai(path = "/admin/audit/chain", method = "get")]
    async fn chain(&self, auth: Auth) -> Answer<Json<ChainDto>> {
        let chain = auth.app.audit.verify(auth.caller()).await?;
        let entries = chain.head.map_or(0, |head: AuditHead| head.number);
        let head = chain.head.map(|head| word(&head.hash));
        Ok(Json(ChainDto { entries, head, broken_at: chain.broken_at }))
    }
}

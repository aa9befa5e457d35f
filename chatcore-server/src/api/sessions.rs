//! Where somebody is signed in.

use chatcore::Timestamp;
use chatcore::account::{Session, User, Via};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::support::{Answer, Auth, Done, PageOf, page_request, path_id};

pub(crate) struct SessionApi;

/// A place where somebody is signed in.
#[derive(Debug, Object)]
#[oai(rename = "SessionInfo")]
pub(super) struct SessionInfoDto {
    /// Its id.
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// Whether it can still be used.
    active: bool,
    /// What it is for: `api` or `web`.
    kind: String,
    /// The program that signed in, as it names itself.
    label: Option<String>,
    /// When somebody signed in.
    created_at: String,
    /// When it ends by itself.
    expires_at: String,
    /// When somebody signed out.
    ended_at: Option<String>,
}

impl SessionInfoDto {
    pub(super) fn of(session: Session, of: &User, by: Via, now: Timestamp) -> Self {
        Self {
            id: session.id.to_string(),
            current: by == Via::Session(session.id),
            active: session.is_live(of, now),
            kind: session.kind.name,
            label: session.label,
            created_at: session.created_at.to_string(),
            expires_at: session.expires_at.to_string(),
            ended_at: session.ended_at.map(|at| at.to_string()),
        }
    }
}

#[OpenApi(tag = "Tag::Accounts")]
impl SessionApi {
    /// Where am I signed in
    ///
    /// The oldest sign-in first. Sessions that are over are listed as long as they are kept.
    #[oai(path = "/me/sessions", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<SessionInfoDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.credentials.accounts().sessions(auth.caller(), &page).await?;
        let (user, by, now) = (auth.user()?, auth.caller().via(), auth.app.now());
        Ok(Json(found.map(|session| SessionInfoDto::of(session, user, by, now)).into()))
    }

    /// Sign out somewhere else
    #[oai(path = "/me/sessions/:id", method = "delete")]
    async fn end(&self, auth: Auth, id: Path<String>) -> Answer<Done> {
        let id = path_id(&id, "session")?;
        auth.app.credentials.accounts().end_session(auth.caller(), id).await?;
        Ok(Done::Done)
    }
}

//! Where users are signed in.

use chatcore::account::Permission;
use chatcore::audit::By;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::user;
use crate::api::Tag;
use crate::api::sessions::SessionInfoDto;
use crate::api::support::{Answer, Auth, Done, PageOf, body_id, page_request};
use crate::api::text::Text;

pub(crate) struct SessionApi;

/// Which sessions are to end.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct End {
    /// One of them; all if it is not said.
    session_id: Option<Text>,
    /// Why: 1 to 500 characters. It stands in the audit log, with who did it.
    reason: Option<Text>,
}

#[OpenApi(tag = "Tag::Admin")]
impl SessionApi {
    /// Where a user is signed in
    ///
    /// The oldest sign-in first. Sessions that are over are listed as long as they are kept.
    #[oai(path = "/admin/users/:id/sessions", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        id: Path<String>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<SessionInfoDto>>> {
        let user = user(&auth, &id, Permission::SeeAccounts)?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let accounts = auth.app.credentials.accounts();
        let found = accounts.sessions_of(auth.caller(), user, &page).await?;
        let account = accounts.account(auth.caller(), user).await?;
        let (via, now) = (auth.caller().via(), auth.app.now());
        Ok(Json(found.map(|session| SessionInfoDto::of(session, &account, via, now)).into()))
    }

    /// Sign a user out
    #[oai(path = "/admin/users/:id/sessions/end", method = "post")]
    async fn end(&self, auth: Auth, id: Path<String>, body: Json<End>) -> Answer<Done> {
        let user = user(&auth, &id, Permission::EndSessions)?;
        let session = body_id(body.0.session_id.as_deref(), "session")?;
        let (accounts, by) = (auth.app.credentials.accounts(), By::from(auth.caller()));
        let by = by.because(body.0.reason.as_deref());
        match session {
            Some(session) => accounts.end_session_of(by, user, session).await?,
            None => accounts.end_sessions_of(by, user).await.map(drop)?,
        }
        Ok(Done::Done)
    }
}

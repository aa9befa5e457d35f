//! Keys with which programs act for somebody.

use chatcore::account::{ApiKey, NewKey, Scope, User};
use chatcore::{Error, Timestamp};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use super::Tag;
use super::dto::word;
use super::support::{Answer, Auth, Done, PageOf, page_request, path_id};
use super::text::Text;

pub(crate) struct KeyApi;

/// What a key may do. None may do anything with the account itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "KeyScope", rename_all = "snake_case")]
enum ScopeDto {
    /// Look.
    Read,
    /// Change, and run models.
    Write,
}

impl From<ScopeDto> for Scope {
    fn from(scope: ScopeDto) -> Self {
        match scope {
            ScopeDto::Read => Self::Read,
            ScopeDto::Write => Self::Write,
        }
    }
}

/// A key to be made.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct CreateKey {
    /// What you call it: 1 to 100 characters.
    name: Text,
    /// What it may do; both, if not said.
    scopes: Option<Vec<ScopeDto>>,
    /// When it ends by itself, as in RFC 3339.
    expires_at: Option<Text>,
}

impl CreateKey {
    fn new_key(self) -> Result<NewKey, Error> {
        let wrong = |_| Error::invalid("expires_at", "must be a date and time as in RFC 3339");
        let expires_at = self.expires_at.map(|end| end.parse().map_err(wrong)).transpose()?;
        let scopes = self.scopes.unwrap_or_else(|| vec![ScopeDto::Read, ScopeDto::Write]);
        Ok(NewKey { name: self.name.into(), scopes: scopes.into_iter().map(Scope::from).collect(), expires_at })
    }
}

/// A key.
#[derive(Debug, Object)]
#[oai(rename = "ApiKey")]
struct ApiKeyDto {
    /// Its id.
    id: String,
    /// `key`, or `token` for one that a front end got at sign-in.
    kind: String,
    /// What you call it.
    name: String,
    /// How it begins.
    prefix: String,
    /// What it may do.
    scopes: Vec<String>,
    /// Whether it can still be used.
    active: bool,
    /// When it was made.
    created_at: String,
    /// When it was used last, to a minute.
    last_used_at: Option<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// When it was revoked.
    revoked_at: Option<String>,
}

impl ApiKeyDto {
    fn of(key: &ApiKey, owner: &User, now: Timestamp) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: key.id.to_string(),
            kind: word(&key.kind),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            scopes: key.scopes.iter().map(word).collect(),
            active: key.is_live(owner, now),
            created_at: key.created_at.to_string(),
            last_used_at: text(key.last_used_at),
            expires_at: text(key.expires_at),
            revoked_at: text(key.revoked_at),
        }
    }
}

/// A key that was made.
#[derive(Debug, Object)]
struct NewApiKey {
    /// What the program sends, as `Authorization: Bearer` or `X-Api-Key`. It is shown once.
    secret: String,
    /// The key.
    api_key: ApiKeyDto,
}

/// A key was made.
#[derive(ApiResponse)]
enum Created {
    /// It can be used at once.
    #[oai(status = 201)]
    Created(Json<NewApiKey>),
}

#[OpenApi(tag = "Tag::Accounts")]
impl KeyApi {
    /// My keys
    ///
    /// The oldest first; revoked ones, too.
    #[oai(path = "/me/api-keys", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<ApiKeyDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.credentials.accounts().keys(auth.caller(), &page).await?;
        let (user, now) = (auth.user()?, auth.app.now());
        Ok(Json(found.map(|key| ApiKeyDto::of(&key, user, now)).into()))
    }

    /// Make a key for a program
    #[oai(path = "/me/api-keys", method = "post")]
    async fn create(&self, auth: Auth, body: Json<CreateKey>) -> Answer<Created> {
        let made = auth.app.credentials.accounts().create_key(auth.caller(), body.0.new_key()?).await?;
        let api_key = ApiKeyDto::of(&made.key, auth.user()?, auth.app.now());
        Ok(Created::Created(Json(NewApiKey { secret: made.secret, api_key })))
    }

    /// Revoke a key
    #[oai(path = "/me/api-keys/:id", method = "delete")]
    async fn revoke(&self, auth: Auth, id: Path<String>) -> Answer<Done> {
        let id = path_id(&id, "key")?;
        auth.app.credentials.accounts().revoke_key(auth.caller(), id).await?;
        Ok(Done::Done)
    }
}

//! Registering, signing in, staying signed in, signing out.

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount, PasswordPolicy, SessionKind, SignedIn};
use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::dto::UserDto;
use super::guest::Guest;
use super::support::{Answer, Auth, Done, Public};
use super::text::Text;
use crate::app::App;
use crate::http::Problem;

pub(crate) struct AuthApi;

/// Who registers. One of the two names is needed.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Register {
    /// The address to sign in with.
    email: Option<Text>,
    /// The name to sign in with: 3 to 64 letters, digits, dots, dashes or underscores.
    username: Option<Text>,
    /// At least 12 characters, and not one that everybody uses.
    password: Text,
    /// The token of the visitor that they were until now.
    visitor_token: Option<Text>,
}

/// Who signs in.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Login {
    /// The name or the address.
    login: Text,
    /// The password.
    password: Text,
    /// The token of the visitor that they were until now.
    visitor_token: Option<Text>,
}

/// A refresh token.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Refresh {
    /// The token.
    refresh_token: Text,
}

/// Somebody is signed in.
#[derive(Object)]
#[oai(rename = "Session")]
pub(super) struct SessionDto {
    /// Send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// How long the access token lasts, in seconds.
    expires_in: u64,
    /// Gets the next access token, once.
    refresh_token: String,
    /// Who.
    user: UserDto,
    /// Whether what was the visitor's is theirs now; `null` for who came with no visitor's token.
    visitor_merged: Option<bool>,
}

impl SessionDto {
    pub(super) fn of(app: &App, signed_in: SignedIn, visitor_merged: Option<bool>) -> Answer<Self> {
        let access = app.credentials.access();
        let token = access.issue(&signed_in, app.now()).map_err(|error| {
            tracing::error!(%error, "failed to sign an access token");
            Problem::internal()
        })?;
        Ok(Self {
            access_token: token,
            token_type: "Bearer".to_owned(),
            expires_in: access.lifetime().as_secs(),
            refresh_token: signed_in.token,
            user: UserDto::from(&signed_in.user),
            visitor_merged,
        })
    }
}

/// A sign-in that fails has a type of its own: the same for a wrong password and for nobody of that name.
pub(crate) fn wrong_credentials(error: Error) -> Problem {
    let detail = "That name and password do not belong together.";
    match error {
        Error::Unauthenticated => Problem::new(StatusCode::UNAUTHORIZED, "wrong-credentials", "Sign-in failed", detail),
        other => other.into(),
    }
}

/// An account was made.
#[derive(ApiResponse)]
enum Registered {
    /// It is there, and signed in.
    #[oai(status = 201)]
    Created(Json<SessionDto>),
}

#[OpenApi(tag = "Tag::Accounts")]
impl AuthApi {
    /// Make an account and sign in
    #[oai(path = "/auth/register", method = "post")]
    async fn register(&self, guest: Guest, body: Json<Register>) -> Answer<Registered> {
        let Json(Register { email, username, password, visitor_token }) = body;
        let accounts = guest.app.credentials.accounts();
        let new = NewAccount {
            username: username.map(String::from),
            email: email.map(String::from),
            password: password.into(),
            policy: PasswordPolicy::default(),
        };
        let user = accounts.register(new).await?;
        let signed_in = accounts.open(user.id, SessionKind::api(), guest.label.clone()).await?;
        Ok(Registered::Created(Json(guest.session(signed_in, visitor_token).await?)))
    }

    /// Sign in
    #[oai(path = "/auth/login", method = "post")]
    async fn login(&self, guest: Guest, body: Json<Login>) -> Answer<Json<SessionDto>> {
        let Json(Login { login, password, visitor_token }) = body;
        let attempt = Attempt {
            login: login.into(),
            password: password.into(),
            network: Some(guest.network.clone()),
            kind: SessionKind::api(),
            label: guest.label.clone(),
        };
        let signed_in = guest.app.credentials.accounts().sign_in(attempt).await.map_err(wrong_credentials)?;
        Ok(Json(guest.session(signed_in, visitor_token).await?))
    }

    /// Stay signed in
    ///
    /// A refresh token works once. Used again much later, it ends the session: somebody else has it.
    #[oai(path = "/auth/refresh", method = "post")]
    async fn refresh(&self, app: Public, body: Json<Refresh>) -> Answer<Json<SessionDto>> {
        let app = app.0;
        let signed_in = app.credentials.accounts().refresh(&body.refresh_token).await?;
        Ok(Json(SessionDto::of(&app, signed_in, None)?))
    }

    /// Sign out
    #[oai(path = "/auth/logout", method = "post")]
    async fn logout(&self, app: Public, body: Json<Refresh>) -> Answer<Done> {
        app.0.credentials.accounts().logout(&body.refresh_token).await?;
        Ok(Done::Done)
    }

    /// Sign out everywhere
    #[oai(path = "/auth/logout-all", method = "post")]
    async fn logout_all(&self, auth: Auth) -> Answer<Done> {
        auth.app.credentials.accounts().logout_all(auth.caller()).await?;
        Ok(Done::Done)
    }
}

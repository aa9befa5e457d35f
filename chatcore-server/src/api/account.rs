//! What somebody does with their own account, and shows again that it is them for.

use chatcore::Error;
use chatcore::account::{PasswordPolicy, ProfileChange};
use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::dto::UserDto;
use super::optional::Optional;
use super::support::{Answer, Auth, Done};
use super::text::{Text, change};
use crate::http::Problem;

pub(crate) struct AccountApi;

/// What changes of a profile.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Profile {
    /// What I want to be called: one line of at most 100 characters.
    display_name: MaybeUndefined<Text>,
    /// The language that I read, a tag of BCP 47 such as `de-AT`.
    locale: MaybeUndefined<Text>,
}

/// A new password.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct ChangePassword {
    /// The password until now. Who has none has signed in within the last ten minutes.
    current_password: Option<Text>,
    /// The password from now on: at least 12 characters, and not one that everybody uses.
    password: Text,
}

/// Who closes an account.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Close {
    /// The password. Who has none has signed in within the last ten minutes.
    current_password: Option<Text>,
}

/// Somebody who is signed in did not show again that it is them. That is no reason to sign them out, so it is not a 401.
pub(super) fn not_confirmed(error: Error) -> Problem {
    let detail = "Give your current password in `current_password`; if you have none, sign in again first.";
    match error {
        Error::Unauthenticated => Problem::new(StatusCode::FORBIDDEN, "not-confirmed", "Not confirmed", detail),
        other => other.into(),
    }
}

#[OpenApi(tag = "Tag::Accounts")]
impl AccountApi {
    /// Who am I
    #[oai(path = "/me", method = "get")]
    async fn me(&self, auth: Auth) -> Answer<Json<UserDto>> {
        let user = auth.app.credentials.accounts().me(auth.caller()).await?;
        Ok(Json(UserDto::from(&user)))
    }

    /// Change what I am called
    ///
    /// A field that is not there stays as it is, `null` clears it.
    #[oai(path = "/me", method = "patch")]
    async fn update(&self, auth: Auth, body: Json<Profile>) -> Answer<Json<UserDto>> {
        let Json(Profile { display_name, locale }) = body;
        let change = ProfileChange { display_name: change(display_name), locale: change(locale) };
        let user = auth.app.credentials.accounts().set_profile(auth.caller(), change).await?;
        Ok(Json(UserDto::from(&user)))
    }

    /// Change the password
    ///
    /// All other sessions end, and so do access tokens of this one: its refresh token, or its cookie, goes on.
    #[oai(path = "/me/password", method = "put")]
    async fn change_password(&self, auth: Auth, body: Json<ChangePassword>) -> Answer<Done> {
        let Json(ChangePassword { current_password, password }) = body;
        let current = current_password.as_deref().unwrap_or_default();
        let accounts = auth.app.credentials.accounts();
        let changed = accounts.change_password(auth.caller(), current, &password, PasswordPolicy::default()).await;
        changed.map_err(not_confirmed)?;
        Ok(Done::Done)
    }

    /// Close the account
    ///
    /// For good: nobody gets in any more, and what is in it is removed.
    #[oai(path = "/me", method = "delete")]
    async fn close(&self, auth: Auth, body: Optional<Close>) -> Answer<Done> {
        let password = body.0.and_then(|body| body.current_password);
        let password = password.as_deref().unwrap_or_default();
        auth.app.credentials.accounts().close_account(auth.caller(), password).await.map_err(not_confirmed)?;
        Ok(Done::Done)
    }
}

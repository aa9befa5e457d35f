//! A forgotten password: a code by mail, and a new password for the code.

use chatcore::account::PasswordPolicy;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::support::{Accepted, Answer, Done, Public};
use super::text::Text;

pub(crate) struct RecoveryApi;

/// Whose password is forgotten.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Forgot {
    /// The name or the address.
    login: Text,
}

/// A new password for a code.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Reset {
    /// The code from the mail. It works once, for ten minutes.
    code: Text,
    /// The password from now on: at least 12 characters, and not one that everybody uses.
    password: Text,
}

#[OpenApi(tag = "Tag::Accounts")]
impl RecoveryApi {
    /// Get a mail to set a new password with
    ///
    /// The answer is the same whether or not there is somebody of that name.
    #[oai(path = "/auth/password/forgot", method = "post")]
    async fn forgot(&self, app: Public, body: Json<Forgot>) -> Answer<Accepted> {
        app.0.credentials.accounts().forgot(&body.login).await?;
        Ok(Accepted::Accepted)
    }

    /// Set a new password with the code from the mail
    ///
    /// All sessions end. A password that cannot be taken leaves the code as it is.
    #[oai(path = "/auth/password/reset", method = "post")]
    async fn reset(&self, app: Public, body: Json<Reset>) -> Answer<Done> {
        let Json(Reset { code, password }) = body;
        app.0.credentials.accounts().reset(&code, &password, PasswordPolicy::default()).await?;
        Ok(Done::Done)
    }
}

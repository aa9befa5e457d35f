//! Addresses: they become somebody's when mail to them is answered.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::account::not_confirmed;
use super::support::{Accepted, Answer, Auth, Done, Public};
use super::text::Text;

pub(crate) struct EmailApi;

/// Another address.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct ChangeEmail {
    /// The address. It gets a mail, and is yours once that was answered.
    email: Text,
    /// The password. Who has none has signed in within the last ten minutes.
    current_password: Option<Text>,
}

/// A mail was answered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Verify {
    /// The code from the mail. It works once, for ten minutes.
    code: Text,
}

#[OpenApi(tag = "Tag::Accounts")]
impl EmailApi {
    /// Change the address
    #[oai(path = "/me/email", method = "put")]
    async fn change(&self, auth: Auth, body: Json<ChangeEmail>) -> Answer<Accepted> {
        let Json(ChangeEmail { email, current_password }) = body;
        let password = current_password.as_deref().unwrap_or_default();
        let accounts = auth.app.credentials.accounts();
        accounts.change_email(auth.caller(), password, &email).await.map_err(not_confirmed)?;
        Ok(Accepted::Accepted)
    }

    /// Show that an address is yours
    ///
    /// With the code from a mail that came after registering, or after the address was changed.
    #[oai(path = "/auth/email/verify", method = "post")]
    async fn verify(&self, app: Public, body: Json<Verify>) -> Answer<Done> {
        app.0.credentials.accounts().verify_email(&body.code).await?;
        Ok(Done::Done)
    }

    /// Get another mail to show that your address is yours
    #[oai(path = "/auth/email/verify-again", method = "post")]
    async fn verify_again(&self, auth: Auth) -> Answer<Accepted> {
        auth.app.credentials.accounts().verify_again(auth.caller()).await?;
        Ok(Accepted::Accepted)
    }
}

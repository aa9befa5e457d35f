//! Making the first admin.

use chatcore::account::{NewAccount, PasswordPolicy};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::dto::UserDto;
use super::support::{Answer, Public};
use super::text::Text;

pub(crate) struct SetUpApi;

/// Who is the first admin. One of the two names is needed.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct SetUp {
    /// The code of the link that the server printed when it started.
    code: Text,
    /// The address to sign in with.
    email: Option<Text>,
    /// The name to sign in with: 3 to 64 letters, digits, dots, dashes or underscores.
    username: Option<Text>,
    /// At least 12 characters, and not one that everybody uses.
    password: Text,
}

/// The first admin was made.
#[derive(ApiResponse)]
enum MadeAdmin {
    /// They are there, and can sign in.
    #[oai(status = 201)]
    Created(Json<UserDto>),
}

#[OpenApi(tag = "Tag::Accounts")]
impl SetUpApi {
    /// Make the first admin
    ///
    /// With the code that a server without an admin prints when it starts. Once there is an admin no such code works.
    #[oai(path = "/auth/set-up", method = "post")]
    async fn set_up(&self, app: Public, body: Json<SetUp>) -> Answer<MadeAdmin> {
        let Json(SetUp { code, email, username, password }) = body;
        let new = NewAccount {
            username: username.map(String::from),
            email: email.map(String::from),
            password: password.into(),
            policy: PasswordPolicy::default(),
        };
        let user = app.0.credentials.accounts().set_up(&code, new).await?;
        Ok(MadeAdmin::Created(Json(UserDto::from(&user))))
    }
}

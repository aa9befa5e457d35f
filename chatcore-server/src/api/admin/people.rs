//! Users: finding them, shutting them out, deleting them, and what they may do.

use chatcore::account::{AccountRole, Permission, User};
use chatcore::audit::By;
use chatcore::office::PersonQuery;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{Why, known, user};
use crate::api::Tag;
use crate::api::dto::word;
use crate::api::support::{Answer, Auth, Done, PageOf, page_request};
use crate::api::text::Text;

pub(crate) struct PeopleApi;

/// Somebody with an account, as those who run the service see them.
#[derive(Object)]
#[oai(rename = "Account")]
struct AccountDto {
    /// Their id.
    id: String,
    /// Their number, from 1.
    number: u64,
    /// The name they sign in with.
    username: Option<String>,
    /// The address they sign in with.
    email: Option<String>,
    /// What they want to be called.
    display_name: Option<String>,
    /// `user`, `staff` or `admin`.
    role: String,
    /// `active`, `suspended` or `deleted`.
    state: String,
    /// When they came.
    created_at: String,
}

impl From<User> for AccountDto {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            number: user.number,
            username: user.username,
            email: user.email,
            display_name: user.display_name,
            role: word(&user.role),
            state: word(&user.state),
            created_at: user.created_at.to_string(),
        }
    }
}

/// What somebody may do from now on.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct SetRole {
    /// `user`, `staff` or `admin`.
    role: Text,
    /// Why: 1 to 500 characters. It stands in the audit log, with who did it.
    reason: Option<Text>,
}

/// Why something is done that nobody does without a reason.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Because {
    /// Why: 1 to 500 characters. It stands in the audit log, with who did it.
    reason: Text,
}

#[OpenApi(tag = "Tag::Admin")]
impl PeopleApi {
    /// Find users
    ///
    /// In the order in which they came; with a text, those whose name begins so, then those whose address does. A page may be
    /// shorter than asked for: as long as there is a `next_cursor` there may be more.
    #[oai(path = "/admin/users", method = "get")]
    async fn find(
        &self,
        auth: Auth,
        /// The beginning of a name or of an address; a number; an id.
        q: Query<Option<String>>,
        /// `user`, `staff` or `admin`.
        role: Query<Option<String>>,
        /// `active`, `suspended` or `deleted`.
        state: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<AccountDto>>> {
        auth.caller().require_permission(Permission::SeeAccounts)?;
        let query = PersonQuery {
            text: q.0,
            role: role.0.map(|role| known("role", &role)).transpose()?,
            state: state.0.map(|state| known("state", &state)).transpose()?,
        };
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.people(auth.caller(), &query, &page).await?;
        Ok(Json(found.map(AccountDto::from).into()))
    }

    /// A user
    #[oai(path = "/admin/users/:id", method = "get")]
    async fn one(&self, auth: Auth, id: Path<String>) -> Answer<Json<AccountDto>> {
        let user = user(&auth, &id, Permission::SeeAccounts)?;
        Ok(Json(auth.app.credentials.accounts().account(auth.caller(), user).await?.into()))
    }

    /// Shut a user out
    ///
    /// Their sessions, keys and codes work no more, at once.
    #[oai(path = "/admin/users/:id/suspend", method = "post")]
    async fn suspend(&self, auth: Auth, id: Path<String>, body: Json<Why>) -> Answer<Json<AccountDto>> {
        let user = user(&auth, &id, Permission::Suspend)?;
        let by = By::from(auth.caller()).because(body.0.reason.as_deref());
        Ok(Json(auth.app.credentials.accounts().suspend(by, user).await?.into()))
    }

    /// Let a user in again
    ///
    /// They sign in anew.
    #[oai(path = "/admin/users/:id/reinstate", method = "post")]
    async fn reinstate(&self, auth: Auth, id: Path<String>, body: Json<Why>) -> Answer<Json<AccountDto>> {
        let user = user(&auth, &id, Permission::Suspend)?;
        let by = By::from(auth.caller()).because(body.0.reason.as_deref());
        Ok(Json(auth.app.credentials.accounts().reinstate(by, user).await?.into()))
    }

    /// Delete a user's account
    ///
    /// For good. Nobody gets in any more, at once; what was theirs is erased within two hours. Refused while a subscription
    /// would be charged for again, and for the last admin.
    #[oai(path = "/admin/users/:id", method = "delete")]
    async fn delete(&self, auth: Auth, id: Path<String>, body: Json<Because>) -> Answer<Done> {
        let user = user(&auth, &id, Permission::DeleteAccounts)?;
        let by = By::from(auth.caller()).because(&*body.0.reason);
        auth.app.credentials.accounts().delete_account(by, user).await?;
        Ok(Done::Done)
    }

    /// Say what a user may do
    #[oai(path = "/admin/users/:id/role", method = "put")]
    async fn role(&self, auth: Auth, id: Path<String>, body: Json<SetRole>) -> Answer<Json<AccountDto>> {
        let user = user(&auth, &id, Permission::SetRoles)?;
        let role: AccountRole = known("role", &body.0.role)?;
        let by = By::from(auth.caller()).because(body.0.reason.as_deref());
        Ok(Json(auth.app.credentials.accounts().set_role(by, user, role).await?.into()))
    }
}

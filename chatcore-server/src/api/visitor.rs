//! People without an account, and the ways to get one.

use chatcore::account::Visitor;
use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::guest::Guest;
use super::support::{Answer, Public};
use crate::http::Problem;

pub(crate) struct VisitorApi;

/// Somebody without an account.
#[derive(Object)]
#[oai(rename = "Visitor")]
pub(crate) struct VisitorDto {
    /// Their id.
    id: String,
    /// When they came.
    created_at: String,
}

impl From<Visitor> for VisitorDto {
    fn from(visitor: Visitor) -> Self {
        Self { id: visitor.id.to_string(), created_at: visitor.created_at.to_string() }
    }
}

/// A visitor has come.
#[derive(Object)]
struct Visit {
    /// Send it as `Authorization: Bearer`, and as `visitor_token` when you sign in. It lasts until then.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Who.
    visitor: VisitorDto,
}

/// A visitor was let in.
#[derive(ApiResponse)]
enum Visited {
    /// They may chat.
    #[oai(status = 201)]
    Created(Json<Visit>),
}

/// The ways in.
#[derive(Object)]
struct Providers {
    /// Whether people sign in with a password.
    password: bool,
    /// Whether people may chat without an account.
    visitors: bool,
    /// Whether people sign in with an Ethereum wallet.
    wallet: bool,
    /// The providers at which people sign in, by the names that they have in addresses.
    oauth: Vec<String>,
}

/// Where people without an account are not let in.
pub(crate) fn no_visitors() -> Problem {
    let detail = "This server lets nobody in without an account: sign in.";
    Problem::new(StatusCode::FORBIDDEN, "no-visitors", "Visitors are not let in", detail)
}

#[OpenApi(tag = "Tag::Accounts")]
impl VisitorApi {
    /// Chat without an account
    ///
    /// What a visitor makes is theirs, and becomes that of the user as whom they sign in.
    #[oai(path = "/auth/visitor", method = "post")]
    async fn visit(&self, guest: Guest) -> Answer<Visited> {
        let credentials = &guest.app.credentials;
        if !credentials.takes_visitors() {
            return Err(no_visitors());
        }
        let new = credentials.accounts().open_visitor(&guest.network).await?;
        Ok(Visited::Created(Json(Visit {
            access_token: new.token,
            token_type: "Bearer".to_owned(),
            visitor: new.visitor.into(),
        })))
    }

    /// The ways to sign in
    #[oai(path = "/auth/providers", method = "get")]
    async fn providers(&self, app: Public) -> Answer<Json<Providers>> {
        let app = app.0;
        Ok(Json(Providers {
            password: true,
            visitors: app.credentials.takes_visitors(),
            wallet: !app.ways.sites.is_empty(),
            oauth: app.ways.oauth.names().map(str::to_owned).collect(),
        }))
    }
}

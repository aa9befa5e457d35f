//! The ways into the caller's own account.

use chatcore::Error;
use chatcore::account::{Identity, IdentityKey, Scope};
use chatcore::store::OrderedKey;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::oauth::{Begun, Browser};
use super::support::{Answer, Auth};
use super::wallet::SignedMessage;
use crate::http::Problem;

pub(crate) struct IdentityApi;

/// A way into an account.
#[derive(Object)]
#[oai(rename = "Identity")]
struct IdentityDto {
    /// Its id.
    id: String,
    /// What it is: `username`, `email`, `password`, `oauth` or `wallet`.
    kind: String,
    /// The provider, if it is an account there.
    provider: Option<String>,
    /// The name, the address, or the provider's own id for the account; passwords have none.
    value: Option<String>,
    /// When it was shown to be theirs.
    verified_at: Option<String>,
    /// When it was added.
    created_at: String,
}

/// All ways in.
#[derive(Object)]
struct Identities {
    /// The ways in.
    items: Vec<IdentityDto>,
}

/// Nothing to say.
#[derive(ApiResponse)]
enum Done {
    /// Done.
    #[oai(status = 204)]
    Done,
}

impl From<Identity> for IdentityDto {
    fn from(identity: Identity) -> Self {
        let Identity { key, verified_at, created_at, .. } = identity;
        let id = id_of(&key);
        let (kind, provider, value) = match key {
            IdentityKey::Username(name) => ("username", None, Some(name)),
            IdentityKey::Email(address) => ("email", None, Some(address)),
            IdentityKey::Password(_) => ("password", None, None),
            IdentityKey::OAuth { provider, subject } => ("oauth", Some(provider), Some(subject)),
            IdentityKey::Wallet(address) => ("wallet", None, Some(address)),
            _ => ("other", None, None),
        };
        let verified_at = verified_at.map(|at| at.to_string());
        Self { id, kind: kind.to_owned(), provider, value, verified_at, created_at: created_at.to_string() }
    }
}

/// What comes before the digits of an id.
const PREFIX: &str = "idn_";

/// The id of a way in: its key, which says no more than its owner knows.
fn id_of(key: &IdentityKey) -> String {
    let mut bytes = Vec::new();
    key.write(&mut bytes);
    bytes.iter().fold(PREFIX.to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

/// The way in of an id. One that cannot be an id is the id of nothing.
fn key_of(id: &str) -> Result<IdentityKey, Error> {
    let missing = Error::NotFound("identity");
    let Some(digits) = id.strip_prefix(PREFIX).filter(|digits| digits.is_ascii()) else { return Err(missing) };
    let pair = |at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(pair).collect();
    let key = bytes.and_then(|bytes| IdentityKey::read(&mut bytes.as_slice()));
    key.filter(|key| id_of(key) == id).ok_or(missing)
}

#[OpenApi(tag = "Tag::Accounts")]
impl IdentityApi {
    /// The ways into my account
    #[oai(path = "/me/identities", method = "get")]
    async fn list(&self, auth: Auth) -> Answer<Json<Identities>> {
        let found = auth.app.credentials.accounts().identities(auth.caller()).await?;
        Ok(Json(Identities { items: found.into_iter().map(IdentityDto::from).collect() }))
    }

    /// Take a way into my account away
    ///
    /// One is left, always: an account at a provider, a wallet, or a password together with a name or an address.
    #[oai(path = "/me/identities/:id", method = "delete")]
    async fn unlink(&self, auth: Auth, id: Path<String>) -> Answer<Done> {
        // whoever has no account learns nothing from what an id looks like
        auth.caller().require(Scope::Account)?;
        auth.app.credentials.accounts().unlink(auth.caller(), key_of(&id)?).await?;
        Ok(Done::Done)
    }

    /// Link a wallet to my account
    ///
    /// The message comes from `/auth/wallet/challenge`.
    #[oai(path = "/me/identities/wallet", method = "post")]
    async fn link_wallet(&self, auth: Auth, body: Json<SignedMessage>) -> Answer<Done> {
        // before the message is used up
        auth.caller().require(Scope::Account)?;
        let proof = body.proof(&auth.app).await?;
        auth.app.credentials.accounts().link(auth.caller(), &proof).await.map_err(taken)?;
        Ok(Done::Done)
    }

    /// Go to a provider to link an account there to mine
    ///
    /// The answer sets a cookie without which the browser is not known when it comes back, so a page of the same site has to
    /// ask. In the end the front end finds the provider's name as `linked` in its address, or an `error`.
    #[oai(path = "/me/identities/oauth/:provider", method = "post")]
    async fn link_provider(
        &self,
        auth: Auth,
        browser: Browser,
        provider: Path<String>,
        /// Where the browser goes in the end: one of the addresses that the server was told of, the first if not given.
        redirect_uri: Query<Option<String>>,
    ) -> Answer<Begun> {
        auth.caller().require(Scope::Account)?;
        let way = browser.depart(&provider, redirect_uri.as_deref(), None, Some(auth.caller())).await?;
        Ok(Begun::url(way))
    }
}

/// It is a way into another account.
fn taken(error: Error) -> Problem {
    match error {
        Error::Taken(_) => Problem::conflict("taken", "It is a way into another account."),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_what_they_are_of() {
        let oauth = IdentityKey::OAuth { provider: "corp".to_owned(), subject: "ann ü 1".to_owned() };
        for key in [oauth, IdentityKey::email("ann@example.org"), IdentityKey::Wallet("0x00".to_owned())] {
            let id = id_of(&key);
            assert_eq!(key_of(&id).unwrap(), key);
            for wrong in
                [&id[1..], &id[..id.len() - 1], &format!("{id}00"), &id.replace("idn_", "IDN_"), "idn_ü", "idn_"]
            {
                assert!(key_of(wrong).is_err(), "{wrong}");
            }
        }
    }
}

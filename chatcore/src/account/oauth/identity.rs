//! Who somebody is at a provider.

use serde::{Deserialize, Serialize};

use super::claims::{ClaimRefusal, ExpectedClaims, IdClaims};
use crate::account::check_email;

/// Longer names are cut.
const NAME_CHARS: usize = 200;

/// Somebody as a provider knows them. Issuer and subject say who it is, always; name and address may change hands.
///
/// The address never finds an account: whoever controls an address at some provider would get the account of whoever used
/// it here. It may be kept for an account when it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalIdentity {
    /// What the provider is called here.
    pub provider: String,
    /// What it calls itself.
    pub issuer: String,
    /// What it calls the person, and never anybody else.
    pub subject: String,
    /// Their address, if it says one that can be one.
    pub email: Option<String>,
    /// Whether the provider says that they read mail there.
    pub email_verified: bool,
    /// What to call them.
    pub name: Option<String>,
}

impl ExternalIdentity {
    /// Who the claims of an ID token are about, if they are for this login.
    ///
    /// # Errors
    /// [`ClaimRefusal`].
    pub fn of_claims(provider: &str, claims: IdClaims, expected: &ExpectedClaims<'_>) -> Result<Self, ClaimRefusal> {
        expected.check(&claims)?;
        let email = claims.email.filter(|address| check_email(address).is_ok());
        Ok(Self {
            provider: provider.to_owned(),
            issuer: claims.iss,
            subject: claims.sub,
            email_verified: claims.email_verified && email.is_some(),
            email,
            name: claims.name.and_then(|name| shown(&name)),
        })
    }

    /// Who a profile of X is about. X says no address.
    ///
    /// # Errors
    /// [`ClaimRefusal::Subject`] when it names nobody.
    pub fn of_twitter(provider: &str, issuer: &str, profile: TwitterProfile) -> Result<Self, ClaimRefusal> {
        let TwitterProfile { id, name, username } = profile;
        if id.is_empty() || id.len() > 20 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ClaimRefusal::Subject);
        }
        Ok(Self {
            provider: provider.to_owned(),
            issuer: issuer.to_owned(),
            subject: id,
            email: None,
            email_verified: false,
            name: [name, username].into_iter().flatten().find_map(|name| shown(&name)),
        })
    }
}

/// What X says of whoever an access token is of (`/2/users/me`, under `data`).
#[derive(Debug, Clone, Deserialize)]
pub struct TwitterProfile {
    /// A number that stays.
    pub id: String,
    /// The name that is shown.
    pub name: Option<String>,
    /// The name behind the `@`, which may change hands.
    pub username: Option<String>,
}

/// A name without what does not show.
fn shown(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

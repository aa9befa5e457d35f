//! Tokens for a code.

use chatcore::account::oauth::ProviderError;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::error::{Ask, OAuthError};
use super::fetch::{Fetch, parse};
use super::login::Grant;
use super::provider::Metadata;
use crate::config::OAuthEntry;

/// What a provider hands out for a code.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: SecretString,
    token_type: String,
    pub(super) id_token: Option<String>,
}

/// What it says when it does not.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// Redeems a code. Never twice: a code counts once, and a second try would end what the first got.
pub(super) async fn redeem(
    fetch: &Fetch,
    entry: &OAuthEntry,
    metadata: &Metadata,
    grant: &Grant<'_>,
) -> Result<Tokens, OAuthError> {
    match fetch.answer(Ask::Tokens, request(fetch, entry, metadata, grant)).await? {
        (StatusCode::OK, body) => {
            let tokens: Tokens = parse(Ask::Tokens, &body)?;
            let bearer = tokens.token_type.eq_ignore_ascii_case("bearer");
            if bearer { Ok(tokens) } else { Err(OAuthError::Malformed(Ask::Tokens)) }
        }
        (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, body) => {
            let refused: Refused = parse(Ask::Tokens, &body)?;
            Err(OAuthError::Code(ProviderError::new(&refused.error)))
        }
        (status, _) => Err(OAuthError::Status { what: Ask::Tokens, status: status.as_u16() }),
    }
}

fn request(fetch: &Fetch, entry: &OAuthEntry, metadata: &Metadata, grant: &Grant<'_>) -> RequestBuilder {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", grant.code)
        .append_pair("redirect_uri", grant.redirect_uri)
        .append_pair("client_id", &entry.client_id);
    if let Some(verifier) = grant.verifier {
        form.append_pair("code_verifier", verifier);
    }
    let mut request = fetch.client.post(&metadata.token_endpoint);
    if let Some(secret) = &entry.client_secret {
        if metadata.takes_basic {
            // both parts are form-encoded first (RFC 6749, 2.3.1)
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encode(&entry.client_id), Some(encode(secret.expose_secret())));
        } else {
            form.append_pair("client_secret", secret.expose_secret());
        }
    }
    request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())
}

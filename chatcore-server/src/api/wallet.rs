//! Signing in with an Ethereum wallet (EIP-4361).

use chatcore::Error;
use chatcore::account::wallet::{Address, AddressError};
use chatcore::account::{Proof, SessionKind};
use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::auth::SessionDto;
use super::guest::Guest;
use super::support::Answer;
use super::text::Text;
use crate::app::App;
use crate::http::Problem;

pub(crate) struct WalletApi;

/// Who is going to sign.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct WalletQuestion {
    /// The address of the wallet: `0x` and 40 hexadecimal digits, with the checksum of EIP-55 or in lower case.
    address: Text,
    /// The chain that the wallet is on: 1 is Ethereum.
    #[oai(validator(minimum(value = "1")))]
    chain_id: u64,
}

/// A message to be signed.
#[derive(Object)]
struct WalletChallenge {
    /// The message, for `personal_sign`. A page may write its own with the same nonce, by EIP-4361.
    message: String,
    /// What makes it count once.
    nonce: String,
    /// When it is void.
    expires_at: String,
}

/// A message that was signed.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct SignedMessage {
    /// The message, to the letter.
    message: Text,
    /// The signature: `0x` and hexadecimal digits.
    signature: Text,
}

/// Somebody signs in with a message that their wallet signed.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct WalletSignIn {
    /// The message, to the letter.
    message: Text,
    /// The signature: `0x` and hexadecimal digits.
    signature: Text,
    /// The token of the visitor that they were until now.
    visitor_token: Option<Text>,
}

/// A wallet in one of the spellings that programs use: with its checksum, or all in lower case.
fn address(text: &str) -> Result<Address, Error> {
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let parsed: Result<Address, AddressError> = if lower { text.parse() } else { Address::from_checksummed(text) };
    parsed.map_err(|error| Error::invalid("address", error.to_string()))
}

fn no_wallets() -> Problem {
    let detail = "Nobody signs in with a wallet here.";
    Problem::new(StatusCode::NOT_FOUND, "no-wallets", "No wallets", detail)
}

/// Refuses where nobody signs in with a wallet.
fn expect_wallets(app: &App) -> Answer<()> {
    if app.ways.sites.is_empty() { Err(no_wallets()) } else { Ok(()) }
}

impl SignedMessage {
    /// A message and its signature, as they came.
    pub(crate) fn new(message: String, signature: String) -> Self {
        Self { message: message.into(), signature: signature.into() }
    }

    /// The proof that it is.
    pub(crate) async fn proof(&self, app: &App) -> Answer<Proof> {
        expect_wallets(app)?;
        let (accounts, ways) = (app.credentials.accounts(), &app.ways);
        let proof = accounts.wallet_proof(&self.message, &self.signature, &ways.sites, &*ways.wallets).await;
        proof.map_err(|error| match error {
            Error::Unauthenticated => {
                let detail = "The signature is not of this wallet under this message.";
                Problem::new(StatusCode::UNAUTHORIZED, "wrong-credentials", "Sign-in failed", detail)
            }
            other => other.into(),
        })
    }
}

#[OpenApi(tag = "Tag::Accounts")]
impl WalletApi {
    /// A message for a wallet to sign
    #[oai(path = "/auth/wallet/challenge", method = "post")]
    async fn challenge(&self, guest: Guest, body: Json<WalletQuestion>) -> Answer<Json<WalletChallenge>> {
        let site = guest.app.ways.site(guest.origin.as_deref()).ok_or_else(no_wallets)?;
        let accounts = guest.app.credentials.accounts();
        let asked = accounts.wallet_challenge(site, address(&body.address)?, body.chain_id).await?;
        Ok(Json(WalletChallenge {
            message: asked.message.to_string(),
            nonce: asked.nonce.to_string(),
            expires_at: asked.expires_at.to_string(),
        }))
    }

    /// Sign in with a wallet
    ///
    /// Makes the account when nobody has come with that wallet before. A message counts once, also if it is refused.
    #[oai(path = "/auth/wallet/verify", method = "post")]
    async fn verify(&self, guest: Guest, body: Json<WalletSignIn>) -> Answer<Json<SessionDto>> {
        let Json(WalletSignIn { message, signature, visitor_token }) = body;
        let proof = SignedMessage { message, signature }.proof(&guest.app).await?;
        let accounts = guest.app.credentials.accounts();
        let signed_in = accounts.sign_in_with(&proof, SessionKind::api(), None).await?;
        Ok(Json(guest.session(signed_in, visitor_token).await?))
    }
}

//! The service of accounts, in one file a topic: registering, signing in, staying signed in, proofs, links, passwords,
//! addresses, keys, visitors, and what those who run the service do.

mod access;
mod admin;
mod codes;
mod deletion;
mod devices;
mod email;
mod greeting;
mod keys;
mod links;
mod login_code;
mod mail;
mod password;
mod profile;
mod proof;
mod register;
mod retention;
mod sessions;
mod sign_in;
mod tickets;
mod visitors;
mod wallets;

use std::sync::Arc;
use std::time::Duration;

pub use codes::{IssuedCode, NewCode, Taken};
pub use greeting::Greeting;
pub use keys::{KEY_PREFIX, NewKey, NewSecret};
pub use mail::{Mail, MailContent, Mailer};
pub use proof::{PROOF_LIFETIME, Proof, ProviderAccount};
pub use register::NewAccount;
pub use retention::{KEEP_SESSIONS, KEEP_VISITORS, Walk};
pub(crate) use sign_in::bucket_of as password_bucket;
pub use sign_in::{Attempt, SignedIn};
pub use visitors::NewVisitor;
pub use wallets::WalletChallenge;

use super::caller::{Caller, Via};
use super::password::PasswordHasher;
use super::session::TokenHash;
use super::user::User;
use super::ways::ExpectSession;
use crate::clock::Clock;
use crate::error::Error;
use crate::id::{IdSource, SessionId, UserId};
use crate::store::{Batch, Store};

/// Derives the tokens of sessions and hashes them. Whoever implements it holds a secret.
pub trait TokenSecrets: Send + Sync {
    /// The token of a generation of a session: always the same for the same two, and not to be guessed.
    fn token(&self, session: SessionId, generation: u64) -> String;

    /// Which session and generation a token claims to be of; `None` when it is not one of these tokens at all.
    fn parse(&self, token: &str) -> Option<(SessionId, u64)>;

    /// The hash under which a token is stored.
    fn hash(&self, token: &str) -> TokenHash;

    /// Bytes for a purpose and an input: always the same for the same two, and not to be guessed by whoever does not hold
    /// the secret (an HMAC, say). Codes, keys and the tokens of visitors are made of them.
    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32];
}

/// Accounts and their sessions.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn TokenSecrets>,
    mailer: Option<Arc<dyn Mailer>>,
    grace: Duration,
}

/// Who signed in so long ago counts as having just shown who they are.
const FRESH: Duration = Duration::from_secs(600);

impl Accounts {
    /// The service over a store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        passwords: Arc<dyn PasswordHasher>,
        tokens: Arc<dyn TokenSecrets>,
    ) -> Self {
        Self { store, clock, ids, passwords, tokens, mailer: None, grace: Duration::from_secs(10) }
    }

    /// With somebody who carries mail. Without, no address can be proved and no password reset.
    #[must_use]
    pub fn with_mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// The user who asks for something about their own account, themselves: with a session or by the program, never with
    /// a key. The batch is refused if the session is over by then.
    fn own(&self, caller: &Caller) -> Result<(UserId, Batch), Error> {
        caller.require(super::caller::Scope::Account)?;
        let user = caller.user_id().ok_or(Error::Denied)?;
        match caller.via() {
            Via::Session(session) => Ok((user, Batch::of(ExpectSession { session, at: self.clock.now() }))),
            Via::Program => Ok((user, Batch::default())),
            Via::ApiKey(_) | Via::Visit | Via::Ticket(_) => Err(Error::Denied),
        }
    }

    async fn user(&self, id: UserId) -> Result<User, Error> {
        self.store.user(id).await?.ok_or(Error::NotFound("user"))
    }

    /// Refuses a caller whose sign-in is not fresh: who has no password shows so that it is them.
    async fn expect_fresh(&self, caller: &Caller) -> Result<(), Error> {
        let Via::Session(id) = caller.via() else { return Ok(()) };
        let session = self.store.session(id).await?.ok_or(Error::Unauthenticated)?;
        if self.clock.now().since(session.created_at) <= FRESH { Ok(()) } else { Err(Error::Unauthenticated) }
    }
}

/// A token of a session that is gone is a token that is no good.
fn unauthenticated(error: crate::StoreError) -> Error {
    match Error::from(error) {
        Error::NotFound(_) => Error::Unauthenticated,
        other => other,
    }
}

/// Bytes as lower-case digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! A service with a mailbox that a test can read, and the few things that most tests do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::{
    Accounts, Caller, ChallengeKind, Mail, MailContent, Mailer, NewAccount, NewCode, PasswordHasher, PasswordPolicy,
    Proof, ProviderAccount, SessionKind, SignedIn, TokenHash, TokenSecrets, User,
};
use chatcore::once::Fingerprint;
use chatcore::testing::{CountingIds, ManualClock};
use chatcore::{Error, MemoryStore, SessionId};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const OTHER: &str = "staple tractor green";

/// Hashes nothing, and counts how often it was asked to compare, and to make a hash.
#[derive(Default)]
pub(crate) struct Counting(pub(crate) AtomicUsize, pub(crate) AtomicUsize);

#[async_trait]
impl PasswordHasher for Counting {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(format!("hash of {password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(hash == Some(format!("hash of {password}").as_str()))
    }
}

struct Plain;

impl TokenSecrets for Plain {
    fn token(&self, session: SessionId, generation: u64) -> String {
        format!("{session}/{generation}")
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let (session, generation) = token.split_once('/')?;
        Some((session.parse().ok()?, generation.parse().ok()?))
    }

    fn hash(&self, token: &str) -> TokenHash {
        TokenHash(Fingerprint::of([token]).0)
    }

    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        Fingerprint::of([purpose.as_bytes(), input]).0
    }
}

/// Keeps the mail.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: Mail) -> Result<(), Error> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: ManualClock,
    pub(crate) ids: Arc<CountingIds>,
    pub(crate) hasher: Arc<Counting>,
    mailbox: Arc<Mailbox>,
}

pub(crate) fn account(username: Option<&str>, email: Option<&str>) -> NewAccount {
    NewAccount {
        username: username.map(str::to_owned),
        email: email.map(str::to_owned),
        password: PASSWORD.into(),
        policy: PasswordPolicy::default(),
    }
}

pub(crate) fn wallet(n: u8) -> String {
    format!("0x{n:040x}")
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self::without_mail();
        Self { accounts: world.accounts.clone().with_mailer(world.mailbox.clone()), ..world }
    }

    pub(crate) fn without_mail() -> Self {
        let (store, clock, ids) = (Arc::new(MemoryStore::in_memory()), ManualClock::new(), Arc::default());
        let (hasher, mailbox) = (Arc::new(Counting::default()), Arc::default());
        let time = Arc::new(clock.clone());
        let ids: Arc<CountingIds> = ids;
        let accounts = Accounts::new(store.clone(), time, ids.clone(), hasher.clone(), Arc::new(Plain));
        Self { accounts, store, clock, ids, hasher, mailbox }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Somebody registers and signs in.
    pub(crate) async fn joins(&self, username: Option<&str>, email: Option<&str>) -> (User, Caller) {
        let user = self.accounts.register(account(username, email)).await.unwrap();
        let signed = self.accounts.open(user.id, SessionKind::api(), None).await.unwrap();
        (user, self.caller(&signed).await)
    }

    pub(crate) async fn caller(&self, signed: &SignedIn) -> Caller {
        self.accounts.by_session(signed.session.id).await.unwrap().0
    }

    pub(crate) async fn login(&self, login: &str, password: &str) -> Result<SignedIn, Error> {
        self.accounts.login(login, password, SessionKind::api(), None).await
    }

    /// The mail that has come since somebody looked.
    pub(crate) fn mail(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mailbox.0.lock().unwrap())
    }

    /// The code in the only mail that has come.
    pub(crate) fn code(&self, to: &str) -> String {
        let mut mail = self.mail();
        let one = mail.pop().filter(|one| mail.is_empty() && one.to == to).expect("one mail, and to that address");
        match one.content {
            MailContent::ResetPassword { code, .. } | MailContent::VerifyEmail { code, .. } => code,
            _ => panic!("a mail without a code"),
        }
    }

    /// A mail about a forgotten password, as its reader sees it.
    pub(crate) async fn forgot(&self, login: &str, to: &str) -> String {
        self.accounts.forgot(login).await.unwrap();
        self.code(to)
    }

    /// Somebody shows that an address is theirs.
    pub(crate) async fn verified(&self, username: &str, email: &str) -> (User, Caller) {
        let (_, caller) = self.joins(Some(username), Some(email)).await;
        let user = self.accounts.verify_email(&self.code(email)).await.unwrap();
        (user, caller)
    }

    /// Somebody comes back from a provider.
    pub(crate) async fn oauth(&self, subject: &str, email: Option<(&str, bool)>) -> Proof {
        let code = self.accounts.issue(NewCode::new(ChallengeKind::OauthState, "google")).await.unwrap().code;
        let taken = self.accounts.take(ChallengeKind::OauthState, &code, None).await.unwrap();
        let account = ProviderAccount {
            provider: "google".into(),
            subject: subject.into(),
            email: email.map(|(email, _)| email.to_owned()),
            email_verified: email.is_some_and(|(_, verified)| verified),
        };
        Proof::oauth(taken, account).unwrap()
    }

    /// Somebody signs with a wallet.
    pub(crate) async fn wallet(&self, n: u8) -> Proof {
        let code = self.accounts.issue(NewCode::new(ChallengeKind::WalletNonce, "")).await.unwrap().code;
        let taken = self.accounts.take(ChallengeKind::WalletNonce, &code, None).await.unwrap();
        Proof::wallet(taken, &wallet(n)).unwrap()
    }

    pub(crate) async fn sign_in_with(&self, proof: &Proof) -> Result<SignedIn, Error> {
        self.accounts.sign_in_with(proof, SessionKind::api(), None).await
    }
}

pub(crate) fn refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unauthenticated))
}

pub(crate) fn invalid<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::InvalidCode))
}

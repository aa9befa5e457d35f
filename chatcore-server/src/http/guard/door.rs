//! Puts the questions together, in the order in which they are cheap.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use chatcore::Clock;
use chatcore::limits::{Bucket, Rule, SharedLimits, Verdict};
use poem::http::{HeaderMap, HeaderName, HeaderValue, header};
use poem::{Addr, Request, Response};

use super::address::{ClientAddress, TrustedProxies};
use super::class::Class;
use super::cors::Cors;
use super::fields::{self, Counted};
use super::forwarded::ForwardedBy;
use super::hosts::AllowedHosts;
use super::limits::{Limits, Policy};
use super::local::LocalLimits;
use super::names;
use crate::http::problem::Problem;

/// What the guard goes by.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Whose word on the client's address counts.
    pub proxies: TrustedProxies,
    /// In which header they give it.
    pub forwarded: ForwardedBy,
    /// Which names the server answers to.
    pub hosts: AllowedHosts,
    /// Which other origins may talk to it.
    pub cors: Cors,
    /// How often.
    pub limits: Limits,
}

impl Default for GuardSettings {
    /// Any name, no other origin, the usual limits.
    fn default() -> Self {
        Self {
            proxies: TrustedProxies::default(),
            forwarded: ForwardedBy::default(),
            hosts: AllowedHosts::any(),
            cors: Cors::default(),
            limits: Limits::default(),
        }
    }
}

/// The guard of a server.
pub struct Guard {
    settings: GuardSettings,
    local: LocalLimits,
    shared: Arc<dyn SharedLimits>,
    warned: AtomicBool,
    /// In front of every path, before its class is looked for.
    prefix: String,
}

/// What the guard knows of a request: how it looks at the rest of it, and what the answer carries.
pub(crate) struct Admission {
    client: Option<ClientAddress>,
    class: Class,
    counted: Vec<Counted>,
    cors: Vec<(HeaderName, HeaderValue)>,
}

/// How a request goes on.
pub(crate) type Entry = Result<Option<Response>, Problem>;

impl Guard {
    /// A guard whose sign-in counters are `shared`; the others are its own.
    #[must_use]
    pub fn new(settings: GuardSettings, clock: Arc<dyn Clock>, shared: Arc<dyn SharedLimits>) -> Self {
        Self { settings, local: LocalLimits::new(clock), shared, warned: AtomicBool::new(false), prefix: String::new() }
    }

    /// For routes that stand below a path elsewhere: their classes are those that they have there.
    #[must_use]
    pub fn below(self, prefix: String) -> Self {
        Self { prefix, ..self }
    }

    /// Looks at the head of a request: the answer to it, if it is for the guard alone, and whether it may come in.
    pub(crate) async fn admit(&self, request: &mut Request) -> (Admission, Entry) {
        let client = self.client(request);
        if let Some(client) = client {
            request.extensions_mut().insert(client);
        }
        let mut admission = Admission {
            client,
            class: Class::of(request.method(), &format!("{}{}", self.prefix, request.uri().path())),
            counted: Vec::new(),
            cors: self.settings.cors.fields(request.headers()),
        };
        let entry = self.enter(&mut admission, request).await;
        (admission, entry)
    }

    async fn enter(&self, admission: &mut Admission, request: &Request) -> Entry {
        let policy = Policy::Class(admission.class);
        // requests whose sender is unknown share a counter
        let who = admission.client.map_or_else(|| "unknown".to_owned(), |client| client.prefix().to_string());
        self.count(admission, policy, who).await?;
        self.settings.hosts.check(request)?;
        Ok(self.settings.cors.preflight(request))
    }

    /// Looks at the body of a request that was read: attempts to sign in are counted by account, too.
    pub(crate) async fn look_inside(
        &self,
        admission: &mut Admission,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<(), Problem> {
        if admission.class != Class::SignIn || self.settings.limits.rule(Policy::Account).is_none() {
            return Ok(());
        }
        match names::account(headers, body) {
            Some(account) => self.count(admission, Policy::Account, account).await,
            None => Ok(()),
        }
    }

    /// Counts a request under a policy, and refuses it if it is one too many.
    async fn count(&self, admission: &mut Admission, policy: Policy, who: String) -> Result<(), Problem> {
        let Some(rule) = self.settings.limits.rule(policy) else { return Ok(()) };
        let bucket = Bucket::new(policy.name(), who);
        let mut verdict = self.local.take_here(&bucket, 1, rule);
        if verdict.allowed && matches!(policy, Policy::Account | Policy::Class(Class::SignIn)) {
            verdict = self.ask_others(&bucket, rule, verdict).await;
        }
        let counted = Counted { policy, rule, verdict };
        admission.counted.push(counted);
        match counted.refusal() {
            Some(problem) => {
                tracing::info!(%policy, "a request was one too many");
                Err(problem)
            }
            None => Ok(()),
        }
    }

    /// What the shared counters say. If they cannot be reached, this server's own have to do.
    async fn ask_others(&self, bucket: &Bucket, rule: Rule, own: Verdict) -> Verdict {
        self.shared.take(bucket, 1, rule).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to reach the shared counters of sign-ins");
            own
        })
    }

    fn client(&self, request: &Request) -> Option<ClientAddress> {
        let peer = peer(request)?;
        let proxies = &self.settings.proxies;
        if proxies.ignores(peer, request.headers()) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "requests are forwarded by a proxy that is not trusted, so all of its clients are counted as one: \
                 name it in CHATCORE_TRUSTED_PROXIES if it is yours"
            );
        }
        Some(proxies.client(peer, request.headers(), self.settings.forwarded))
    }
}

/// The other end of the connection.
fn peer(request: &Request) -> Option<IpAddr> {
    match &request.remote_addr().0 {
        Addr::SocketAddr(address) => Some(address.ip()),
        _ => None,
    }
}

impl Admission {
    /// Adds to an answer what the guard has to say.
    pub(crate) fn complete(self, headers: &mut HeaderMap) {
        fields::add(&self.counted, headers);
        for (name, value) in self.cors {
            if name == header::VARY {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;
    use chatcore::Error;
    use chatcore::testing::ManualClock;
    use poem::http::Method;

    use super::*;

    struct Nowhere;

    #[async_trait]
    impl SharedLimits for Nowhere {
        async fn take(&self, _: &Bucket, _: u64, _: Rule) -> Result<Verdict, Error> {
            Err(Error::Overloaded)
        }
    }

    fn guard(limits: &str, clock: &ManualClock, shared: Arc<dyn SharedLimits>) -> Guard {
        let settings = GuardSettings { limits: limits.parse().unwrap(), ..GuardSettings::default() };
        Guard::new(settings, Arc::new(clock.clone()), shared)
    }

    async fn ask(guard: &Guard, method: Method, path: &str, body: &'static str) -> bool {
        let mut request = Request::builder().method(method).uri(path.parse().unwrap()).finish();
        let (mut admission, entry) = guard.admit(&mut request).await;
        let body = Bytes::from_static(body.as_bytes());
        entry.is_ok() && guard.look_inside(&mut admission, request.headers(), &body).await.is_ok()
    }

    async fn sign_in(guard: &Guard) -> bool {
        ask(guard, Method::POST, "/api/v1/auth/login", r#"{"login":"ann"}"#).await
    }

    #[tokio::test]
    async fn servers_that_share_counters_count_sign_ins_together() {
        let clock = ManualClock::new();
        let shared = Arc::new(LocalLimits::new(Arc::new(clock.clone())));
        let one = guard("sign-in=3/60,account=off,read=1/60", &clock, shared.clone());
        let two = guard("sign-in=3/60,account=off,read=1/60", &clock, shared);
        assert!(sign_in(&one).await && sign_in(&two).await && sign_in(&one).await);
        assert!(!sign_in(&two).await);
        clock.advance(Duration::from_secs(20));
        assert!(sign_in(&two).await && !sign_in(&one).await);
        // what is cheap is not worth a journey
        for guard in [&one, &two] {
            assert!(
                ask(guard, Method::GET, "/api/v1/me", "").await && !ask(guard, Method::GET, "/api/v1/me", "").await
            );
        }
    }

    #[tokio::test]
    async fn a_server_that_cannot_reach_the_others_counts_for_itself() {
        let clock = ManualClock::new();
        let alone = guard("sign-in=2/60,account=1/60", &clock, Arc::new(Nowhere));
        assert!(sign_in(&alone).await);
        assert!(!sign_in(&alone).await, "the account is counted, too");
    }
}

//! Signing in at a provider, from the first address to the session. What a provider may get wrong is in `tests/oauth`.

use std::time::Duration;

use chatcore::Clock;
use chatcore::testing::ManualClock;
use chatcore_llm::SystemClock;
use chatcore_server::config::Settings;
use futures::future::join_all;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::mock::{CLIENT_ID, Fault, Mock, SECRET};
use crate::records::Session;
use crate::server::{Kind, TestServer, echo};
use crate::visitors::visit;

const CALLBACK: &str = "https://chat.test/api/v1/auth/oauth/corp/callback";
const RETURN: &str = "https://app.test/signed-in";
const OTHER: &str = "https://app.test/elsewhere?tab=1";

/// A server that knows a provider.
struct Scene {
    server: TestServer,
    mock: Mock,
}

/// A browser: it keeps one cookie and follows nothing by itself.
#[derive(Clone)]
struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
}

impl Scene {
    async fn new(kind: Kind) -> Self {
        let clock = ManualClock::new();
        clock.set(SystemClock.now());
        let mock = Mock::start(clock).await;
        let table = format!(
            "[[oauth]]\nname = 'corp'\nkind = 'oidc'\nclient_id = '{CLIENT_ID}'\nclient_secret = '{SECRET}'\n\
             issuer = '{}'\nredirect_uris = ['{CALLBACK}']\n[sign_in]\nvisitors = 'on'",
            mock.url
        );
        let mut settings: Settings = toml::from_str(&table).unwrap();
        settings.oauth_keys.oauth_return_urls = Some(format!("{RETURN}, {OTHER}"));
        let server = TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await;
        Self { server, mock }
    }

    fn browser(&self) -> Browser {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Browser { http, base: self.server.anonymous().base, cookie: None }
    }

    /// Comes back from the provider with a code of the server.
    async fn code(&self, browser: &mut Browser, start: &str) -> String {
        let url = browser.starts(start).await;
        let query = browser.agrees(&url).await;
        let back = browser.comes_back(&query).await;
        back.strip_prefix(&format!("{RETURN}?code=")).unwrap_or_else(|| panic!("{back}")).to_owned()
    }

    async fn exchange(&self, code: &str) -> Answer {
        self.server.anonymous().post("/auth/oauth/exchange", json!({"code": code})).await
    }

    /// Begins to link the provider's account to a user's own, in a browser.
    async fn links(&self, user: &Client, browser: &mut Browser) -> String {
        let answer = user.post("/me/identities/oauth/corp", json!({})).await;
        browser.cookie = Some(answer.header("set-cookie").split(';').next().unwrap().to_owned());
        answer.to::<Value>(200)["url"].as_str().unwrap().to_owned()
    }
}

impl Browser {
    async fn get(&self, url: &str, accept: &str) -> reqwest::Response {
        let request = self.http.get(url).header("accept", accept);
        let request = match &self.cookie {
            Some(cookie) => request.header(COOKIE, format!("theme=dark; {cookie}")),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// Goes to the provider.
    async fn starts(&mut self, query: &str) -> String {
        let answer = self.get(&format!("{}/api/v1/auth/oauth/corp/start{query}", self.base), "text/html").await;
        assert_eq!(answer.status(), 302);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=600"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        answer.headers()[LOCATION].to_str().unwrap().to_owned()
    }

    /// Agrees at the provider, which sends it back with a query.
    async fn agrees(&self, url: &str) -> String {
        let answer = self.http.get(url).send().await.unwrap();
        let back = answer.headers()[LOCATION].to_str().unwrap();
        back.strip_prefix(&format!("{CALLBACK}?")).unwrap().to_owned()
    }

    /// Comes back to the server, and is sent on.
    async fn comes_back(&self, query: &str) -> String {
        let answer = self.get(&format!("{}/api/v1/auth/oauth/corp/callback?{query}", self.base), "text/html").await;
        assert_eq!(answer.status(), 302, "{query}");
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
        answer.headers()[LOCATION].to_str().unwrap().to_owned()
    }
}

each_store! {
    async fn somebody_comes_by_a_provider_and_comes_again(kind) {
        let scene = Scene::new(kind).await;
        let providers: Value = scene.server.anonymous().get("/auth/providers").await.to(200);
        let all = json!({"password": true, "visitors": true, "wallet": true, "oauth": ["corp"]});
        assert_eq!(providers, all);
        let first: Session = scene.exchange(&scene.code(&mut scene.browser(), "").await).await.to(200);
        assert_eq!(first.user.email.as_deref(), Some("ann@example.org"));
        let again: Session = scene.exchange(&scene.code(&mut scene.browser(), "").await).await.to(200);
        assert_eq!(again.user, first.user);
        let ann = scene.server.anonymous().signed_in(again);
        let known: Value = ann.get("/me/identities").await.to(200);
        let corp = known["items"].as_array().unwrap().iter().find(|one| one["kind"] == "oauth").unwrap();
        assert_eq!((corp["provider"].as_str(), corp["value"].as_str()), (Some("corp"), Some("ann-1")));
        // a program asks for the address, and another end
        let mut browser = scene.browser();
        let path = format!("{}/api/v1/auth/oauth/corp/start?redirect_uri={OTHER}", browser.base);
        let answer = browser.get(&path, "application/json").await;
        assert_eq!(answer.status(), 200);
        browser.cookie = Some(answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned());
        let url = answer.json::<Value>().await.unwrap()["url"].as_str().unwrap().to_owned();
        let back = browser.comes_back(&browser.agrees(&url).await).await;
        assert!(back.starts_with(&format!("{OTHER}&code=")), "{back}");
    }

    async fn of_64_uses_of_a_code_or_a_callback_one_counts(kind) {
        let scene = Scene::new(kind).await;
        let code = scene.code(&mut scene.browser(), "").await;
        let all = join_all((0..64).map(|_| scene.exchange(&code))).await;
        assert_eq!(all.iter().filter(|one| one.status == 200).count(), 1);
        for lost in all.iter().filter(|one| one.status != 200) {
            assert_eq!(lost.problem(422, "invalid")["errors"][0]["field"], "code");
        }
        let mut browser = scene.browser();
        let url = browser.starts("").await;
        let query = browser.agrees(&url).await;
        let asked = scene.mock.asked("/token");
        let all = join_all((0..64).map(|_| browser.comes_back(&query))).await;
        assert_eq!(all.iter().filter(|back| back.contains("?code=")).count(), 1);
        assert_eq!(all.iter().filter(|back| **back == format!("{RETURN}?error=expired")).count(), 63);
        assert_eq!(scene.mock.asked("/token"), asked + 1, "the provider is asked once");
    }

    async fn a_login_belongs_to_the_browser_that_began_it(kind) {
        let scene = Scene::new(kind).await;
        let (mut ann, mut eve) = (scene.browser(), scene.browser());
        let url = ann.starts("").await;
        let of_eve = eve.starts("").await;
        assert_ne!(ann.cookie, eve.cookie);
        let query = ann.agrees(&url).await;
        let expired = format!("{RETURN}?error=expired");
        for stranger in [&scene.browser(), &eve, &Browser { cookie: Some("chatcore-login=x".into()), ..eve.clone() }] {
            assert_eq!(stranger.comes_back(&query).await, expired);
        }
        // whoever is sent an address of somebody else's login does not end in it
        assert_eq!(ann.comes_back(&eve.agrees(&of_eve).await).await, expired);
        assert!(ann.comes_back(&query).await.contains("?code="), "none of them used it up");
        // two tabs
        let (one, two) = (ann.starts("").await, ann.starts("").await);
        for url in [one, two] {
            assert!(ann.comes_back(&ann.agrees(&url).await).await.contains("?code="));
        }
        for nonsense in ["", "state=x&code=y", "state=x&state=x", "%00"] {
            let back = ann.comes_back(nonsense).await;
            assert!(back.starts_with(&format!("{RETURN}?error=")), "{back}");
        }
    }

    async fn what_goes_wrong_is_one_word(kind) {
        let scene = Scene::new(kind).await;
        let mut browser = scene.browser();
        let url = browser.starts("").await;
        let query = browser.agrees(&url).await;
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap().to_owned();
        let refused = format!("{state}&error=access_denied&iss={}", scene.mock.url);
        assert_eq!(browser.comes_back(&refused).await, format!("{RETURN}?error=access_denied"));
        for (fault, word) in [(Fault::Status(503), "provider_unavailable"), (Fault::Text("{}"), "provider_unavailable")] {
            let url = browser.starts("").await;
            let query = browser.agrees(&url).await;
            scene.mock.plan().faults.insert("/token", fault);
            assert_eq!(browser.comes_back(&query).await, format!("{RETURN}?error={word}"));
            scene.mock.plan().faults.clear();
        }
        let url = browser.starts("").await;
        scene.mock.plan().claims = json!({"nonce": "of another"});
        let query = browser.agrees(&url).await;
        assert_eq!(browser.comes_back(&query).await, format!("{RETURN}?error=provider_refused"));
        let client = scene.server.anonymous();
        for wrong in ["https://evil.test/", "https://app.test/signed-in/x", "//evil.test", ""] {
            let path = format!("/auth/oauth/corp/start?redirect_uri={wrong}");
            assert_eq!(client.get(&path).await.problem(422, "invalid")["errors"][0]["field"], "redirect_uri");
        }
        client.get("/auth/oauth/nobody/start").await.problem(404, "not-found");
        for wrong in ["x", "", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"] {
            client.get(&format!("/auth/oauth/corp/start?code_challenge={wrong}")).await.problem(422, "invalid");
        }
    }

    async fn a_code_can_be_bound_to_the_front_end_that_asked(kind) {
        // the pair of RFC 7636, appendix B
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let scene = Scene::new(kind).await;
        let code = scene.code(&mut scene.browser(), &format!("?code_challenge={challenge}")).await;
        scene.exchange(&code).await.problem(422, "invalid");
        let client = scene.server.anonymous();
        for (verifier, status) in [("another", 422), (challenge, 422), (verifier, 200), (verifier, 422)] {
            client.post("/auth/oauth/exchange", json!({"code": code, "code_verifier": verifier})).await.is(status);
        }
        // the own page gets a cookie instead of tokens
        let code = scene.code(&mut scene.browser(), &format!("?code_challenge={challenge}")).await;
        let page = client.with("x-requested-with", "chatcore");
        let body = json!({"code": code, "code_verifier": verifier});
        client.post("//web/session/exchange", body.clone()).await.problem(403, "denied");
        for wrong in [json!({"code": code, "code_verifier": "another"}), json!({"code": "x", "code_verifier": verifier})] {
            page.post("//web/session/exchange", wrong).await.problem(422, "invalid");
        }
        let answer = page.post("//web/session/exchange", body.clone()).await;
        assert_eq!(answer.to::<Value>(200)["user"]["email"], "ann@example.org");
        assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Strict"), "{answer:?}");
        page.post("//web/session/exchange", body).await.problem(422, "invalid");
    }

    async fn an_account_there_is_linked_to_one_here(kind) {
        let scene = Scene::new(kind).await;
        let (ada, bob) = (scene.server.user("ada").await, scene.server.user("bob").await);
        let mut browser = scene.browser();
        let url = scene.links(&ada, &mut browser).await;
        let query = browser.agrees(&url).await;
        // nobody else's browser links it
        assert_eq!(scene.browser().comes_back(&query).await, format!("{RETURN}?error=expired"));
        assert_eq!(browser.comes_back(&query).await, format!("{RETURN}?linked=corp"));
        let session: Session = scene.exchange(&scene.code(&mut scene.browser(), "").await).await.to(200);
        assert_eq!(session.user.username.as_deref(), Some("ada"));
        let url = scene.links(&bob, &mut browser).await;
        assert_eq!(browser.comes_back(&browser.agrees(&url).await).await, format!("{RETURN}?error=taken"));
        // who signs out meanwhile links nothing
        let (eve, url) = (bob.clone(), scene.links(&bob, &mut browser).await);
        eve.post("/auth/logout", json!({"refresh_token": eve.session.refresh_token})).await.is(204);
        assert_eq!(browser.comes_back(&browser.agrees(&url).await).await, format!("{RETURN}?error=denied"));
        let (visitor, _) = visit(&scene.server).await;
        visitor.post("/me/identities/oauth/corp", json!({})).await.problem(403, "denied");
    }

    async fn a_visitor_comes_along(kind) {
        let scene = Scene::new(kind).await;
        let (visitor, _) = visit(&scene.server).await;
        let id = visitor.conversation().await.id;
        let code = scene.code(&mut scene.browser(), "").await;
        let session: Value = visitor.post("/auth/oauth/exchange", json!({"code": code})).await.to(200);
        assert_eq!(session["visitor_merged"], true);
        let user = scene.server.anonymous().bearer(session["access_token"].as_str().unwrap());
        assert_eq!(user.read(&id).await.id, id);
    }
}

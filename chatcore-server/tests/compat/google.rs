//! The way to Google and back at the mount of the Django chat, with a provider that stands in.

use std::time::Duration;

use chatcore::Clock;
use chatcore::testing::ManualClock;
use chatcore_llm::SystemClock;
use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::mock::{CLIENT_ID, Mock, SECRET};
use crate::server::{TestServer, echo};

const CALLBACK: &str = "https://chat.test/compat/django-chat/auth/google/callback/";
const RETURN: &str = "https://app.test/signed-in";

each_store! {
    async fn a_browser_comes_back_with_a_code_and_no_token(kind) {
        let clock = ManualClock::new();
        clock.set(SystemClock.now());
        let mock = Mock::start(clock).await;
        let table = format!(
            "[[oauth]]\nname = 'google'\nkind = 'oidc'\nclient_id = '{CLIENT_ID}'\nclient_secret = '{SECRET}'\n\
             issuer = '{}'\nredirect_uris = ['https://chat.test/other', '{CALLBACK}']",
            mock.url
        );
        let mut settings: Settings = toml::from_str(&table).unwrap();
        settings.oauth_keys.oauth_return_urls = Some(RETURN.into());
        let server = TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await;
        let client = server.anonymous().at("django-chat");

        let told = client.with("accept", "application/json").get("/auth/google/login/").await.json(200);
        assert_eq!(told["auth_url"], told["authorization_url"]);
        let start = client.get("/auth/google/login/").await;
        assert_eq!(start.status, 302);
        let browser = client.with("cookie", start.header("set-cookie").split(';').next().unwrap());
        let at_google = client.elsewhere(start.header("location")).get("").await;
        let query = at_google.header("location").strip_prefix(CALLBACK).expect("back to this mount").to_owned();
        let back = browser.get(&format!("/auth/google/callback/{query}")).await;
        assert_eq!(back.status, 302, "{}", back.body);
        let code = back.header("location").strip_prefix(&format!("{RETURN}?code=")).unwrap().to_owned();

        let session = client.post("/auth/google/callback/", json!({"code": code})).await.json(200);
        assert_eq!(session["user"]["role"], "basic");
        let again = client.get(&format!("/auth/google/callback/?code={code}")).await;
        assert_eq!(again.status, 400, "a code works once");
        let me = client.showing(format!("Bearer {}", session["token"].as_str().unwrap()));
        assert_eq!(me.get("/auth/me/").await.json(200)["id"], session["user"]["id"]);
        // whoever comes without the browser's cookie gets no code, and an address of this mount alone is no way back
        let lost = client.get(&format!("/auth/google/callback/{query}")).await;
        assert_eq!(lost.header("location"), format!("{RETURN}?error=expired"));
        let wrong = client.get("/auth/google/login/?redirect_uri=https://evil.test/").await;
        assert_eq!((wrong.status, wrong.json(400)["error"].is_string()), (400, true));
        assert_eq!(client.post("/auth/google/callback/", Value::Null).await.status, 400);
        server.end().await;
    }
}

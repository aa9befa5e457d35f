//! Signing in at Google and X at the mount for SentX, with providers that stand in.

use serde_json::{Value, json};
use url::form_urlencoded::parse;

use crate::client::Client;
use crate::world::{FRONT, VERIFIER, World};

/// What a browser brings back from an address of the provider, behind the `?`.
async fn visit(client: &Client, url: &str, back: &str) -> String {
    let answer = client.elsewhere(url).get("").await;
    answer.header("location").strip_prefix(&format!("{back}?")).expect("back to where it was to come").to_owned()
}

/// The code that a front end gets which sends its browser away itself.
async fn code(world: &World, client: &Client, back: &str) -> String {
    let back = visit(client, &world.sign_in_url(back), back).await;
    let found = parse(back.as_bytes()).find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
    found.unwrap()
}

async fn me(client: &Client, access: &Value) -> Value {
    client.showing(format!("Bearer {}", access.as_str().unwrap())).get("/api/auth/users/me/").await.json(200)
}

each_store! {
    async fn a_state_of_the_server_works_in_one_browser_and_once(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        for provider in ["google-oauth2", "twitter-oauth2"] {
            let path = format!("/api/auth/o/{provider}/");
            let start = client.get(&format!("{path}?redirect_uri={FRONT}")).await;
            let url = start.json(200)["authorization_url"].as_str().unwrap().to_owned();
            let browser = client.with("cookie", start.header("set-cookie").split(';').next().unwrap());
            let query = visit(&client, &url, FRONT).await;
            let unknown = json!({"non_field_errors": ["State could not be found in server-side session data."]});
            client.send("POST", &format!("{path}?{query}"), None).await.says(400, unknown.clone());
            let form = ("application/x-www-form-urlencoded", query.as_str());
            let session = browser.send("POST", &path, Some(form)).await.json(201);
            assert!(session["user"].is_string() && session["refresh"].is_string(), "{session}");
            let me = me(&client, &session["access"]).await;
            assert_eq!(me["auth_provider"], if provider == "google-oauth2" { "google" } else { "x" });
            browser.send("POST", &format!("{path}?{query}"), None).await.says(400, unknown);
        }
        let wrong = json!("redirect_uri must be in SOCIAL_AUTH_ALLOWED_REDIRECT_URIS");
        client.get("/api/auth/o/google-oauth2/").await.says(400, wrong.clone());
        client.get("/api/auth/o/google-oauth2/?redirect_uri=https://evil.test/").await.says(400, wrong);
        let missing = json!({"non_field_errors": ["A required authentication parameter is missing."]});
        client.post("/api/auth/o/google-oauth2/", json!({})).await.says(400, missing);
        client.get("/api/auth/o/nope/").await.says(404, json!({"detail": "Provider 'nope' not supported"}));
        world.server.end().await;
    }

    async fn a_front_end_with_a_state_of_its_own_brings_the_code(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let mut numbers = Vec::new();
        for (path, shown) in [
            ("/api/auth/users/social/google-oauth2/", "google"),
            ("/api/auth/custom/google-oauth2/callback/", "google"),
            ("/api/auth/users/social/twitter-oauth2/", "x"),
        ] {
            let code = code(&world, &client, FRONT).await;
            let body = json!({"code": code, "code_verifier": VERIFIER, "redirect_uri": FRONT});
            let session = client.post(path, body.clone()).await.json(200);
            assert_eq!(session["auth_provider"], shown);
            let me = me(&client, &session["access_token"]).await;
            assert_eq!((&me["id"], &me["auth_provider"]), (&session["user_id"], &json!(shown)));
            numbers.push(session["user_id"].as_u64().unwrap());
            assert_eq!(client.post(path, body).await.status, 400, "a code works once");
        }
        assert_eq!(numbers[0], numbers[1], "it is the same account");
        assert_ne!(numbers[0], numbers[2], "an address of another provider is another account");
        // without the secret it was asked for with, or for an address that is not the front end's, a code is nothing
        for body in [
            json!({"code": code(&world, &client, FRONT).await, "code_verifier": "x".repeat(50)}),
            json!({"code": code(&world, &client, FRONT).await, "code_verifier": VERIFIER, "redirect_uri": "https://evil.test/"}),
        ] {
            let refused = client.post("/api/auth/users/social/google-oauth2/", body).await;
            assert!(refused.json(400)["detail"][0].is_string(), "{}", refused.body);
        }
        let missing = client.post("/api/auth/users/social/twitter-oauth2/", json!({"code": "x"})).await;
        missing.says(400, json!({"detail": ["code_verifier is required"]}));
        world.server.end().await;
    }

    /// As the document names the route: by `GET`, with either kind of state.
    async fn the_callback_is_an_address(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let path = "/api/auth/users/social/google-oauth2/";
        let code = code(&world, &client, FRONT).await;
        let query = format!("{path}?code={code}&state=of-the-front-end&code_verifier={VERIFIER}");
        let session = client.get(&query).await.json(200);
        let own = format!("https://chat.test/compat/sentx{path}");
        let start = client.get(&format!("/api/auth/o/google-oauth2/?redirect_uri={own}")).await;
        let query = visit(&client, start.json(200)["authorization_url"].as_str().unwrap(), &own).await;
        assert_eq!(client.get(&format!("{path}?{query}")).await.status, 400, "another browser has no secret for it");
        let start = client.get(&format!("/api/auth/o/google-oauth2/?redirect_uri={own}")).await;
        let browser = client.with("cookie", start.header("set-cookie").split(';').next().unwrap());
        let query = visit(&client, start.json(200)["authorization_url"].as_str().unwrap(), &own).await;
        let again = browser.get(&format!("{path}?{query}")).await.json(200);
        assert_eq!(again["user_id"], session["user_id"]);
        world.server.end().await;
    }

    async fn one_tap_brings_an_id_token(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let path = "/api/auth/custom/google-one-tap/";
        let session = client.post(path, json!({"credentials": world.mock.credential()})).await.json(200);
        assert_eq!(me(&client, &session["access_token"]).await["google_id"], "ann-1");
        client.post(path, json!({})).await.says(400, json!({"detail": "credentials field is required"}));
        let forged = world.mock.credential() + "x";
        client.post(path, json!({"credentials": forged})).await.says(401, json!({"detail": "Invalid Google token"}));
        world.server.end().await;
    }
}

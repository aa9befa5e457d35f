//! A provider of OpenID Connect, and of what X speaks. It does what the RFCs say unless it is told otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use chatcore::Clock;
use chatcore::testing::ManualClock;
use futures::stream;
use poem::http::{StatusCode, header};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Body, Request, Response, Server};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::signing::{self, Signing};

pub(crate) const CLIENT_ID: &str = "chat: a client";
pub(crate) const SECRET: &str = "canary+of the&secret";
pub(crate) const ACCESS_TOKEN: &str = "canary-of-the-access-token";

/// How the mock fails at an address.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Endless,
    Silent,
    Redirect,
    Status(u16),
    Text(&'static str),
}

/// What the mock does, and what it has seen.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) faults: BTreeMap<&'static str, Fault>,
    pub(crate) signing: Signing,
    /// Replaced in the claims; `null` takes a claim away.
    pub(crate) claims: Value,
    /// Replaced in the configuration.
    pub(crate) configuration: Value,
    /// Replaced in the answer with the tokens.
    pub(crate) tokens: Value,
    pub(crate) keys: Vec<Value>,
    pub(crate) public_client: bool,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    /// The paths that were asked for, in order.
    pub(crate) asked: Vec<String>,
    /// How the client showed who it is, the last time.
    pub(crate) proof: String,
}

#[derive(Clone)]
pub(crate) struct Mock {
    pub(crate) url: String,
    plan: Arc<Mutex<Plan>>,
    clock: ManualClock,
}

/// Overwrites fields.
fn replace(mut value: Value, with: &Value) -> Value {
    for (name, field) in with.as_object().into_iter().flatten() {
        value[name] = field.clone();
    }
    value
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Mock {
    pub(crate) async fn start(clock: ManualClock) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let plan = Plan { keys: signing::keys(), ..Plan::default() };
        let mock = Self { url: format!("http://{address}"), plan: Arc::new(Mutex::new(plan)), clock };
        let answering = mock.clone();
        let endpoint = poem::endpoint::make(move |request| answering.clone().answer(request));
        tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
        mock
    }

    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.plan().asked.iter().filter(|asked| *asked == path).count()
    }

    async fn answer(self, mut request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let body = request.take_body().into_string().await.unwrap();
        let fault = {
            let mut plan = self.plan();
            plan.asked.push(path.clone());
            plan.faults.get(path.as_str()).copied()
        };
        match fault {
            None => {}
            Some(Fault::Endless) => {
                let blanks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 4096])));
                return Response::builder().body(Body::from_bytes_stream(blanks));
            }
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::Redirect) => return redirect(&format!("{}/elsewhere", self.url)),
            Some(Fault::Status(status)) => return StatusCode::from_u16(status).unwrap().into(),
            Some(Fault::Text(text)) => return Response::builder().body(text),
        }
        match path.as_str() {
            "/.well-known/openid-configuration" => json_answer(200, &self.configuration()),
            "/jwks" => json_answer(200, &json!({"keys": self.plan().keys.clone()})),
            "/authorize" => self.authorize(request.uri().query().unwrap_or_default()),
            "/token" => self.token(&request, &pairs(&body)),
            "/2/users/me" => self.profile(&request),
            _ => StatusCode::NOT_FOUND.into(),
        }
    }

    fn configuration(&self) -> Value {
        let configuration = json!({
            "issuer": self.url,
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "jwks_uri": format!("{}/jwks", self.url),
            "authorization_response_iss_parameter_supported": true,
        });
        replace(configuration, &self.plan().configuration)
    }

    /// Somebody agrees at once.
    fn authorize(&self, query: &str) -> Response {
        let asked = pairs(query);
        for (name, value) in [("response_type", "code"), ("client_id", CLIENT_ID), ("code_challenge_method", "S256")] {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
        let (code, state) = (format!("canary-of-code-{}", self.plan().codes.len()), &asked["state"]);
        let answer = [("code", code.as_str()), ("state", state), ("iss", &self.url)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
        let address = format!("{}?{query}", asked["redirect_uri"]);
        self.plan().codes.insert(code, asked);
        redirect(&address)
    }

    fn token(&self, request: &Request, form: &BTreeMap<String, String>) -> Response {
        let refuse = |status, error: &str| json_answer(status, &json!({"error": error, "error_description": SECRET}));
        if !self.knows(request, form) {
            return refuse(401, "invalid_client");
        }
        // a code counts once, even if it is shown with the wrong proofs
        let Some(login) = self.plan().codes.remove(&form["code"]) else { return refuse(400, "invalid_grant") };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form.get("code_verifier").map_or("", String::as_str)));
        if challenge != login["code_challenge"] || form["redirect_uri"] != login["redirect_uri"] {
            return refuse(400, "invalid_grant");
        }
        let plan = self.plan();
        let nonce = login.get("nonce").cloned();
        let now = self.clock.now().as_seconds();
        let claims = json!({
            "iss": self.url, "aud": CLIENT_ID, "sub": "ann-1", "nonce": nonce, "iat": now, "exp": now + 600,
            "email": "ann@example.org", "email_verified": true, "name": "Ann",
        });
        let id_token = signing::sign(plan.signing, &replace(claims, &plan.claims));
        let tokens = json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token});
        json_answer(200, &replace(tokens, &plan.tokens))
    }

    /// Whether the client is the one that was set up.
    fn knows(&self, request: &Request, form: &BTreeMap<String, String>) -> bool {
        let mut plan = self.plan();
        let basic = request.header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Basic "));
        if let Some(basic) = basic {
            plan.proof = "basic".to_owned();
            let text = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
            let (id, secret) = text.split_once(':').unwrap();
            let decode = |text: &str| pairs(&format!("x={text}"))["x"].clone();
            return decode(id) == CLIENT_ID && decode(secret) == SECRET;
        }
        let secret = form.get("client_secret");
        plan.proof = if secret.is_some() { "post" } else { "none" }.to_owned();
        secret.map_or(plan.public_client, |secret| secret == SECRET) && form["client_id"] == CLIENT_ID
    }

    fn profile(&self, request: &Request) -> Response {
        if request.header(header::AUTHORIZATION) != Some(&format!("Bearer {ACCESS_TOKEN}")) {
            return StatusCode::UNAUTHORIZED.into();
        }
        json_answer(200, &json!({"data": {"id": "2244994945", "name": "Ann of X", "username": "ann"}}))
    }

    /// A credential that a page got, without a nonce.
    pub(crate) fn credential(&self) -> String {
        let now = self.clock.now().as_seconds();
        let claims = json!({"iss": self.url, "aud": CLIENT_ID, "sub": "ann-1", "iat": now, "exp": now + 600});
        signing::sign(Signing::EdDsa, &replace(claims, &self.plan().claims))
    }
}

fn redirect(to: &str) -> Response {
    Response::builder().status(StatusCode::FOUND).header(header::LOCATION, to).finish()
}

fn json_answer(status: u16, value: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    Response::builder().status(status).content_type("application/json").body(value.to_string())
}

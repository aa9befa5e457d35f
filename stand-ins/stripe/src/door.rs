//! What every request passes: faults, keys, versions, names of requests.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use poem::http::{Method, StatusCode, header};
use poem::{Body, Request, Response};
use serde_json::Value;

use crate::failure::Failure;
use crate::fault::Fault;
use crate::params::Params;
use crate::{Shared, api, pages, version};

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The parameters.
    pub params: Value,
    /// The name of the request.
    pub idempotency_key: Option<String>,
    /// The API version that it asks for.
    pub version: Option<String>,
}

/// Answers a request.
pub(crate) async fn answer(shared: Arc<Shared>, mut request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let form = match *request.method() {
        Method::POST => request.take_body().into_string().await.unwrap_or_default(),
        _ => request.uri().query().unwrap_or_default().to_owned(),
    };
    let params = Params::parse(&form);
    if !path.starts_with("/v1/") {
        return pages::answer(&shared, request.method(), &path, &params);
    }
    shared.note(Asked {
        method: request.method().to_string(),
        path: path.clone(),
        params: params.value().clone(),
        idempotency_key: request.header("idempotency-key").map(str::to_owned),
        version: request.header("stripe-version").map(str::to_owned),
    });
    match shared.faults.take(&path) {
        None => told(serve(&shared, &request, &path, &params)),
        Some(Fault::Status(status)) => {
            let failure = Failure::of_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
            json(failure.status, &failure.body())
        }
        Some(Fault::Page(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Response::builder().status(status).content_type("text/html").body("<h1>somebody in between</h1>")
        }
        Some(Fault::Garbage) => Response::builder().content_type("application/json").body("{\"id\": ["),
        Some(Fault::Reset) => broken(),
        Some(Fault::LostAnswer) => {
            drop(serve(&shared, &request, &path, &params));
            broken()
        }
        Some(Fault::Silence) => std::future::pending().await,
    }
}

/// A body that breaks off.
fn broken() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(std::io::Error::other("told to break")) });
    Response::builder().body(Body::from_bytes_stream(broken))
}

struct Answer {
    status: StatusCode,
    body: Value,
    replayed: bool,
    version: String,
}

fn serve(shared: &Arc<Shared>, request: &Request, path: &str, params: &Params) -> Result<Answer, Failure> {
    authorize(request, &shared.key)?;
    let version = request.header("stripe-version").unwrap_or(version::CURRENT).to_owned();
    if !version::is_known(&version) {
        return Err(Failure::invalid("the version is none"));
    }
    let form = request.content_type().is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if *request.method() == Method::POST && !form {
        return Err(Failure::invalid("bodies are forms"));
    }
    let name = request.header("idempotency-key").filter(|_| *request.method() == Method::POST);
    let (replayed, (status, body)) = shared.change(|world, answers| {
        let now = world.now();
        if let Some(name) = name
            && let Some(answer) = answers.replay(name, path, params.value(), now)?
        {
            return Ok((true, answer));
        }
        world.idempotency_key = name.map(str::to_owned);
        let answer = match api::answer(world, &shared.home(), request.method(), path, params) {
            Ok(body) => (StatusCode::OK, body),
            Err(failure) => (failure.status, failure.body()),
        };
        world.idempotency_key = None;
        if let Some(name) = name {
            answers.keep(name, path, params.value(), now, &answer);
        }
        Ok((false, answer))
    })?;
    Ok(Answer { status, body: version::shape(&version, body), replayed, version })
}

/// The key, as a bearer token or as the user of basic authentication.
fn authorize(request: &Request, key: &str) -> Result<(), Failure> {
    let given = request.header(header::AUTHORIZATION).unwrap_or_default();
    let basic = given.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let user = basic.and_then(|text| String::from_utf8(text).ok()).map(|text| text.trim_end_matches(':').to_owned());
    if given.strip_prefix("Bearer ") == Some(key) || user.as_deref() == Some(key) {
        return Ok(());
    }
    Err(Failure { status: StatusCode::UNAUTHORIZED, ..Failure::invalid("Invalid API Key provided") })
}

fn told(answer: Result<Answer, Failure>) -> Response {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return json(failure.status, &failure.body()),
    };
    let mut response = json(answer.status, &answer.body);
    if answer.replayed {
        response.headers_mut().insert("idempotent-replayed", header::HeaderValue::from_static("true"));
    }
    if let Ok(version) = answer.version.parse() {
        response.headers_mut().insert("stripe-version", version);
    }
    response
}

fn json(status: StatusCode, body: &Value) -> Response {
    let response = Response::builder().status(status).content_type("application/json");
    response.header("request-id", "req_stand_in").body(body.to_string())
}

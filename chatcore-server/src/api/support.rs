//! What all routes share: the application behind them, who is asking, ids, pages, and errors in the document.

use std::str::FromStr;
use std::sync::Arc;

use chatcore::Error;
use chatcore::account::{Caller, User};
use chatcore::page::{Page, PageRequest};
use poem::Request;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSecurityScheme, Registry};
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object};
use serde_json::Value;

use super::origin::network;
use super::usage::LimitStateDto;
use crate::app::App;
use crate::auth::Authenticated;
use crate::http::Problem;

/// What a route answers when it does not answer what it was asked.
pub(super) type Answer<T> = Result<T, Problem>;

/// The application that a request belongs to.
pub(crate) fn app(request: &Request) -> Result<Arc<App>, Problem> {
    request.data::<Arc<App>>().cloned().ok_or_else(Problem::internal)
}

/// Who is asking, and the application that they ask.
pub(super) struct Auth {
    pub(super) app: Arc<App>,
    pub(super) who: Authenticated,
}

impl Auth {
    pub(super) fn caller(&self) -> &Caller {
        &self.who.caller
    }

    /// The account of whoever asks; visitors have none.
    pub(super) fn user(&self) -> Answer<&User> {
        self.who.user.as_ref().ok_or_else(|| Error::Denied.into())
    }
}

impl<'a> ApiExtractor<'a> for Auth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let scheme = |ty, description| MetaSecurityScheme {
            ty,
            description: Some(description),
            name: None,
            key_in: None,
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        let bearer = scheme("http", "The access token of a session, or the key of a program.");
        let bearer = MetaSecurityScheme { scheme: Some("bearer"), bearer_format: Some("JWT"), ..bearer };
        registry.create_security_scheme("bearer", bearer);
        let header = |name, description| MetaSecurityScheme {
            name: Some(name),
            key_in: Some("header"),
            ..scheme("apiKey", description)
        };
        registry.create_security_scheme("key", header("X-Api-Key", "The key of a program."));
        let token = header("Authorization", "`Token` and an opaque token, where a front end has one.");
        registry.create_security_scheme("token", token);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec!["bearer", "key", "token"]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut poem::RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let app = app(request)?;
        let mut who = app.credentials.authenticate(request).await.map_err(Problem::from)?;
        who.caller = who.caller.from_network(network(request));
        Ok(Self { app, who })
    }
}

/// The application, for routes that anybody may call.
pub(super) struct Public(pub(super) Arc<App>);

impl<'a> ApiExtractor<'a> for Public {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        _body: &mut poem::RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(app(request)?))
    }
}

/// Nothing to say.
#[derive(ApiResponse)]
pub(super) enum Done {
    /// Done.
    #[oai(status = 204)]
    Done,
}

/// Something goes its way.
#[derive(ApiResponse)]
pub(super) enum Accepted {
    /// If there is somebody to write to, a mail is on its way.
    #[oai(status = 202)]
    Accepted,
}

/// An id from a path. One that cannot be an id is the id of nothing.
pub(super) fn path_id<I: FromStr>(text: &str, what: &'static str) -> Answer<I> {
    text.parse().map_err(|_| Problem::from(Error::NotFound(what)))
}

/// An id from a body.
pub(super) fn body_id<I: FromStr>(text: Option<&str>, what: &'static str) -> Answer<Option<I>> {
    text.map(|text| path_id(text, what)).transpose()
}

/// Which page is wanted.
pub(super) fn page_request(limit: Option<u32>, cursor: Option<&str>) -> Answer<PageRequest> {
    let cursor = cursor.map(str::parse).transpose().map_err(|error| Problem::from(Error::from(error)))?;
    let request = PageRequest::first().after(cursor);
    Ok(match limit {
        Some(limit) => request.limit(usize::try_from(limit).unwrap_or(usize::MAX)),
        None => request,
    })
}

/// A page of a list.
#[derive(Debug, Object)]
pub(super) struct PageOf<T: Type + ParseFromJSON + ToJSON + Send + Sync> {
    /// The items.
    items: Vec<T>,
    /// Pass it as `cursor` to get the next page; `null` on the last one.
    next_cursor: Option<String>,
}

impl<T: Type + ParseFromJSON + ToJSON + Send + Sync> From<Page<T>> for PageOf<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next_cursor: page.next.map(|cursor| cursor.to_string()) }
    }
}

/// The shape of every error, for the document (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
struct ProblemSchema {
    /// What kind of problem: stable, for programs.
    r#type: String,
    /// What kind of problem, for people.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What went wrong this time.
    detail: Option<String>,
    /// Fields that cannot be taken.
    errors: Option<Vec<FieldErrorSchema>>,
    /// Where the head is, when it is not where it was expected.
    head: Option<String>,
    /// The limit that binds, as in `limits`, when one is used up; bytes, when the body is too long.
    limit: Option<Value>,
    /// All limits that count, when one is used up.
    limits: Option<Vec<LimitStateDto>>,
    /// When it may be done again, if time helps.
    resets_at: Option<String>,
    /// The plan by which it was judged, when a limit is used up.
    plan: Option<String>,
    /// The next plan by which it would be let through, when a limit is used up.
    next_plan: Option<String>,
    /// The most that it may cost in micro-units of credit, when that is not there.
    needed: Option<i64>,
    /// The credit that can be used, when it is not enough.
    available: Option<i64>,
}

/// A field that cannot be taken, for the document.
#[derive(Debug, Object)]
#[oai(rename = "FieldError")]
struct FieldErrorSchema {
    /// Which field of the request.
    field: String,
    /// What is wrong with it.
    message: String,
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "What went wrong.",
                status: None,
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/problem+json",
                    schema: ProblemSchema::schema_ref(),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        ProblemSchema::register(registry);
    }
}

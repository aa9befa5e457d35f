//! Tickets: an `EventSource` sends no headers, so it shows who listens with a code in its address, which works once.

use std::sync::Arc;

use chatcore::account::{Caller, ChallengeKind};
use chatcore::{ConversationId, Error, RunId};
use poem::Request;
use poem::http::header;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, Object, OpenApi};
use url::form_urlencoded;

use super::Tag;
use super::support::{Answer, Auth, app};
use super::text::Text;
use crate::app::App;
use crate::http::Problem;

pub(crate) struct TicketApi;

/// The parameter in which a ticket is shown.
const TICKET: &str = "ticket";

/// What is to be listened to.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Listening {
    /// The id of a run or of a conversation, `me` for all of mine, or the path of the stream.
    about: Text,
}

/// A ticket.
#[derive(Object)]
struct Ticket {
    /// Pass it as `ticket` when you open the stream. It works once, and opens nothing else.
    ticket: String,
    /// How long it works, in seconds.
    expires_in: u64,
}

#[OpenApi(tag = "Tag::Runs")]
impl TicketApi {
    /// A ticket for a stream of events
    ///
    /// For an `EventSource`, which can send no headers. When it is cut off get another ticket, and go on with `after`.
    #[oai(path = "/auth/ticket", method = "post")]
    async fn issue(&self, auth: Auth, body: Json<Listening>) -> Answer<Json<Ticket>> {
        let wrong =
            || Error::invalid("about", "is not the id of a run or a conversation, `me`, or the path of a stream");
        let about = topic(&body.about).ok_or_else(wrong)?;
        let issued = auth.app.credentials.accounts().issue_ticket(auth.caller(), &about).await?;
        Ok(Json(Ticket { ticket: issued.code, expires_in: ChallengeKind::StreamTicket.lifetime().as_secs() }))
    }
}

/// What a stream is about, by an id or by a path: `me`, or the id of a run or of a conversation.
fn topic(text: &str) -> Option<String> {
    let path = text.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["me"] | [.., "me", "events"] => Some("me".to_owned()),
        [.., "runs", id, "events"] => id.parse::<RunId>().ok().map(|id| id.to_string()),
        [.., "conversations", id, "events"] => id.parse::<ConversationId>().ok().map(|id| id.to_string()),
        [id] => {
            let run = id.parse::<RunId>().ok().map(|id| id.to_string());
            run.or_else(|| id.parse::<ConversationId>().ok().map(|id| id.to_string()))
        }
        _ => None,
    }
}

/// Who listens to a stream of events: with the credentials of any request, or with a ticket for this stream.
pub(super) struct Listener {
    pub(super) app: Arc<App>,
    caller: Caller,
}

impl Listener {
    pub(super) const fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<'a> ApiExtractor<'a> for Listener {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        Auth::register(registry);
        let ticket = MetaSecurityScheme {
            ty: "apiKey",
            description: Some("A ticket for this stream, from `/auth/ticket`."),
            name: Some(TICKET),
            key_in: Some("query"),
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        registry.create_security_scheme(TICKET, ticket);
    }

    fn security_schemes() -> Vec<&'static str> {
        let mut schemes = Auth::security_schemes();
        schemes.push(TICKET);
        schemes
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut poem::RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let app = app(request)?;
        let caller = match ticket_of(request) {
            Some(ticket) => by_ticket(&app, request, &ticket).await,
            None => app.credentials.authenticate(request).await.map(|who| who.caller),
        };
        Ok(Self { caller: caller.map_err(Problem::from)?, app })
    }
}

/// The ticket in an address. Of two proofs the header counts.
fn ticket_of(request: &Request) -> Option<String> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return None;
    }
    let mut pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
    pairs.find(|(name, _)| name == TICKET).map(|(_, value)| value.into_owned())
}

async fn by_ticket(app: &App, request: &Request, ticket: &str) -> Result<Caller, Error> {
    let about = topic(request.uri().path()).ok_or(Error::Unauthenticated)?;
    let caller = app.credentials.accounts().by_ticket(ticket, &about).await;
    caller.map_err(|error| if matches!(error, Error::InvalidCode) { Error::Unauthenticated } else { error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_an_id_are_about_the_same() {
        let (run, chat) = (format!("run_{:032x}", 7), format!("conv_{:032x}", 7));
        for (text, about) in [
            ("me", Some("me")),
            ("/api/v1/me/events?after=x", Some("me")),
            (&run, Some(&*run)),
            (&format!("/runs/{run}/events"), Some(&*run)),
            (&format!("/api/v1/runs/{run}/events/?after=3"), Some(&*run)),
            (&format!("/api/v1/conversations/{chat}/events"), Some(&*chat)),
            (&chat, Some(&*chat)),
            (&format!("/api/v1/runs/{chat}/events"), None),
            (&format!("/api/v1/runs/{run}"), None),
            ("/me", Some("me")),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(topic(text).as_deref(), about, "{text}");
        }
    }
}

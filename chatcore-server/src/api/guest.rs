//! Somebody who signs in, and may have been a visitor until now.

use std::sync::Arc;

use chatcore::account::{SignedIn, Visitor};
use poem::Request;
use poem::http::header;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::auth::SessionDto;
use super::origin::{label, network};
use super::support::{Answer, app};
use super::text::Text;
use crate::app::App;
use crate::auth::bearer;

/// Somebody who is about to sign in: what their request says beside its body.
pub(super) struct Guest {
    pub(super) app: Arc<App>,
    /// Where they come from, as limits count it.
    pub(super) network: String,
    /// What their session is called: the program that they use, as it names itself.
    pub(super) label: Option<String>,
    /// The page that asks, if it is one.
    pub(super) origin: Option<String>,
    /// The visitor's token with which they came.
    token: Option<String>,
}

impl Guest {
    /// The session of somebody who has signed in. What was theirs as a visitor comes along, if they say who that was: in
    /// the body, or as who they sent the request.
    pub(super) async fn session(&self, signed_in: SignedIn, token: Option<Text>) -> Answer<SessionDto> {
        let token = token.map(String::from).or_else(|| self.token.clone());
        let merged = match token {
            Some(token) => Some(self.app.credentials.accounts().bring_visitor(&signed_in, &token).await),
            None => None,
        };
        SessionDto::of(&self.app, signed_in, merged)
    }
}

impl<'a> ApiExtractor<'a> for Guest {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        _body: &mut poem::RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        Ok(Self {
            app: app(request)?,
            // requests whose sender is unknown are counted as of one
            network: network(request).unwrap_or_else(|| "unknown".to_owned()),
            label: label(request),
            origin: origin.map(str::to_owned),
            token: bearer(request).filter(|token| Visitor::is_token(token)).map(str::to_owned),
        })
    }
}

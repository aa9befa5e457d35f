//! A request to a mount.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use chatcore::once::Once;
use poem::Request;
use poem::http::header;

use super::Refusal;
use crate::api::{label, network};
use crate::app::App;

/// A request whose body was read.
pub(super) struct Call {
    /// The application that is asked.
    pub(super) app: Arc<App>,
    /// The request without its body.
    pub(super) request: Request,
    /// The body.
    pub(super) body: Bytes,
}

impl Call {
    /// A segment of the path; empty if there is no such name.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.request.raw_path_param(name).unwrap_or_default()
    }

    /// A segment of the path as something else.
    pub(super) fn parse<T: FromStr>(&self, name: &str) -> Option<T> {
        self.segment(name).parse().ok()
    }

    /// A header, if it is a text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The client's name for the request, if it has one: under the same one nothing is done twice.
    ///
    /// # Errors
    /// A refusal of a name that cannot be one.
    pub(super) fn once(&self) -> Result<Option<Once>, Refusal> {
        Ok(self.header("idempotency-key").map(Once::new).transpose()?)
    }

    /// The media type of the body, in lower case and without parameters.
    pub(super) fn content_type(&self) -> String {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The query of the address, as pairs in their order.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        let query = self.request.uri().query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Where it comes from, as failures to sign in are counted.
    pub(super) fn network(&self) -> Option<String> {
        network(&self.request)
    }

    /// The program that sends it, as it names itself.
    pub(super) fn label(&self) -> Option<String> {
        label(&self.request)
    }
}

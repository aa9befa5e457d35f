//! How long requests take, by address. It costs nothing while nobody counts.

use std::time::Duration;

use metrics::histogram;
use poem::http::Method;

/// What requests are counted as.
pub(crate) const REQUEST_SECONDS: &str = "http_server_request_duration_seconds";

/// Counts a request. `route` is an address with its ids left out, or nothing for one that does not exist.
pub(super) fn answered(method: &Method, route: Option<String>, status: u16, duration: Duration) {
    // names of methods that a client made up would each be a series
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];
    let method = if known.contains(method) { method.to_string() } else { "_OTHER".to_owned() };
    let labels = [
        ("http_request_method", method),
        ("http_route", route.unwrap_or_default()),
        ("http_response_status_code", status.to_string()),
    ];
    histogram!(REQUEST_SECONDS, &labels).record(duration.as_secs_f64());
}

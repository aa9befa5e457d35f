//! The pages of those who run the service. Where these systems have pages of their own, clients find the way to those of this
//! server.

use poem::Response;
use poem::http::{StatusCode, header};

use super::reply::with;
use super::{Call, Outcome};

/// To a page of this server.
pub(super) fn to_pages(call: &Call, path: &str) -> Outcome {
    let url = format!("{}{path}", call.app.home.trim_end_matches('/'));
    Ok(with(Response::from(StatusCode::FOUND), header::LOCATION, &url))
}

/// To the first of them.
pub(super) async fn index(call: Call) -> Outcome {
    to_pages(&call, "/admin")
}

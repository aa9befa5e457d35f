//! Where somebody signs in from.

use poem::Request;
use poem::http::header;

use crate::http::ClientAddress;

/// The longest name of a program that is kept, in characters.
const MAX_LABEL: usize = 200;

/// What a session is called in the list of its owner: the program that opened it, as it names itself.
pub(crate) fn label(request: &Request) -> Option<String> {
    let name = request.headers().get(header::USER_AGENT)?.to_str().ok()?.trim();
    (!name.is_empty()).then(|| name.chars().take(MAX_LABEL).collect())
}

/// The network that failures to sign in are counted by.
pub(crate) fn network(request: &Request) -> Option<String> {
    request.extensions().get::<ClientAddress>().map(|client| client.prefix().to_string())
}

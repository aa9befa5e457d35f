//! What the access tokens of each kind of session look like.

use std::time::Duration;

use chatcore::account::SignedIn;
use serde_json::{Map, Value};

/// The claims of one kind of session. A system whose clients read its tokens brings one of its own.
///
/// Every token carries `iss`, `aud`, `sid`, `epoch`, `iat` and `exp`, which a profile cannot replace: they are what the
/// server goes by. The audience is the profile's, so a token of one is nothing to the routes of another.
pub trait ClaimProfile: Send + Sync {
    /// Its name, as in [`chatcore::account::SessionKind::claims`].
    fn name(&self) -> &'static str;

    /// The `typ` of its tokens.
    fn typ(&self) -> &'static str {
        "JWT"
    }

    /// How long its tokens last, if not as long as those of the native API. Whatever it says, a token is as good as its
    /// session: that is looked up at every request.
    fn lifetime(&self) -> Option<Duration> {
        None
    }

    /// What its tokens say beside that; a `sub` in it takes the place of the user's id.
    fn claims(&self, of: &SignedIn) -> Map<String, Value>;
}

/// The profile of the native API: RFC 9068's type, so that nothing else that is signed passes for an access token, and
/// the user's id as `sub`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Native;

impl Native {
    /// Its name.
    pub const NAME: &str = "native";
}

impl ClaimProfile for Native {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn typ(&self) -> &'static str {
        "at+jwt"
    }

    fn claims(&self, _of: &SignedIn) -> Map<String, Value> {
        Map::new()
    }
}

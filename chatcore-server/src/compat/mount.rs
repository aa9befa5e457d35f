//! The systems, and where they are served.

use chatcore::billing::ledger::{Charging, Credit};
use poem::{Response, Route};

use super::{ai_chat_system, chat_platform, chatbot, django_chat, sentx};
use crate::auth::AccessTokens;
use crate::config::{CompatConfig, Place};
use crate::http::Problem;

/// A system whose clients find themselves at home.
#[derive(Clone, Copy)]
pub(crate) struct Mount {
    /// Its name in paths and settings.
    pub(crate) name: &'static str,
    /// Its routes.
    pub(crate) routes: fn() -> Route,
    /// How a problem looks that no route of it told: an unknown path, a request too many.
    pub(crate) render: fn(&Problem) -> Response,
}

impl Mount {
    /// Where it is in a server that has others.
    pub(crate) fn path(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

const MOUNTS: [Mount; 5] =
    [sentx::MOUNT, ai_chat_system::MOUNT, chat_platform::MOUNT, django_chat::MOUNT, chatbot::MOUNT];

/// Where all mounts are.
const PREFIX: &str = "/compat/";

/// The mounts that are served, each with its place.
pub(crate) fn served(config: &CompatConfig) -> impl Iterator<Item = (Mount, Place)> {
    MOUNTS.into_iter().map(|mount| (mount, config.place(mount.name))).filter(|(_, place)| place.mounted)
}

/// Adds the mounts to the routes of a server.
pub(crate) fn nest(routes: Route, config: &CompatConfig) -> Route {
    served(config).fold(routes, |routes, (mount, _)| routes.nest(mount.path(), (mount.routes)()))
}

/// Whether a path takes a file. How long that may be is for the core to say.
pub(crate) fn is_upload(path: &str) -> bool {
    let mut ends = path.trim_end_matches('/').rsplit('/');
    ends.next() == Some("attach_file") && ends.nth(1) == Some("messages-list")
}

/// How a problem at a path looks, if that is one of a mount.
pub(crate) fn render(path: &str, problem: &Problem) -> Option<Response> {
    let name = path.strip_prefix(PREFIX)?.split('/').next()?;
    let mount = MOUNTS.into_iter().find(|mount| mount.name == name)?;
    Some((mount.render)(problem))
}

/// Access tokens with the claims of the mounts.
pub(crate) fn profiles(access: AccessTokens) -> AccessTokens {
    access
        .profile(sentx::Claims)
        .profile(ai_chat_system::Claims)
        .profile(chat_platform::Claims)
        .profile(django_chat::Claims)
}

/// The mounts that can be served where that is charged for. Where people pay for credit, nobody but the one who runs the
/// server can say what a token of a mount is worth.
pub(crate) fn check(config: &CompatConfig, charging: Charging) -> CompatConfig {
    let mut config = config.clone();
    if charging != Charging::Free && config.token.is_none() && config.place(ai_chat_system::MOUNT.name).mounted {
        tracing::warn!(
            "the mount /compat/{0} is off: say what its tokens are worth (CHATCORE_COMPAT_TOKEN_MICROS), or switch it off \
             yourself",
            ai_chat_system::MOUNT.name
        );
        config.switch_off(ai_chat_system::MOUNT.name);
    }
    config.token.get_or_insert(Credit::from_micros(1));
    config
}

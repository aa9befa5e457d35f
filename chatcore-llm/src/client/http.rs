//! The HTTP client of the models, and its patience.

use std::time::Duration;

/// How long a model may stay silent. There is no limit on the whole: a long answer takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request to the head of the answer. Some servers think first and answer then.
    pub headers: Duration,
    /// Between two pieces of the answer. Models that think without saying so are silent for minutes.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), headers: Duration::from_secs(120), idle: Duration::from_secs(180) }
    }
}

/// A client for streams: small packets are sent at once, and a redirect is an answer, because following it would carry
/// the key to another place.
pub(crate) fn client(timeouts: Timeouts, system_proxy: bool) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("chatcore/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true);
    if system_proxy { builder.build() } else { builder.no_proxy().build() }
}

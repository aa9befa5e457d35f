//! What kind of request it is: decided by method and path alone, so that every route has a class from its first day.

use std::fmt;

use poem::http::Method;

/// What kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Signing in, registering, proving an address, resetting a password: what a guesser would try again and again.
    SignIn,
    /// What makes a model work.
    Run,
    /// What a payment provider tells: proven by its bytes, and in bursts.
    Webhook,
    /// Everything else that changes something.
    Write,
    /// What only looks.
    Read,
    /// Pages, their files, documents.
    Page,
    /// Whether the server lives.
    Health,
}

/// Ends of paths where people prove who they are; `*` stands for any one segment. Sending something there counts.
const SIGN_IN: [&str; 44] = [
    "login",
    "signin",
    "sign-in",
    "register",
    "signup",
    "sign-up",
    "registration",
    "auth/visitor",
    "auth/users",
    "auth/set-up",
    "auth/oauth/exchange",
    "session/exchange",
    "session/visitor",
    "session/wallet",
    "auth/oauth/*/callback",
    "wallet/challenge",
    "wallet/verify",
    "identities/wallet",
    "identities/oauth/*",
    "email/verify",
    "email/verify-again",
    "password/forgot",
    "password/reset",
    "api/token",
    "auth/authenticate",
    "auth/add-email",
    "auth/send-email-code",
    "auth/verify-email-code",
    "google/callback",
    "jwt/verify",
    "jwt/create",
    "users/activation",
    "users/resend_activation",
    "users/set_password",
    "users/reset_password",
    "users/reset_password_confirm",
    "users/social/*",
    "auth/o/*",
    "auth/custom/*/callback",
    "auth/custom/google-one-tap",
    "admin/login",
    "me/password",
    "me/email",
    "me/cap",
];

/// The same where looking counts: something is stored until the browser comes back, or somebody is signed in.
const LOOKS: [&str; 7] = [
    "oauth/*/start",
    "oauth/*/callback",
    "google/login",
    "google/callback",
    "auth/o/*",
    "users/social/*",
    "auth/custom/*/callback",
];

/// Ends of paths where models are made to work.
const RUN: [&str; 16] = [
    "messages",
    "persistent-messages",
    "edit",
    "regenerate",
    "answer",
    "continue",
    "tool-results",
    "completions",
    "responses",
    "api/chat",
    "chatbot/api/v1/chat",
    "chat-platform/message",
    "api/regeneration",
    "chat/stream",
    "send",
    "ag-ui",
];

/// Beginnings of paths that are read by programs; what else is only looked at is a page.
const PROGRAMS: [&str; 6] = ["api", "v1", "compat", "web", "ag-ui", "aui"];

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::SignIn, Self::Run, Self::Webhook, Self::Write, Self::Read, Self::Page, Self::Health];

    /// Its name, in settings and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Run => "run",
            Self::Webhook => "webhook",
            Self::Write => "write",
            Self::Read => "read",
            Self::Page => "page",
            Self::Health => "health",
        }
    }

    /// The class of a request.
    #[must_use]
    pub fn of(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match segments.as_slice() {
            ["healthz" | "readyz"] => Self::Health,
            // these streams begin with a GET, and start a run
            ["compat", .., "stream"] if looks => Self::Run,
            _ if looks && ends_in(&segments, &LOOKS) => Self::SignIn,
            [first, ..] if looks && PROGRAMS.contains(first) => Self::Read,
            _ if looks => Self::Page,
            _ if ends_in(&segments, &SIGN_IN) => Self::SignIn,
            // whoever closes an account shows the password again
            [.., "me"] if *method == Method::DELETE => Self::SignIn,
            _ if *method == Method::POST && ends_in(&segments, &RUN) => Self::Run,
            _ if *method == Method::POST && ends_in(&segments, &["webhooks/*", "payments/webhook"]) => Self::Webhook,
            _ => Self::Write,
        }
    }
}

/// Whether a path ends in one of these.
fn ends_in(path: &[&str], ends: &[&str]) -> bool {
    let fits = |end: &&str| {
        let mut theirs = path.iter().rev();
        end.split('/')
            .rev()
            .all(|ours| theirs.next().is_some_and(|theirs| ours == "*" || ours.eq_ignore_ascii_case(theirs)))
    };
    ends.iter().any(fits)
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_class() {
        let rows = [
            ("POST", "/api/v1/auth/login", Class::SignIn),
            ("POST", "/api/v1/auth/login/", Class::SignIn),
            ("POST", "//api/v1/auth/LOGIN", Class::SignIn),
            ("POST", "/web/session/register", Class::SignIn),
            ("POST", "/web/session/exchange", Class::SignIn),
            ("POST", "/web/session/visitor", Class::SignIn),
            ("POST", "/web/session/wallet", Class::SignIn),
            ("POST", "/compat/sentx/api/auth/users/", Class::SignIn),
            ("POST", "/compat/ai-chat-system/api/token/", Class::SignIn),
            ("GET", "/api/v1/auth/oauth/google/callback", Class::SignIn),
            // each one is stored until the browser comes back
            ("GET", "/api/v1/auth/oauth/google/start", Class::SignIn),
            ("POST", "/api/v1/auth/oauth/exchange", Class::SignIn),
            ("POST", "/api/v1/auth/visitor", Class::SignIn),
            ("POST", "/api/v1/auth/wallet/challenge", Class::SignIn),
            ("POST", "/api/v1/auth/wallet/verify", Class::SignIn),
            ("POST", "/api/v1/me/identities/wallet", Class::SignIn),
            ("POST", "/api/v1/me/identities/oauth/google", Class::SignIn),
            ("DELETE", "/api/v1/me/identities/x", Class::Write),
            ("POST", "/api/v1/auth/ticket", Class::Write),
            ("GET", "/api/v1/auth/providers", Class::Read),
            ("PUT", "/api/v1/me/password", Class::SignIn),
            ("PUT", "/api/v1/me/email", Class::SignIn),
            ("PUT", "/api/v1/me/cap", Class::SignIn),
            ("PUT", "/api/v1/me/time-zone", Class::Write),
            ("POST", "/api/v1/webhooks/stripe", Class::Webhook),
            ("PUT", "/api/v1/webhooks/stripe", Class::Write),
            ("GET", "/api/v1/webhooks/stripe", Class::Read),
            ("DELETE", "/api/v1/me", Class::SignIn),
            ("PATCH", "/api/v1/me", Class::Write),
            ("POST", "/api/v1/auth/email/verify-again", Class::SignIn),
            ("POST", "/api/v1/auth/password/forgot", Class::SignIn),
            // nobody guesses a refresh token
            ("POST", "/api/v1/auth/refresh", Class::Write),
            ("POST", "/api/v1/auth/logout", Class::Write),
            ("POST", "/api/v1/conversations/x/messages", Class::Run),
            ("POST", "/v1/chat/completions", Class::Run),
            ("GET", "/compat/sentx/chat/stream", Class::Run),
            ("POST", "/compat/chatbot/api/v1/chat/", Class::Run),
            ("POST", "/compat/chat-platform/message/", Class::Run),
            ("POST", "/compat/chat-platform/auth/authenticate", Class::SignIn),
            ("GET", "/compat/django-chat/auth/google/login/", Class::SignIn),
            ("GET", "/compat/sentx/api/auth/o/google-oauth2/", Class::SignIn),
            ("POST", "/compat/sentx/api/auth/o/google-oauth2/", Class::SignIn),
            ("GET", "/compat/sentx/api/auth/users/social/google-oauth2/", Class::SignIn),
            ("POST", "/compat/sentx/api/payments/webhook/", Class::Webhook),
            ("POST", "/compat/sentx/api/payments/webhooks/stripe/", Class::Webhook),
            ("POST", "/compat/sentx/api/chat/persistent-messages", Class::Run),
            ("POST", "/compat/sentx/chat/messages-list/x/attach_file/", Class::Write),
            ("GET", "/api/v1/conversations/x/messages", Class::Read),
            ("PATCH", "/api/v1/messages/x", Class::Write),
            ("POST", "/api/v1/conversations", Class::Write),
            ("BREW", "/api/v1/conversations", Class::Write),
            ("OPTIONS", "/api/v1/auth/login", Class::Read),
            ("GET", "/api/v1/shares/x", Class::Read),
            ("POST", "/api/v1/shares/x/fork", Class::Write),
            ("GET", "/s/x", Class::Page),
            ("GET", "/", Class::Page),
            ("GET", "/assets/main.js", Class::Page),
            ("GET", "/docs", Class::Page),
            ("GET", "/login", Class::Page),
            ("POST", "/nowhere", Class::Write),
            ("GET", "/admin/users", Class::Page),
            ("POST", "/admin/login", Class::SignIn),
            ("POST", "/admin/users/x/balance", Class::Write),
            ("POST", "/api/v1/admin/conversations/x/open", Class::Write),
            ("GET", "/api/v1/admin/users", Class::Read),
            ("GET", "/healthz", Class::Health),
        ];
        for (method, path, class) in rows {
            assert_eq!(Class::of(&method.parse().unwrap(), path), class, "{method} {path}");
        }
    }
}

//! What mails look like. Nothing that somebody typed here is in them, so nobody can send words of theirs from here.

use chatcore::Timestamp;
use chatcore::account::MailContent;

/// A mail as people read it.
pub(super) struct Letter {
    pub(super) subject: &'static str,
    pub(super) text: String,
    pub(super) html: String,
}

/// A code, and what to do with it.
struct Code<'a> {
    code: &'a str,
    expires_at: Timestamp,
    /// The word in the address of the page that takes it.
    word: &'static str,
}

impl Letter {
    /// The letter, if it is known how to write it. `site` is where browsers reach the server: without it there are no
    /// links, because nothing that a request says of it can be trusted.
    pub(super) fn of(content: &MailContent, site: Option<&str>) -> Option<Self> {
        let letter = match content {
            MailContent::ResetPassword { code, expires_at } => Self::new(
                "Set a new password",
                "Somebody, you we hope, forgot the password of your account and wants to set another one.",
                Some(Code { code, expires_at: *expires_at, word: "reset-password" }),
                "If that was not you, do nothing: your password stays as it is.",
                site,
            ),
            MailContent::VerifyEmail { code, expires_at } => Self::new(
                "Is this your address?",
                "Somebody, you we hope, gave this address for an account. Please confirm that it is yours.",
                Some(Code { code, expires_at: *expires_at, word: "verify-email" }),
                "If that was not you, do nothing: the address stays out of it.",
                site,
            ),
            MailContent::PasswordChanged => Self::new(
                "Your password was changed",
                "The password of your account was changed, and you were signed out everywhere else.",
                None,
                "If that was not you, set a new password now: ask for a mail as if you had forgotten it.",
                site,
            ),
            MailContent::EmailChanged => Self::new(
                "Your address was changed",
                "Your account has another address now. Mail about it goes there.",
                None,
                "If that was not you, write to those who run this server.",
                site,
            ),
            _ => return None,
        };
        Some(letter)
    }

    fn new(subject: &'static str, why: &str, code: Option<Code<'_>>, otherwise: &str, site: Option<&str>) -> Self {
        let mut text = vec![why.to_owned()];
        let mut html = vec![escaped(why)];
        if let Some(Code { code, expires_at, word }) = code {
            let until = format!("It works once, until {}.", minute(expires_at));
            if let Some(site) = site {
                // behind the # no server sees it, and no log
                let link = format!("{}/#/{word}/{code}", site.trim_end_matches('/'));
                text.push(format!("Open this page:\n{link}"));
                let link = escaped(&link);
                html.push(format!("<a href=\"{link}\">{}</a>", escaped(subject)));
                text.push(format!("Or use this code:\n{code}"));
            } else {
                text.push(format!("Use this code:\n{code}"));
            }
            html.push(format!("<code>{}</code>", escaped(code)));
            html.push(escaped(&until));
            text.push(until);
        }
        text.push(otherwise.to_owned());
        html.push(escaped(otherwise));
        let paragraphs: String = html.iter().map(|part| format!("<p>{part}</p>\n")).collect();
        let html = format!("<!doctype html>\n<html lang=\"en\"><body>\n{paragraphs}</body></html>\n");
        Self { subject, text: text.join("\n\n") + "\n", html }
    }
}

/// A text inside of HTML, between tags or between quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A time to the minute.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset() -> MailContent {
        let expires_at = "2026-01-31T12:34:56.789Z".parse().unwrap();
        MailContent::ResetPassword { code: "c0de".repeat(10), expires_at }
    }

    #[test]
    fn a_code_comes_with_a_link_where_the_address_of_the_server_is_known() {
        let letter = Letter::of(&reset(), Some("https://chat.test/")).unwrap();
        let link = format!("https://chat.test/#/reset-password/{}", "c0de".repeat(10));
        assert!(letter.text.contains(&format!("\n{link}\n")), "{}", letter.text);
        assert!(letter.text.contains("2026-01-31 12:34 UTC"), "{}", letter.text);
        assert!(letter.html.contains("#/reset-password/"), "{}", letter.html);
        let letter = Letter::of(&reset(), None).unwrap();
        assert!(letter.text.contains(&"c0de".repeat(10)) && !letter.text.contains("http"), "{}", letter.text);
        assert!(!letter.html.contains("href"), "{}", letter.html);
    }

    #[test]
    fn an_odd_address_breaks_no_html() {
        let letter = Letter::of(&reset(), Some("https://chat.test/\"><b>&")).unwrap();
        assert!(
            letter.html.contains("<a href=\"https://chat.test/&quot;&gt;&lt;b&gt;&amp;/#/reset"),
            "{}",
            letter.html
        );
    }

    #[test]
    fn news_carry_no_code() {
        for content in [MailContent::PasswordChanged, MailContent::EmailChanged] {
            let letter = Letter::of(&content, Some("https://chat.test")).unwrap();
            assert!(!letter.text.contains("http") && letter.text.lines().all(|line| line.len() < 120));
        }
    }
}

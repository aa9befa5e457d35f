//! The page behind a link to a conversation: made here, without scripts, for anybody.
//!
//! It carries no cookie and needs none, loads nothing from elsewhere, tells nobody where a reader came from, and is not
//! for search engines. What it may show is decided in [`chatcore::share`].

use chatcore::Error;
use chatcore::conversation::Role;
use chatcore::page::PageRequest;
use chatcore::share::{Shared, SharedMessage};
use poem::http::{HeaderName, StatusCode, header};
use poem::web::Html;
use poem::{IntoResponse, Request, Response, handler};
use url::form_urlencoded;

use super::markdown::{self, escape};
use crate::api::app;
use crate::http::Problem;

/// The page loads its own styles, and pictures that are part of a text.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Messages of a page.
const PAGE: usize = 100;

/// A page of the conversation behind a link.
#[handler]
pub(super) async fn page(request: &Request) -> Response {
    match read(request).await {
        Ok(html) => answer(StatusCode::OK, html),
        Err(Error::NotFound(_) | Error::Invalid { .. }) => answer(StatusCode::NOT_FOUND, nothing()),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn read(request: &Request) -> Result<String, Error> {
    let app = app(request).map_err(|_| Error::Overloaded)?;
    let token = request.raw_path_param("token").unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let cursor = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "cursor");
    let cursor = cursor.map(|(_, value)| value.parse()).transpose()?;
    let is_first = cursor.is_none();
    let shared = app.shares.read(token, &PageRequest::first().limit(PAGE).after(cursor)).await?;
    Ok(conversation(&shared, token, is_first))
}

fn answer(status: StatusCode, html: String) -> Response {
    Html(html)
        .with_status(status)
        .with_header(header::CONTENT_SECURITY_POLICY, POLICY)
        .with_header(header::REFERRER_POLICY, "no-referrer")
        .with_header(HeaderName::from_static("x-robots-tag"), "noindex, nofollow")
        .into_response()
}

/// What every page has around its content.
fn around(title: &str, main: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex, nofollow">
  <meta name="referrer" content="no-referrer">
  <title>{title}</title>
  <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/assets/base.css">
  <link rel="stylesheet" href="/assets/prose.css">
  <link rel="stylesheet" href="/assets/share.css">
</head>
<body class="shared">
{main}
</body>
</html>
"#,
        title = escape(title),
    )
}

/// The same for a link that never was and for one that has ended.
fn nothing() -> String {
    let text = "<main><h1>There is nothing here</h1><p>The link has ended, or it never was.</p>\
                <p><a href=\"/\">Go to the chat</a></p></main>";
    around("Nothing here", text)
}

fn conversation(shared: &Shared, token: &str, is_first: bool) -> String {
    let title = shared.title.as_deref().unwrap_or("A conversation");
    let messages: String = shared.messages.items.iter().map(message).collect();
    let more = shared.messages.next.as_ref().map_or(String::new(), |cursor| {
        let there = format!("/s/{}?cursor={cursor}", escape(token));
        format!("<p class=\"more\"><a href=\"{there}\">Earlier messages</a></p>")
    });
    let back = if is_first {
        String::new()
    } else {
        format!("<p class=\"more\"><a href=\"/s/{}\">Newest messages</a></p>", escape(token))
    };
    let ends = shared.expires_at.map_or(String::new(), |at| format!(" The link ends on {}.", day(&at.to_string())));
    let main = format!(
        "<header><h1>{title}</h1><p class=\"hint\">A conversation that somebody shared. Nobody can change it here.{ends}</p></header>\n\
         <main>{more}<ol class=\"messages\">{messages}</ol>{back}\
         <p class=\"go-on\"><a class=\"button\" href=\"/#/s/{token}\">Go on in a copy of your own</a></p></main>",
        title = escape(title),
        token = escape(token),
    );
    around(title, &main)
}

fn message(message: &SharedMessage) -> String {
    let (who, body) = match message.role {
        Role::Assistant => (message.model.as_deref().unwrap_or("Answer"), markdown::render(&message.text)),
        _ => ("Question", format!("<p class=\"as-written\">{}</p>", escape(&message.text))),
    };
    let body = if message.text.is_empty() { String::new() } else { format!("<div class=\"prose\">{body}</div>") };
    let attached = match message.attachments {
        0 => String::new(),
        1 => "<p class=\"hint\">One attachment is not shown.</p>".to_owned(),
        many => format!("<p class=\"hint\">{many} attachments are not shown.</p>"),
    };
    let time = message.created_at.to_string();
    format!(
        "<li class=\"{kind}\"><h2>{who} <time datetime=\"{time}\">{day}</time></h2>{body}{attached}</li>",
        kind = if message.role == Role::Assistant { "answer" } else { "question" },
        who = escape(who),
        day = day(&time),
    )
}

/// The day of a moment.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use chatcore::Timestamp;
    use chatcore::page::Page;

    use super::*;

    fn said(role: Role, text: &str, attachments: usize) -> SharedMessage {
        let created_at = Timestamp::from_micros(1_767_225_600_000_000);
        SharedMessage { role, text: text.to_owned(), attachments, model: Some("<b>small</b>".into()), created_at }
    }

    #[test]
    fn whatever_was_said_stays_text() {
        let items = vec![
            said(Role::User, "<script>alert(1)</script>\n& more", 2),
            said(Role::Assistant, "**bold** <img src=x onerror=alert(1)> ![x](https://tracker.test/a.png)", 0),
        ];
        let title = Some("</title><script>alert(1)</script>".to_owned());
        let shared = Shared {
            title,
            created_at: chatcore::Timestamp::default(),
            expires_at: None,
            messages: Page { items, next: None },
        };
        let html = conversation(&shared, "abc", true);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("<a href=\"https://tracker.test/a.png\""), "a picture elsewhere is a link: {html}");
        assert!(!html.contains("<b>small"), "{html}");
        assert!(html.contains("<strong>bold</strong>") && html.contains("2 attachments are not shown"), "{html}");
        assert!(html.contains("2026-01-01"), "{html}");
        assert!(!html.contains(" style="), "the policy forbids style attributes");
    }

    #[test]
    fn a_page_in_the_middle_leads_both_ways() {
        let next = "1r00000005".parse().ok();
        let shared = Shared {
            title: None,
            created_at: chatcore::Timestamp::default(),
            expires_at: None,
            messages: Page { items: Vec::new(), next },
        };
        let html = conversation(&shared, "abc", false);
        assert!(html.contains("/s/abc?cursor=1r00000005") && html.contains("Newest messages"), "{html}");
    }
}

//! What all pages have around them, and the pieces that several are made of.

use chatcore::Timestamp;
use chatcore::account::Permission;
use chatcore::page::Cursor;
use maud::{DOCTYPE, Markup, html};
use poem::Response;

use super::asked::Asked;
use super::desk::{Desk, done};

/// The pages, and what it takes to see them.
const NAVIGATION: [(&str, &str, Permission); 10] = [
    ("/admin", "Overview", Permission::SeeUsage),
    ("/admin/users", "Users", Permission::SeeAccounts),
    ("/admin/conversations", "Conversations", Permission::FindChats),
    ("/admin/feedback", "Feedback", Permission::SeeFeedback),
    ("/admin/usage", "Usage", Permission::SeeUsage),
    ("/admin/subscriptions", "Subscriptions", Permission::SeeUsage),
    ("/admin/plans", "Plans", Permission::Configure),
    ("/admin/prices", "Prices", Permission::Configure),
    ("/admin/payments", "Payments", Permission::Configure),
    ("/admin/audit", "Audit", Permission::SeeAudit),
];

/// What a form has done, by the word in the address.
const NOTICES: [(&str, &str); 4] =
    [("saved", "Saved."), ("ended", "Signed out."), ("deleted", "Deleted."), ("tried", "Tried again.")];

/// A page with its navigation.
pub(super) fn page(desk: &Desk, asked: &Asked, here: &str, title: &str, content: &Markup) -> Response {
    let name = desk.user.username.as_deref().or(desk.user.email.as_deref()).unwrap_or("you");
    let notice = NOTICES.iter().find(|(word, _)| asked.get("done") == Some(*word));
    let body = html! {
        a .skip href="#content" { "Skip to the content" }
        header .office-top {
            a .office-brand href="/admin" { img src="/assets/favicon.svg" alt="" width="28" height="28"; "chatcore" }
            nav aria-label="Admin" {
                ul {
                    @for (path, name, permission) in NAVIGATION {
                        @if desk.may(permission) {
                            li { a href=(path) aria-current=[(path == here).then_some("page")] { (name) } }
                        }
                    }
                }
            }
            form .office-out method="post" action="/admin/logout" {
                (token(desk))
                span { (name) ", " (desk.user.role.name()) }
                button .ghost.small { "Sign out" }
            }
        }
        main #content .office-main {
            @if let Some((_, text)) = notice { p .notice role="status" { (text) } }
            h1 { (title) }
            (content)
        }
    };
    document(title, &body)
}

/// A page without navigation, for whoever is not at the desk.
pub(super) fn bare(title: &str, content: &Markup) -> Response {
    document(title, &html! { main #content .office-main.office-bare { (content) } })
}

fn document(title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " - chatcore" }
                link rel="icon" href="/assets/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/base.css";
                link rel="stylesheet" href="/assets/controls.css";
                link rel="stylesheet" href="/assets/prose.css";
                link rel="stylesheet" href="/assets/admin.css";
                script src="/assets/theme-early.js" {}
            }
            body .office { (body) }
        }
    };
    Response::builder().content_type("text/html; charset=utf-8").body(page.into_string())
}

/// Elsewhere.
pub(super) fn go(at: &str) -> Response {
    done(at)
}

/// The token that a form shows.
pub(super) fn token(desk: &Desk) -> Markup {
    html! { input type="hidden" name="csrf" value=(desk.csrf()); }
}

/// A field for a reason.
pub(super) fn reason(id: &str, required: bool) -> Markup {
    html! {
        label .field for=(id) {
            span { "Reason" @if !required { " (optional)" } }
            input id=(id) name="reason" maxlength="500" required[required] autocomplete="off";
        }
    }
}

/// A field of one line.
pub(super) fn field(id: &str, name: &str, label: &str, kind: &str, value: &str) -> Markup {
    html! {
        label .field for=(id) {
            span { (label) }
            input id=(id) name=(name) type=(kind) value=(value) autocomplete="off";
        }
    }
}

/// A choice.
pub(super) fn choice(id: &str, name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label .field for=(id) {
            span { (label) }
            select id=(id) name=(name) {
                @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
            }
        }
    }
}

/// Where the list goes on.
pub(super) fn more(asked: &Asked, next: Option<&Cursor>) -> Markup {
    html! {
        @if let Some(next) = next { p .office-more { a href=(asked.onward(next)) { "Next page" } } }
    }
}

/// A moment, to the second, in UTC.
pub(super) fn time(at: Timestamp) -> Markup {
    let text = at.to_string();
    let short: String = text.chars().take(19).map(|letter| if letter == 'T' { ' ' } else { letter }).collect();
    html! { time datetime=(text) { (short) } }
}

/// The day of a moment, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A number with its digits in groups.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Micro-units as units.
pub(super) fn units(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let rest = format!("{rest:06}");
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{}", count(whole)) } else { format!("{sign}{}.{rest}", count(whole)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_easily() {
        let counts = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        counts.into_iter().for_each(|(number, text)| assert_eq!(count(number), text));
        let amounts = [(0, "0"), (1_500_000, "1.5"), (-1, "-0.000001"), (2_000_000_000, "2,000")];
        amounts.into_iter().for_each(|(micros, text)| assert_eq!(units(micros), text));
    }
}

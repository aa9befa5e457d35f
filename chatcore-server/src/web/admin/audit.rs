//! What those who run the service did.

use chatcore::audit::{AuditEntry, Chain};
use chatcore::{Error, Subject};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::chats::owner;
use super::desk::Desk;
use super::frame::{field, more, page, time};
use super::people::name;

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let about = asked.get("about").map(str::parse::<Subject>).transpose().map_err(|_| Error::NotFound("user"))?;
    let found = desk.app.audit.entries(desk.caller(), about, &asked.page()?).await?;
    let content = html! {
        form .office-search role="search" method="get" action="/admin/audit" {
            (field("about", "about", "About (id of a user or visitor)", "search", asked.text("about")))
            button .primary { "Show" }
        }
        @if asked.get("check").is_some() {
            (verdict(desk.app.audit.verify(desk.caller()).await?))
        } @else {
            p { a href="/admin/audit?check=1" { "Check that all of it is as it was written" } }
        }
        (entries(&found.items))
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/audit", "Audit", &content))
}

fn verdict(chain: Chain) -> Markup {
    html! {
        @match chain {
            Chain { broken_at: Some(number), .. } => p .notice role="alert" { "The chain is broken at entry " (number) "." },
            Chain { head: Some(head), .. } => p .notice role="status" {
                (head.number) " entries, all as they were written. The last hash is " code { (name(&head.hash)) } "."
            },
            Chain { head: None, .. } => p .notice role="status" { "There is nothing yet." },
        }
    }
}

/// Entries as a table.
pub(super) fn entries(all: &[AuditEntry]) -> Markup {
    html! {
        @if all.is_empty() { p .hint { "Nothing was done." } } @else {
            div .table tabindex="0" role="region" aria-label="Audit log" {
                table {
                    thead { tr {
                        th scope="col" .number { "Number" }
                        @for head in ["When", "Who", "What", "To", "Reason", "From", "Detail"] { th scope="col" { (head) } }
                    } }
                    tbody { @for entry in all { (row(entry)) } }
                }
            }
        }
    }
}

fn row(entry: &AuditEntry) -> Markup {
    html! {
        tr {
            td .number { (entry.number) }
            td { (time(entry.at)) }
            td { @match entry.actor { Some(id) => (owner(Subject::User(id))), None => "the program" } }
            th scope="row" { (name(&entry.act)) }
            td { (name(&entry.object.kind)) " " (entry.object.id) }
            td { (entry.reason.as_deref().unwrap_or("-")) }
            td { (entry.network.as_deref().unwrap_or("-")) }
            td { (entry.detail.as_deref().unwrap_or("-")) }
        }
    }
}

//! One conversation: what is known of it, and what is in it for whoever says why.

use chatcore::account::Permission;
use chatcore::conversation::{Conversation, MessageView, Sibling};
use chatcore::page::PageRequest;
use chatcore::{ConversationId, Error, MessageId};
use maud::{Markup, PreEscaped, html};

use super::Shown;
use super::asked::Asked;
use super::chats::{called, owner};
use super::desk::{Desk, done};
use super::frame::{more, page, reason, time, token};
use super::people::name;
use crate::app::detached;
use crate::web::markdown;

/// Messages of a page of which the versions are listed.
const LISTED: usize = 20;

/// Before it is opened.
pub(super) async fn door(desk: Desk, asked: Asked) -> Shown {
    let id: ConversationId = asked.id("conversation")?;
    let chat = desk.app.office.chat(desk.caller(), id).await?;
    let content = html! {
        (facts(&chat))
        @if desk.may(Permission::ReadChats) {
            form .office-card method="post" action=(format!("/admin/conversations/{id}")) {
                h2 { "Read it" }
                (token(&desk))
                p .hint { "That you read it, and why, is written into the audit log. The owner can see it." }
                (reason("open-reason", true))
                p { button .primary { "Open" } }
            }
        }
    };
    Ok(page(&desk, &asked, "/admin/conversations", &called(&chat), &content))
}

fn facts(chat: &Conversation) -> Markup {
    html! {
        dl .facts {
            div { dt { "Id" } dd { code { (chat.id) } } }
            div { dt { "Owner" } dd { (owner(chat.owner)) } }
            div { dt { "Messages" } dd { (chat.message_count) } }
            div { dt { "Made" } dd { (time(chat.created_at)) } }
            div { dt { "Written to" } dd { (time(chat.updated_at)) } }
        }
    }
}

pub(super) async fn open(desk: Desk, asked: Asked) -> Shown {
    let id: ConversationId = asked.id("conversation")?;
    let entry = desk.app.office.open_chat(desk.by(&asked), id).await?;
    Ok(done(&format!("/admin/conversations/{id}/read?grant={}", entry.number)))
}

/// After it was.
pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let (id, grant) = (asked.id("conversation")?, grant(&asked)?);
    let through: Option<MessageId> = asked.get("through").and_then(|id| id.parse().ok());
    let office = &desk.app.office;
    let chat = office.chat(desk.caller(), id).await?;
    let found = office.transcript(desk.caller(), id, grant, through, &asked.page()?).await?;
    let mut shown = Vec::new();
    for view in &found.items {
        let listed = view.versions > 1 && shown.len() < LISTED;
        let page = PageRequest::first();
        let versions = match listed {
            true => office.versions(desk.caller(), id, grant, view.message.id, &page).await?.items,
            false => Vec::new(),
        };
        shown.push(message(&desk, id, grant, view, &versions));
    }
    let content = html! {
        (facts(&chat))
        @if found.next.is_some() { p .hint { "What came before is on the next page." } }
        form method="post" action=(format!("/admin/conversations/{id}/delete")) {
            (token(&desk))
            input type="hidden" name="grant" value=(grant);
            ol .transcript { @for one in &shown { li { (one) } } }
            @if desk.may(Permission::DeleteChats) && !shown.is_empty() {
                div .office-card {
                    p .hint { "A message goes with all that is below it." }
                    (reason("delete-reason", true))
                    p { button .danger { "Delete what is chosen" } }
                }
            }
        }
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/conversations", &called(&chat), &content))
}

fn grant(asked: &Asked) -> Result<u64, Error> {
    asked.text("grant").parse().map_err(|_| Error::Denied)
}

fn message(desk: &Desk, id: ConversationId, grant: u64, view: &MessageView, versions: &[Sibling]) -> Markup {
    let message = &view.message;
    let role = name(&message.role);
    let at = |other: MessageId| format!("/admin/conversations/{id}/read?grant={grant}&through={other}");
    html! {
        article aria-label=(format!("{role}, {}", message.created_at)) {
            header {
                @if desk.may(Permission::DeleteChats) {
                    input type="checkbox" name="ids" value=(message.id) aria-label=(format!("Choose the message {}", message.number));
                }
                strong { (role) }
                (time(message.created_at))
                @if let Some(model) = &message.model { span { (model) } }
                span { (name(&message.state)) }
                @if view.versions > 1 { (version_links(view, versions, &at)) }
            }
            div .prose { (PreEscaped(markdown::render(&message.text()))) }
        }
    }
}

fn version_links(view: &MessageView, versions: &[Sibling], at: &impl Fn(MessageId) -> String) -> Markup {
    html! {
        span { "version " (view.version) " of " (view.versions) }
        @for other in versions.iter().filter(|other| other.message != view.message.id) {
            a href=(at(other.message)) { "version " (other.version) }
        }
    }
}

pub(super) async fn delete(desk: Desk, asked: Asked) -> Shown {
    let (id, grant): (ConversationId, u64) = (asked.id("conversation")?, grant(&asked)?);
    let ids: Vec<MessageId> = asked.ids();
    detached(async move {
        let by = desk.by(&asked);
        desk.app.office.delete_messages(by, &ids).await
    })
    .await?;
    Ok(done(&format!("/admin/conversations/{id}/read?grant={grant}&done=deleted")))
}

//! Finding conversations, and deleting several at once.

use chatcore::account::Permission;
use chatcore::conversation::Conversation;
use chatcore::office::ChatQuery;
use chatcore::page::Page;
use chatcore::{Error, Subject};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::{Desk, done};
use super::frame::{field, more, page, reason, time, token};
use crate::api::moment;
use crate::app::detached;

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let time = |field| asked.get(field).map(|text| moment(field, text)).transpose();
    let query = ChatQuery {
        owner: asked.get("owner").map(str::parse::<Subject>).transpose().map_err(|_| Error::NotFound("user"))?,
        title: asked.get("title").map(str::to_owned),
        since: time("since")?,
        until: time("until")?,
    };
    let found = desk.app.office.chats(desk.caller(), &query, &asked.page()?).await?;
    let content = html! {
        (search(&asked))
        (list(&desk, &found))
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/conversations", "Conversations", &content))
}

fn search(asked: &Asked) -> Markup {
    html! {
        form .office-search role="search" method="get" action="/admin/conversations" {
            (field("owner", "owner", "Id of the owner", "search", asked.text("owner")))
            (field("title", "title", "In the title", "search", asked.text("title")))
            (field("since", "since", "Made since", "date", asked.text("since")))
            (field("until", "until", "Made before", "date", asked.text("until")))
            button .primary { "Find" }
        }
    }
}

/// What a conversation is called here.
pub(super) fn called(chat: &Conversation) -> String {
    chat.title
        .clone()
        .filter(|title| !title.trim().is_empty())
        .unwrap_or_else(|| format!("Conversation {}", chat.number))
}

/// Whose it is, and where to find them.
pub(super) fn owner(owner: Subject) -> Markup {
    html! {
        @match owner {
            Subject::User(id) => a href=(format!("/admin/users/{id}")) { (id) },
            Subject::Visitor(id) => (id),
        }
    }
}

fn list(desk: &Desk, found: &Page<Conversation>) -> Markup {
    let may = desk.may(Permission::DeleteChats);
    html! {
        @if found.items.is_empty() { p .hint { "None was found." } } @else {
            form method="post" action="/admin/conversations/delete" {
                (token(desk))
                div .table tabindex="0" role="region" aria-label="Conversations" {
                    table {
                        thead { tr {
                            @if may { td {} }
                            @for head in ["Title", "Owner", "Made", "Written to"] { th scope="col" { (head) } }
                            th scope="col" .number { "Messages" }
                        } }
                        tbody { @for chat in &found.items { tr {
                            @if may { td {
                                input type="checkbox" name="ids" value=(chat.id) aria-label=(format!("Choose {}", called(chat)));
                            } }
                            th scope="row" { a href=(format!("/admin/conversations/{}", chat.id)) { (called(chat)) } }
                            td { (owner(chat.owner)) }
                            td { (time(chat.created_at)) }
                            td { (time(chat.updated_at)) }
                            td .number { (chat.message_count) }
                        } } }
                    }
                }
                @if may {
                    div .office-card {
                        (reason("delete-reason", true))
                        p { button .danger { "Delete what is chosen" } }
                    }
                }
            }
        }
    }
}

pub(super) async fn delete(desk: Desk, asked: Asked) -> Shown {
    let ids = asked.ids();
    // whoever goes away meanwhile leaves nothing half done
    detached(async move {
        let by = desk.by(&asked);
        desk.app.office.delete_chats(by, &ids).await
    })
    .await?;
    Ok(done("/admin/conversations?done=deleted"))
}

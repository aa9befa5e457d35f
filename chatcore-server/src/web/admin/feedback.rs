//! What people think of the answers that they got. What the answers say is in the conversation, which takes a reason to open.

use chatcore::Subject;
use chatcore::feedback::{Feedback, FeedbackFilter, Rating};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::Desk;
use super::frame::{choice, field, more, page, time};
use super::people::word;
use crate::api::moment;

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let since = asked.get("since").map(|text| moment("since", text)).transpose()?;
    let filter = FeedbackFilter { since, rating: word::<Rating>(&asked, "rating")? };
    let found = desk.app.chat.conversations().feedback(desk.caller(), filter, &asked.page()?).await?;
    let content = html! {
        (search(&asked))
        (list(&found.items))
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/feedback", "Feedback", &content))
}

fn search(asked: &Asked) -> Markup {
    let ratings = [("", "Any"), ("up", "Good"), ("down", "Not good")];
    html! {
        form .office-search role="search" method="get" action="/admin/feedback" {
            (field("since", "since", "Since", "date", asked.text("since")))
            (choice("rating", "rating", "Rating", &ratings, asked.text("rating")))
            button .primary { "Show" }
        }
    }
}

fn list(found: &[Feedback]) -> Markup {
    html! {
        @if found.is_empty() { p .hint { "Nobody said anything." } } @else {
            div .table tabindex="0" role="region" aria-label="Feedback" {
                table {
                    thead { tr {
                        @for head in ["When", "Rating", "Comment", "Model", "Conversation", "Who"] { th scope="col" { (head) } }
                    } }
                    tbody { @for one in found { (row(one)) } }
                }
            }
        }
    }
}

/// A link of one word: ids would leave no room for the comments.
fn link(at: &str, word: &str, id: &impl std::fmt::Display) -> Markup {
    html! { a href=(at) aria-label=(format!("{word} {id}")) { (word) } }
}

fn row(one: &Feedback) -> Markup {
    html! {
        tr {
            td { (time(one.updated_at)) }
            th scope="row" { @match one.rating { Rating::Up => "Good", Rating::Down => "Not good" } }
            td { (one.comment.as_deref().unwrap_or("-")) }
            td { (one.model.as_deref().unwrap_or("-")) }
            td { (link(&format!("/admin/conversations/{}", one.conversation), "Conversation", &one.conversation)) }
            td { @match one.by {
                Subject::User(id) => (link(&format!("/admin/users/{id}"), "User", &id)),
                Subject::Visitor(_) => "A visitor",
            } }
        }
    }
}

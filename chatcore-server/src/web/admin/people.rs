//! Finding people.

use chatcore::Error;
use chatcore::account::{AccountRole, AccountState, User};
use chatcore::office::PersonQuery;
use chatcore::page::Page;
use maud::{Markup, html};
use serde::de::DeserializeOwned;

use super::Shown;
use super::asked::Asked;
use super::desk::Desk;
use super::frame::{choice, field, more, page, time};

pub(super) const ROLES: [(&str, &str); 3] = [("user", "User"), ("staff", "Staff"), ("admin", "Admin")];

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let query = PersonQuery {
        text: asked.get("q").map(str::to_owned),
        role: word::<AccountRole>(&asked, "role")?,
        state: word::<AccountState>(&asked, "state")?,
    };
    let found = desk.app.office.people(desk.caller(), &query, &asked.page()?).await?;
    let content = html! {
        (search(&asked))
        (list(&found))
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/users", "Users", &content))
}

/// A word of the core, such as the name of a role.
pub(super) fn word<T: DeserializeOwned>(asked: &Asked, name: &'static str) -> Result<Option<T>, Error> {
    let read = |word: &str| serde_json::from_value(word.into()).map_err(|_| Error::invalid(name, "is not known"));
    asked.get(name).map(read).transpose()
}

/// What the name of an enum's variant is.
pub(super) fn name(value: &impl serde::Serialize) -> String {
    slug(value).replace('_', " ")
}

/// The same as forms send it.
pub(super) fn slug(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn search(asked: &Asked) -> Markup {
    let roles: Vec<(&str, &str)> = [("", "Any")].into_iter().chain(ROLES).collect();
    let states = [("", "Any"), ("active", "Active"), ("suspended", "Suspended"), ("deleted", "Deleted")];
    html! {
        form .office-search role="search" method="get" action="/admin/users" {
            (field("q", "q", "Name, e-mail, number or id", "search", asked.text("q")))
            (choice("role", "role", "Role", &roles, asked.text("role")))
            (choice("state", "state", "State", &states, asked.text("state")))
            button .primary { "Find" }
        }
    }
}

fn list(found: &Page<User>) -> Markup {
    html! {
        @if found.items.is_empty() { p .hint { "Nobody was found." } } @else {
            div .table tabindex="0" role="region" aria-label="Users" {
                table {
                    thead { tr {
                        th scope="col" .number { "Number" }
                        @for head in ["Name", "E-mail", "Role", "State", "Since"] { th scope="col" { (head) } }
                    } }
                    tbody {
                        @for user in &found.items {
                            tr {
                                td .number { (user.number) }
                                th scope="row" { a href=(format!("/admin/users/{}", user.id)) { (called(user)) } }
                                td { (user.email.as_deref().unwrap_or("-")) }
                                td { (user.role.name()) }
                                td { (name(&user.state)) }
                                td { (time(user.created_at)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What somebody is called here: nobody is without a name of some kind.
pub(super) fn called(user: &User) -> String {
    let own = user.username.as_deref().or(user.display_name.as_deref()).or(user.email.as_deref());
    own.map_or_else(|| format!("User {}", user.number), str::to_owned)
}

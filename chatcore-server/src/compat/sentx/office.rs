//! What those who run the service read of chats, as the messages interface asks for it. The pages themselves are `/admin` of
//! the server.

use chatcore::account::{Caller, Permission};
use chatcore::audit::By;
use chatcore::conversation::Conversation;
use chatcore::office::{ChatQuery, Office, PersonQuery};
use chatcore::page::{MAX_PAGE, PageRequest};
use chatcore::{ConversationId, Error, Subject, Timestamp};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::TOKENS;
use super::branches::role;
use super::who::{error, named, uuid};
use crate::api::moment;
use crate::compat::admin::to_pages;
use crate::compat::reply::ok;
use crate::compat::{Call, Outcome, Refusal};

/// Chats on a page.
const SIZE: usize = 25;
/// Messages of one chat that are read, and how far the chats are gone through.
const MOST: usize = 2_000;
const BOUND: Bound = Bound { chats: MOST, looks: 12 };
/// Months that the page offers as filters.
const MONTHS: usize = 12;

/// Where a walk through the chats ends, however many there are.
#[derive(Clone, Copy)]
struct Bound {
    /// Chats that are found.
    chats: usize,
    /// Pages of the core that are asked for, each of which [looks](chatcore::office::LOOK) at so many chats at most.
    looks: usize,
}

pub(super) async fn page(call: Call) -> Outcome {
    to_pages(&call, "/admin/conversations")
}

/// Who asks: by the cookie of the pages, or by a token.
async fn staff(call: &Call, permission: Permission) -> Result<Caller, Refusal> {
    let caller = match call.app.credentials.at_page(&call.request).await {
        Ok((who, _)) => who.caller,
        Err(Error::Unauthenticated) => TOKENS.bearer(call).await?.caller,
        Err(other) => return Err(other.into()),
    };
    caller.require_permission(permission)?;
    Ok(caller.from_network(call.network()))
}

/// What stands at the side of the page.
pub(super) async fn filters(call: Call) -> Outcome {
    staff(&call, Permission::FindChats).await?;
    let item = |title: &str, link: &str| json!({ "itemTitle": title, "titleLink": link, "addLink": null });
    ok(&json!([
        { "sectionTitle": "Chats", "list": [item("Conversations", "/admin/conversations")] },
        { "sectionTitle": "People", "list": [item("Users", "/admin/users")] },
        { "sectionTitle": "Service", "list": [item("Usage", "/admin/usage"), item("Audit log", "/admin/audit")] },
    ]))
}

pub(super) async fn breadcrumbs(call: Call) -> Outcome {
    staff(&call, Permission::FindChats).await?;
    ok(&json!([{ "title": "Admin", "link": "/admin" }, { "title": "Messages", "link": "/admin/conversations" }]))
}

/// The months up to now, the last one first, as `2026-11`.
fn months(now: Timestamp) -> Vec<String> {
    let text = now.to_string();
    let mut parts = text.split('-').map_while(|part| part.parse::<u32>().ok());
    let (mut year, mut month) = (parts.next().unwrap_or(1970), parts.next().unwrap_or(1));
    let mut all = Vec::new();
    while all.len() < MONTHS {
        all.push(format!("{year}-{month:02}"));
        (year, month) = if month == 1 { (year.saturating_sub(1), 12) } else { (year, month - 1) };
    }
    all
}

/// The month behind one.
fn behind(month: &str) -> Option<String> {
    let (year, month) = month.split_once('-')?;
    let (year, month) = (year.parse::<u16>().ok()?, month.parse::<u8>().ok().filter(|month| (1..=12).contains(month))?);
    Some(if month == 12 { format!("{}-01", u32::from(year) + 1) } else { format!("{year}-{:02}", month + 1) })
}

fn date_filters_of(call: &Call) -> Vec<Value> {
    let active = call.parameter("date").unwrap_or_default();
    let any = json!({ "name": "Any date", "value": "", "active": active.is_empty() });
    let of = |month: String| json!({ "name": month, "value": month, "active": month == active });
    std::iter::once(any).chain(months(call.app.now()).into_iter().map(of)).collect()
}

pub(super) async fn date_filters(call: Call) -> Outcome {
    staff(&call, Permission::FindChats).await?;
    ok(&date_filters_of(&call))
}

/// What is asked for; `None` if it is of somebody who is not there.
async fn query(call: &Call, caller: &Caller) -> Result<Option<ChatQuery>, Refusal> {
    let given = |name: &str| call.parameter(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut query = ChatQuery { title: given("message"), ..ChatQuery::default() };
    if let Some(month) = given("date") {
        let wrong = || error(StatusCode::BAD_REQUEST, "date must be a month, as 2026-11");
        let next = behind(&month).ok_or_else(wrong)?;
        query.since = Some(moment("date", &format!("{month}-01")).map_err(|_| wrong())?);
        query.until = Some(moment("date", &format!("{next}-01")).map_err(|_| wrong())?);
    }
    if let Some(email) = given("email") {
        let people = PersonQuery { text: Some(email), ..PersonQuery::default() };
        let found = call.app.office.people(caller, &people, &PageRequest::first().limit(1)).await?;
        let Some(person) = found.items.first() else { return Ok(None) };
        query.owner = Some(Subject::User(person.id));
    }
    Ok(Some(query))
}

/// The newest chats that are asked for.
async fn newest(office: &Office, by: &Caller, query: &ChatQuery, bound: Bound) -> Result<Vec<Conversation>, Error> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..bound.looks {
        let room = bound.chats.saturating_sub(all.len()).min(MAX_PAGE);
        let found = office.chats(by, query, &PageRequest::first().limit(room).after(after)).await?;
        all.extend(found.items);
        after = found.next;
        if after.is_none() || all.len() >= bound.chats {
            break;
        }
    }
    Ok(all)
}

/// The address of an owner, or what there is instead of one.
async fn owner(call: &Call, caller: &Caller, of: Subject) -> Result<String, Error> {
    let Subject::User(id) = of else { return Ok("anonymous".to_owned()) };
    let people = PersonQuery { text: Some(id.to_string()), ..PersonQuery::default() };
    let found = call.app.office.people(caller, &people, &PageRequest::first().limit(1)).await?;
    let name = found.items.first().and_then(|user| user.email.clone().or_else(|| user.username.clone()));
    Ok(name.unwrap_or_else(|| id.to_string()))
}

pub(super) async fn chats(call: Call) -> Outcome {
    let caller = staff(&call, Permission::FindChats).await?;
    let all = match query(&call, &caller).await? {
        Some(query) => newest(&call.app.office, &caller, &query, BOUND).await?,
        None => Vec::new(),
    };
    let pages = all.len().div_ceil(SIZE).max(1);
    let asked = call.parameter("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
    let active = asked.clamp(1, pages);
    let mut rows = Vec::new();
    for chat in all.iter().skip((active - 1) * SIZE).take(SIZE) {
        let title = chat.title.clone().unwrap_or_else(|| format!("Chat {}", chat.number));
        let email = owner(&call, &caller, chat.owner).await?;
        rows.push(json!({ "uid": chat.id.as_uuid().to_string(), "email": email, "session": title }));
    }
    ok(&json!({ "data": rows, "dateFilters": date_filters_of(&call), "pagesAmount": pages, "activePage": active }))
}

/// What was said in a chat, for whoever says why they read it: its owner can read that they did.
pub(super) async fn messages(call: Call) -> Outcome {
    let caller = staff(&call, Permission::ReadChats).await?;
    let asked = call.parameter("chatId");
    let id = named(asked.as_deref()).ok_or_else(|| error(StatusCode::BAD_REQUEST, "chatId is required"))?;
    let none = || error(StatusCode::NOT_FOUND, "Chat session not found");
    let id = ConversationId::from_uuid(uuid(id).ok_or_else(none)?);
    let why = call.parameter("reason").filter(|why| !why.trim().is_empty());
    let why = why.ok_or_else(|| error(StatusCode::BAD_REQUEST, "reason is required: the owner can read it"))?;
    let opened = call.app.office.open_chat(By::from(&caller).because(&*why), id).await;
    let grant = match opened {
        Err(Error::NotFound(_)) => return Err(none()),
        opened => opened?.number,
    };
    let (mut pages, mut page) = (Vec::new(), PageRequest::first().limit(MAX_PAGE));
    loop {
        let found = call.app.office.transcript(&caller, id, grant, None, &page).await?;
        pages.push(found.items);
        match found.next {
            Some(next) if pages.len() * MAX_PAGE < MOST => {
                page = PageRequest::first().limit(MAX_PAGE).after(Some(next));
            }
            _ => break,
        }
    }
    let tell = |view| json!({ "role": role(view), "content": view.message.text() });
    ok(&pages.iter().rev().flatten().map(tell).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chatcore::account::AccountRole;
    use chatcore::conversation::NewConversation;
    use chatcore::testing::{CountingIds, ManualClock, ScriptedModel, user};
    use chatcore::{MemoryStore, SessionId};

    use super::*;

    /// The clock of the store below, and who reads: somebody who may.
    fn office() -> (Office, chatcore::Chat, ManualClock) {
        let (clock, store) = (ManualClock::new(), Arc::new(MemoryStore::in_memory()));
        let (at, ids) = (Arc::new(clock.clone()), Arc::new(CountingIds::default()));
        let chat = chatcore::Chat::over(store.clone(), ScriptedModel::new(&clock), at.clone(), ids);
        (Office::new(store, at, chat.clone()), chat, clock)
    }

    #[tokio::test]
    async fn the_newest_chats_are_found_and_no_more_than_the_bound() {
        let (office, chats, clock) = office();
        for number in 0..450 {
            clock.advance(std::time::Duration::from_secs(1));
            let title = Some(if number % 3 == 0 { format!("About {number}") } else { "x".to_owned() });
            let new = NewConversation { title, ..NewConversation::default() };
            chats.conversations().create(&user(number % 7 + 1), new).await.unwrap();
        }
        let root =
            Caller::session(user(99).user_id().unwrap(), SessionId::from_uuid(uuid::Uuid::nil()), AccountRole::Admin);
        let find = async |title: Option<&str>, bound| {
            let query = ChatQuery { title: title.map(str::to_owned), ..ChatQuery::default() };
            newest(&office, &root, &query, bound).await.unwrap()
        };
        let all = find(None, Bound { chats: 300, looks: 5 }).await;
        let wanted: Vec<String> = (0..150).rev().map(|third| format!("About {}", 3 * third)).collect();
        let titled: Vec<_> = all.iter().filter_map(|chat| chat.title.clone()).filter(|title| title != "x").collect();
        assert_eq!((all.len(), &titled[..]), (300, &wanted[..100]), "the newest, and the oldest are not looked at");
        let found = find(Some("about"), Bound { chats: 300, looks: 5 }).await;
        assert_eq!(found.iter().filter_map(|chat| chat.title.clone()).collect::<Vec<_>>(), wanted);
        assert_eq!(find(None, Bound { chats: 300, looks: 1 }).await.len(), MAX_PAGE, "a look is a page");
    }

    #[test]
    fn months_lead_back_over_the_year() {
        let all = months("2026-02-03T04:05:06Z".parse().unwrap());
        assert_eq!((&*all[0], &*all[1], &*all[2], all.len()), ("2026-02", "2026-01", "2025-12", 12));
        assert_eq!(behind("2025-12").as_deref(), Some("2026-01"));
        assert_eq!((behind("2026-02").as_deref(), behind("nothing")), (Some("2026-03"), None));
    }
}

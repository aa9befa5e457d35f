//! People and conversations of rows. Which table is which shows in its name; fields have the names that the systems'
//! documents give them, or those that are usual where these say nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use chatcore::Timestamp;
use chatcore::conversation::Role;
use chatcore::import::{Dialogue, Person, Said};

use super::row::{Row, rows};
use super::{Dump, DumpError, System};

const MADE: [&str; 5] = ["created_at", "date_joined", "timestamp", "created", "sent_at"];
const OWNER: [&str; 4] = ["user", "user_id", "owner", "owner_id"];
const CHAT: [&str; 8] =
    ["chat_session", "session", "chat", "conversation", "chat_session_id", "session_id", "chat_id", "conversation_id"];
const ABOVE: [&str; 2] = ["parent", "parent_id"];
const SPEAKER: [&str; 2] = ["role", "sender"];
const TEXT: [&str; 3] = ["content", "text", "message"];

/// What is in a dump of a system.
///
/// # Errors
/// [`DumpError`].
pub fn read(system: System, text: &str) -> Result<Dump, DumpError> {
    let mut dump = Dump::default();
    let mut chats: BTreeMap<String, (String, Dialogue)> = BTreeMap::new();
    let (mut messages, mut exchanges) = (Vec::new(), Vec::new());
    for row in rows(text)? {
        match row.model.as_str() {
            "user" | "customuser" | "person" if row.is_false("is_active") => {
                dump.passed_over.push(format!("user {}: the account is not active", row.key));
            }
            "user" | "customuser" | "person" => {
                if system == System::AiChatSystem {
                    dump.tokens.extend(row.count("tokens").map(|tokens| (row.key.clone(), tokens)));
                }
                dump.people.push(person(&row));
            }
            _ if row.raw(&["message"]).is_some() && row.raw(&["response"]).is_some() => exchanges.push(row),
            "chatsession" | "session" | "chat" | "conversation" => match row.other(&OWNER) {
                Some(owner) => drop(chats.insert(row.key.clone(), (owner, dialogue(system, &row)))),
                None => dump.passed_over.push(format!("{} {}: it is nobody's", row.model, row.key)),
            },
            "message" | "chatmessage" => messages.push(row),
            _ => {}
        }
    }
    if dump.people.is_empty() {
        return Err(DumpError::Nobody);
    }
    for row in &messages {
        let chat = row.other(&CHAT).and_then(|chat| chats.get_mut(&chat));
        match (chat, said(row)) {
            (Some((_, chat)), Some(said)) => chat.said.push(said),
            _ => dump.passed_over.push(format!("{} {}: its chat is not there, or nobody says it", row.model, row.key)),
        }
    }
    dump.dialogues = chats.into_values().map(|(owner, chat)| (owner, in_order(chat))).collect();
    dump.dialogues.extend(exchanged(system, &exchanges));
    Ok(dump)
}

fn person(row: &Row) -> Person {
    let wallet = row.text(&["wallet_address"]);
    Person {
        key: row.key.clone(),
        username: row.text(&["username"]).filter(|_| wallet.is_none()),
        email: row.text(&["email"]),
        // a hash that begins so is one of no password
        secret: row.text(&["password"]).filter(|hash| !hash.starts_with('!')),
        wallet,
        display_name: row.text(&["name", "display_name", "first_name"]),
        created_at: row.moment(&MADE).unwrap_or_default(),
    }
}

/// What clients of the system know a chat by, if they can go on knowing it so; a name of the dump otherwise.
fn dialogue(system: System, row: &Row) -> Dialogue {
    let own = row.text(&["session_id"]).filter(|_| system == System::Chatbot);
    Dialogue {
        key: own.unwrap_or_else(|| format!("{}:{}", system.name(), row.key)),
        title: row.text(&["title", "name"]),
        created_at: row.moment(&MADE).unwrap_or_default(),
        said: Vec::new(),
        head: row.other(&["current_node", "current_node_id"]),
    }
}

fn said(row: &Row) -> Option<Said> {
    let role = match (row.text(&SPEAKER), row.flag("is_user")) {
        (Some(role), _) => match role.to_ascii_lowercase().as_str() {
            "user" | "human" => Role::User,
            "assistant" | "ai" | "bot" | "model" => Role::Assistant,
            "system" => Role::System,
            _ => return None,
        },
        (None, Some(true)) => Role::User,
        (None, Some(false)) => Role::Assistant,
        (None, None) => return None,
    };
    let at = row.moment(&MADE).unwrap_or_default();
    Some(Said { key: row.key.clone(), parent: row.other(&ABOVE), role, text: row.raw(&TEXT)?, at })
}

/// Keys that are numbers count as such.
fn rank(key: &str) -> (usize, &str) {
    (if key.bytes().all(|byte| byte.is_ascii_digit()) { key.len() } else { 0 }, key)
}

/// Parents before their children. Where no message names a parent each follows the one before it.
fn in_order(mut chat: Dialogue) -> Dialogue {
    chat.said.sort_by(|one, two| (one.at, rank(&one.key)).cmp(&(two.at, rank(&two.key))));
    if chat.said.iter().all(|said| said.parent.is_none()) {
        let mut above: Option<String> = None;
        for said in &mut chat.said {
            said.parent = above.replace(said.key.clone());
        }
        return chat;
    }
    let mut said: Vec<Option<Said>> = std::mem::take(&mut chat.said).into_iter().map(Some).collect();
    for (at, is_in_a_circle) in layered(&said) {
        // each of a circle waits for another: what a tree cannot hold begins anew
        let one = said[at].take().map(|one| if is_in_a_circle { Said { parent: None, ..one } } else { one });
        chat.said.extend(one);
    }
    chat
}

/// The places of messages, layer by layer from the roots, and then those that no root leads to.
fn layered(said: &[Option<Said>]) -> Vec<(usize, bool)> {
    let all: Vec<&Said> = said.iter().flatten().collect();
    let keys: HashSet<&str> = all.iter().map(|one| one.key.as_str()).collect();
    let (mut layer, mut below) = (Vec::new(), HashMap::<&str, Vec<usize>>::new());
    for (at, one) in all.iter().enumerate() {
        match one.parent.as_deref().filter(|parent| keys.contains(parent)) {
            Some(parent) => below.entry(parent).or_default().push(at),
            None => layer.push(at),
        }
    }
    let mut order = Vec::with_capacity(all.len());
    while !layer.is_empty() {
        let mut next: Vec<usize> =
            layer.iter().filter_map(|at| below.remove(all[*at].key.as_str())).flatten().collect();
        next.sort_unstable();
        order.extend(std::mem::replace(&mut layer, next).into_iter().map(|at| (at, false)));
    }
    let mut rest: Vec<usize> = below.into_values().flatten().collect();
    rest.sort_unstable();
    order.extend(rest.into_iter().map(|at| (at, true)));
    order
}

/// Questions with their answers are one conversation of each user, the one that the mount goes on with.
fn exchanged(system: System, rows: &[Row]) -> Vec<(String, Dialogue)> {
    let mut of: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Some(owner) = row.other(&OWNER) {
            of.entry(owner).or_default().push(row);
        }
    }
    let of = of.into_iter().map(|(owner, mut rows)| {
        rows.sort_by(|one, two| (one.moment(&MADE), rank(&one.key)).cmp(&(two.moment(&MADE), rank(&two.key))));
        let said = rows.iter().flat_map(|row| {
            let at: Timestamp = row.moment(&MADE).unwrap_or_default();
            let part = |name: &str, role, text: &str| {
                let text = row.raw(&[text]).unwrap_or_default();
                Said { key: format!("{}:{name}", row.key), parent: None, role, text, at }
            };
            [part("question", Role::User, "message"), part("answer", Role::Assistant, "response")]
        });
        let mut above = None;
        let said = said.map(|said| {
            let parent: Option<String> = above.replace(said.key.clone());
            Said { parent, ..said }
        });
        let said: Vec<Said> = said.collect();
        let created_at = said.first().map(|said| said.at).unwrap_or_default();
        (owner, Dialogue { key: system.name().to_owned(), title: None, created_at, said, head: None })
    });
    of.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"[
        {"model": "sessions.session", "pk": "x", "fields": {"user": 1}},
        {"model": "users.user", "pk": 1, "fields": {"email": "a@example.com", "password": "!x", "is_active": true}},
        {"model": "users.user", "pk": 2, "fields": {"email": "b@example.com", "is_active": false}},
        {"model": "ChatSessions.chatsession", "pk": 5, "fields": {"user": 1, "title": "T", "current_node": 12}},
        {"model": "messages.message", "pk": 12, "fields": {"chat_session": 5, "parent": 10, "role": "assistant",
            "content": "b", "created_at": "2026-01-01T00:00:02Z"}},
        {"model": "messages.message", "pk": 10, "fields": {"chat_session": 5, "parent": null, "role": "user",
            "content": "a", "created_at": "2026-01-01T00:00:03Z"}},
        {"model": "messages.message", "pk": 13, "fields": {"chat_session": 9, "role": "user", "content": "lost"}}
    ]"#;

    #[test]
    fn parents_come_before_their_children_whatever_the_times_say() {
        let dump = read(System::Sentx, DUMP).unwrap();
        let [person] = &dump.people[..] else { unreachable!("{dump:?}") };
        assert_eq!((person.email.as_deref(), &person.secret), (Some("a@example.com"), &None));
        let [(owner, chat)] = &dump.dialogues[..] else { unreachable!("{dump:?}") };
        assert_eq!((owner.as_str(), chat.key.as_str(), chat.head.as_deref()), ("1", "sentx:5", Some("12")));
        let keys: Vec<&str> = chat.said.iter().map(|said| said.key.as_str()).collect();
        assert_eq!(keys, ["10", "12"]);
        assert_eq!(dump.passed_over.len(), 2, "{:?}", dump.passed_over);
    }

    #[test]
    fn messages_that_wait_for_each_other_begin_anew() {
        let text = DUMP.replace(r#""parent": null"#, r#""parent": 12"#);
        let dump = read(System::Sentx, &text).unwrap();
        assert!(dump.dialogues[0].1.said.iter().all(|said| said.parent.is_none()));
    }

    #[test]
    fn questions_and_answers_are_one_conversation() {
        let text = r#"{"users": [{"id": 1, "username": "ann"}], "chats": [
            {"id": 2, "user_id": 1, "message": "later", "response": "b", "timestamp": "2026-01-02 00:00:00"},
            {"id": 1, "user_id": 1, "message": "first", "response": "a", "timestamp": "2026-01-01 00:00:00"}]}"#;
        let dump = read(System::AiChatSystem, text).unwrap();
        let [(_, chat)] = &dump.dialogues[..] else { unreachable!("{dump:?}") };
        let said: Vec<(&str, Option<&str>)> =
            chat.said.iter().map(|said| (said.text.as_str(), said.parent.as_deref())).collect();
        let expected =
            [("first", None), ("a", Some("1:question")), ("later", Some("1:answer")), ("b", Some("2:question"))];
        assert_eq!((chat.key.as_str(), said), ("ai-chat-system", expected.to_vec()));
    }

    #[test]
    fn what_is_no_dump_is_refused() {
        assert!(matches!(read(System::Sentx, "{"), Err(DumpError::Json(_))));
        assert!(matches!(read(System::Sentx, "1"), Err(DumpError::Shape)));
        assert!(matches!(read(System::Sentx, "[]"), Err(DumpError::Nobody)));
    }
}

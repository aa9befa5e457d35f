//! Conversations, messages and their places.

use super::{MAX, Maker, STATES, Sample, TIMES, sample, texts, time, usage};
use crate::conversation::{
    Conversation, ConversationState, Fork, ForkedFrom, Head, Lane, Message, MessageState, Numbered, Part, Place, Role,
    Sequence,
};
use crate::turn::{Usage, UsageSource};

pub(super) fn conversations(maker: &Maker<'_>) -> Vec<Sample> {
    let states = [ConversationState::Live, ConversationState::Building, ConversationState::Deleted];
    let of = |(at, text): (usize, String)| {
        let short: String = text.chars().take(200).collect();
        let before = Conversation {
            id: maker.conversation(),
            owner: Maker::owner(at),
            number: MAX - at as u64,
            external_id: (!short.is_empty()).then(|| short.clone()),
            title: Some(short.clone()),
            system_prompt: Some(text),
            model: Some(short),
            head: Some(Head {
                message: maker.message(),
                place: Place { lane: u32::MAX, position: u32::MAX },
                open: at % 2 == 0,
            }),
            version: MAX,
            next_seq: MAX,
            next_lane: u32::MAX,
            message_count: MAX,
            cuts: u32::MAX,
            state: states[at % 3],
            pinned: at % 2 == 0,
            archived: at % 3 == 0,
            usage: [("small".to_owned(), usage(UsageSource::Provider)), ("groß".to_owned(), Usage::default())].into(),
            forked_from: Some(ForkedFrom { conversation: maker.conversation(), message: maker.message() }),
            created_at: time(TIMES[at % 5]),
            updated_at: time(TIMES[(at + 1) % 5]),
        };
        let after = Conversation {
            external_id: Some(format!("other {at}")),
            title: None,
            system_prompt: None,
            model: None,
            head: None,
            version: 0,
            next_seq: 0,
            next_lane: 0,
            message_count: 0,
            cuts: 0,
            state: states[(at + 1) % 3],
            pinned: at % 2 == 1,
            archived: at % 3 == 1,
            usage: Default::default(),
            forked_from: None,
            updated_at: time(i64::MIN),
            ..before.clone()
        };
        sample(before, after)
    };
    let mut all: Vec<Sample> = texts().into_iter().enumerate().map(of).collect();
    let numbered = [Numbered::Users, Numbered::Conversations(Maker::owner(0)), Numbered::Messages(Maker::owner(2))];
    all.extend(numbered.map(|of| sample(Sequence { of, next: 1 }, Sequence { of, next: MAX })));
    all
}

fn parts(text: &str) -> Vec<Part> {
    let some = |text: &str| Some(text.to_owned());
    let text = text.to_owned();
    vec![
        Part::text(text.clone()),
        Part::Reasoning { text: text.clone(), signature: None },
        Part::Reasoning { text: String::new(), signature: some("c2ln") },
        Part::ToolCall { id: text.clone(), name: "look".into(), arguments: "{broken".into() },
        Part::ToolResult { call_id: "1".into(), content: text.clone(), is_error: true },
        Part::Image { url: text.clone(), media_type: some("image/png") },
        Part::File { url: text.clone(), name: some("a.txt"), media_type: None },
        Part::Refusal { text: text.clone() },
        Part::Provider { provider: "testing".into(), raw: serde_json::json!({"b": [1, null, {"a": text}], "a": -1}) },
    ]
}

pub(super) fn messages(maker: &Maker<'_>) -> Vec<Sample> {
    let roles = [Role::System, Role::User, Role::Assistant, Role::Tool];
    let of = |(at, text): (usize, String)| {
        let before = Message {
            id: maker.message(),
            conversation: maker.conversation(),
            owner: Maker::owner(at),
            parent: (at % 2 == 0).then(|| maker.message()),
            place: Place { lane: u32::MAX - 1, position: u32::MAX },
            seq: MAX,
            number: MAX - at as u64,
            role: roles[at % 4],
            parts: parts(&text),
            state: STATES[at % 5].message(),
            model: Some(text.chars().take(200).collect()),
            usage: Some(usage(UsageSource::Provider)),
            run: Some(maker.run()),
            client_ref: Some(text.chars().take(200).collect()),
            created_at: time(TIMES[at % 5]),
            edited_at: Some(time(TIMES[(at + 2) % 5])),
        };
        let after = Message {
            parts: Vec::new(),
            state: MessageState::Interrupted,
            model: None,
            usage: None,
            run: None,
            client_ref: None,
            edited_at: None,
            ..before.clone()
        };
        sample(before, after)
    };
    texts().into_iter().enumerate().map(of).collect()
}

pub(super) fn places(maker: &Maker<'_>) -> Vec<Sample> {
    let conversation = maker.conversation();
    let lane = Lane {
        conversation,
        lane: u32::MAX,
        start: u32::MAX,
        parent: 7,
        role: Role::Tool,
        seq: MAX,
        message: Some(maker.message()),
        elder: None,
        end: None,
    };
    let small = Lane { lane: 1, start: 1, parent: 0, elder: Some(Role::System), message: None, seq: 2, ..lane };
    let first = Lane { end: Some(1), ..Lane::first(conversation) };
    let place = Place { lane: u32::MAX, position: u32::MAX };
    let fork = Fork { conversation, place, active: u32::MAX };
    let root = Fork { conversation, place: Place::ROOT, active: 3 };
    vec![
        sample(lane, Lane { end: Some(u32::MAX), ..lane }),
        sample(small, Lane { end: Some(1), ..small }),
        sample(first, Lane { end: Some(0), ..first }),
        sample(fork, Fork { active: 0, ..fork }),
        sample(root, Fork { active: 0, ..root }),
    ]
}

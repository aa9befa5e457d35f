//! Runs, their logs, and jobs.

use super::{MAX, Maker, STATES, Sample, TIMES, sample, texts, time, usage};
use crate::id::JobId;
use crate::job::{Job, Work};
use crate::once::{Fingerprint, IdempotencyKey, MAX_KEY_BYTES, Made, RequestName};
use crate::turn::{FinishReason, Run, RunError, RunEvent, RunLog, UsageSource};

pub(super) fn runs(maker: &Maker<'_>) -> Vec<Sample> {
    let finishes = [
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::ToolCalls,
        FinishReason::ContentFilter,
        FinishReason::Other("end of \u{1F600}".into()),
    ];
    let of = |at: usize| {
        let source = [UsageSource::Provider, UsageSource::Counted, UsageSource::Estimated][at % 3];
        let before = Run {
            id: maker.run(),
            conversation: maker.conversation(),
            message: maker.message(),
            owner: Maker::owner(at),
            model: texts()[5].clone(),
            state: STATES[at],
            started_at: time(TIMES[at % 5]),
            first_token_at: Some(time(TIMES[at % 5])),
            ended_at: None,
            heartbeat_at: time(TIMES[(at + 1) % 5]),
            stop_requested_at: None,
            seen_len: None,
            seeded: 0,
            last_seq: 0,
            usage: None,
            finish: None,
            error: None,
        };
        let after = Run {
            state: STATES[(at + 1) % 6],
            first_token_at: None,
            ended_at: Some(time(i64::MIN)),
            heartbeat_at: time(i64::MIN),
            stop_requested_at: Some(time(i64::MAX)),
            seen_len: Some(MAX),
            seeded: MAX,
            last_seq: MAX,
            usage: Some(usage(source)),
            finish: Some(finishes[at % 5].clone()),
            error: Some(RunError { code: "timeout".into(), message: texts()[6].clone() }),
            ..before.clone()
        };
        sample(before, after)
    };
    (0..6).map(of).collect()
}

/// One of every event.
pub(super) fn events(text: &str) -> Vec<RunEvent> {
    let text = text.to_owned();
    vec![
        RunEvent::Started,
        RunEvent::Delta { text: text.clone() },
        RunEvent::Reasoning { text: text.clone(), signature: Some("c2ln".into()) },
        RunEvent::Reasoning { text: text.clone(), signature: None },
        RunEvent::Refusal { text: text.clone() },
        RunEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: text.clone() },
        RunEvent::Provider { provider: "testing".into(), raw: serde_json::json!({"a": [text]}) },
        RunEvent::Usage { usage: usage(UsageSource::Counted) },
        RunEvent::Completed,
        RunEvent::Stopped,
        RunEvent::Failed { code: "interrupted".into(), message: text },
        RunEvent::Interrupted,
    ]
}

pub(super) fn logs(maker: &Maker<'_>) -> Vec<Sample> {
    let run = maker.run();
    let of = |(at, text): (usize, String)| {
        let (events, first) = (events(&text), 1 + at as u64 * 100);
        let before = RunLog { run, first, last: first + events.len() as u64 - 1, events };
        sample(before.clone(), RunLog { last: MAX, events: vec![RunEvent::Completed], ..before })
    };
    texts().into_iter().enumerate().map(of).collect()
}

pub(super) fn jobs(maker: &Maker<'_>) -> Vec<Sample> {
    let (conversation, message) = (maker.conversation(), maker.message());
    let works = [
        Work::PurgeSubtree { conversation, lane: u32::MAX, from: u32::MAX },
        Work::PurgeConversation { conversation },
        Work::Fork { conversation, message },
        Work::Adopt { from: Maker::owner(2), to: Maker::owner(0) },
        Work::Erase { user: maker.user(), looked_at: Some(time(7)) },
    ];
    let of = |(at, work): (usize, Work)| {
        let id = JobId::mint(time(6_000_000), maker.ids);
        let before = Job { id, work, created_at: time(TIMES[at]) };
        sample(before.clone(), Job { created_at: time(i64::MIN), ..before })
    };
    works.into_iter().enumerate().map(of).collect()
}

pub(super) fn names(maker: &Maker<'_>) -> Vec<Sample> {
    let conversation = maker.conversation();
    let key = |text: String| RequestName::Key(text);
    let named = |text: String| RequestName::ClientRef(conversation, text.chars().take(200).collect());
    let mut names: Vec<RequestName> = texts().into_iter().map(named).collect();
    names.dedup();
    names.extend([key("!".into()), key("~".repeat(MAX_KEY_BYTES)), key("a".into())]);
    let of = |(at, name): (usize, RequestName)| {
        let made = Made { conversation, message: None, answer: None, run: None };
        let before = IdempotencyKey {
            owner: Maker::owner(at),
            name,
            fingerprint: Fingerprint([u8::MAX; 32]),
            made,
            expires_at: Some(time(TIMES[at % 5])),
        };
        let after = IdempotencyKey {
            fingerprint: Fingerprint([0; 32]),
            made: Made {
                message: Some(maker.message()),
                answer: Some(maker.message()),
                run: Some(maker.run()),
                ..made
            },
            expires_at: None,
            ..before.clone()
        };
        sample(before, after)
    };
    names.into_iter().enumerate().map(of).collect()
}

//! Runs: their state, their events, stopping them.

use std::time::Duration;

use chatcore::account::{Accounts, Caller, Via};
use chatcore::turn::{Bookmark, ConversationEvent, Numbered, RunEvent};
use chatcore::{Chat, Error, RunId};
use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt, unfold};
use poem::web::sse::Event;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::{EventStream, Json};
use poem_openapi::types::ToJSON;
use poem_openapi::{ApiResponse, Object, OpenApi};
use tokio::sync::mpsc;

use super::Tag;
use super::dto::{MessageDto, Render, RunDto, RunErrorDto, UsageDto};
use super::optional::Optional;
use super::support::{Answer, Auth, path_id};
use crate::app::App;

pub(crate) struct RunApi;

/// What an event carries. Its name is the event's (`started`, `delta`, `reasoning`, `refusal`, `tool_call`, `provider`,
/// `usage`; then one last of `completed`, `stopped`, `failed`, `interrupted`), its number follows the run's id in the
/// event's id: `<run>:<seq>`. In a stream of several runs more follows behind a comma, which says where the other runs
/// are: whoever comes back sends it as it is.
#[derive(Object, Default)]
#[oai(rename = "RunEvent", skip_serializing_if_is_none)]
pub(super) struct RunEventDto {
    #[oai(skip)]
    id: String,
    #[oai(skip)]
    name: &'static str,
    /// The run (`started`).
    run_id: Option<String>,
    /// More text (`delta`, `reasoning`, `refusal`).
    text: Option<String>,
    /// The provider's proof of a thought (`reasoning`).
    signature: Option<String>,
    /// The call (`tool_call`).
    tool_call: Option<CallDto>,
    /// What a tool answered (`tool_result`).
    tool_result: Option<OutcomeDto>,
    /// The model that answers instead of the one that was asked (`model`).
    model: Option<String>,
    /// A block of the provider's own (`provider`).
    provider: Option<serde_json::Value>,
    /// Tokens so far (`usage`).
    usage: Option<UsageDto>,
    /// What went wrong (`failed`).
    error: Option<RunErrorDto>,
    /// The whole message (the last event).
    message: Option<MessageDto>,
    /// The run as it ended (the last event).
    run: Option<RunDto>,
}

/// A tool call.
#[derive(Object)]
#[oai(rename = "ToolCall")]
struct CallDto {
    /// The id of the call.
    id: String,
    /// Which tool.
    name: String,
    /// Its arguments, JSON as the model wrote it.
    arguments: String,
}

/// What a tool answered.
#[derive(Object)]
#[oai(rename = "ToolResult")]
struct OutcomeDto {
    /// The id of the call.
    call_id: String,
    /// The answer.
    content: String,
    /// Whether the tool failed.
    is_error: bool,
}

impl RunEventDto {
    fn of(event: &RunEvent, run: RunId) -> Self {
        let empty = Self { name: event.name(), ..Self::default() };
        match event.clone() {
            RunEvent::Started => Self { run_id: Some(run.to_string()), ..empty },
            RunEvent::Delta { text } | RunEvent::Refusal { text } => Self { text: Some(text), ..empty },
            RunEvent::Reasoning { text, signature } => Self { text: Some(text), signature, ..empty },
            RunEvent::ToolCall { id, name, arguments } => {
                Self { tool_call: Some(CallDto { id, name, arguments }), ..empty }
            }
            RunEvent::ToolResult { call_id, content, is_error } => {
                Self { tool_result: Some(OutcomeDto { call_id, content, is_error }), ..empty }
            }
            RunEvent::Model { model } => Self { model: Some(model), ..empty },
            RunEvent::Provider { raw, .. } => Self { provider: Some(raw), ..empty },
            RunEvent::Usage { usage } => Self { usage: Some(usage.into()), ..empty },
            RunEvent::Failed { code, message } => Self { error: Some(RunErrorDto { code, message }), ..empty },
            _ => empty,
        }
    }
}

/// A stream of events.
pub(super) type Stream = BoxStream<'static, RunEventDto>;

/// A comment goes out this often, so that nobody on the way takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An event with the id that a client sends back.
struct Told {
    run: RunId,
    event: Numbered,
    id: String,
}

impl From<ConversationEvent> for Told {
    fn from(event: ConversationEvent) -> Self {
        let ConversationEvent { run, event, bookmark } = event;
        Self { run, event, id: bookmark.to_string() }
    }
}

/// The events of a run, as a stream that a client can resume.
pub(super) async fn events(
    app: &App,
    caller: &Caller,
    run: RunId,
    after: u64,
    render: Option<Render>,
) -> Result<EventStream<Stream>, Error> {
    let found = app.chat.events(caller, run, after).await?;
    let told = move |event: Numbered| Told { run, id: format!("{run}:{}", event.seq), event };
    Ok(stream_of(app, caller, found.map(move |event| event.map(told)).boxed(), render))
}

/// Events of runs as a stream of server-sent events.
fn stream_of(
    app: &App,
    caller: &Caller,
    found: BoxStream<'static, Result<Told, Error>>,
    render: Option<Render>,
) -> EventStream<Stream> {
    let (chat, caller) = (app.chat.clone(), caller.clone());
    let caller_of = caller.clone();
    let stream = until(found, app.all_quiet())
        .scan((), |(), event| {
            // a reader whose store fails is cut off: it comes back with the id of the last event
            let event = event.inspect_err(|error| tracing::warn!(%error, "a stream of events broke off")).ok();
            std::future::ready(event)
        })
        .then(move |event| {
            let (chat, caller) = (chat.clone(), caller.clone());
            async move { dto(&chat, &caller, event, render).await }
        });
    let stream = stream.take_until(signed_out(app.credentials.accounts().clone(), caller_of));
    let stream = apart(stream.boxed());
    EventStream::new(stream).keep_alive(KEEP_ALIVE).to_event(|item: RunEventDto| {
        let data = item.to_json_string();
        Event::message(data).event_type(item.name).id(item.id)
    })
}

/// What a stream has until something happens, and what is there by then.
fn until<T: Send + 'static>(
    stream: BoxStream<'static, T>,
    over: impl Future<Output = ()> + Send + 'static,
) -> BoxStream<'static, T> {
    unfold((stream, over.boxed()), |(mut stream, mut over)| async move {
        let item = tokio::select! {
            biased;
            item = stream.next() => item,
            () = &mut over => None,
        };
        item.map(|item| (item, (stream, over)))
    })
    .boxed()
}

/// Events that are read ahead of a client.
const AHEAD: usize = 16;

/// Reads in a task of its own, a little ahead: what a read of the store holds must not wait for a client that takes nothing.
/// The task ends with the stream that is read, or with the client.
fn apart(mut stream: Stream) -> Stream {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        loop {
            let item = tokio::select! {
                item = stream.next() => item,
                () = sender.closed() => None,
            };
            let Some(item) = item else { return };
            if sender.send(item).await.is_err() {
                return;
            }
        }
    });
    unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) }).boxed()
}

/// Ready when the session of a listener is over: a stream that is open for hours is asked again and again.
async fn signed_out(accounts: Accounts, listener: Caller) {
    let Via::Session(session) = listener.via() else { return std::future::pending().await };
    loop {
        tokio::time::sleep(KEEP_ALIVE).await;
        if matches!(accounts.by_session(session).await, Err(Error::Unauthenticated)) {
            return;
        }
    }
}

/// An event with, if it is the last one, the message and the run as they ended.
async fn dto(chat: &Chat, caller: &Caller, told: Told, render: Option<Render>) -> RunEventDto {
    let Told { run, event, id } = told;
    let mut dto = RunEventDto { id, ..RunEventDto::of(&event.event, run) };
    if event.event.is_last()
        && let Ok(run) = chat.run(caller, run).await
    {
        if let Ok(view) = chat.conversations().message(caller, run.message).await {
            dto.message = Some(MessageDto::explained(chat, caller, view, render).await);
        }
        dto.run = Some(run.into());
    }
    dto
}

/// Where an answer is to stop.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Stop {
    /// How many characters (Unicode scalar values) of the answer's text were seen: what is behind them is not kept. The
    /// text never gets longer by it.
    seen_len: Option<u64>,
}

/// The stop was asked for.
#[derive(ApiResponse)]
enum Stopping {
    /// The run as it is; its events tell when it ends.
    #[oai(status = 202)]
    Accepted(Json<RunDto>),
}

#[OpenApi(tag = "Tag::Runs")]
impl RunApi {
    /// One run
    #[oai(path = "/runs/:id", method = "get")]
    async fn get(&self, auth: Auth, id: Path<String>) -> Answer<Json<RunDto>> {
        let id = path_id(&id, "run")?;
        Ok(Json(auth.app.chat.run(auth.caller(), id).await?.into()))
    }

    /// The events of a run: first what was, then what comes
    ///
    /// Resumes behind the number in `Last-Event-ID` (as an `EventSource` sends it) or in `after`.
    #[oai(path = "/runs/:id/events", method = "get")]
    async fn events(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The number of the last event that you have.
        after: Query<Option<u64>>,
        /// `html` adds the text of the last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The id of the last event that you have.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<EventStream<Stream>> {
        let id: RunId = path_id(&id, "run")?;
        let after = match (after.0, given(last_event_id.0.as_deref())) {
            // what an `EventSource` sends when it comes back is newer than the address that it was opened with
            (_, Some(text)) => resume(id, text)?,
            (Some(after), None) => after,
            (None, None) => 0,
        };
        Ok(events(&auth.app, auth.caller(), id, after, render.0).await?)
    }

    /// The events of all runs of a conversation
    ///
    /// Those under way from their beginning, then each run that begins. The stream does not end by itself.
    ///
    /// Resumes behind the event whose id is in `Last-Event-ID` or in `after`, without a gap and without a repetition, as
    /// far as the events of ended runs are kept.
    #[oai(path = "/conversations/:id/events", method = "get")]
    async fn conversation_events(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The id of the last event that you have.
        after: Query<Option<String>>,
        /// `html` adds the text of a last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The same, as an `EventSource` sends it.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<EventStream<Stream>> {
        let id = path_id(&id, "conversation")?;
        let after = bookmark(after.0.as_deref(), last_event_id.0.as_deref())?;
        let found = auth.app.chat.conversation_events(auth.caller(), id, after).await?;
        Ok(stream_of(&auth.app, auth.caller(), found.map(|event| event.map(Told::from)).boxed(), render.0))
    }

    /// The events of all my runs
    ///
    /// Those under way from their beginning, then each run that begins. The stream does not end by itself.
    ///
    /// Resumes behind the event whose id is in `Last-Event-ID` or in `after`, without a gap and without a repetition, as
    /// far as the events of ended runs are kept.
    #[oai(path = "/me/events", method = "get")]
    async fn my_events(
        &self,
        auth: Auth,
        /// The id of the last event that you have.
        after: Query<Option<String>>,
        /// `html` adds the text of a last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The same, as an `EventSource` sends it.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<EventStream<Stream>> {
        let after = bookmark(after.0.as_deref(), last_event_id.0.as_deref())?;
        let found = auth.app.chat.subject_events(auth.caller(), after)?;
        Ok(stream_of(&auth.app, auth.caller(), found.map(|event| event.map(Told::from)).boxed(), render.0))
    }

    /// Stop a run
    ///
    /// What has been said stays, or, with `seen_len`, as much of it as was seen. Only the first request counts: asking
    /// again, or too late, changes nothing. The last event carries the text that is kept.
    #[oai(path = "/runs/:id/stop", method = "post")]
    async fn stop(&self, auth: Auth, id: Path<String>, body: Optional<Stop>) -> Answer<Stopping> {
        let id = path_id(&id, "run")?;
        let seen_len = body.0.and_then(|stop| stop.seen_len);
        let run = auth.app.chat.stop_at(auth.caller(), id, seen_len).await?;
        Ok(Stopping::Accepted(Json(run.into())))
    }
}

/// What somebody gave who gave more than blanks.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Where a reader of several runs goes on.
fn bookmark(after: Option<&str>, last_event_id: Option<&str>) -> Result<Option<Bookmark>, Error> {
    let (field, text) = match (given(after), given(last_event_id)) {
        (_, Some(id)) => ("Last-Event-ID", id),
        (Some(after), None) => ("after", after),
        (None, None) => return Ok(None),
    };
    text.parse().map(Some).map_err(|_| Error::invalid(field, "is not the id of an event"))
}

/// The number in an event's id: `<run>:<seq>`, or the number alone.
fn resume(run: RunId, text: &str) -> Result<u64, Error> {
    let wrong = || Error::invalid("Last-Event-ID", "is not the id of an event of this run");
    let seq = match text.rsplit_once(':') {
        Some((of, seq)) if of == run.to_string() => seq,
        Some(_) => return Err(wrong()),
        None => text,
    };
    seq.parse().map_err(|_| wrong())
}

//! Events of runs as server-sent events.
//!
//! Most of them are a few words, so those are written straight to the wire; whatever is ready goes out in one piece.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chatcore::account::{Accounts, Caller};
use chatcore::turn::{ConversationEvent, Numbered, Outcome, RunEvent, RunEvents};
use chatcore::{Chat, Error, RunId};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use futures::{FutureExt, ready};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::{EventStream, Payload};
use poem_openapi::registry::{MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::ToJSON;
use tokio::time::{Instant, Interval, interval_at};

use super::dto::{MessageDto, Render};
use super::event::RunEventDto;
use crate::app::App;

/// How often a comment is sent when nothing else is, so that neither side nor a proxy takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// This much goes out at once.
const PIECE: usize = 16 * 1024;

/// So many turns a piece waits for what comes while other tasks have theirs. On an idle server that is no time at all; on
/// a busy one, events that are close together share a write.
const PATIENCE: u32 = 48;

/// After so many turns in which nothing came, the piece is complete. From the model's connection to here an event takes the
/// turns of two other tasks.
const QUIET: u32 = 3;

/// A stream of events.
pub(super) struct Events(Teller);

/// What the document says of it.
type Document = EventStream<BoxStream<'static, RunEventDto>>;

impl Payload for Events {
    const CONTENT_TYPE: &'static str = Document::CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        Document::schema_ref()
    }

    fn register(registry: &mut Registry) {
        <Document as Payload>::register(registry);
    }
}

impl ApiResponse for Events {
    fn meta() -> MetaResponses {
        Document::meta()
    }

    fn register(registry: &mut Registry) {
        <Document as ApiResponse>::register(registry);
    }
}

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type(Self::CONTENT_TYPE)
            .header("X-Accel-Buffering", "no")
            .body(Body::from_bytes_stream(self.0))
    }
}

/// An event with the id that a client sends back.
struct Told {
    run: RunId,
    event: Numbered,
    /// `<run>:<seq>` if there is none.
    id: Option<String>,
    outcome: Option<Arc<Outcome>>,
}

impl Events {
    /// The events of a run, as a stream that a client can resume.
    pub(super) fn of_run(app: &App, caller: &Caller, run: RunId, mut found: RunEvents, render: Option<Render>) -> Self {
        let told = stream::poll_fn(move |context| {
            let event = ready!(found.poll_next_unpin(context));
            let told = |event| Told { run, event, id: None, outcome: found.outcome().cloned() };
            Poll::Ready(event.map(|event| event.map(told)))
        });
        Self::new(app, caller, told, render)
    }

    /// The events of several runs.
    pub(super) fn of_many(
        app: &App,
        caller: &Caller,
        found: impl Stream<Item = Result<ConversationEvent, Error>> + Send + 'static,
        render: Option<Render>,
    ) -> Self {
        let told = |event| {
            let ConversationEvent { run, event, bookmark } = event;
            Told { run, event, id: Some(bookmark.to_string()), outcome: None }
        };
        Self::new(app, caller, found.map(move |event| event.map(told)), render)
    }

    fn new(
        app: &App,
        caller: &Caller,
        told: impl Stream<Item = Result<Told, Error>> + Send + 'static,
        render: Option<Render>,
    ) -> Self {
        Self(Teller {
            chat: app.chat.clone(),
            accounts: app.credentials.accounts().clone(),
            caller: caller.clone(),
            render,
            told: told.boxed(),
            quiet: app.all_quiet().boxed(),
            last: None,
            check: None,
            tick: interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE),
            piece: Vec::new(),
            seen: 0,
            waited: 0,
            quiet_turns: 0,
            over: false,
        })
    }
}

/// Writes what is told.
struct Teller {
    chat: Chat,
    accounts: Accounts,
    caller: Caller,
    render: Option<Render>,
    told: BoxStream<'static, Result<Told, Error>>,
    /// Ready when the server is about to end: what is there by then is told, so a reader who is a little behind hears the
    /// end.
    quiet: BoxFuture<'static, ()>,
    /// A last event that is waiting for its message.
    last: Option<BoxFuture<'static, (Told, RunEventDto)>>,
    /// A look whether the listener is still signed in; `true` if not.
    check: Option<BoxFuture<'static, bool>>,
    /// A comment goes out this often, so that nobody on the way takes the stream for dead; and a stream that is open for
    /// hours is looked at again and again.
    tick: Interval,
    /// What is written but not sent.
    piece: Vec<u8>,
    /// How long that was at the end of the last turn.
    seen: usize,
    /// Turns for which it has waited.
    waited: u32,
    /// The last of those, in which nothing came.
    quiet_turns: u32,
    over: bool,
}

impl Stream for Teller {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let ticks = this.tick.poll_tick(context).is_ready();
        if ticks {
            this.look_again();
        }
        if this.is_signed_out(context) {
            this.over = true;
        }
        while !this.over && this.piece.len() < PIECE && this.write_next(context).is_ready() {}
        if this.may_grow() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !this.piece.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.piece).into())));
        }
        if this.over {
            return Poll::Ready(None);
        }
        if ticks { Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n")))) } else { Poll::Pending }
    }
}

impl Teller {
    /// Whether the piece is to wait for one more turn: it is not full, and grew not long ago.
    fn may_grow(&mut self) -> bool {
        let length = self.piece.len();
        self.quiet_turns = if length > self.seen { 0 } else { self.quiet_turns + 1 };
        let is_due = self.over || length >= PIECE || self.waited >= PATIENCE || self.quiet_turns >= QUIET;
        let grows = length > 0 && !is_due;
        (self.seen, self.waited) = if grows { (length, self.waited + 1) } else { (0, 0) };
        grows
    }

    /// Writes the next event, if there is one.
    fn write_next(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(last) = &mut self.last {
            let (told, dto) = ready!(last.poll_unpin(context));
            self.last = None;
            self.write(&told, Some(dto));
            return Poll::Ready(());
        }
        // what is there comes first
        match self.told.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(told))) => self.tell(told),
            Poll::Ready(Some(Err(error))) => {
                // a reader whose store fails is cut off: it comes back with the id of the last event
                tracing::warn!(%error, "a stream of events broke off");
                self.over = true;
            }
            Poll::Ready(None) => self.over = true,
            Poll::Pending => {
                ready!(self.quiet.poll_unpin(context));
                self.over = true;
            }
        }
        Poll::Ready(())
    }

    fn tell(&mut self, mut told: Told) {
        if !told.event.event.is_last() {
            return self.write(&told, None);
        }
        match told.outcome.take() {
            Some(outcome) => {
                let dto = RunEventDto::last(&told.event.event, told.run, Arc::unwrap_or_clone(outcome), self.render);
                self.write(&told, Some(dto));
            }
            None => {
                let (chat, caller, render) = (self.chat.clone(), self.caller.clone(), self.render);
                self.last = Some(
                    async move {
                        let dto = looked_up(&chat, &caller, &told, render).await;
                        (told, dto)
                    }
                    .boxed(),
                );
            }
        }
    }

    fn write(&mut self, told: &Told, dto: Option<RunEventDto>) {
        let Told { run, event: Numbered { seq, event }, id, .. } = told;
        let to = &mut self.piece;
        // writing to memory does not fail
        let _ = match id {
            Some(id) => write!(to, "id: {id}\nevent: {}\ndata: ", event.name()),
            None => write!(to, "id: {run}:{seq}\nevent: {}\ndata: ", event.name()),
        };
        match (dto, event) {
            (
                None,
                RunEvent::Delta { text } | RunEvent::Refusal { text } | RunEvent::Reasoning { text, signature: None },
            ) => {
                to.extend_from_slice(br#"{"text":"#);
                let _ = serde_json::to_writer(&mut *to, text);
                to.push(b'}');
            }
            (None, _) => to.extend_from_slice(RunEventDto::of(event, *run).to_json_string().as_bytes()),
            (Some(dto), _) => to.extend_from_slice(dto.to_json_string().as_bytes()),
        }
        to.extend_from_slice(b"\n\n");
    }

    fn look_again(&mut self) {
        let (accounts, caller) = (self.accounts.clone(), self.caller.clone());
        let check = async move { matches!(accounts.expect_still_in(&caller).await, Err(Error::Unauthenticated)) };
        self.check = Some(check.boxed());
    }

    fn is_signed_out(&mut self, context: &mut Context<'_>) -> bool {
        let Some(check) = &mut self.check else { return false };
        let Poll::Ready(is_out) = check.poll_unpin(context) else { return false };
        self.check = None;
        is_out
    }
}

/// A last event whose outcome only the store knows.
async fn looked_up(chat: &Chat, caller: &Caller, told: &Told, render: Option<Render>) -> RunEventDto {
    let mut dto = RunEventDto::of(&told.event.event, told.run);
    if let Ok(run) = chat.run(caller, told.run).await {
        if let Ok(view) = chat.conversations().message(caller, run.message).await {
            dto.message = Some(MessageDto::explained(chat, caller, view, render).await);
        }
        dto.run = Some(run.into());
    }
    dto
}

//! Runs: their state, their events, stopping them.

use chatcore::turn::Bookmark;
use chatcore::{Error, RunId};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::dto::{Render, RunDto};
use super::events::Events;
use super::optional::Optional;
use super::support::{Answer, Auth, path_id};
use super::ticket::Listener;

pub(crate) struct RunApi;

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
        auth: Listener,
        id: Path<String>,
        /// The number of the last event that you have.
        after: Query<Option<u64>>,
        /// `html` adds the text of the last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The id of the last event that you have.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<Events> {
        let id: RunId = path_id(&id, "run")?;
        let after = match (after.0, given(last_event_id.0.as_deref())) {
            // what an `EventSource` sends when it comes back is newer than the address that it was opened with
            (_, Some(text)) => resume(id, text)?,
            (Some(after), None) => after,
            (None, None) => 0,
        };
        let found = auth.app.chat.events(auth.caller(), id, after).await?;
        Ok(Events::of_run(&auth.app, auth.caller(), id, found, render.0))
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
        auth: Listener,
        id: Path<String>,
        /// The id of the last event that you have.
        after: Query<Option<String>>,
        /// `html` adds the text of a last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The same, as an `EventSource` sends it.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<Events> {
        let id = path_id(&id, "conversation")?;
        let after = bookmark(after.0.as_deref(), last_event_id.0.as_deref())?;
        let found = auth.app.chat.conversation_events(auth.caller(), id, after).await?;
        Ok(Events::of_many(&auth.app, auth.caller(), found, render.0))
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
        auth: Listener,
        /// The id of the last event that you have.
        after: Query<Option<String>>,
        /// `html` adds the text of a last event's message as safe HTML.
        render: Query<Option<Render>>,
        /// The same, as an `EventSource` sends it.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
    ) -> Answer<Events> {
        let after = bookmark(after.0.as_deref(), last_event_id.0.as_deref())?;
        let found = auth.app.chat.subject_events(auth.caller(), after)?;
        Ok(Events::of_many(&auth.app, auth.caller(), found, render.0))
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

//! The routes. Each is a call of the library and its translation to HTTP; nothing is decided here.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chatcore::account::Caller;
use chatcore::conversation::NewConversation;
use chatcore::page::PageRequest;
use chatcore::turn::{Numbered, Run};
use chatcore::{Chat, ConversationId, Error, RunId, UserId};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) fn router(chat: Chat) -> Router {
    Router::new()
        .route("/chats", post(create))
        .route("/chats/{id}", get(read).post(say))
        .route("/runs/{id}/events", get(events))
        .with_state(chat)
}

async fn create(State(chat): State<Chat>, Me(me): Me) -> Answer<Json<Value>> {
    let made = chat.conversations().create(&me, NewConversation::default()).await?;
    Ok(Json(json!({"id": made.id})))
}

async fn read(State(chat): State<Chat>, Me(me): Me, Path(id): Path<ConversationId>) -> Answer<Json<Value>> {
    let page = chat.conversations().branch(&me, id, None, &PageRequest::first()).await?;
    let shown = page.items.iter().map(|view| json!({"role": view.message.role, "text": view.message.text()}));
    Ok(Json(shown.collect()))
}

#[derive(Deserialize)]
struct Said {
    text: String,
}

async fn say(
    State(chat): State<Chat>,
    Me(me): Me,
    Path(id): Path<ConversationId>,
    Json(said): Json<Said>,
) -> Answer<Response> {
    // axum drops this function when the client goes away, and a turn that has begun must have its driver at work: so it
    // begins in a task of its own
    let (writer, author) = (chat.clone(), me.clone());
    let began = tokio::spawn(async move {
        let turn = writer.send(&author, id, said.text.as_str()).await?;
        tokio::spawn(turn.driver);
        Ok::<Run, Error>(turn.run)
    });
    let run = began.await.map_err(|_| Error::Overloaded)??;
    let told = chat.events_of(&me, &run, 0)?;
    Ok(([("x-run", run.id.to_string())], stream(told)).into_response())
}

async fn events(
    State(chat): State<Chat>,
    Me(me): Me,
    Path(id): Path<RunId>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(stream(chat.events(&me, id, last.unwrap_or(0)).await?))
}

/// Events of a run as server-sent events. Their numbers are the ids, so that a client can resume behind any of them.
fn stream(
    told: impl Stream<Item = Result<Numbered, Error>> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = told.map(|next| {
        let event = match &next {
            Ok(Numbered { seq, event }) => Event::default().id(seq.to_string()).event(event.name()).json_data(event),
            Err(error) => Ok(Event::default().event("error").data(error.to_string())),
        };
        Ok(event.unwrap_or_else(|_| Event::default().event("error")))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Who asks. Here your own sign-in goes; whatever it knows somebody by becomes a [`UserId`].
struct Me(Caller);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let user = parts.headers.get("x-user").and_then(|value| value.to_str().ok());
        let user: Option<UserId> = user.and_then(|uuid| format!("usr_{}", uuid.replace('-', "")).parse().ok());
        user.map(|user| Self(Caller::user(user))).ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// What a route answers.
type Answer<T> = Result<T, Failed>;

/// Why it does not.
struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            // what is somebody else's is not there
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Denied => StatusCode::FORBIDDEN,
            Error::Busy | Error::StaleHead { .. } | Error::StaleVersion => StatusCode::CONFLICT,
            Error::OverLimit(_) | Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // what went wrong inside is for the log
        let said = if status.is_server_error() { "the server failed".to_owned() } else { self.0.to_string() };
        (status, Json(json!({"error": said}))).into_response()
    }
}

//! Streams of server-sent events that a mount writes itself.

use std::time::Duration;

use chatcore::Error;
use chatcore::account::Caller;
use futures::FutureExt;
use futures::future::{BoxFuture, Either, select};
use futures::stream::{BoxStream, Stream, StreamExt, unfold};
use poem::{Body, Response};
use tokio::time::{Interval, interval_at};

use crate::app::App;

/// How often a comment is sent, so that nobody on the way takes a silent stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream until there is nothing to tell.
struct Told {
    pieces: BoxStream<'static, String>,
    quiet: BoxFuture<'static, ()>,
    tick: Interval,
    accounts: chatcore::account::Accounts,
    caller: Caller,
}

/// Sends pieces as they come, and a comment when there are none for a while. It ends with the pieces, when the server does,
/// and when the caller is signed out.
pub(super) fn events(app: &App, caller: &Caller, pieces: impl Stream<Item = String> + Send + 'static) -> Response {
    let told = Told {
        pieces: pieces.boxed(),
        quiet: app.all_quiet().boxed(),
        tick: interval_at(tokio::time::Instant::now() + KEEP_ALIVE, KEEP_ALIVE),
        accounts: app.credentials.accounts().clone(),
        caller: caller.clone(),
    };
    let bytes =
        unfold(told, |mut told| async move { told.next().await.map(|piece| (Ok::<_, std::io::Error>(piece), told)) });
    Response::builder()
        .content_type("text/event-stream")
        .header("X-Accel-Buffering", "no")
        .body(Body::from_bytes_stream(bytes.map(|piece| piece.map(bytes::Bytes::from))))
}

impl Told {
    async fn next(&mut self) -> Option<String> {
        let piece = {
            let beat = Box::pin(self.tick.tick());
            // what is there comes before the end
            match select(self.pieces.next(), select(beat, &mut self.quiet)).await {
                Either::Left((piece, _)) => return piece,
                Either::Right((Either::Right(_), _)) => None,
                Either::Right((Either::Left(_), _)) => Some(": heartbeat\n\n".to_owned()),
            }
        };
        let gone = matches!(self.accounts.expect_still_in(&self.caller).await, Err(Error::Unauthenticated));
        piece.filter(|_| !gone)
    }
}

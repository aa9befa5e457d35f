//! Events from a stream of bytes.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use super::{Decoder, Event, TooLong};

/// The events in a stream of byte pieces. It ends where the bytes end, and after an error. An event that the end cuts
/// off is dropped, as the standard says.
#[derive(Debug)]
pub struct Events<S> {
    bytes: S,
    decoder: Decoder,
    failed: Option<TooLong>,
    ended: bool,
}

/// Why there are no more events.
#[derive(Debug, thiserror::Error)]
pub enum EventsError<E> {
    /// The bytes did not come.
    #[error("failed to read events")]
    Read(#[source] E),
    /// An event is larger than the decoder takes.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

impl<S> Events<S> {
    /// The events in those bytes.
    pub fn new(bytes: S) -> Self {
        Self::with(Decoder::new(), bytes)
    }

    /// The same with a decoder of one's own.
    pub fn with(decoder: Decoder, bytes: S) -> Self {
        Self { bytes, decoder, failed: None, ended: false }
    }
}

impl<S, B, E> Stream for Events<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    type Item = Result<Event, EventsError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.decoder.pop() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Some(error) = self.failed.take() {
                return Poll::Ready(Some(Err(error.into())));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match std::task::ready!(Pin::new(&mut self.bytes).poll_next(cx)) {
                Some(Ok(bytes)) => {
                    self.failed = self.decoder.push(bytes.as_ref()).err();
                    self.ended = self.failed.is_some();
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(EventsError::Read(error))));
                }
                None => self.ended = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, executor::block_on, stream};

    use super::*;

    #[test]
    fn events_come_before_the_error_behind_them() {
        let pieces = [Ok("data: a\n\nda"), Ok("ta: b\n\n"), Err("broken"), Ok("data: c\n\n")];
        let all: Vec<_> = block_on(Events::new(stream::iter(pieces)).collect());
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].as_ref().map(|event| event.data.as_str()).ok(), Some("b"));
        assert!(matches!(all[2], Err(EventsError::Read("broken"))));
    }

    #[test]
    fn an_event_that_is_too_long_ends_it() {
        let pieces = [Ok::<_, ()>("data: a\n\ndata: bbbbbbbbbb"), Ok("data: c\n\n")];
        let all: Vec<_> = block_on(Events::with(Decoder::with_limit(10), stream::iter(pieces)).collect());
        assert!(matches!(all[..], [Ok(_), Err(EventsError::TooLong(_))]));
    }
}

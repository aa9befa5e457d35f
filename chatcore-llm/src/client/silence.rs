//! A limit on how long nothing comes, for something that comes in many pieces.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// One timer for all pieces. Most come long before it is due, so it is not set anew for each: when it is due, it is seen
/// how long the silence really was.
#[derive(Default)]
pub(super) struct Silence(Option<Pin<Box<Sleep>>>);

impl Silence {
    /// Waits for the next piece; `None` when that takes too long.
    pub(super) async fn within<T>(&mut self, patience: Duration, next: impl Future<Output = T>) -> Option<T> {
        let mut next = pin!(next);
        let mut deadline = None;
        poll_fn(|context| {
            if let Poll::Ready(piece) = next.as_mut().poll(context) {
                return Poll::Ready(Some(piece));
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + patience);
            let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            while timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= deadline {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn every_piece_has_its_own_time() {
        let (mut silence, short) = (Silence::default(), Duration::from_millis(40));
        let begin = Instant::now();
        for _ in 0..3 {
            assert!(silence.within(short, tokio::time::sleep(short / 2)).await.is_some());
        }
        assert!(begin.elapsed() >= short, "the timer was due in between");
        assert_eq!(silence.within(short, ready(1)).await, Some(1));
        let begin = Instant::now();
        assert_eq!(silence.within(short, pending::<()>()).await, None);
        assert!(begin.elapsed() >= short);
    }

    #[tokio::test]
    async fn patience_may_become_shorter() {
        let mut silence = Silence::default();
        let long = Duration::from_secs(3600);
        assert!(silence.within(long, tokio::time::sleep(Duration::from_millis(1))).await.is_some());
        assert_eq!(silence.within(Duration::from_millis(1), pending::<()>()).await, None);
    }
}

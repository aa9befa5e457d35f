//! How many groups the SQL stores have committed: they tell a subscriber of `tracing`, at the level `TRACE`.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

const COMMITTER: &str = "chatcore_sqlx::committer";

static GROUPS: AtomicU64 = AtomicU64::new(0);

struct Count;

impl<S: Subscriber> Layer<S> for Count {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        // its warnings are no groups
        if event.metadata().fields().field("batches").is_some() {
            GROUPS.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Begins to count; once in a program.
///
/// # Errors
/// When the program has a subscriber.
pub fn count_groups() -> Result<(), TryInitError> {
    let only = Targets::new().with_target(COMMITTER, LevelFilter::TRACE);
    tracing_subscriber::registry().with(Count.with_filter(only)).try_init()
}

/// Groups of all SQL stores of this program so far.
pub(super) fn counted() -> u64 {
    GROUPS.load(Ordering::Relaxed)
}

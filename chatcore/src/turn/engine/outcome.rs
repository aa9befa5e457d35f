//! How a run ended, for those who heard its last event: what the commit answered, so that nobody has to look it up.

use crate::conversation::{Conversation, Message, MessageView};
use crate::store::Committed;
use crate::turn::run::Run;

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The run.
    pub run: Run,
    /// Its message.
    pub message: MessageView,
}

/// Where the message of a run stands among its siblings, and of what the conversation consisted at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    version: u64,
    versions: u64,
    shape: Shape,
}

/// Changes whenever a message comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    next_seq: u64,
    messages: u64,
    cuts: u32,
}

impl Shape {
    fn of(done: &Committed, run: &Run) -> Option<Self> {
        let Conversation { next_seq, message_count, cuts, .. } = *done.get::<Conversation>(&run.conversation)?;
        Some(Self { next_seq, messages: message_count, cuts })
    }
}

impl Standing {
    /// As the batch that began the run left it.
    pub(super) fn of(done: &Committed, run: &Run, view: &MessageView) -> Option<Self> {
        Some(Self { version: view.version, versions: view.versions, shape: Shape::of(done, run)? })
    }

    /// How the run ended that this batch ended; `None` if siblings may have come or gone meanwhile.
    pub(super) fn outcome(self, done: &Committed, run: &Run) -> Option<Outcome> {
        let Self { version, versions, shape } = self;
        if Shape::of(done, run)? != shape {
            return None;
        }
        let run = done.get::<Run>(&run.id)?.clone();
        let message = done.get::<Message>(&run.message)?.clone();
        Some(Outcome { run, message: MessageView { message, version, versions, feedback: None } })
    }
}

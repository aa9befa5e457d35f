//! The engine: where conversations and models meet.
//!
//! One sent message is two commits. *Begin* stores the user message, the open answer, the head and the run. Then the
//! caller spawns (or awaits) the [`Driver`], which reads the model, hands events to whoever listens, and stores them
//! every fifth of a second. *Finish* stores the text, the state of the run and of the message. Nobody who reads the
//! stream is needed for any of it.

mod ask;
mod attached;
mod begin;
mod continuation;
mod driver;
mod due;
mod events;
mod finish;
mod ground;
mod held;
mod logs;
mod manage;
mod name;
mod outcome;
mod preview;
mod prompt;
mod rounds;
mod topic;

use std::sync::Arc;
use std::time::Duration;

pub use ask::{Ask, MAX_WAITING, Policy, Say, Turn};
pub use driver::Driver;
pub use events::RunEvents;
pub use outcome::Outcome;
pub use preview::{ModelSpent, Preview, PriceRange, Spent};
pub use topic::{ConversationEvent, ConversationEvents};

use super::hook::Hook;
use super::hub::{Hub, Signal};
use super::model::{ModelInfo, Models};
use super::title::Titles;
use super::tool::{Tool, ToolOutcome, Tools};
use crate::attachment::Attachments;
use crate::billing::entitlement::Terms;
use crate::billing::ledger::Charging;
use crate::clock::Clock;
use crate::conversation::Conversations;
use crate::error::Error;
use crate::id::{IdSource, RandomIds};
use crate::store::{Domain, Store, StoreError};

/// Chats: conversations, and models that answer in them.
///
/// Cloning is cheap; all clones share one set of listeners.
#[derive(Clone)]
pub struct Chat {
    conversations: Conversations,
    models: Arc<Models>,
    hub: Arc<Hub>,
    timing: Timing,
    tools: Tools,
    titles: Titles,
    hooks: Arc<[Arc<dyn Hook>]>,
    terms: Option<Arc<Terms>>,
    attachments: Option<Attachments>,
}

/// How often a driver stores what was said, and how long it may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// At most this much of an answer is lost when the process is killed.
    pub flush: Duration,
    /// How often a run shows that it lives when the model says nothing.
    pub heartbeat: Duration,
    /// After this long without a sign of life a run is taken for dead. Several times `heartbeat`.
    pub lapse: Duration,
    /// How often the store is looked at for what other processes do, while it does not tell by itself. When it does, ten
    /// times as rarely.
    pub poll: Duration,
    /// How long the events of a run are kept when it has ended. The message keeps the text.
    pub keep_log: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            flush: Duration::from_millis(200),
            heartbeat: Duration::from_secs(5),
            lapse: Duration::from_secs(20),
            poll: Duration::from_millis(500),
            keep_log: Duration::from_secs(3600),
        }
    }
}

impl Chat {
    /// Chats over a store with some models.
    pub fn new(store: impl Store + 'static, models: impl Into<Models>, clock: impl Clock + 'static) -> Self {
        Self::over(Arc::new(store), models.into(), Arc::new(clock), Arc::new(RandomIds))
    }

    /// The same from parts that are shared already.
    pub fn over(
        store: Arc<dyn Store>,
        models: impl Into<Models>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            conversations: Conversations::new(store, clock, ids),
            models: Arc::new(models.into()),
            hub: Arc::default(),
            timing: Timing::default(),
            tools: Tools::default(),
            titles: Titles::default(),
            hooks: Arc::default(),
            terms: None,
            attachments: None,
        }
    }

    /// With other intervals.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// With a tool that models may call; it takes the place of one of the same name.
    #[must_use]
    pub fn tool(mut self, tool: impl Tool + 'static) -> Self {
        self.tools = self.tools.with(tool);
        self
    }

    /// With these tools and bounds, in place of those before.
    #[must_use]
    pub fn tools(mut self, tools: Tools) -> Self {
        self.tools = tools;
        self
    }

    /// With another way to name conversations.
    #[must_use]
    pub fn titles(mut self, titles: Titles) -> Self {
        self.titles = titles;
        self
    }

    /// With another hook; they are asked in the order in which they came.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks = self.hooks.iter().cloned().chain([Arc::new(hook) as Arc<dyn Hook>]).collect();
        self
    }

    /// With terms: what a run may use is held when it begins, or the turn is refused with [`Error::OverLimit`]; what it used
    /// is booked when it ends. Without terms nothing is counted, and nothing of it is asked of the store.
    ///
    /// # Errors
    /// [`Error::Store`] when the store keeps no quotas, or no money where something is charged for.
    pub fn entitlements(mut self, terms: Terms) -> Result<Self, Error> {
        if !self.store().supports(Domain::Quota) {
            return Err(StoreError::unsupported(Domain::Quota, "hold what a run may use").into());
        }
        if terms.prices.charging() != Charging::Free && !self.store().supports(Domain::Billing) {
            return Err(StoreError::unsupported(Domain::Billing, "charge for runs").into());
        }
        let terms = terms.knowing(self.models.list(), &**self.store());
        self.terms = Some(Arc::new(terms));
        Ok(self)
    }

    /// With files that may be attached to messages. Their bytes count by the same [terms](Self::entitlements).
    #[must_use]
    pub fn with_attachments(mut self, attachments: Attachments) -> Self {
        self.attachments = Some(attachments);
        self
    }

    /// Files that may be attached to messages, if there are any.
    #[must_use]
    pub fn attachments(&self) -> Option<Attachments> {
        self.attachments.clone().map(|attachments| attachments.under(self.terms.clone()))
    }

    /// Everything that needs no model.
    #[must_use]
    pub fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// The models that may be asked, the default first.
    pub fn models(&self) -> impl Iterator<Item = &ModelInfo> {
        self.models.list()
    }

    /// How many runs this process drives.
    #[must_use]
    pub fn active_runs(&self) -> usize {
        self.hub.active()
    }

    /// Tells every driver of this process to end its run as interrupted, with what has been said so far.
    pub fn interrupt_all(&self) {
        self.hub.signal_all(Signal::Interrupt);
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.conversations.store
    }
}

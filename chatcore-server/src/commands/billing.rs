//! `chatcore-server billing`: what came of payments, for whoever has the store.

use std::sync::Arc;

use chatcore::RandomIds;
use chatcore::billing::EventState;
use chatcore_llm::SystemClock;
use clap::{Args, Subcommand};

use super::Outcome;
use super::error::CommandError;
use super::output::say;
use crate::config::Config;
use crate::{payments, stores};

/// A command about payments.
#[derive(Debug, Subcommand)]
pub enum BillingCommand {
    /// Try an event again that was not applied, as the gateway has it now
    ///
    /// Ends with 1 if it still cannot be applied, and says why.
    Replay(Replay),
    /// List events that somebody must see to, the oldest first
    Parked,
}

/// Which event.
#[derive(Debug, Args)]
pub struct Replay {
    /// Its id at the gateway
    event: String,
}

impl BillingCommand {
    /// Does it, with the store, the plans and the gateway of a server.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(self, config: &Config) -> Result<Outcome, CommandError> {
        let open = stores::open_kept(&config.store).await?;
        let store = open.store().clone();
        let billing = payments::billing(config, store, Arc::new(SystemClock), Arc::new(RandomIds))?;
        let done = match self {
            Self::Replay(replay) => Self::replay(&billing, &replay.event).await,
            Self::Parked => Self::parked(&billing).await,
        };
        open.close().await;
        done.map_err(CommandError::Billing)
    }

    async fn replay(billing: &chatcore::billing::Billing, event: &str) -> Result<Outcome, chatcore::Error> {
        let event = billing.replay(None, event).await?;
        let why = event.reason.as_deref().unwrap_or("it has had its effect");
        say(format!("{} {}: {why}", event.id, event.kind));
        Ok(if event.state == EventState::Parked { Outcome::Defects } else { Outcome::Fine })
    }

    async fn parked(billing: &chatcore::billing::Billing) -> Result<Outcome, chatcore::Error> {
        let mut last = None;
        loop {
            let page = billing.parked(None, last.as_ref()).await?;
            for event in &page {
                let why = event.reason.as_deref().unwrap_or_default();
                say(format!("{} {} {}: {why}", event.received_at, event.id, event.kind));
            }
            match page.into_iter().next_back() {
                Some(event) => last = Some(event),
                None => return Ok(Outcome::Fine),
            }
        }
    }
}

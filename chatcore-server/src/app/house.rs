//! What a server does beside answering.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::App;

/// How often the house is looked after.
const HOUSE: Duration = Duration::from_secs(5);

impl App {
    /// Starts what a server does beside answering: it ends runs that lapsed, goes on with unfinished jobs, removes what has
    /// expired, erases deleted accounts, and hears of other servers of its store. Abort the tasks before the end.
    #[must_use]
    pub fn keep_house(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        vec![
            tokio::spawn(self.clone().look_after()),
            tokio::spawn(self.clone().listen()),
            // apart from the rest: a large account takes minutes
            tokio::spawn(self.clone().erase_accounts()),
        ]
    }

    async fn look_after(self: Arc<Self>) {
        for round in 1_u64.. {
            tokio::time::sleep(HOUSE).await;
            if let Err(error) = self.chat.sweep().await {
                tracing::warn!(%error, "failed to look for runs that lapsed");
            }
            if round % 60 == 0 {
                self.tidy().await;
            }
        }
    }

    async fn erase_accounts(self: Arc<Self>) {
        loop {
            tokio::time::sleep(HOUSE).await;
            match self.chat.erase().await {
                Ok(0) => {}
                Ok(accounts) => tracing::info!(accounts, "erased deleted accounts"),
                Err(error) => tracing::warn!(%error, "failed to look for accounts to erase"),
            }
        }
    }

    /// What is done every few minutes: goes on with unfinished jobs, removes what has expired, and clears what was deleted out
    /// of the files.
    pub async fn tidy(&self) {
        if let Err(error) = self.chat.tidy().await {
            tracing::warn!(%error, "failed to look for unfinished jobs");
        }
        if let Some(attachments) = self.chat.attachments()
            && let Err(error) = attachments.sweep().await
        {
            tracing::warn!(%error, "failed to remove attachments that nobody needs");
        }
        if let Err(error) = self.shares.tidy().await {
            tracing::warn!(%error, "failed to remove links that have expired");
        }
        if let Err(error) = self.credentials.accounts().tidy().await {
            tracing::warn!(%error, "failed to remove codes that have expired");
        }
        let walk = self.walk.lock().map(|walk| walk.clone()).unwrap_or_default();
        match self.credentials.accounts().retire(&walk).await {
            Ok(next) => drop(self.walk.lock().map(|mut walk| *walk = next)),
            Err(error) => tracing::warn!(%error, "failed to remove sessions and visitors that are old"),
        }
        if let Err(error) = self.billing.sweep().await {
            tracing::warn!(%error, "failed to look after subscriptions");
        }
        if let Err(error) = self.ledger.tidy().await {
            tracing::warn!(%error, "failed to look for credit that has expired");
        }
        if let Err(error) = self.limits.tidy().await {
            tracing::warn!(%error, "failed to remove counters that have expired");
        }
        // last: what the others deleted goes, too
        if let Err(error) = self.store.wipe().await {
            tracing::warn!(%error, "failed to clear what was deleted out of the files of the store");
        }
    }

    /// Passes on what other servers at the same store do, for as long as it is polled.
    pub async fn listen(self: Arc<Self>) {
        self.chat.listen().await;
    }
}

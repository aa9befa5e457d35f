//! What time alone changes.

use super::{Billing, STEP};
use crate::billing::subscription::LapseSubscription;
use crate::error::Error;
use crate::store::Batch;

impl Billing {
    /// Sees to subscriptions that should have been heard of by now: looks at the gateway, and lets those that have not
    /// gone on stand still. Entitlements end by themselves, so it is enough to call this every now and then. Returns how
    /// many there were.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let (now, mut seen) = (self.clock.now(), 0);
        loop {
            let due = self.store.due_subscriptions(now, STEP).await?;
            if due.is_empty() {
                return Ok(seen);
            }
            for one in due {
                if self.gateway.is_some()
                    && let Err(error) = self.look_after(&one.id).await
                {
                    tracing::warn!(%error, subscription = one.id, "failed to look at a subscription that is due");
                }
                // one that has gone on is passed over
                self.store.commit(Batch::of(LapseSubscription { id: one.id, at: now })).await?;
                seen += 1;
            }
        }
    }

    async fn look_after(&self, id: &str) -> Result<(), Error> {
        let (version, at) = (self.version_of(id).await?, self.clock.now());
        match self.look(id, version).await?.seen {
            Ok(snapshot) => self.observe(snapshot, version, at).await,
            Err(reason) => {
                tracing::warn!(subscription = id, reason, "the gateway does not show a subscription");
                Ok(())
            }
        }
    }
}

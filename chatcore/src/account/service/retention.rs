//! What goes by itself, a bounded step at a time: there is no list of what is old, so all are walked through again and again.

use std::time::Duration;

use super::Accounts;
use crate::account::retention::{ForgetSessions, ForgetVisitors};
use crate::account::session::Session;
use crate::account::visitor::Visitor;
use crate::error::Error;
use crate::store::{Batch, Loaded, OrderedKey, Record, Stored};

/// How long sessions that are over are shown to those who run the service.
pub const KEEP_SESSIONS: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long visitors who have said nothing may come back.
pub const KEEP_VISITORS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Records that one step looks at, of each kind.
const STEP: usize = 1_000;

/// Records that one batch removes.
const BATCH: usize = 200;

/// Where the walk is. It begins anew when a program does.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    sessions: Option<Vec<u8>>,
    visitors: Option<Vec<u8>>,
}

impl Accounts {
    /// What a program does every few minutes: looks at the next sessions and visitors, and removes those that are old. Returns
    /// where to go on.
    ///
    /// # Errors
    /// [`Error::Store`]; the walk goes on where it was.
    pub async fn retire(&self, walk: &Walk) -> Result<Walk, Error> {
        let now = self.clock.now();
        let (over_by, came_by) = (now.minus(KEEP_SESSIONS), now.minus(KEEP_VISITORS));
        let (sessions, behind) = self.page::<Session>(walk.sessions.as_deref()).await?;
        let old = sessions.iter().filter(|one| one.over_at() <= over_by).map(Record::key).collect::<Vec<_>>();
        for some in old.chunks(BATCH) {
            self.store.commit(Batch::of(ForgetSessions { sessions: some.to_vec(), over_by })).await?;
        }
        let (visitors, onward) = self.page::<Visitor>(walk.visitors.as_deref()).await?;
        let idle = |one: &&Visitor| one.merged_into.is_none() && one.created_at <= came_by;
        let silent = visitors.iter().filter(idle).map(Record::key).collect::<Vec<_>>();
        for some in silent.chunks(BATCH) {
            let change = ForgetVisitors { visitors: some.to_vec(), came_by };
            self.store.commit(Batch::of(change)).await?;
        }
        Ok(Walk { sessions: behind, visitors: onward })
    }

    /// The next records of a kind, and the key of the last; none behind the end.
    async fn page<R: Stored>(&self, after: Option<&[u8]>) -> Result<(Vec<R>, Option<Vec<u8>>), Error> {
        let mut page = Loaded::default();
        self.store.scan(R::KIND, after, STEP).await?.into_iter().for_each(|record| page.push(record));
        let found = std::mem::take(R::loaded_mut(&mut page));
        let last = found.last().filter(|_| found.len() == STEP).map(|last| last.key().to_bytes());
        Ok((found, last))
    }
}

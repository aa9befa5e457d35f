//! What goes by itself: sessions that are long over, and visitors who never said anything.

use super::session::Session;
use super::visitor::Visitor;
use crate::clock::Timestamp;
use crate::conversation::{Numbered, Sequence};
use crate::id::{SessionId, VisitorId};
use crate::store::{Change, Stop, Tx};
use crate::subject::Subject;

impl Session {
    /// When it was over: by itself, or because somebody ended it. Whether all sessions of its user were ended is not asked.
    #[must_use]
    pub fn over_at(&self) -> Timestamp {
        self.ended_at.map_or(self.expires_at, |ended| ended.min(self.expires_at))
    }
}

/// Sessions that were over by then are forgotten. Whoever shows a token of one hears that it is no good, as before.
#[derive(Debug, Clone)]
pub struct ForgetSessions {
    /// Which.
    pub sessions: Vec<SessionId>,
    /// By when.
    pub over_by: Timestamp,
}

impl Change for ForgetSessions {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<Session>(self.sessions.iter().copied())?;
        for id in &self.sessions {
            if tx.get::<Session>(id)?.is_some_and(|session| session.over_at() <= self.over_by) {
                tx.delete::<Session>(id)?;
            }
        }
        Ok(())
    }
}

/// Visitors who came by then, and have never begun a conversation or become a user, are forgotten.
#[derive(Debug, Clone)]
pub struct ForgetVisitors {
    /// Which.
    pub visitors: Vec<VisitorId>,
    /// By when.
    pub came_by: Timestamp,
}

impl Change for ForgetVisitors {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        // who has begun a conversation has numbered it, so one that begins at this moment is seen
        let counts = self.visitors.iter().map(|id| Numbered::Conversations(Subject::Visitor(*id)));
        let asked = tx.prefetch::<Sequence>(counts);
        tx.prefetch::<Visitor>(self.visitors.iter().copied()).and(asked)?;
        for id in &self.visitors {
            let came = |visitor: &Visitor| visitor.merged_into.is_none() && visitor.created_at <= self.came_by;
            let is_silent = tx.get::<Sequence>(&Numbered::Conversations(Subject::Visitor(*id)))?.is_none();
            if is_silent && tx.get::<Visitor>(id)?.as_ref().is_some_and(came) {
                tx.delete::<Visitor>(id)?;
            }
        }
        Ok(())
    }
}

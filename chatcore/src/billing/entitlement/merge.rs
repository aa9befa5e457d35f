//! A visitor has become a user: what the visitor used is the user's.

use super::place::moved;
use crate::clock::Timestamp;
use crate::id::{UserId, VisitorId};
use crate::quota::{Counter, ScopeKey, Zone};
use crate::store::{Change, Stop, Tx};
use crate::subject::Subject;

/// What a visitor used, and what is held for their runs, counts for the user whom they have become: in the batch of
/// [`MergeVisitor`](crate::account::MergeVisitor). Again it moves nothing, because nothing is left.
#[derive(Debug, Clone)]
pub struct MergeUsage {
    /// The visitor.
    pub visitor: VisitorId,
    /// The user.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

impl Change for MergeUsage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (from, to) = (Subject::Visitor(self.visitor), Subject::User(self.user));
        let own = ScopeKey::subject(from);
        let (found, theirs) = (tx.get::<Counter>(&own), tx.get::<Counter>(&ScopeKey::subject(to)));
        theirs?;
        let Some(counter) = found? else { return Ok(()) };
        let with_models = counter.models.iter().map(|model| own.with_model(model));
        let keys: Vec<ScopeKey> = with_models.chain([own.clone()]).collect();
        tx.prefetch::<Counter>(keys.iter().flat_map(|key| [key.clone(), moved(key, from, to)]))?;
        for key in keys {
            let Some(counter) = tx.get::<Counter>(&key)? else { continue };
            tx.delete::<Counter>(&key)?;
            let scope = moved(&key, from, to);
            match tx.get::<Counter>(&scope)? {
                Some(theirs) => tx.update(theirs.with(counter, self.at, &Zone::UTC))?,
                None => tx.insert(Counter { scope, ..counter })?,
            }
        }
        Ok(())
    }
}

//! Bytes that are kept: a level, which goes down again when they go.

use super::bid::Bid;
use super::place::{admit, moved};
use crate::account::Visitor;
use crate::quota::{Counter, ScopeKey};
use crate::store::{Stop, Tx};
use crate::subject::Subject;

/// The bytes of a bid are kept from now on, or the batch is refused with the verdict. Answers which counters count them.
pub(crate) fn keep_bytes(tx: &mut Tx<'_>, bid: &Bid) -> Result<Vec<ScopeKey>, Stop> {
    let standing = admit(tx, bid)?;
    let mut scopes = Vec::new();
    // bytes are kept for no model
    for (key, found) in standing.counters.into_iter().filter(|(key, _)| key.model.is_none()) {
        scopes.push(key.clone());
        let there = found.is_some();
        let counter = found.unwrap_or_else(|| Counter::new(key));
        let bytes = counter.bytes.saturating_add(bid.demand.bytes);
        let counter = Counter { bytes, ..counter };
        if there { tx.update(counter)? } else { tx.insert(counter)? }
    }
    Ok(scopes)
}

/// Bytes of somebody are not kept any more, and count in none of these counters. Those of a visitor may be a user's by now.
pub(crate) fn release_bytes(
    tx: &mut Tx<'_>,
    (owner, knows_visitors): (Subject, bool),
    scopes: &[ScopeKey],
    bytes: u64,
) -> Result<(), Stop> {
    if scopes.is_empty() {
        return Ok(());
    }
    let now = match owner {
        Subject::Visitor(id) if knows_visitors => {
            let merged = tx.get::<Visitor>(&id)?.and_then(|visitor| visitor.merged_into);
            merged.map_or(owner, Subject::User)
        }
        _ => owner,
    };
    let keys: Vec<ScopeKey> = scopes.iter().map(|key| moved(key, owner, now)).collect();
    tx.prefetch::<Counter>(keys.iter().cloned())?;
    for key in keys {
        // one that is lost is for a check to find
        let Some(counter) = tx.get::<Counter>(&key)? else { continue };
        tx.update(Counter { bytes: counter.bytes.saturating_sub(bytes), ..counter })?;
    }
    Ok(())
}

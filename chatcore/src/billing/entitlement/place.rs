//! Holds are placed, and grow while a run goes on.

use super::bid::{Bid, Standing, follow};
use super::hold::Hold;
use super::terms::{LOOK_AFTER, Terms};
use crate::billing::ledger::{Credit, Quote, Rate};
use crate::id::RunId;
use crate::quota::{Counter, ScopeKey, Who};
use crate::store::{Change, Conflict, Stop, Tx};
use crate::subject::Subject;

/// A run is to begin: what it may use at most is held, or the batch is refused with the verdict.
#[derive(Debug, Clone)]
pub(crate) struct PlaceHold {
    pub(crate) run: RunId,
    /// Tokens of its prompt.
    pub(crate) prompt: u64,
    /// By which prices it is charged.
    pub(crate) quote: Quote,
    pub(crate) bid: Bid,
}

impl Change for PlaceHold {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Self { run, prompt, quote, bid } = self;
        let standing = admit(tx, bid)?;
        bid.pay(tx, &standing)?;
        let Standing { whom, counters, .. } = standing;
        let scopes: Vec<ScopeKey> = counters.keys().cloned().collect();
        let models = scopes.iter().filter(|key| key.who == Who::Subject(whom.subject));
        let models: Vec<String> = models.filter_map(|key| key.model.clone()).collect();
        for (key, found) in counters {
            let there = found.is_some();
            let mut counter = found.unwrap_or_else(|| Counter::new(key));
            if counter.scope == ScopeKey::subject(whom.subject) {
                models.iter().for_each(|model| counter.knows(model));
            }
            counter.held = counter.held.plus(bid.demand.amounts);
            counter.runs = counter.runs.saturating_add(bid.demand.runs);
            if there { tx.update(counter)? } else { tx.insert(counter)? }
        }
        tx.insert_fresh(Hold {
            run: *run,
            subject: whom.subject,
            model: bid.model.clone().unwrap_or_default(),
            prompt: *prompt,
            scopes,
            amounts: bid.demand.amounts,
            money: bid.money,
            // what is free needs no proof
            quote: Some(quote.clone()).filter(|quote| quote.rate != Rate::Free),
            placed_at: bid.at,
            expires_at: bid.at.plus(LOOK_AFTER),
        })
    }
}

/// Lets a bid through or refuses it.
pub(super) fn admit(tx: &mut Tx<'_>, bid: &Bid) -> Result<Standing, Stop> {
    let standing = bid.look(tx)?;
    let verdict = bid.judge(tx, &standing)?;
    if verdict.allowed { Ok(standing) } else { Err(Conflict::OverLimit(Box::new(verdict)).into()) }
}

/// A run wants to ask its model again: what that may use at most is held beside what is held already, or the batch is
/// refused. A run without a hold is not limited.
#[derive(Debug, Clone)]
pub(crate) struct GrowHold {
    pub(crate) run: RunId,
    pub(crate) bid: Bid,
}

impl Change for GrowHold {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(hold) = tx.get::<Hold>(&self.run)? else { return Ok(()) };
        let money = more_money(&hold, &self.bid);
        let bid = Bid { subject: hold.subject, api_key: hold.api_key(), money, ..self.bid.clone() };
        let standing = admit(tx, &bid)?;
        bid.pay(tx, &standing)?;
        let more = self.bid.demand.amounts;
        for mut counter in counted(tx, &self.bid.terms, &hold)? {
            counter.held = counter.held.plus(more);
            tx.update(counter)?;
        }
        let money = hold.money.plus(bid.money)?;
        tx.update(Hold { amounts: hold.amounts.plus(more), money, ..hold })
    }
}

/// What it may cost at most to ask once more, by the prices of the hold: a request is paid for already.
fn more_money(hold: &Hold, bid: &Bid) -> Credit {
    match &hold.quote {
        Some(quote) if matches!(quote.rate, Rate::PerToken { .. }) => quote.most(bid.demand.amounts.tokens, 0).max(
            // whichever of both is dearer: it is not known how many are read and how many are written
            quote.most(0, bid.demand.amounts.tokens),
        ),
        _ => Credit::ZERO,
    }
}

/// The counters that a hold counts for, by now: a visitor's may be a user's.
pub(super) fn counted(tx: &mut Tx<'_>, terms: &Terms, hold: &Hold) -> Result<Vec<Counter>, Stop> {
    let (now, _) = follow(tx, terms, hold.subject)?;
    let keys: Vec<ScopeKey> = hold.scopes.iter().map(|key| moved(key, hold.subject, now)).collect();
    tx.prefetch::<Counter>(keys.iter().cloned())?;
    let mut counters = Vec::new();
    for key in keys {
        // one that is lost is for a check to find: a run must be able to end
        counters.extend(tx.get::<Counter>(&key)?);
    }
    Ok(counters)
}

/// A scope of somebody who has become another.
pub(crate) fn moved(key: &ScopeKey, from: Subject, to: Subject) -> ScopeKey {
    let who = if key.who == Who::Subject(from) { Who::Subject(to) } else { key.who.clone() };
    ScopeKey { who, ..key.clone() }
}

/// What is held no more is taken out of a counter, and what was used is booked.
pub(super) fn release(counter: &mut Counter, hold: &Hold) {
    counter.held = counter.held.minus(hold.amounts);
    counter.runs = counter.runs.saturating_sub(hold.runs());
}

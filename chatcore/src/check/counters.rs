//! Numbers, and the counters that give them out: a counter is ahead of everything that it numbered. A domain that keeps
//! a total (a balance, say) adds a fold of its own here.

use std::collections::BTreeMap;

use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::account::User;
use crate::conversation::{Conversation, Message, Name, Numbered, Sequence, next_number};
use crate::store::{Batch, Change, Conflict, Stop, StoreError, Stored, Tx};

/// No counter gets here by counting: a number from here on is damage. Far below the [`i64::MAX`] that stores keep.
pub(super) const TOO_BIG: u64 = 1 << 62;

/// A record that has a number.
pub(super) trait Counted: Stored {
    /// What counts it.
    fn counter(&self) -> Numbered;
    /// Its number.
    fn number(&self) -> u64;
    /// The same with another number.
    fn with_number(self, number: u64) -> Self;
}

macro_rules! counted {
    ($($type:ident: $of:ident => $counter:expr;)*) => {$(
        impl Counted for $type {
            fn counter(&self) -> Numbered {
                let $of = self;
                $counter
            }

            fn number(&self) -> u64 {
                self.number
            }

            fn with_number(self, number: u64) -> Self {
                Self { number, ..self }
            }
        }
    )*};
}

counted! {
    User: _user => Numbered::Users;
    Conversation: one => Numbered::Conversations(one.owner);
    Message: one => Numbered::Messages(one.owner);
}

/// The highest number that each counter gave out.
#[derive(Debug, Default)]
pub(super) struct Folds(BTreeMap<Numbered, u64>);

impl Folds {
    /// Notes a number that was given.
    pub(super) fn see(&mut self, of: Numbered, number: u64) {
        let highest = self.0.entry(of).or_default();
        *highest = number.max(*highest);
    }
}

/// A number is in range, and the list by number finds the record, so that nobody else has it.
pub(super) async fn number<R: Counted>(walk: &mut Walk<'_>, record: &R, found: Option<R>) -> Result<(), StoreError> {
    let (counter, number) = (record.counter(), record.number());
    if number == 0 || number >= TOO_BIG {
        let finding = Finding::on::<R>("number_out_of_range", &record.key(), format!("it has the number {number}"));
        let renumber = Renumber::<R> { key: record.key(), rival: None, number };
        return walk.found(Group::of(finding, Batch::of(renumber))).await.map(drop);
    }
    walk.folds.see(counter, number);
    let same = |other: &R| other.counter() == counter && other.number() == number;
    let group = match found {
        Some(found) if found.key() == record.key() => return Ok(()),
        Some(found) if same(&found) => {
            let (stays, goes) = (found.key().min(record.key()), found.key().max(record.key()));
            let detail = format!("it has the number {number}, like {stays:?}");
            let renumber = Renumber::<R> { key: goes.clone(), rival: Some(stays), number };
            Group::of(Finding::on::<R>("number_twice", &goes, detail), Batch::of(renumber))
        }
        _ => {
            let detail = format!("the list by number does not have it at {number}");
            Group::open(Finding::on::<R>("list_misses_record", &record.key(), detail))
        }
    };
    walk.found(group).await.map(drop)
}

/// A conversation's own number.
pub(super) async fn conversation_number(walk: &mut Walk<'_>, of: &Conversation) -> Result<(), StoreError> {
    let found = walk.store.find_conversation(of.owner, Name::Number(of.number)).await;
    match readable(found)? {
        Some(found) => number(walk, of, found).await,
        None => Ok(()),
    }
}

/// The next number of a counter that counts: one that is damaged is mended first.
pub(super) fn give_number(tx: &mut Tx<'_>, of: Numbered) -> Result<u64, Stop> {
    match tx.get::<Sequence>(&of)? {
        Some(sequence) if sequence.next == 0 || sequence.next > TOO_BIG => Err(Conflict::StaleVersion.into()),
        _ => next_number(tx, of),
    }
}

/// A record whose number is no number, or somebody else's, gets the next one.
#[derive(Debug, Clone)]
struct Renumber<R: Stored> {
    key: R::Key,
    rival: Option<R::Key>,
    number: u64,
}

impl<R: Counted> Change for Renumber<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let rival = self.rival.as_ref().map(|rival| tx.get::<R>(rival));
        let record = tx.require::<R>(&self.key)?;
        let rival = rival.transpose()?.flatten();
        let clash = |rival: &R| rival.number() == self.number && rival.counter() == record.counter();
        if record.number() != self.number || (self.rival.is_some() && !rival.as_ref().is_some_and(clash)) {
            return Err(Conflict::StaleVersion.into());
        }
        let number = give_number(tx, record.counter())?;
        tx.update(record.with_number(number))
    }
}

/// Counters against what they numbered. Comes when all of it was seen, so that use meanwhile looks like no defect.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut pages = Pages::<Sequence>::new();
    let mut folds = std::mem::take(&mut walk.folds).0;
    while let Some(sequence) = pages.next(walk).await? {
        let highest = folds.remove(&sequence.of).unwrap_or_default();
        if sequence.next <= highest || sequence.next > TOO_BIG {
            let detail = format!("the next number is {}, the highest that was given is {highest}", sequence.next);
            behind(walk, sequence.of, highest, detail).await?;
        }
    }
    if pages.is_broken() {
        return Ok(());
    }
    for (of, highest) in folds {
        behind(walk, of, highest, format!("there is no counter, but the number {highest} was given")).await?;
    }
    Ok(())
}

async fn behind(walk: &mut Walk<'_>, of: Numbered, highest: u64, detail: String) -> Result<(), StoreError> {
    let finding = Finding::on::<Sequence>("counter_behind", &of, detail);
    walk.found(Group::of(finding, Batch::of(Raise { of, next: highest + 1 }))).await.map(drop)
}

/// A counter that is behind (or beyond what counting reaches) gets its next number.
#[derive(Debug, Clone)]
struct Raise {
    of: Numbered,
    next: u64,
}

impl Change for Raise {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let sequence = Sequence { of: self.of, next: self.next };
        match tx.get::<Sequence>(&self.of)? {
            None => tx.insert(sequence),
            Some(found) if found.next < self.next || found.next > TOO_BIG => tx.update(sequence),
            Some(_) => Err(Conflict::StaleVersion.into()),
        }
    }
}

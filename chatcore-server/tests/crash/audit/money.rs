//! What turns cost: an answer that was acknowledged is paid for once, and nothing else is.

use std::collections::BTreeMap;

use chatcore::billing::ledger::{Credit, EntryKind, event};
use chatcore::conversation::{MessageState, Role};
use chatcore::store::{AnyRecord, Kind};
use chatcore::{Error, MessageId, Subject};

use super::Audit;
use crate::crash::ledger::Content;
use crate::crash::stores::{PRICE, START};

/// Records that are read at once.
const PAGE: usize = 500;

impl Audit<'_> {
    /// After recovery: nothing is held, entries sum to zero, balances are what the entries leave, and each whole answer whose end
    /// was acknowledged was charged.
    pub(super) async fn money(&mut self) -> Result<(), Error> {
        for hold in self.records(Kind::Hold).await? {
            self.tally.defect(format!("after recovery something is held: {hold:?}"));
        }
        let mut charges: BTreeMap<Subject, i64> = BTreeMap::new();
        for record in self.records(Kind::LedgerEntry).await? {
            let AnyRecord::LedgerEntry(entry) = record else { continue };
            if !entry.is_balanced() {
                self.tally.defect(format!("an entry does not sum to zero: {entry:?}"));
            }
            let charges = charges.entry(entry.owner).or_default();
            *charges += i64::from(entry.kind == EntryKind::Charge);
        }
        for (owner, count) in charges {
            let wallet = self.opened.store.wallet(owner).await.map_err(Error::Store)?;
            let left = Credit::from_micros(START.as_micros() - count * PRICE.as_micros());
            if wallet.as_ref().map(|wallet| (wallet.balance(), wallet.held)) != Some((left, Credit::ZERO)) {
                self.tally.defect(format!("{owner} was charged {count} times, and has {wallet:?}"));
            }
        }
        self.charges().await
    }

    async fn charges(&mut self) -> Result<(), Error> {
        let trees = self.ledger.conversations.values().filter_map(|kept| match &kept.content {
            Content::Tree(tree) => Some(tree),
            _ => None,
        });
        let answers =
            trees.flat_map(|tree| &tree.nodes).filter(|(_, node)| node.finished && node.role == Role::Assistant);
        let answers: Vec<MessageId> = answers.map(|(id, _)| *id).collect();
        for id in answers {
            let message = self.opened.store.message(id).await.map_err(Error::Store)?;
            // one that was cut before it said anything costs nothing
            let whole = message.filter(|message| message.state == MessageState::Complete);
            let Some(run) = whole.and_then(|message| message.run) else { continue };
            if self.opened.store.ledger_entry(&event::run(run)).await.map_err(Error::Store)?.is_none() {
                self.tally.lost(format!("the charge of {id}"));
            }
        }
        Ok(())
    }

    async fn records(&self, kind: Kind) -> Result<Vec<AnyRecord>, Error> {
        let mut all: Vec<AnyRecord> = Vec::new();
        loop {
            let after = all.last().map(AnyRecord::key_bytes);
            let page = self.opened.store.scan(kind, after.as_deref(), PAGE).await.map_err(Error::Store)?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}

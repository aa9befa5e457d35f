//! Compares a store with what its writers said.

mod accounts;
mod batches;
mod money;
mod trees;

use std::collections::{BTreeMap, BTreeSet};

use chatcore::check::{Options, check};
use chatcore::testing::user;
use chatcore::{ConversationId, Store};
use libtest_mimic::Failed;

use super::journal::Work;
use super::ledger::{Content, Kept, Ledger, Open};
use super::report::Tally;
use super::stores::{self, Opened};
use super::tree::{self, Tree};
use super::writer::chain;

pub(crate) struct Audit<'a> {
    opened: &'a Opened,
    ledger: &'a mut Ledger,
    tally: &'a mut Tally,
}

/// Opens a store whose writer is gone, and looks at everything in it. From then on the ledger holds what is there.
///
/// # Errors
/// When the store cannot be opened or read; what is lost or torn is counted.
pub(crate) async fn audit(url: &str, ledger: &mut Ledger, tally: &mut Tally) -> Result<(), Failed> {
    let opened = match stores::open(url).await {
        Ok(opened) => opened,
        Err(error) => {
            tally.failed_opens += 1;
            tally.tell("failed open", chain(&error));
            return Err(format!("the store does not open: {}", chain(&error)).into());
        }
    };
    tally.acknowledged += std::mem::take(&mut ledger.acknowledged);
    let done = Audit { opened: &opened, ledger, tally }.all().await;
    opened.close().await;
    done.map_err(|error| format!("the store cannot be read: {}", chain(&error)).into())
}

impl Audit<'_> {
    async fn all(&mut self) -> Result<(), chatcore::Error> {
        self.check("before recovery").await?;
        self.opened.recover().await?;
        self.batches().await?;
        self.conversations().await?;
        self.accounts().await?;
        self.graves().await?;
        self.money().await?;
        self.check("after recovery").await?;
        let left: Vec<String> = self.ledger.unsure.drain(..).map(|open| format!("{:?}", open.work)).collect();
        // each was settled above, or the harness forgot a kind
        left.iter().for_each(|work| self.tally.tell("unsettled", work));
        Ok(())
    }

    async fn check(&mut self, when: &str) -> Result<(), chatcore::Error> {
        let store: &dyn Store = &*self.opened.store;
        let report = check(store, &Options::default(), &mut |_| {}).await.map_err(chatcore::Error::Store)?;
        for defect in report.defects {
            self.tally.defect(format!("{when}: {defect}"));
        }
        Ok(())
    }

    /// Takes out what is unsure and fits.
    fn unsure(&mut self, fits: impl Fn(&Open) -> bool) -> Vec<Open> {
        self.ledger.unsure.extract_if(.., |open| fits(open)).collect()
    }

    /// The list of each owner, then each conversation.
    async fn conversations(&mut self) -> Result<(), chatcore::Error> {
        let service = self.opened.chat.conversations().clone();
        let kept = self.ledger.conversations.values().map(|kept| kept.owner);
        let owners: BTreeSet<u64> = kept.chain(self.ledger.unsure.iter().map(|open| open.owner)).collect();
        for owner in owners {
            let listed = tree::list(&service, &user(owner)).await?;
            self.strangers(owner, &listed).await?;
            let known: Vec<ConversationId> =
                self.ledger.conversations.iter().filter(|(_, kept)| kept.owner == owner).map(|(id, _)| *id).collect();
            for id in known {
                self.conversation(id, &listed).await?;
            }
        }
        Ok(())
    }

    /// Conversations that nobody acknowledged: each is one that was being made.
    async fn strangers(
        &mut self,
        owner: u64,
        listed: &BTreeMap<ConversationId, String>,
    ) -> Result<(), chatcore::Error> {
        let making =
            self.unsure(|open| open.owner == owner && matches!(open.work, Work::Create { .. } | Work::Fork { .. }));
        let mut making: BTreeMap<String, Work> = making.into_iter().filter_map(|open| titled(open.work)).collect();
        for (id, title) in listed {
            if self.ledger.conversations.contains_key(id) {
                continue;
            }
            let content = match making.remove(title) {
                Some(Work::Fork { conversation, message, .. }) => {
                    Content::Path(self.ledger.path(conversation, message))
                }
                Some(_) => Content::Tree(Tree::default()),
                None => {
                    self.tally.torn(format!("{id} ({title}) is listed, and nobody was making it"));
                    continue;
                }
            };
            self.tally.settle(true);
            self.ledger.conversations.insert(*id, Kept { owner, title: title.clone(), content });
        }
        making.iter().for_each(|_| self.tally.settle(false));
        Ok(())
    }

    /// What was deleted stays so. Each is looked up once: the list of graves would grow for ever.
    async fn graves(&mut self) -> Result<(), chatcore::Error> {
        for id in std::mem::take(&mut self.ledger.gone_messages) {
            if self.opened.store.message(id).await.map_err(chatcore::Error::Store)?.is_some() {
                self.tally.lost(format!("the deletion of {id}"));
            }
        }
        for (owner, id) in std::mem::take(&mut self.ledger.gone_conversations) {
            let service = self.opened.chat.conversations();
            if service.get(&user(owner), id).await.is_ok() {
                self.tally.lost(format!("the deletion of {id}"));
            }
        }
        Ok(())
    }
}

fn titled(work: Work) -> Option<(String, Work)> {
    match &work {
        Work::Create { title } | Work::Fork { title, .. } => Some((title.clone(), work)),
        _ => None,
    }
}

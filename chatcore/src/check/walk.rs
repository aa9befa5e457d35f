//! One pass over a store.

use std::collections::{BTreeMap, BTreeSet};

use super::counters::Folds;
use super::finding::Group;
use super::jobs::Jobs;
use super::report::Report;
use super::{
    OnProgress, accounts, attachments, billing, conversations, counters, external, jobs, ledger, messages, quotas,
    runs, social,
};
use crate::billing::ledger::Credit;
use crate::id::{AttachmentId, ConversationId, RunId};
use crate::quota::ScopeKey;
use crate::store::{Kind, Store, StoreError, StoreErrorKind};
use crate::subject::Subject;

/// What a pass knows while it goes on.
pub(super) struct Walk<'a> {
    pub(super) store: &'a dyn Store,
    /// The jobs that are unfinished.
    pub(super) jobs: Jobs,
    /// The highest numbers that were met.
    pub(super) folds: Folds,
    /// Runs that a purge has removed before their messages.
    pub(super) purged: BTreeSet<RunId>,
    /// Whether there are messages that cannot be read, so that it is not known which runs they name.
    pub(super) messages_unknown: bool,
    /// Runs of which a message has already said what is wrong.
    pub(super) judged: BTreeSet<RunId>,
    /// Conversations with messages that are not in their tree: it cannot be judged without them.
    pub(super) incomplete: BTreeSet<ConversationId>,
    /// Conversations that have messages and no record.
    pub(super) lost: BTreeSet<ConversationId>,
    /// How much credit the holds set aside, by owner, if all of them could be read.
    pub(super) set_aside: Option<BTreeMap<Subject, Credit>>,
    /// How many messages name each attachment.
    pub(super) named: BTreeMap<AttachmentId, u64>,
    /// How many bytes of attachments each counter is to count.
    pub(super) bytes: BTreeMap<ScopeKey, u64>,
    /// Whether there are attachments that cannot be read.
    pub(super) bytes_unknown: bool,
    report: &'a mut Report,
    repairs: bool,
    progress: &'a mut (dyn FnMut(&super::Progress) + Send),
}

/// Goes over the store once.
pub(super) async fn pass(
    store: &dyn Store,
    report: &mut Report,
    repairs: bool,
    progress: OnProgress<'_>,
) -> Result<(), StoreError> {
    report.begin_pass();
    let mut walk = Walk {
        store,
        jobs: Jobs::default(),
        folds: Folds::default(),
        purged: BTreeSet::new(),
        messages_unknown: false,
        incomplete: BTreeSet::new(),
        judged: BTreeSet::new(),
        lost: BTreeSet::new(),
        set_aside: None,
        named: BTreeMap::new(),
        bytes: BTreeMap::new(),
        bytes_unknown: false,
        report,
        repairs,
        progress,
    };
    jobs::read(&mut walk).await?;
    messages::check(&mut walk).await?;
    conversations::check(&mut walk).await?;
    runs::check(&mut walk).await?;
    external::check(&mut walk).await?;
    accounts::check(&mut walk).await?;
    attachments::check(&mut walk).await?;
    social::check(&mut walk).await?;
    quotas::check(&mut walk).await?;
    billing::check(&mut walk).await?;
    counters::check(&mut walk).await?;
    ledger::check(&mut walk).await?;
    jobs::check(&mut walk).await
}

impl Walk<'_> {
    /// Notes that records were read.
    pub(super) fn read(&mut self, kind: Kind, records: usize) {
        let progress = self.report.count(kind, u64::try_from(records).unwrap_or(u64::MAX));
        (self.progress)(&progress);
    }

    /// Takes what was found, and mends it if that is wanted. Answers whether it was mended.
    pub(super) async fn found(&mut self, group: Group) -> Result<bool, StoreError> {
        let mut repaired = self.repairs && !group.mend.is_empty() && !group.findings.is_empty();
        if repaired {
            for batch in group.mend {
                match self.store.commit(batch).await {
                    Ok(_) => {}
                    Err(error) if is_refusal(error.kind()) => {
                        repaired = false;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        group.findings.into_iter().for_each(|finding| self.report.note(finding, repaired));
        Ok(repaired)
    }
}

/// What a mend rests on has changed, or cannot be read: the next pass looks again.
fn is_refusal(kind: &StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Conflict(_) | StoreErrorKind::Corrupt)
}

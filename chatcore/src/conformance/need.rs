//! What checks need of a store that not every store has, and so which are skipped.

use super::bench::Bench;
use super::harness::{Harness, skip};
use super::list::CHECKS;
use crate::store::{Domain, Store};

/// Something that a store may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// It keeps accounts; see [`Store::supports`].
    Accounts,
    /// It keeps quotas; see [`Store::supports`].
    Quota,
    /// It keeps credit, plans, subscriptions and payments; see [`Store::supports`].
    Billing,
    /// It keeps files that are attached to messages; see [`Store::supports`].
    Attachments,
    /// It keeps its data when it is closed; see [`Harness::reopen`].
    Reopen,
    /// Several processes may use it at once; see [`Store::is_exclusive`].
    Sharing,
}

impl Need {
    /// Why a check that needs this is skipped.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Accounts => "the store leaves accounts out",
            Self::Quota => "the store leaves quotas out",
            Self::Billing => "the store leaves billing out",
            Self::Attachments => "the store leaves attachments out",
            Self::Reopen => "the store keeps nothing when it is closed",
            Self::Sharing => "the store belongs to one process at a time",
        }
    }

    /// Whether a look at the store shows that it lacks this. Whether it can be opened again shows when a check tries.
    pub(super) fn is_lacked_by(self, store: &dyn Store) -> bool {
        match self {
            Self::Accounts => !store.supports(Domain::Accounts),
            Self::Quota => !store.supports(Domain::Quota),
            Self::Billing => !store.supports(Domain::Billing),
            Self::Attachments => !store.supports(Domain::Attachments),
            Self::Reopen => false,
            Self::Sharing => store.is_exclusive(),
        }
    }
}

/// The checks that a store skips, and why. Say in a test which you expect, so that none is skipped unnoticed.
///
/// # Panics
/// When the store leaves out a domain that is not [optional](Domain::is_optional).
#[must_use]
pub fn skipped(harness: &dyn Harness) -> Vec<(&'static str, &'static str)> {
    let mut lacking = Vec::new();
    harness.run(Box::pin(async {
        let bench = Bench::open("skipped_checks", harness).await;
        for domain in Domain::ALL.iter().filter(|domain| !domain.is_optional()) {
            assert!(bench.store.supports(*domain), "every store must keep {}", domain.name());
        }
        for need in [Need::Accounts, Need::Quota, Need::Billing, Need::Attachments, Need::Sharing] {
            lacking.extend(need.is_lacked_by(&*bench.store).then_some(need));
        }
        lacking.extend(bench.again().await.is_none().then_some(Need::Reopen));
    }));
    let why = |needs: &[Need]| needs.iter().find(|need| lacking.contains(need)).map(|need| need.reason());
    CHECKS.iter().filter_map(|check| Some((check.name, why(check.needs)?))).collect()
}

/// Prints what [`skipped`] finds.
#[expect(clippy::print_stderr, reason = "what was skipped must be seen to be")]
pub fn report_skipped(harness: &dyn Harness) {
    let skipped = skipped(harness);
    skipped.iter().for_each(|(check, why)| skip(check, why));
    eprintln!("{} of {} checks are skipped", skipped.len(), CHECKS.len());
}

//! Changes and batches: what a service asks a store to do, all or nothing.

use std::fmt;

use super::conflict::Conflict;
use super::domain::Domain;
use super::kinds::Rows;
use super::record::Stored;
use super::tx::Tx;

/// A rule: pure, without I/O, a clock or randomness of its own. It looks at records and writes records, or refuses.
///
/// A store may apply it several times before it has loaded everything that it asks for, so it must do the same each
/// time.
pub trait Change: fmt::Debug + Send + Sync {
    /// Applies the rule.
    ///
    /// # Errors
    /// [`Stop`] when it refuses, or when a record that it needs is not loaded yet. Pass on with `?` what [`Tx`] answers.
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop>;
}

/// Why a change did not get to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Records are missing; the transaction has noted which.
    Need,
    /// The rule refuses.
    Conflict(Conflict),
}

impl From<Conflict> for Stop {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

/// Changes that happen together or not at all.
#[derive(Debug, Default)]
pub struct Batch {
    changes: Vec<Box<dyn Change>>,
    left_out: Vec<Domain>,
    watch: Option<Watch>,
}

/// Where a batch stands among those that a store takes up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InGroup {
    /// The how many it is, from zero.
    pub at: usize,
    /// How many there are.
    pub of: usize,
}

/// Whoever wants to know when a batch is taken up.
struct Watch(Box<dyn Fn(InGroup) + Send + Sync>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Batch {
    /// More changes than this are refused: unbounded work is cut into bounded batches by its job.
    pub const MAX_CHANGES: usize = 1_000;

    /// A batch of one change.
    #[must_use]
    pub fn of(change: impl Change + 'static) -> Self {
        Self::default().and(change)
    }

    /// With one more change, applied after those before it.
    #[must_use]
    pub fn and(mut self, change: impl Change + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Adds one more change.
    pub fn push(&mut self, change: impl Change + 'static) {
        self.changes.push(Box::new(change));
    }

    /// The same batch, refused with [`StoreErrorKind::Unsupported`](super::StoreErrorKind::Unsupported) if it touches a
    /// record of this domain: a store that leaves the domain out says so of every batch that it takes.
    #[must_use]
    pub fn without(mut self, domain: Domain) -> Self {
        self.left_out.push(domain);
        self
    }

    /// The same batch, and `tell` hears when a store takes it up, and with how many others: how long batches wait is for
    /// whoever has a clock to say. A store that has to start over takes it up again.
    #[must_use]
    pub fn watched(mut self, tell: impl Fn(InGroup) + Send + Sync + 'static) -> Self {
        self.watch = Some(Watch(Box::new(tell)));
        self
    }

    /// A store has taken it up.
    pub(super) fn taken(&self, at: usize, of: usize) {
        if let Some(Watch(tell)) = &self.watch {
            tell(InGroup { at, of });
        }
    }

    /// The domains of which it may not touch a record.
    pub(super) fn left_out(&self) -> &[Domain] {
        &self.left_out
    }

    /// The changes in order.
    #[must_use]
    pub fn changes(&self) -> &[Box<dyn Change>] {
        &self.changes
    }
}

/// What a batch wrote: the answer to a commit.
#[derive(Debug, Clone, Default)]
pub struct Committed(pub(super) Rows);

impl Committed {
    /// A record as the batch left it, if the batch wrote it.
    #[must_use]
    pub fn get<R: Stored>(&self, key: &R::Key) -> Option<&R> {
        R::table(&self.0).get(key).flatten()
    }

    /// Everything of one kind that the batch wrote.
    pub fn all<R: Stored>(&self) -> impl Iterator<Item = &R> {
        R::table(&self.0).written()
    }
}

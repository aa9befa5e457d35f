//! The group loop: many batches evaluated in order over one set of rows, without I/O.
//!
//! ```text
//! let mut group = Group::new(batches);
//! while let Some(keys) = group.step() {
//!     group.give(load(keys));
//! }
//! write(group.rows());            // insert, update, delete; make it durable
//! let answers = group.finish();   // only now is anybody told anything, refusals included
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::change::{Batch, Committed, Stop};
use super::conflict::Conflict;
use super::domain::Domain;
use super::error::{StoreError, StoreErrorKind};
use super::kinds::{Keys, Loaded, Rows};
use super::known::Known;
use super::tx::Tx;

/// A batch that asks for records this often will never be content.
const MAX_ROUNDS: usize = 10_000;

/// Batches that are committed together.
#[derive(Debug)]
pub struct Group {
    batches: Vec<Batch>,
    answers: Vec<Option<Result<Committed, StoreError>>>,
    rows: Rows,
    known: Option<Arc<Known>>,
    asked: Keys,
    rounds: usize,
    careful: bool,
}

impl Group {
    /// A group that trusts freshly minted ids to be unused. The store must then fail on an insert that meets a record,
    /// and start over with [`Self::careful`].
    #[must_use]
    pub fn new(batches: Vec<Batch>) -> Self {
        batches.iter().enumerate().for_each(|(at, batch)| batch.taken(at, batches.len()));
        let answers = batches.iter().map(|_| None).collect();
        let (rows, asked) = (Rows::default(), Keys::default());
        Self { batches, answers, rows, known: None, asked, rounds: 0, careful: false }
    }

    /// A group that need not load what is known of the store, which nobody else writes to.
    #[must_use]
    pub fn knowing(self, known: Arc<Known>) -> Self {
        Self { known: Some(known), ..self }
    }

    /// The same batches from the start, looking up every key before it is written. For stores whose writes do not
    /// notice a record that is in the way, and after a write that did.
    #[must_use]
    pub fn careful(self) -> Self {
        Self { careful: true, ..Self::new(self.batches) }
    }

    /// The same batches from the start, as carefully as before: for a store that lost a race and has to load anew.
    #[must_use]
    pub fn again(self) -> Self {
        Self { careful: self.careful, ..Self::new(self.batches) }
    }

    /// Each batch for itself, carefully: when the group cannot be written together, only the batch that is to blame
    /// fails.
    #[must_use]
    pub fn apart(self) -> Vec<Self> {
        self.batches.into_iter().map(|batch| Self::new(vec![batch]).careful()).collect()
    }

    /// Whether every key is looked up before it is written.
    #[must_use]
    pub fn is_careful(&self) -> bool {
        self.careful
    }

    /// How many batches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether there are no batches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Takes records that were not asked for yet: `loaded` is all that there is of `keys`.
    pub fn know(&mut self, keys: &Keys, loaded: Loaded) {
        self.rows.load(loaded);
        self.rows.settle(keys);
    }

    /// Evaluates what can be evaluated. `Some(keys)` wants these records; `None` means every batch has its answer.
    ///
    /// A batch that has to wait for records is overtaken by later ones.
    pub fn step(&mut self) -> Option<Keys> {
        loop {
            let needs = self.evaluate();
            if needs.is_empty() {
                return None;
            }
            self.rounds += 1;
            let unknown = match &self.known {
                Some(known) => known.recall(&mut self.rows, needs),
                None => needs,
            };
            if !unknown.is_empty() {
                self.asked = unknown.clone();
                return Some(unknown);
            }
        }
    }

    /// Evaluates what has no answer yet, and returns what is missing for it.
    fn evaluate(&mut self) -> Keys {
        let mut needs = Keys::default();
        for (batch, answer) in self.batches.iter().zip(&mut self.answers).filter(|(_, answer)| answer.is_none()) {
            match evaluate(batch, &self.rows, self.careful) {
                Verdict::Holds(local) => {
                    self.rows.merge(&local);
                    *answer = Some(Ok(Committed(*local)));
                }
                Verdict::Needs(_) if self.rounds >= MAX_ROUNDS => {
                    *answer = Some(Err(not_applied("the batch asks for too many records")));
                }
                Verdict::Needs(keys) => needs.extend(*keys),
                Verdict::Refused(conflict) => *answer = Some(Err(StoreError::refused(conflict))),
                Verdict::Unsupported(domain) => *answer = Some(Err(StoreError::unsupported(domain, "commit"))),
                Verdict::Broken(why) => *answer = Some(Err(not_applied(why))),
            }
        }
        needs
    }

    /// Takes the records that [`Self::step`] asked for; those that are not handed in do not exist.
    pub fn give(&mut self, loaded: Loaded) {
        let asked = std::mem::take(&mut self.asked);
        self.know(&asked, loaded);
    }

    /// The rows, with what is to be written.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Lets it be known what the batches left. Call it after the writes are durable.
    pub fn tell(&self, known: &Known) {
        known.keep(&self.rows);
    }

    /// The answers, in the order of the batches. Call it after the writes are durable.
    #[must_use]
    pub fn finish(self) -> Vec<Result<Committed, StoreError>> {
        let lost = || Err(not_applied("the group was not evaluated to its end"));
        self.answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }

    /// The answers when the writes failed: refusals too rest on what a neighbour was about to write, so everybody gets
    /// the error.
    #[must_use]
    pub fn fail(self, error: &StoreError) -> Vec<Result<Committed, StoreError>> {
        self.batches.iter().map(|_| Err(error.clone())).collect()
    }
}

enum Verdict {
    Holds(Box<Rows>),
    Needs(Box<Keys>),
    Refused(Conflict),
    Unsupported(Domain),
    Broken(&'static str),
}

/// All changes run, so that one round asks for all records. A refusal after a starved change means nothing yet.
fn evaluate(batch: &Batch, base: &Rows, careful: bool) -> Verdict {
    if batch.changes().len() > Batch::MAX_CHANGES {
        return Verdict::Broken("the batch has too many changes");
    }
    let mut tx = Tx::new(base, careful, batch.left_out());
    let mut starved = false;
    for change in batch.changes() {
        match catch_unwind(AssertUnwindSafe(|| change.apply(&mut tx))) {
            Ok(Ok(())) => {}
            Ok(Err(Stop::Need)) => starved = true,
            Ok(Err(Stop::Conflict(conflict))) if !starved => return Verdict::Refused(conflict),
            Ok(Err(Stop::Conflict(_))) => {}
            Err(_) => return Verdict::Broken("a rule panicked"),
        }
    }
    if let Some(domain) = tx.unsupported() {
        return Verdict::Unsupported(domain);
    }
    let (local, needs) = tx.into_parts();
    match (starved, needs.is_empty()) {
        (false, _) => Verdict::Holds(Box::new(local)),
        (true, false) => Verdict::Needs(Box::new(needs)),
        (true, true) => Verdict::Broken("a rule waits for records that it did not ask for"),
    }
}

fn not_applied(why: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::NotApplied, "commit").context(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::conversation::{Numbered, Sequence};
    use crate::id::{ConversationId, JobId, RandomIds};
    use crate::job::{Job, Work};
    use crate::store::{Change, InGroup, Kind, Write};

    #[derive(Debug)]
    struct Fresh(Job);

    impl Change for Fresh {
        fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
            tx.insert_fresh(self.0.clone())
        }
    }

    /// Whoever comes next in a store of its own starts from what is there.
    #[test]
    fn what_a_group_touched_is_known_to_the_next() {
        #[derive(Debug)]
        struct Count;
        impl Change for Count {
            fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
                let of = Numbered::Users;
                let next = tx.get::<Sequence>(&of)?.map(|sequence| sequence.next);
                match next {
                    None => tx.insert(Sequence { of, next: 1 }),
                    Some(next) => tx.update(Sequence { of, next: next + 1 }),
                }
            }
        }
        let count = || Group::new(vec![Batch::of(Count)]);
        let mut first = count();
        assert_eq!(first.step().map(|keys| keys.len()), Some(1), "nothing is known yet");
        first.give(Loaded::default());
        assert!(first.step().is_none());
        let known = Arc::new(Known::default());
        first.tell(&known);
        let mut second = count().knowing(known.clone());
        assert!(second.step().is_none(), "nothing is asked for");
        let written = Write::Update {
            before: &Sequence { of: Numbered::Users, next: 1 },
            after: &Sequence { of: Numbered::Users, next: 2 },
        };
        assert_eq!(second.rows().sequences.writes().collect::<Vec<_>>(), [written]);
        assert!(count().knowing(known.clone()).again().step().is_some(), "a second try looks for itself");
        known.forget();
        assert!(count().knowing(known).step().is_some(), "what is forgotten is looked up");
    }

    #[test]
    fn a_batch_that_is_watched_tells_when_it_is_taken_up_and_with_how_many() {
        let (tell, told) = std::sync::mpsc::channel();
        let batch = || {
            Batch::default().watched({
                let tell = tell.clone();
                move |taken| tell.send(taken).unwrap()
            })
        };
        let waiting = vec![batch(), Batch::default(), batch()];
        assert_eq!(told.try_iter().count(), 0, "it waits");
        let group = Group::new(waiting);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [InGroup { at: 0, of: 3 }, InGroup { at: 2, of: 3 }]);
        assert_eq!(group.apart().len(), 3);
        // twice each: a group of its own, and then one that looks everything up
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [InGroup { at: 0, of: 1 }; 4]);
    }

    /// In a group that looks nothing up the neighbour's write is all there is to notice.
    #[test]
    fn an_id_that_a_neighbour_took_first_is_refused_without_a_look_up() {
        let at = Timestamp::from_micros(1);
        let id = JobId::mint(at, &RandomIds);
        let job = || {
            let work = Work::PurgeConversation { conversation: ConversationId::mint(at, &RandomIds) };
            Job { id, work, created_at: at }
        };
        let first = job();
        let mut group = Group::new(vec![Batch::of(Fresh(first.clone())), Batch::of(Fresh(job()))]);
        assert!(group.step().is_none(), "nothing is asked for");
        assert_eq!(group.rows().jobs.written().collect::<Vec<_>>(), [&first], "and nothing is overwritten");
        let answers = group.finish();
        assert!(answers[0].is_ok());
        let refused = answers[1].as_ref().err().and_then(StoreError::conflict);
        assert_eq!(refused, Some(&Conflict::Exists(Kind::Job)));
    }
}

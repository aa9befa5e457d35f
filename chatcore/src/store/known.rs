//! What is known of a store without a look at it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::kinds::{Keys, Rows};
use super::record::Stored;

/// Records of one half. Two of them are a few megabytes.
const HALF: usize = 4096;

/// Small records as they are stored, for a store to which nobody else writes: what was written or asked for a moment ago
/// need not be looked up. Conversations that are talked in, those who talk and their limits are found here.
///
/// A store hands it to every [`Group`](super::Group), which keeps what it wrote once that is durable, and may answer reads
/// of single records from it. Records that nobody asks for make room for others.
#[derive(Debug, Default)]
pub struct Known(Mutex<Halves>);

/// What is asked for moves to the young half. When that is full it becomes the old one, and what is in the old one by then
/// is let go.
#[derive(Debug, Default)]
struct Halves {
    young: Rows,
    old: Rows,
    /// How often something was let go of.
    turns: u64,
}

/// What is known of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<R> {
    /// It is this, or is known to be absent.
    Known(Option<R>),
    /// Nothing. What a look at the store finds may be [learned](Known::learn).
    Unknown(Look),
}

/// A look at the store, and when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look(u64);

impl Known {
    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record.
    pub fn find<R: Stored>(&self, key: &R::Key) -> Found<R> {
        let mut halves = self.halves();
        let Halves { young, old, turns } = &mut *halves;
        let young = R::table_mut(young);
        if young.get(key).is_none() {
            young.recall(R::table(old), key);
        }
        young.get(key).map_or(Found::Unknown(Look(*turns)), |row| Found::Known(row.cloned()))
    }

    /// Takes what a look has found, unless something became of it meanwhile.
    pub fn learn<R: Stored>(&self, look: Look, record: &R) {
        let mut halves = self.halves();
        let key = record.key();
        // what was written since the look began is here, unless it was let go of
        if halves.turns == look.0 && record.is_small() && R::table(&halves.old).get(&key).is_none() {
            R::table_mut(&mut halves.young).load(key, Some(record.clone()));
            halves.turn();
        }
    }

    /// Takes what is known of some keys, and returns the others.
    pub(super) fn recall(&self, rows: &mut Rows, keys: Keys) -> Keys {
        let halves = self.halves();
        let keys = rows.recall(&halves.young, keys);
        rows.recall(&halves.old, keys)
    }

    /// Takes rows as batches left them.
    pub(super) fn keep(&self, rows: &Rows) {
        let mut halves = self.halves();
        let Halves { young, old, turns } = &mut *halves;
        if !young.keep(rows) {
            // nothing here tells whoever looks at this moment that a large record was written
            *turns += 1;
        }
        old.drop_all(rows);
        halves.turn();
    }

    /// Forgets everything, because nobody knows what a write did.
    pub fn forget(&self) {
        let mut halves = self.halves();
        let turns = halves.turns + 1;
        *halves = Halves { turns, ..Halves::default() };
    }
}

impl Halves {
    fn turn(&mut self) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
            self.turns += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Numbered, Sequence};
    use crate::id::{RandomIds, UserId};
    use crate::store::{Record, Table};
    use crate::subject::Subject;

    fn sequence(next: u64) -> Sequence {
        Sequence { of: Numbered::Users, next }
    }

    fn rows(records: impl IntoIterator<Item = Sequence>) -> Rows {
        let mut sequences = Table::default();
        records.into_iter().for_each(|record| sequences.load(record.of, Some(record)));
        Rows { sequences, ..Rows::default() }
    }

    fn others(count: usize) -> Rows {
        let owner = |_| Subject::User(UserId::mint(crate::clock::Timestamp::from_micros(1), &RandomIds));
        rows((0..count).map(owner).map(|owner| Sequence { of: Numbered::Messages(owner), next: 1 }))
    }

    fn look(known: &Known) -> Look {
        match known.find::<Sequence>(&Numbered::Users) {
            Found::Unknown(look) => look,
            Found::Known(found) => panic!("{found:?} is known"),
        }
    }

    #[test]
    fn what_is_written_while_somebody_looks_counts() {
        let known = Known::default();
        let begun = look(&known);
        known.keep(&rows([sequence(2)]));
        known.learn(begun, &sequence(1));
        assert_eq!(known.find(&Numbered::Users), Found::Known(Some(sequence(2))));
        known.forget();
        known.learn(begun, &sequence(1));
        let begun = look(&known);
        known.learn(begun, &sequence(3));
        assert_eq!(known.find(&Numbered::Users), Found::Known(Some(sequence(3))));
    }

    #[test]
    fn what_was_let_go_of_is_not_learned_from_a_look_that_began_before() {
        let known = Known::default();
        let begun = look(&known);
        known.keep(&rows([sequence(2)]));
        (0..2).for_each(|_| known.keep(&others(HALF)));
        known.learn(begun, &sequence(1));
        look(&known);
    }

    #[test]
    fn what_became_large_is_not_learned_from_a_look_that_began_before() {
        let mut run_logs = Table::default();
        let run = crate::id::RunId::mint(crate::clock::Timestamp::from_micros(1), &RandomIds);
        let log = crate::turn::RunLog { run, first: 1, last: 1, events: Vec::new() };
        run_logs.load(log.key(), Some(log));
        let known = Known::default();
        let begun = look(&known);
        known.keep(&Rows { run_logs, ..Rows::default() });
        known.learn(begun, &sequence(1));
        look(&known);
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_let_go() {
        let known = Known::default();
        known.keep(&rows([sequence(1)]));
        for _ in 0..3 {
            known.keep(&others(HALF));
            assert_eq!(known.find(&Numbered::Users), Found::Known(Some(sequence(1))));
        }
        let held = |halves: &Halves| halves.young.len() + halves.old.len();
        assert!(held(&known.halves()) <= 2 * HALF + 1);
        known.keep(&others(HALF));
        known.keep(&others(HALF));
        look(&known);
    }
}

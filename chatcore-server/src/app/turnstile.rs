//! What takes long and is asked for by a click: once at a time for each account, and a few at a time in all.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chatcore::Subject;

/// Who is inside.
#[derive(Debug)]
pub struct Turnstile {
    most: usize,
    inside: Mutex<HashSet<Subject>>,
}

/// Why somebody is not let in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// They are inside already.
    Inside,
    /// As many are inside as may.
    Full,
}

/// Leave to be inside, which ends when this is dropped.
#[derive(Debug)]
pub struct Pass {
    of: Arc<Turnstile>,
    who: Subject,
}

impl Turnstile {
    /// For so many at a time.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, inside: Mutex::default() })
    }

    /// Lets somebody in.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn enter(self: &Arc<Self>, who: Subject) -> Result<Pass, Busy> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.contains(&who) {
            return Err(Busy::Inside);
        }
        if inside.len() >= self.most {
            return Err(Busy::Full);
        }
        inside.insert(who);
        Ok(Pass { of: self.clone(), who })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.of.inside.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.who);
    }
}

#[cfg(test)]
mod tests {
    use chatcore::testing::{user, visitor};

    use super::*;

    #[test]
    fn each_is_inside_once_and_a_few_in_all() {
        let turnstile = Turnstile::new(2);
        let (ann, bob, eve) = (user(1).subject(), user(2).subject(), visitor(1).subject());
        let first = turnstile.enter(ann).unwrap();
        assert_eq!(turnstile.enter(ann).map(drop), Err(Busy::Inside));
        let second = turnstile.enter(eve).unwrap();
        assert_eq!(turnstile.enter(bob).map(drop), Err(Busy::Full));
        assert_eq!(turnstile.enter(ann).map(drop), Err(Busy::Inside), "who is inside hears that");
        drop(first);
        let third = turnstile.enter(bob).unwrap();
        drop((second, third));
        assert!([ann, bob].map(|who| turnstile.enter(who)).iter().all(Result::is_ok));
    }
}

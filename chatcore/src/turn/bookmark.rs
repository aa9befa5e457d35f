//! Where a reader of several runs is.

use std::fmt;
use std::str::FromStr;

use crate::id::RunId;

/// More runs than this are in no bookmark.
const MAX_RUNS: usize = 256;

/// How far a reader of all runs of a conversation or a subject has come: behind which event of each run that goes on or
/// began a moment ago. Runs that began later are those that the reader has heard nothing of.
///
/// As a text it is `<run>:<seq>` for the event that it came with, and the same behind a comma for every other run; a run
/// that the reader has heard to its end is marked with `:end`. It is what clients send back as `Last-Event-ID`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bookmark(pub(super) Vec<Heard>);

/// How much of a run was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) run: RunId,
    /// The number of the last event; 0 for none.
    pub(super) seq: u64,
    /// Whether nothing follows.
    pub(super) ended: bool,
}

/// A text that is not a bookmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the events of several runs")]
pub struct BookmarkError;

impl Bookmark {
    /// A bookmark of these runs, the one that was heard last first. Of too many, those that go on stay, and then the newest.
    pub(super) fn of(runs: impl Iterator<Item = Heard>) -> Self {
        let mut heard: Vec<Heard> = runs.collect();
        if heard.len() > MAX_RUNS {
            heard[1..].sort_by_key(|one| (one.ended, std::cmp::Reverse(one.run)));
            heard.truncate(MAX_RUNS);
        }
        Self(heard)
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, heard) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}{}", heard.run, heard.seq, if heard.ended { ":end" } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Bookmark {
    type Err = BookmarkError;

    fn from_str(text: &str) -> Result<Self, BookmarkError> {
        let heard: Vec<Heard> =
            text.split(',').take(MAX_RUNS + 1).map(heard).collect::<Option<_>>().ok_or(BookmarkError)?;
        if heard.len() > MAX_RUNS { Err(BookmarkError) } else { Ok(Self(heard)) }
    }
}

fn heard(text: &str) -> Option<Heard> {
    let (rest, ended) = text.strip_suffix(":end").map_or((text, false), |rest| (rest, true));
    let (run, seq) = rest.split_once(':')?;
    Some(Heard { run: run.parse().ok()?, seq: seq.parse().ok()?, ended })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::RandomIds;

    #[test]
    fn a_bookmark_is_read_as_it_was_written() {
        let run = || RunId::mint(Timestamp::from_micros(1), &RandomIds);
        let one = Heard { run: run(), seq: 7, ended: false };
        let two = Heard { run: run(), seq: u64::MAX, ended: true };
        for heard in [vec![one], vec![one, two]] {
            let bookmark = Bookmark(heard);
            assert_eq!(bookmark.to_string().parse(), Ok(bookmark));
        }
        assert_eq!(Bookmark(vec![one, two]).to_string(), format!("{}:7,{}:18446744073709551615:end", one.run, two.run));
    }

    #[test]
    fn what_is_none_is_refused() {
        let run = RunId::mint(Timestamp::from_micros(1), &RandomIds);
        let many = vec![format!("{run}:1"); MAX_RUNS + 1].join(",");
        for wrong in
            ["", ",", "7", &format!("{run}"), &format!("{run}:-1"), &format!("{run}:1,"), &format!("{run}:end"), &many]
        {
            assert_eq!(wrong.parse::<Bookmark>(), Err(BookmarkError), "{wrong}");
        }
    }
}

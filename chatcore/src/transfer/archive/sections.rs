//! Kinds and keys in their order, each kind with its end.

use super::error::ArchiveProblem;
use super::format;
use crate::store::Kind;
use crate::transfer::digest::{Digest, KindDigest, Section};
use crate::transfer::kinds;

/// Where a reader is, and what it has read: the records as they were written, which may be in an older form.
#[derive(Default)]
pub(super) struct Sections {
    open: Option<Open>,
    done: Vec<KindDigest>,
}

struct Open {
    kind: Kind,
    last: Vec<u8>,
    section: Section,
}

impl Sections {
    /// Takes a record.
    pub(super) fn add(&mut self, kind: Kind, key: &[u8], written: &[u8]) -> Result<(), ArchiveProblem> {
        match &mut self.open {
            Some(open) if open.kind == kind && open.last.as_slice() < key => {
                open.section.add(key, written);
                key.clone_into(&mut open.last);
                Ok(())
            }
            None if may_begin(kind, &self.done) => {
                let mut section = Section::default();
                section.add(key, written);
                self.open = Some(Open { kind, last: key.to_owned(), section });
                Ok(())
            }
            _ => Err(ArchiveProblem::OutOfOrder(kind)),
        }
    }

    /// Takes the end of a kind. There may have been no record of it.
    pub(super) fn end(&mut self, kind: Kind, line: &[u8]) -> Result<(), ArchiveProblem> {
        let section = match self.open.take() {
            Some(open) if open.kind == kind => open.section,
            None if may_begin(kind, &self.done) => Section::default(),
            _ => return Err(ArchiveProblem::OutOfOrder(kind)),
        };
        let digest = section.finish(kind);
        if format::section_end(&digest) != line {
            return Err(ArchiveProblem::WrongSection(kind));
        }
        self.done.push(digest);
        Ok(())
    }

    /// Everything that was read, if no kind lacks its end.
    pub(super) fn finish(&mut self) -> Result<Digest, ArchiveProblem> {
        match &self.open {
            Some(open) => Err(ArchiveProblem::WrongSection(open.kind)),
            None => Ok(Digest::of(std::mem::take(&mut self.done))),
        }
    }
}

/// Whether a kind comes behind those that have ended. An archive of an older program lacks the newer kinds.
fn may_begin(kind: Kind, done: &[KindDigest]) -> bool {
    let place = |kind: Kind| kinds().position(|it| it == kind);
    done.last().is_none_or(|last| place(last.kind) < place(kind))
}

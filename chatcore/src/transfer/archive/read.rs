//! Reading.

use std::io::BufRead;

use super::error::{ArchiveError, ArchiveProblem};
use super::format::{self, Ends, Header, VERSION};
use super::lines::Lines;
use super::sections::Sections;
use crate::store::{AnyRecord, codec};
use crate::transfer::digest::{Digest, Digester};
use crate::transfer::records::Entry;

/// Begins to read an archive.
///
/// # Errors
/// [`ArchiveError`] when it is none, or one that this program cannot read.
pub fn read<R: BufRead>(from: R) -> Result<Reader<R>, ArchiveError> {
    let mut lines = Lines::new(from);
    match header(&mut lines) {
        Ok(header) => Ok(Reader {
            lines,
            encoding: header.encoding,
            sections: Sections::default(),
            digester: Digester::default(),
            digest: None,
            failed: false,
        }),
        Err(problem) => Err(lines.error(problem)),
    }
}

fn header(lines: &mut Lines<impl BufRead>) -> Result<Header, ArchiveProblem> {
    lines.turn().map_err(|problem| match problem {
        ArchiveProblem::Io(error) => ArchiveProblem::Io(error),
        _ => ArchiveProblem::NotAnArchive,
    })?;
    let header = Header::parse(lines.current()).ok_or(ArchiveProblem::NotAnArchive)?;
    if header.version > VERSION || header.encoding > codec::VERSION {
        return Err(ArchiveProblem::Newer { version: header.version, program: header.program });
    }
    Ok(header)
}

/// The records of an archive, in order of kind and key.
///
/// They are believed only once the iterator has ended without an error: then [`Self::digest`] is there, and not before.
///
/// ```
/// # use chatcore::{MemoryStore, transfer::archive};
/// # let mut file = Vec::new();
/// # futures::executor::block_on(archive::write(&MemoryStore::in_memory(), &mut file, &mut |_| {})).unwrap();
/// let mut reader = archive::read(&file[..])?;
/// let records = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(reader.digest().map(|digest| digest.records()), Some(0));
/// # Ok::<(), archive::ArchiveError>(())
/// ```
pub struct Reader<R> {
    lines: Lines<R>,
    encoding: u8,
    sections: Sections,
    digester: Digester,
    digest: Option<Digest>,
    failed: bool,
}

impl<R: BufRead> Reader<R> {
    /// What a store with these records holds, once everything was read and found to be whole.
    ///
    /// It is the digest in the last line, unless a program with an older form of records wrote the archive.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        while self.digest.is_none() && !self.failed {
            match self.step() {
                Ok(Some(entry)) => return Ok(Some(entry)),
                Ok(None) => {}
                Err(problem) => {
                    self.failed = true;
                    return Err(self.lines.error(problem));
                }
            }
        }
        Ok(None)
    }

    /// Takes a line, which may be a record.
    fn step(&mut self) -> Result<Option<Entry>, ArchiveProblem> {
        self.lines.turn()?;
        let line = self.lines.current();
        if let Some((name, json)) = format::parse_record(line) {
            let kind = format::kind_named(name)?;
            let written = [&[self.encoding], json].concat();
            let record = AnyRecord::decode(kind, &written).map_err(|error| ArchiveProblem::Record(kind, error))?;
            let entry = Entry::of(record);
            self.sections.add(kind, &entry.key, &written)?;
            self.digester.add(&entry);
            return Ok(Some(entry));
        }
        match Ends::parse(line).ok_or(ArchiveProblem::Garbage)? {
            Ends::Section(name) => self.sections.end(format::kind_named(&name)?, line)?,
            Ends::Archive => self.end()?,
        }
        Ok(None)
    }

    fn end(&mut self) -> Result<(), ArchiveProblem> {
        let written = self.sections.finish()?;
        if format::end(&written, self.lines.above()) != self.lines.current() {
            return Err(ArchiveProblem::WrongTotal);
        }
        self.lines.require_end()?;
        self.digest = Some(std::mem::take(&mut self.digester).finish());
        Ok(())
    }
}

/// Ends after the first error.
impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<AnyRecord, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().map(|entry| entry.map(|entry| entry.record)).transpose()
    }
}

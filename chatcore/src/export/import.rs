//! Taking an export in: conversation by conversation, each hidden until it is whole.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use futures::{Stream, stream};

use super::format::{self, END, File, HEADER, Header, Line, MAX_LINE, Said, Talk, Totals};
use super::read::Entries;
use super::{ExportError, ExportProblem, Portable, PublishImport, StartImport};
use crate::account::{Caller, Scope};
use crate::attachment::absent;
use crate::clock::Timestamp;
use crate::conversation::{
    CreateConversation, InsertMessage, MessageState, Name, Part, Role, check_import, check_imported,
};
use crate::error::Error;
use crate::feedback::{Opinion, SetFeedback};
use crate::id::{AttachmentId, ConversationId, JobId, MessageId};
use crate::job::{Job, Work};
use crate::once::{Claims, Fingerprint, Made, Once};
use crate::store::{Batch, Conflict, Kind};

/// The field of an error that comes from the archive itself while a file is read out of it.
const ARCHIVE: &str = "archive";
/// Messages that one batch stores.
const STEP: usize = 50;

/// Bytes behind which fewer do.
const STEP_BYTES: usize = 1024 * 1024;
/// Attachments of an archive, and messages of a conversation: what is known of them is held.
const MOST: usize = 200_000;

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Conversations that were made.
    pub conversations: u64,
    /// Conversations that an earlier import under the same name has made.
    pub present: u64,
    /// Messages that were stored.
    pub messages: u64,
    /// Files that were stored.
    pub attachments: u64,
}

impl Portable {
    /// Takes what was [exported](Self::export) into the caller's account. A conversation is there as a whole or not at all;
    /// where the archive is damaged, those before the damage are there. Doing it again under the same name within a day goes on
    /// where it broke off, and otherwise changes nothing.
    ///
    /// An external id that the caller has given to something else is left out, and so are files where none can be attached.
    ///
    /// # Errors
    /// [`ExportError::Archive`]; [`ExportError::Service`] for what cannot be stored: too large a file, a used-up limit.
    pub async fn import<S>(&self, caller: &Caller, once: &Once, archive: S) -> Result<Imported, ExportError>
    where
        S: Stream<Item = Result<Bytes, Error>> + Unpin + Send,
    {
        caller.require(Scope::Write)?;
        let mut import = Import {
            to: self,
            caller,
            once,
            entries: Entries::new(archive),
            files: HashMap::new(),
            used: HashSet::new(),
            awaited: None,
            open: None,
            seen: Totals::default(),
            done: Imported::default(),
        };
        let read = import.read().await;
        // whatever became of it: nobody needs what was begun
        let abandoned = match import.open.take() {
            Some(open) => import.abandon(open).await,
            None => Ok(()),
        };
        let tidied = import.remove_unused().await;
        read.and(abandoned).and(tidied).map(|()| import.done)
    }
}

/// An import while it goes on.
struct Import<'a, S> {
    to: &'a Portable,
    caller: &'a Caller,
    once: &'a Once,
    entries: Entries<S>,
    /// Files by the ids that they had, and whether messages name them.
    files: HashMap<AttachmentId, (AttachmentId, bool)>,
    /// Those that a message names.
    used: HashSet<AttachmentId>,
    /// The file whose bytes come next.
    awaited: Option<File>,
    /// The conversation that is being built.
    open: Option<Building>,
    seen: Totals,
    done: Imported,
}

/// A conversation that is being built, or passed over because it is there already.
struct Building {
    talk: Talk,
    made: Option<(ConversationId, JobId)>,
    claims: Claims,
    /// Its messages by the ids that they had.
    messages: HashMap<MessageId, MessageId>,
    batch: Batch,
    waiting: usize,
    /// What they take, roughly.
    bytes: usize,
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin + Send> Import<'_, S> {
    fn now(&self) -> Timestamp {
        self.to.conversations.clock.now()
    }

    async fn read(&mut self) -> Result<(), ExportError> {
        if self.entries.next().await?.name != HEADER {
            return Err(self.entries.error(ExportProblem::NotAnExport));
        }
        let header = self.entries.whole(4096).await?;
        let header: Header = self.parsed(&header, ExportProblem::NotAnExport)?;
        match () {
            () if !header.is_export() => return Err(self.entries.error(ExportProblem::NotAnExport)),
            () if header.is_newer() => return Err(self.entries.error(ExportProblem::Newer)),
            () => {}
        }
        let mut records = 0;
        loop {
            let name = self.entries.next().await?.name;
            match self.awaited.take() {
                Some(file) if name == format::attachment(file.id) => self.file(file).await?,
                None if name == format::records(records + 1) => {
                    records += 1;
                    self.lines().await?;
                }
                None if name == END => return self.end().await,
                _ => return Err(self.entries.error(ExportProblem::Misplaced)),
            }
        }
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, json: &[u8], problem: ExportProblem) -> Result<T, ExportError> {
        serde_json::from_slice(json).map_err(|_| self.entries.error(problem))
    }

    async fn end(&mut self) -> Result<(), ExportError> {
        let totals = self.entries.whole(4096).await?;
        let totals: Totals = self.parsed(&totals, ExportProblem::Garbage)?;
        if totals != self.seen {
            return Err(self.entries.error(ExportProblem::WrongTotal));
        }
        self.entries.finish().await?;
        self.publish().await
    }

    /// An entry of lines. No more than one line is held.
    async fn lines(&mut self) -> Result<(), ExportError> {
        let mut line = Vec::new();
        while let Some(piece) = self.entries.piece().await? {
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                if line.len() + part.len() > MAX_LINE {
                    return Err(self.entries.error(ExportProblem::TooLong));
                }
                line.extend_from_slice(part);
                if line.ends_with(b"\n") {
                    let parsed = self.parsed(&line, ExportProblem::Garbage)?;
                    line.clear();
                    self.line(parsed).await?;
                }
            }
        }
        if line.is_empty() { Ok(()) } else { Err(self.entries.error(ExportProblem::Garbage)) }
    }

    async fn line(&mut self, line: Line) -> Result<(), ExportError> {
        if self.awaited.is_some() {
            // its bytes come right behind it
            return Err(self.entries.error(ExportProblem::Misplaced));
        }
        match line {
            Line::Profile(_) => Ok(()),
            Line::Attachment(file) => {
                if self.files.len() >= MOST {
                    return Err(self.entries.error(ExportProblem::TooMany));
                }
                self.awaited = Some(file);
                Ok(())
            }
            Line::Conversation(talk) => {
                self.publish().await?;
                self.seen.conversations += 1;
                self.begin(*talk).await
            }
            Line::Message(said) => {
                self.seen.messages += 1;
                self.message(*said).await
            }
        }
    }

    /// The bytes of a file.
    async fn file(&mut self, file: File) -> Result<(), ExportError> {
        self.seen.attachments += 1;
        let Some(files) = &self.to.attachments else {
            while self.entries.piece().await?.is_some() {}
            return Ok(());
        };
        let pieces = stream::unfold(&mut self.entries, |entries| async {
            match entries.piece().await {
                Ok(piece) => piece.map(|bytes| (Ok(bytes), entries)),
                Err(ExportError::Service(error)) => Some((Err(error), entries)),
                Err(other) => Some((Err(Error::invalid(ARCHIVE, other.to_string())), entries)),
            }
        });
        let taken = match files.upload(self.caller, &file.name, pieces).await {
            // what is wrong with the archive is no matter of the file
            Err(Error::Invalid { field: ARCHIVE, .. }) => return Err(self.entries.error(ExportProblem::Truncated)),
            taken => taken?,
        };
        if taken.hash != file.sha256 || taken.size != file.size {
            files.remove(self.caller, taken.id).await?;
            return Err(self.entries.error(ExportProblem::WrongBytes));
        }
        self.files.insert(file.id, (taken.id, file.is_named));
        self.done.attachments += 1;
        Ok(())
    }

    async fn begin(&mut self, talk: Talk) -> Result<(), ExportError> {
        let (service, owner, now) = (&self.to.conversations, self.caller.subject(), self.now());
        check_import(talk.title.as_deref(), talk.system_prompt.as_deref(), talk.model.as_deref())?;
        let name = format!("import-{:?}-{}", Fingerprint::of([self.once.as_str()]), self.seen.conversations);
        let (name, asked) = (Once::new(name)?, Fingerprint::of(["import".to_owned(), talk.id.to_string()]));
        let claims = Claims::of(Some(&name), || asked);
        let mut open = Building {
            claims,
            made: None,
            messages: HashMap::new(),
            batch: Batch::default(),
            waiting: 0,
            bytes: 0,
            talk,
        };
        if open.claims.made(&*service.store, owner, now).await?.is_some() {
            self.done.present += 1;
            self.open = Some(open);
            return Ok(());
        }
        let id = ConversationId::mint(now, &*service.ids);
        let job = JobId::mint(now, &*service.ids);
        let talk = &open.talk;
        let external_id = match talk.external_id.as_deref() {
            Some(name) => {
                crate::conversation::limits::name("external_id", Some(name))?;
                let taken = service.store.find_conversation(owner, Name::External(name)).await?.is_some();
                Some(name.to_owned()).filter(|_| !taken)
            }
            None => None,
        };
        let create = CreateConversation {
            id,
            owner,
            external_id,
            title: talk.title.clone(),
            system_prompt: talk.system_prompt.clone(),
            model: talk.model.clone(),
            forked_from: None,
            at: talk.created_at.min(now),
        };
        let message = talk.head.unwrap_or_else(|| MessageId::mint(now, &*service.ids));
        service.store.commit(Batch::of(create).and(StartImport { job, conversation: id, message, at: now })).await?;
        open.made = Some((id, job));
        self.open = Some(open);
        Ok(())
    }

    async fn message(&mut self, said: Said) -> Result<(), ExportError> {
        let unknown = self.entries.error(ExportProblem::Unknown);
        let too_many = self.entries.error(ExportProblem::TooMany);
        let (now, owner) = (self.now(), self.caller.subject());
        let Some(open) = &mut self.open else { return Err(unknown) };
        if open.messages.len() >= MOST {
            return Err(too_many);
        }
        let parent = match said.parent {
            Some(old) => Some(*open.messages.get(&old).ok_or(unknown)?),
            None => None,
        };
        let id = MessageId::mint(now, &*self.to.conversations.ids);
        if open.messages.insert(said.id, id).is_some() {
            return Err(self.entries.error(ExportProblem::Misplaced));
        }
        let Some((conversation, _)) = open.made else { return Ok(()) };
        let parts: Vec<Part> = said
            .parts
            .into_iter()
            // what is one provider's own goes to it word for word: an archive may not make it up
            .filter(|part| !matches!(part, Part::Provider { .. }))
            .map(|part| match part.attachment().map(|old| self.files.get(&old)) {
                None if !part.is_here() => absent(&part, "was elsewhere"),
                None => part,
                Some(None) => absent(&part, "is gone"),
                Some(Some((new, _))) => {
                    self.used.insert(*new);
                    renamed(part, *new)
                }
            })
            .collect();
        check_imported(said.role, &parts, said.model.as_deref())?;
        let size: usize = parts.iter().map(Part::size).sum();
        let state = if said.state == MessageState::Open { MessageState::Interrupted } else { said.state };
        let at = said.created_at.min(now);
        open.batch.push(InsertMessage {
            id,
            conversation,
            owner,
            parent,
            hint: None,
            role: said.role,
            parts,
            state,
            model: said.model,
            run: None,
            client_ref: None,
            follow: true,
            at,
        });
        if let Some(rating) = said.rating.filter(|_| said.role == Role::Assistant) {
            let opinion = Some(Opinion { rating, comment: said.comment }.checked()?);
            open.batch.push(SetFeedback { message: id, by: owner, opinion, at });
        }
        open.waiting += 1;
        open.bytes += size;
        self.done.messages += 1;
        if open.waiting >= STEP || open.bytes >= STEP_BYTES { self.store().await } else { Ok(()) }
    }

    /// Stores the messages that were read.
    async fn store(&mut self) -> Result<(), ExportError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.bytes = 0;
        if std::mem::take(&mut open.waiting) > 0 {
            self.to.conversations.store.commit(std::mem::take(&mut open.batch)).await?;
        }
        Ok(())
    }

    /// The conversation that was built is whole.
    async fn publish(&mut self) -> Result<(), ExportError> {
        self.store().await?;
        let Some(open) = self.open.take() else { return Ok(()) };
        let Some((conversation, job)) = open.made else { return Ok(()) };
        let (service, owner, now) = (&self.to.conversations, self.caller.subject(), self.now());
        let mut batch = Batch::default();
        if let Some(head) = open.talk.head.and_then(|old| open.messages.get(&old)) {
            service.head_to(owner, conversation, *head).await?.into_iter().for_each(|to| batch.push(to));
        }
        let Talk { pinned, archived, updated_at, .. } = open.talk;
        let updated_at = updated_at.min(now);
        batch.push(PublishImport { job, conversation, pinned, archived, updated_at });
        open.claims.take(owner, Made::conversation(conversation), now).into_iter().for_each(|it| batch.push(it));
        match service.store.commit(batch).await {
            Ok(_) => {
                self.done.conversations += 1;
                Ok(())
            }
            // the same import goes on somewhere else, and was faster
            Err(error) if matches!(error.conflict(), Some(Conflict::Exists(Kind::IdempotencyKey))) => {
                self.done.present += 1;
                self.abandon(open).await
            }
            Err(error) => {
                self.open = Some(open);
                Err(error.into())
            }
        }
    }

    /// Removes what was built of a conversation.
    async fn abandon(&mut self, open: Building) -> Result<(), ExportError> {
        let Some((conversation, job)) = open.made else { return Ok(()) };
        let message = open.talk.head.unwrap_or_else(|| MessageId::mint(self.now(), &*self.to.conversations.ids));
        let work = Work::Fork { conversation, message };
        self.to.conversations.work(Job { id: job, work, created_at: self.now() }).await?;
        Ok(())
    }

    /// Files of conversations that were passed over, or did not come to their end: the first import has its own.
    async fn remove_unused(&mut self) -> Result<(), ExportError> {
        let Some(files) = &self.to.attachments else { return Ok(()) };
        for (id, _) in self.files.values().filter(|(id, is_named)| *is_named && !self.used.contains(id)) {
            match files.remove(self.caller, *id).await {
                Ok(()) => self.done.attachments -= 1,
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The same part for the attachment that took the place of another one.
fn renamed(part: Part, to: AttachmentId) -> Part {
    match part {
        Part::Image { media_type, .. } => Part::Image { url: to.to_string(), media_type },
        Part::File { name, media_type, .. } => Part::File { url: to.to_string(), name, media_type },
        other => other,
    }
}

//! Writing an export: a page at a time, as fast as it is read.

use bytes::Bytes;
use futures::{Sink, SinkExt, StreamExt};
use serde::Serialize;

use super::format::{self, END, File, HEADER, Header, Line, Profile, Said, Talk, Totals, Way};
use super::tar::{BLOCK, Head, padding};
use super::{ExportError, Portable};
use crate::account::{Caller, IdentityKey, Scope, User, Via};
use crate::attachment::{Attachment, AttachmentState, surviving};
use crate::clock::Timestamp;
use crate::conversation::{Conversation, ConversationState, Message, MessageState, Shelf};
use crate::error::Error;
use crate::id::ConversationId;
use crate::store::Domain;
use crate::subject::Subject;
use crate::turn::materialise;

/// Messages that are read at once: one may have a megabyte.
const PAGE: usize = 20;
/// Records that are small.
const STEP: usize = 200;
/// Lines are held back until they have so many bytes.
const ENTRY: usize = 256 * 1024;

impl Portable {
    /// Writes everything that the caller owns. It holds a page of messages and a piece of a file at a time, and waits for
    /// whoever reads.
    ///
    /// # Errors
    /// [`ExportError::Closed`] when nobody reads any more; [`ExportError::Service`].
    pub async fn export<S>(&self, caller: &Caller, to: S) -> Result<(), ExportError>
    where
        S: Sink<Bytes> + Unpin + Send,
    {
        caller.require(Scope::Read)?;
        let mut out = Writer { to, lines: Vec::new(), entries: 0, at: self.conversations.clock.now() };
        let mut totals = Totals::default();
        out.json(HEADER, &Header::now(out.at)).await?;
        if let Subject::User(user) = caller.subject()
            && self.conversations.store.supports(Domain::Accounts)
            // a key of a program reads what was said, and not who somebody is
            && matches!(caller.via(), Via::Session(_) | Via::Program)
            && let Some(user) = self.conversations.store.user(user).await?
        {
            let profile = self.profile(user).await?;
            out.line(&Line::Profile(profile)).await?;
        }
        self.write_attachments(caller, &mut out, &mut totals).await?;
        for id in self.all_ids(caller.subject()).await? {
            self.write_conversation(caller, id, &mut out, &mut totals).await?;
        }
        out.flush().await?;
        out.json(END, &totals).await?;
        out.end().await
    }

    async fn profile(&self, user: User) -> Result<Profile, ExportError> {
        let way = |kind: &str, provider: Option<String>, value, verified_at| {
            Some(Way { kind: kind.into(), provider, value, verified_at })
        };
        let identities =
            self.conversations.store.identities(user.id).await?.into_iter().filter_map(|one| match one.key {
                IdentityKey::Username(name) => way("username", None, name, one.verified_at),
                IdentityKey::Email(address) => way("email", None, address, one.verified_at),
                IdentityKey::OAuth { provider, subject } => way("oauth", Some(provider), subject, one.verified_at),
                IdentityKey::Wallet(address) => way("wallet", None, address, one.verified_at),
                IdentityKey::Password(_) => None,
            });
        Ok(Profile {
            id: user.id.to_string(),
            username: user.username,
            email: user.email,
            display_name: user.display_name,
            locale: user.locale,
            created_at: user.created_at,
            identities: identities.collect(),
        })
    }

    async fn write_attachments<S>(
        &self,
        caller: &Caller,
        out: &mut Writer<S>,
        totals: &mut Totals,
    ) -> Result<(), ExportError>
    where
        S: Sink<Bytes> + Unpin + Send,
    {
        let Some(files) = &self.attachments else { return Ok(()) };
        let mut after = None;
        loop {
            let page = self.conversations.store.attachments(caller.subject(), after, STEP).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.created_at, last.id));
            for one in page.into_iter().filter(|one| one.state == AttachmentState::Ready) {
                let mut bytes = match files.open(caller, one.id).await {
                    Ok((_, bytes)) => bytes,
                    // removed meanwhile, or lost
                    Err(Error::NotFound(_)) => continue,
                    Err(Error::Blobs(error)) if error.missing => continue,
                    Err(error) => return Err(error.into()),
                };
                out.line(&Line::Attachment(file(&one))).await?;
                out.flush().await?;
                out.begin(&format::attachment(one.id), one.size).await?;
                while let Some(piece) = bytes.next().await {
                    out.put(piece.map_err(Error::Blobs)?).await?;
                }
                out.pad(one.size).await?;
                totals.attachments += 1;
            }
        }
    }

    /// All conversations that the owner sees. Which they are is settled before the first is written.
    async fn all_ids(&self, owner: Subject) -> Result<Vec<ConversationId>, ExportError> {
        let store = &self.conversations.store;
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = store.conversations(owner, after, STEP).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.updated_at, last.id));
            ids.extend(page.iter().map(|one| one.id));
        }
        for shelf in Shelf::ALL {
            let mut after = None;
            loop {
                let page = store.shelved(owner, shelf, after, STEP).await?;
                let Some(last) = page.last() else { break };
                after = Some((last.updated_at, last.id));
                ids.extend(page.iter().map(|one| one.id));
            }
        }
        // one that moved from list to list came twice; ids sort by time
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    async fn write_conversation<S>(
        &self,
        caller: &Caller,
        id: ConversationId,
        out: &mut Writer<S>,
        totals: &mut Totals,
    ) -> Result<(), ExportError>
    where
        S: Sink<Bytes> + Unpin + Send,
    {
        let (service, owner) = (&self.conversations, caller.subject());
        let found = service.store.conversation(id).await?;
        let own = |one: &Conversation| one.owner == owner && one.state == ConversationState::Live;
        let Some(conversation) = found.filter(own) else { return Ok(()) };
        out.line(&Line::Conversation(Box::new(talk(&conversation)))).await?;
        totals.conversations += 1;
        let mut after = None;
        loop {
            // by place: a lane is younger than the one that it forked from, so parents come first
            let page = service.store.tree(id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.place);
            let ids: Vec<_> = page.iter().map(|message| message.id).collect();
            let mut feedback = service.store.feedback_on(owner, &ids).await?;
            for mut message in page {
                if message.seq >= conversation.next_seq || !service.is_alive(&conversation, message.place).await? {
                    // said since, or deleted
                    continue;
                }
                let parts = materialise(&*service.store, &message).await?;
                message.parts = surviving(&*service.store, owner, parts).await?;
                let mut line = said(message);
                if let Some(at) = feedback.iter().position(|one| one.message == line.id) {
                    let one = feedback.swap_remove(at);
                    (line.rating, line.comment) = (Some(one.rating), one.comment);
                }
                out.line(&Line::Message(Box::new(line))).await?;
                totals.messages += 1;
            }
        }
    }
}

fn file(one: &Attachment) -> File {
    File {
        id: one.id,
        name: one.name.clone(),
        media_type: one.media_type.clone(),
        sha256: one.hash,
        size: one.size,
        is_named: one.links > 0,
        created_at: one.created_at,
    }
}

fn talk(one: &Conversation) -> Talk {
    Talk {
        id: one.id,
        external_id: one.external_id.clone(),
        title: one.title.clone(),
        system_prompt: one.system_prompt.clone(),
        model: one.model.clone(),
        head: one.head_message(),
        pinned: one.pinned,
        archived: one.archived,
        created_at: one.created_at,
        updated_at: one.updated_at,
    }
}

/// An answer that is still being written is exported as far as it got.
fn said(message: Message) -> Said {
    Said {
        id: message.id,
        parent: message.parent,
        role: message.role,
        parts: message.parts,
        state: if message.state == MessageState::Open { MessageState::Interrupted } else { message.state },
        model: message.model,
        client_ref: message.client_ref,
        rating: None,
        comment: None,
        created_at: message.created_at,
    }
}

/// Makes entries of lines and files.
struct Writer<S> {
    to: S,
    lines: Vec<u8>,
    /// Entries of lines so far.
    entries: u64,
    at: Timestamp,
}

impl<S: Sink<Bytes> + Unpin + Send> Writer<S> {
    async fn put(&mut self, bytes: Bytes) -> Result<(), ExportError> {
        self.to.send(bytes).await.map_err(|_| ExportError::Closed)
    }

    async fn begin(&mut self, name: &str, size: u64) -> Result<(), ExportError> {
        let head = Head { name: name.to_owned(), size }.block(self.at.as_seconds());
        let head = head.ok_or_else(|| Error::invalid("attachment", "is too large for an archive"))?;
        self.put(Bytes::copy_from_slice(&head)).await
    }

    async fn pad(&mut self, size: u64) -> Result<(), ExportError> {
        match padding(size) {
            0 => Ok(()),
            bytes => self.put(Bytes::from(vec![0; bytes])).await,
        }
    }

    async fn entry(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), ExportError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.begin(name, size).await?;
        self.put(bytes.into()).await?;
        self.pad(size).await
    }

    async fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), ExportError> {
        let mut json = Vec::new();
        write_json(&mut json, value)?;
        self.entry(name, json).await
    }

    async fn line(&mut self, line: &Line) -> Result<(), ExportError> {
        write_json(&mut self.lines, line)?;
        if self.lines.len() >= ENTRY { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), ExportError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.entries += 1;
        let lines = std::mem::take(&mut self.lines);
        self.entry(&format::records(self.entries), lines).await
    }

    /// Two blocks of zeros.
    async fn end(mut self) -> Result<(), ExportError> {
        self.put(Bytes::from_static(&[0; 2 * BLOCK])).await?;
        self.to.close().await.map_err(|_| ExportError::Closed)
    }
}

fn write_json(to: &mut Vec<u8>, value: &impl Serialize) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *to, value).map_err(|error| Error::invalid("export", error.to_string()))?;
    to.push(b'\n');
    Ok(())
}

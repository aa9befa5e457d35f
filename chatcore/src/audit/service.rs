//! The service: who did what, for those who run the service and for those whom it is about.

use std::sync::Arc;

use super::by::By;
use super::chain::AuditHead;
use super::entry::AuditEntry;
use crate::account::{Caller, Permission, Scope};
use crate::error::Error;
use crate::page::{Cursor, CursorError, List, MAX_PAGE, Page, PageRequest};
use crate::store::{OrderedKey, Store};
use crate::subject::Subject;

/// The audit log over a store.
#[derive(Clone)]
pub struct Audit {
    store: Arc<dyn Store>,
}

/// What a walk along the chain says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Where it ends, for whoever notes it elsewhere; `None` before the first entry.
    pub head: Option<AuditHead>,
    /// The number of the first entry that is not as it was written, or not where it was; 0 if it is the head.
    pub broken_at: Option<u64>,
}

impl Audit {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// What was done, the newest first; about somebody, if they are named.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn entries<'a>(
        &self,
        by: impl Into<By<'a>>,
        about: Option<Subject>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        by.into().expect(Permission::SeeAudit)?;
        match about {
            Some(subject) => self.about(subject, page).await,
            None => {
                let found = self.store.audit_entries(before(page)?, page.size() + 1).await?;
                Ok(cut(found, page))
            }
        }
    }

    /// What was done about the caller, the newest first. Who did it and where from is nothing to them: leave that out.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn own(&self, caller: &Caller, page: &PageRequest) -> Result<Page<AuditEntry>, Error> {
        caller.require(Scope::Read)?;
        self.about(caller.subject(), page).await
    }

    async fn about(&self, subject: Subject, page: &PageRequest) -> Result<Page<AuditEntry>, Error> {
        let found = self.store.audit_about(subject, before(page)?, page.size() + 1).await?;
        Ok(cut(found, page))
    }

    /// Walks along the whole chain, from its end. What comes meanwhile is not looked at.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Store`].
    pub async fn verify<'a>(&self, by: impl Into<By<'a>>) -> Result<Chain, Error> {
        by.into().expect(Permission::SeeAudit)?;
        let head = self.store.audit_head().await?;
        let Some(AuditHead { number, hash }) = head else { return Ok(Chain { head, broken_at: None }) };
        let (mut expected, mut wanted, mut broken_at) = (hash, number, None);
        while wanted > 0 {
            let found = self.store.audit_entries(wanted.checked_add(1), MAX_PAGE).await?;
            if found.is_empty() {
                return Ok(Chain { head, broken_at: Some(wanted) });
            }
            for entry in found {
                if entry.number != wanted || entry.hash != expected || !entry.is_intact() {
                    broken_at = Some(wanted);
                }
                (expected, wanted) = (entry.previous, entry.number.saturating_sub(1));
            }
        }
        let broken_at = if expected == AuditEntry::genesis() { broken_at } else { Some(1) };
        Ok(Chain { head, broken_at })
    }
}

fn before(page: &PageRequest) -> Result<Option<u64>, CursorError> {
    page.position(List::Audit)?.map(|mut bytes| u64::read(&mut bytes).ok_or(CursorError)).transpose()
}

fn cut(found: Vec<AuditEntry>, page: &PageRequest) -> Page<AuditEntry> {
    Page::cut(found, page.size(), |last| Cursor::new(List::Audit, last.number.to_bytes()))
}

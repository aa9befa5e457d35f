//! Who is asking.

use serde::{Deserialize, Serialize};

use super::role::Permission;
use super::user::AccountRole;
use crate::error::Error;
use crate::id::{ApiKeyId, SessionId, UserId, VisitorId};
use crate::subject::Subject;

/// Who calls a service: a user, a visitor, or a program with a key. Whoever makes one has checked the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    subject: Subject,
    via: Via,
    role: AccountRole,
    scopes: Vec<Scope>,
    network: Option<String>,
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Via {
    /// The program that embeds the core says so.
    Program,
    /// A session.
    Session(SessionId),
    /// A key.
    ApiKey(ApiKeyId),
    /// A visitor's token.
    Visit,
    /// A code that opens one stream.
    Ticket(TicketOf),
}

/// What somebody had shown who asked for a ticket. When that is over, so is what the ticket opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketOf {
    /// A session.
    Session(SessionId),
    /// A key.
    ApiKey(ApiKeyId),
    /// A visitor's token, or the word of the program.
    Subject,
}

/// What a caller may do with what is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Look.
    Read,
    /// Change, and run models.
    Write,
    /// Change the account itself.
    Account,
}

impl Caller {
    /// A user for whom the embedding program vouches.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self {
            subject: Subject::User(id),
            via: Via::Program,
            role: AccountRole::User,
            scopes: vec![Scope::Read, Scope::Write, Scope::Account],
            network: None,
        }
    }

    /// A visitor: they may chat, and have no account to change.
    #[must_use]
    pub fn visitor(id: VisitorId) -> Self {
        Self {
            subject: Subject::Visitor(id),
            via: Via::Visit,
            role: AccountRole::User,
            scopes: vec![Scope::Read, Scope::Write],
            network: None,
        }
    }

    /// Whoever a subject stands for, for whom the embedding program vouches.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        match subject {
            Subject::User(id) => Self::user(id),
            Subject::Visitor(id) => Self::visitor(id),
        }
    }

    /// Somebody with a ticket, and what it was asked for with: they may look.
    #[must_use]
    pub fn ticket(subject: Subject, of: TicketOf) -> Self {
        Self { via: Via::Ticket(of), scopes: vec![Scope::Read], ..Self::of(subject) }
    }

    /// A user with a session.
    #[must_use]
    pub fn session(user: UserId, session: SessionId, role: AccountRole) -> Self {
        Self { via: Via::Session(session), role, ..Self::user(user) }
    }

    /// A program with a user's key: what the key's scopes say, and never more than a user.
    #[must_use]
    pub fn api_key(user: UserId, key: ApiKeyId, scopes: Vec<Scope>) -> Self {
        Self { via: Via::ApiKey(key), scopes, ..Self::user(user) }
    }

    /// Where they come from: the prefix of an address, for the audit log.
    #[must_use]
    pub fn from_network(self, network: Option<String>) -> Self {
        Self { network, ..self }
    }

    /// Where they come from, if it is known.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }

    /// Who owns what this caller makes, and pays for it.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// The user behind it, if it is not a visitor.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        match self.subject {
            Subject::User(id) => Some(id),
            Subject::Visitor(_) => None,
        }
    }

    /// How they proved who they are.
    #[must_use]
    pub const fn via(&self) -> Via {
        self.via
    }

    /// What they may do beyond what is theirs.
    #[must_use]
    pub const fn role(&self) -> AccountRole {
        self.role
    }

    /// Refuses what the caller's role does not allow.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn require_permission(&self, permission: Permission) -> Result<(), Error> {
        if self.role.may(permission) { Ok(()) } else { Err(Error::Denied) }
    }

    /// Refuses what the caller's scopes do not cover.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Error::Denied) }
    }
}

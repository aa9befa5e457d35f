//! Reads a message by the grammar of EIP-4361: every line is looked at once, in order, and nothing is skipped, trimmed or
//! guessed. Two readers of one text must not see two messages.
//!
//! Stricter than the grammar in three places: the domain has a host, the address has its checksum, and there is a bound
//! on the size of it all.

use std::fmt;
use std::str::FromStr;

use super::address::Address;
use super::message::{
    CHAIN_ID, EXPIRATION_TIME, INVITATION, ISSUED_AT, Message, NONCE, NOT_BEFORE, REQUEST_ID, RESOURCE, RESOURCES, URI,
    VERSION,
};
use super::parts::{Domain, Scheme, Statement, Uri};

/// Longer texts are no messages: nobody reads them before signing.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Why a text is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It has more than [`MAX_MESSAGE_BYTES`].
    #[error("the message is longer than {MAX_MESSAGE_BYTES} bytes")]
    TooLong,
    /// A line is missing, or is not what belongs there.
    #[error("line {line} of the message is not a valid {part}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What belongs there.
        part: Part,
    },
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are the names of EIP-4361")]
pub enum Part {
    Domain,
    Address,
    Blank,
    Statement,
    Uri,
    Version,
    ChainId,
    Nonce,
    IssuedAt,
    ExpirationTime,
    NotBefore,
    RequestId,
    Resource,
    End,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domain => "domain with its invitation",
            Self::Address => "address",
            Self::Blank => "blank line",
            Self::Statement => "statement",
            Self::Uri => "URI",
            Self::Version => "version",
            Self::ChainId => "chain id",
            Self::Nonce => "nonce",
            Self::IssuedAt => "time of issue",
            Self::ExpirationTime => "expiration time",
            Self::NotBefore => "time not before",
            Self::RequestId => "request id",
            Self::Resource => "resource",
            Self::End => "line of a message in this place",
        })
    }
}

impl FromStr for Message {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(ParseError::TooLong);
        }
        let mut lines = Lines { rest: Some(text), number: 1 };
        let (scheme, domain) = lines.take(Part::Domain, domain)?;
        let message = Self {
            scheme,
            domain,
            address: lines.take(Part::Address, |line| Address::from_checksummed(line).ok())?,
            statement: lines.statement()?,
            uri: lines.field(Part::Uri, URI)?,
            chain_id: {
                lines.take(Part::Version, |line| (line.strip_prefix(VERSION)? == "1").then_some(()))?;
                lines.take(Part::ChainId, chain_id)?
            },
            nonce: lines.field(Part::Nonce, NONCE)?,
            issued_at: lines.field(Part::IssuedAt, ISSUED_AT)?,
            expiration_time: lines.optional(Part::ExpirationTime, EXPIRATION_TIME)?,
            not_before: lines.optional(Part::NotBefore, NOT_BEFORE)?,
            request_id: lines.optional(Part::RequestId, REQUEST_ID)?,
            resources: lines.resources()?,
        };
        if lines.rest.is_some() { Err(lines.not(Part::End)) } else { Ok(message) }
    }
}

/// `[ scheme "://" ] domain %s" wants you to sign in with your Ethereum account:"`
fn domain(line: &str) -> Option<(Option<Scheme>, Domain)> {
    let asker = line.strip_suffix(INVITATION)?;
    match asker.split_once("://") {
        Some((scheme, domain)) => Some((Some(scheme.parse().ok()?), domain.parse().ok()?)),
        None => Some((None, asker.parse().ok()?)),
    }
}

/// `1*DIGIT`, as far as 64 bits go. No sign, which parsing a number would take.
fn chain_id(line: &str) -> Option<u64> {
    let digits = line.strip_prefix(CHAIN_ID)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The lines that were not read yet; after the last one there is nothing, not an empty line.
struct Lines<'a> {
    rest: Option<&'a str>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.rest.map(|rest| rest.split_once('\n').map_or(rest, |(line, _)| line))
    }

    fn advance(&mut self) {
        self.rest = self.rest.and_then(|rest| rest.split_once('\n')).map(|(_, rest)| rest);
        self.number += 1;
    }

    const fn not(&self, part: Part) -> ParseError {
        ParseError::Line { line: self.number, part }
    }

    /// The next line, read by its rule.
    fn take<T>(&mut self, part: Part, rule: impl FnOnce(&'a str) -> Option<T>) -> Result<T, ParseError> {
        let value = self.peek().and_then(rule).ok_or(self.not(part))?;
        self.advance();
        Ok(value)
    }

    fn field<T: FromStr>(&mut self, part: Part, name: &str) -> Result<T, ParseError> {
        self.take(part, |line| line.strip_prefix(name)?.parse().ok())
    }

    fn optional<T: FromStr>(&mut self, part: Part, name: &str) -> Result<Option<T>, ParseError> {
        match self.peek() {
            Some(line) if line.starts_with(name) => self.field(part, name).map(Some),
            _ => Ok(None),
        }
    }

    fn blank(&mut self) -> Result<(), ParseError> {
        self.take(Part::Blank, |line| line.is_empty().then_some(()))
    }

    /// `LF [ statement LF ] LF`: two line feeds without a statement, three with one, even an empty one.
    fn statement(&mut self) -> Result<Option<Statement>, ParseError> {
        self.blank()?;
        let statement = self.take(Part::Statement, |line| line.parse::<Statement>().ok())?;
        if statement.as_str().is_empty() && self.peek() != Some("") {
            return Ok(None);
        }
        self.blank()?;
        Ok(Some(statement))
    }

    /// `[ LF %s"Resources:" *( LF "- " URI ) ]`
    fn resources(&mut self) -> Result<Option<Vec<Uri>>, ParseError> {
        if self.peek() != Some(RESOURCES) {
            return Ok(None);
        }
        self.advance();
        let mut resources = Vec::new();
        while self.rest.is_some() {
            resources.push(self.field(Part::Resource, RESOURCE)?);
        }
        Ok(Some(resources))
    }
}

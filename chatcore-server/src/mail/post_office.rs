//! The way of a mail: a bounded queue, a few at once, and again if the other side cannot take it just now.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::{Mail, MailContent, Mailer};
use chatcore::{Error, IdSource};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;

use super::letter::Letter;
use super::server::Sender;
use crate::config::MailConfig;

/// Mails that may wait, those that are on their way included. One more is lost: whoever wants it asks again.
const PLACES: usize = 500;

/// Mails on their way at once.
const AT_ONCE: usize = 4;

/// How long the other side may take for a mail. The transport's own limit ends with the connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail that has not found its way by then is of no use any more: its code works for ten minutes.
const OLDEST: Duration = Duration::from_secs(600);

/// How long to wait before each further try.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(240)];

/// Carries mail by SMTP, apart from whoever asked for it.
#[derive(Clone)]
pub struct PostOffice(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
    /// Where browsers reach the server.
    site: Option<String>,
    ids: Arc<dyn IdSource>,
    places: Arc<Semaphore>,
    lines: Semaphore,
}

/// Why a mail did not get through.
enum Failure {
    /// It never will.
    Final(String),
    /// It may later.
    ForNow(String),
}

impl PostOffice {
    /// A post office that brings mail to a server. It connects when there is mail, so a server that is down is no reason
    /// not to start.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: &MailConfig, site: Option<String>, ids: Arc<dyn IdSource>) -> Result<Self, smtp::Error> {
        Ok(Self(Arc::new(Inner {
            transport: config.server.transport(config.from.domain())?,
            from: config.from.clone(),
            site,
            ids,
            places: Arc::new(Semaphore::new(PLACES)),
            lines: Semaphore::new(AT_ONCE),
        })))
    }

    /// Waits until all mail has found its way, but not longer than that.
    pub async fn close(&self, patience: Duration) {
        let all = u32::try_from(PLACES).unwrap_or(u32::MAX);
        if tokio::time::timeout(patience, self.0.places.acquire_many(all)).await.is_err() {
            let left = PLACES - self.0.places.available_permits();
            tracing::warn!(left, "mail is lost: it did not find its way before the end");
        }
    }
}

#[async_trait]
impl Mailer for PostOffice {
    async fn send(&self, mail: Mail) -> Result<(), Error> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| Error::Overloaded)?;
        let inner = self.0.clone();
        tokio::spawn(async move {
            if tokio::time::timeout(OLDEST, inner.deliver(mail)).await.is_err() {
                tracing::warn!("a mail is lost: its turn did not come in time");
            }
            drop(place);
        });
        Ok(())
    }
}

impl Inner {
    /// What is logged tells neither whom a mail is for nor what is in it.
    async fn deliver(&self, mail: Mail) {
        let (what, id) = (kind(&mail.content), self.id());
        let message = match self.message(&mail, &id) {
            Ok(message) => message,
            Err(reason) => {
                tracing::warn!(mail = id, what, reason, "a mail cannot be written");
                return;
            }
        };
        let mut pauses = PAUSES.into_iter();
        loop {
            match (self.try_once(message.clone()).await, pauses.next()) {
                (Ok(()), _) => {
                    tracing::debug!(mail = id, what, "a mail was taken");
                    return;
                }
                (Err(Failure::ForNow(reason)), Some(pause)) => {
                    tracing::info!(mail = id, what, reason, "a mail was not taken yet");
                    tokio::time::sleep(pause).await;
                }
                (Err(Failure::ForNow(reason) | Failure::Final(reason)), _) => {
                    tracing::warn!(mail = id, what, reason, "a mail was not taken, and is lost");
                    return;
                }
            }
        }
    }

    async fn try_once(&self, message: Message) -> Result<(), Failure> {
        let broken = |_| Failure::Final("the post office is closed".to_owned());
        let _line = self.lines.acquire().await.map_err(broken)?;
        match tokio::time::timeout(PATIENCE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() || error.is_client() => Err(Failure::Final(reason(&error))),
            Ok(Err(error)) => Err(Failure::ForNow(reason(&error))),
            Err(_) => Err(Failure::ForNow(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }

    /// A name for a mail, in logs and for the other side: a mail that comes twice is known to be the same.
    fn id(&self) -> String {
        self.ids.random().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn message(&self, mail: &Mail, id: &str) -> Result<Message, &'static str> {
        let letter = Letter::of(&mail.content, self.site.as_deref()).ok_or("nobody knows how")?;
        let to = mail.to.parse().map_err(|_| "the address is none that mail can go to")?;
        // no other program answers it (RFC 3834)
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        Message::builder()
            .from(self.from.mailbox())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(format!("<{id}@{}>", self.from.domain())))
            .raw_header(automatic)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|_| "the parts do not fit together")
    }
}

/// What a mail is about.
fn kind(content: &MailContent) -> &'static str {
    match content {
        MailContent::ResetPassword { .. } => "reset password",
        MailContent::VerifyEmail { .. } => "verify address",
        MailContent::PasswordChanged => "password changed",
        MailContent::EmailChanged => "address changed",
        _ => "other",
    }
}

/// What went wrong, without the words of the other side: it may repeat what is in the mail.
fn reason(error: &smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_response() => "the mail server cannot be understood".to_owned(),
        None => format!("failed to reach the mail server: {}", cause(error)),
    }
}

/// What is behind an error: all above it say no more than that something failed.
fn cause(error: &dyn StdError) -> &dyn StdError {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}

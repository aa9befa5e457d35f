//! What is said by mail, and who carries it.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::Error;

/// A mail to somebody. What it looks like is the mailer's business. It holds secrets, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// What it says.
    pub content: MailContent,
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailContent {
    /// Here is a code to set a new password with.
    ResetPassword {
        /// The code.
        code: String,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Here is a code that shows that this address is yours.
    VerifyEmail {
        /// The code.
        code: String,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Your password was changed.
    PasswordChanged,
    /// Your account has another address now.
    EmailChanged,
}

/// Carries mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Takes a mail over. It hands the mail to a queue and returns at once: whoever waits for it would learn from the
    /// time whether there is somebody of that address.
    ///
    /// # Errors
    /// When it cannot be taken over. The one who asked for it is not told.
    async fn send(&self, mail: Mail) -> Result<(), Error>;
}

impl super::Accounts {
    /// Hands a mail over, if there is a mailer. That it failed is logged, and nobody else's business.
    pub(super) async fn mail(&self, to: &str, content: MailContent) {
        let Some(mailer) = &self.mailer else { return };
        if let Err(error) = mailer.send(Mail { to: to.to_owned(), content }).await {
            tracing::error!(%error, "a mail was not taken over by the mailer");
        }
    }
}

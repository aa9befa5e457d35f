//! How large attachments may be, and how long what nobody uses is kept.

use std::time::Duration;

/// The limits of attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentRules {
    /// Bytes of one file.
    pub max_bytes: u64,
    /// How long an attachment stays that no message names.
    pub grace: Duration,
    /// How long bytes stay that belong to no attachment.
    pub linger: Duration,
    /// Bytes of all files that one request to a model carries; the newest go first.
    pub max_prompt_bytes: u64,
}

impl Default for AttachmentRules {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            grace: Duration::from_secs(24 * 3600),
            linger: Duration::from_secs(3600),
            max_prompt_bytes: 32 * 1024 * 1024,
        }
    }
}

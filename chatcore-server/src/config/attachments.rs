//! Where attachments lie, and how large they may be.

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, Settings, StoreUrl, TokenWorth};
use crate::blobs::BlobPlace;

/// No body is read that is longer.
pub(crate) const MOST_BYTES: u64 = 1 << 30;

/// The settings as somebody may give them.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentSettings {
    /// Where the bytes of attachments lie: `file:<path>`, `memory:`, `s3://<bucket>/<prefix>` (with the feature `s3`), or `off`
    /// [default: a folder beside the data; `off` with PostgreSQL]
    #[arg(long = "attachments", env = "CHATCORE_ATTACHMENTS", value_name = "URL")]
    pub place: Option<String>,

    /// Largest attachment in bytes [default: 20971520]
    #[arg(long = "attachment-max-bytes", env = "CHATCORE_ATTACHMENT_MAX_BYTES", value_name = "BYTES")]
    pub max_bytes: Option<u64>,
}

/// The store that the settings name, and where its attachments lie: what a command means that was told nothing else.
#[derive(Debug, Clone)]
pub struct Usual {
    /// The store.
    pub store: StoreUrl,
    /// Its attachments.
    pub files: BlobPlace,
    /// What tokens are worth that an import brings.
    pub tokens: TokenWorth,
}

impl Usual {
    /// Where the attachments of a store lie.
    pub(crate) fn files_of(self, store: &StoreUrl) -> BlobPlace {
        if *store == self.store { self.files } else { BlobPlace::beside(store) }
    }
}

impl Settings {
    /// Which store, and which attachments. Nothing else needs to make sense for a command about these.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn usual(&self) -> Result<Usual, ConfigError> {
        let store = self.store_url()?;
        let files = self.attachments.clone().without_blanks().resolve(&store)?.place;
        Ok(Usual { store, files, tokens: TokenWorth::of(self) })
    }
}

/// The settings as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentConfig {
    /// Where the bytes lie.
    pub place: BlobPlace,
    /// Bytes of one file.
    pub max_bytes: u64,
}

impl AttachmentSettings {
    pub(super) fn without_blanks(mut self) -> Self {
        self.place.take_if(|place| place.trim().is_empty());
        self
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self { place: self.place.or(other.place), max_bytes: self.max_bytes.or(other.max_bytes) }
    }

    pub(super) fn resolve(self, store: &StoreUrl) -> Result<AttachmentConfig, ConfigError> {
        let wrong = |reason| ConfigError::Value { name: "attachments", reason };
        let place = match self.place {
            Some(text) => text.parse().map_err(wrong)?,
            None => BlobPlace::beside(store),
        };
        let max_bytes = self.max_bytes.unwrap_or(chatcore::attachment::AttachmentRules::default().max_bytes);
        if max_bytes == 0 || max_bytes > MOST_BYTES {
            return Err(ConfigError::Value {
                name: "attachment_max_bytes",
                reason: "must be between 1 and 1073741824",
            });
        }
        Ok(AttachmentConfig { place, max_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(place: &str, max_bytes: Option<u64>) -> Result<AttachmentConfig, ConfigError> {
        let settings = AttachmentSettings { place: Some(place.into()), max_bytes };
        settings.without_blanks().resolve(&StoreUrl::Memory)
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(resolved(" ", None).unwrap(), AttachmentConfig { place: BlobPlace::Memory, max_bytes: 20 << 20 });
        assert_eq!(resolved("off", Some(1)).unwrap().place, BlobPlace::Off);
        for (place, max_bytes) in [("nowhere", None), ("off", Some(0)), ("off", Some(MOST_BYTES + 1))] {
            assert!(resolved(place, max_bytes).is_err(), "{place} {max_bytes:?}");
        }
    }
}

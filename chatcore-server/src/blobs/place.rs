//! Which place an address names.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use chatcore::attachment::BlobStore;
use object_store::memory::InMemory;

use super::objects::ObjectBlobs;
use crate::config::StoreUrl;

/// Where the bytes of attachments lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    /// Nowhere: nothing can be attached.
    Off,
    /// In a folder.
    Folder(PathBuf),
    /// In memory: they are gone when the process ends.
    Memory,
    /// In S3, or in what speaks as it does.
    S3(String),
}

/// Why a place for attachments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenBlobsError {
    /// The folder cannot be made.
    #[error("failed to make the folder {0} for attachments")]
    Folder(PathBuf, #[source] std::io::Error),
    /// The place does not answer as it should.
    #[error("failed to open {0} for attachments")]
    Objects(BlobPlace, #[source] object_store::Error),
    /// This program was built without it.
    #[error("{0} is for programs that were built with the feature `s3`")]
    WithoutS3(BlobPlace),
}

impl BlobPlace {
    /// Beside the data, if nobody says where. Servers that share a database share no folder, so they are told.
    #[must_use]
    pub fn beside(store: &StoreUrl) -> Self {
        match store {
            StoreUrl::Sqlite(path) | StoreUrl::Sled(path) => {
                let mut folder = path.clone().into_os_string();
                folder.push(".files");
                Self::Folder(folder.into())
            }
            StoreUrl::Memory => Self::Memory,
            StoreUrl::Postgres(_) => Self::Off,
        }
    }
}

impl fmt::Display for BlobPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Folder(path) => write!(f, "file:{}", path.display()),
            Self::Memory => f.write_str("memory:"),
            Self::S3(address) => f.write_str(address),
        }
    }
}

impl FromStr for BlobPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "off" => Ok(Self::Off),
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("file", path)) if !path.is_empty() => Ok(Self::Folder(path.into())),
            Some(("s3", rest)) if rest.starts_with("//") && rest.len() > 2 => Ok(Self::S3(text.to_owned())),
            _ => Err("must be `off`, file:<path>, memory: or s3://<bucket>/<prefix>"),
        }
    }
}

/// Opens a place; `None` when it is off.
///
/// # Errors
/// [`OpenBlobsError`].
pub fn open(place: &BlobPlace) -> Result<Option<Arc<dyn BlobStore>>, OpenBlobsError> {
    let failed = |source| OpenBlobsError::Objects(place.clone(), source);
    Ok(Some(match place {
        BlobPlace::Off => return Ok(None),
        BlobPlace::Memory => Arc::new(ObjectBlobs::new(Arc::new(InMemory::new()))),
        BlobPlace::Folder(path) => {
            std::fs::create_dir_all(path).map_err(|source| OpenBlobsError::Folder(path.clone(), source))?;
            Arc::new(ObjectBlobs::folder(path).map_err(failed)?)
        }
        #[cfg(feature = "s3")]
        BlobPlace::S3(address) => Arc::new(ObjectBlobs::s3(address).map_err(failed)?),
        #[cfg(not(feature = "s3"))]
        BlobPlace::S3(_) => return Err(OpenBlobsError::WithoutS3(place.clone())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for text in ["off", "file:some/folder", "memory:", "s3://bucket/prefix"] {
            assert_eq!(text.parse::<BlobPlace>().map(|place| place.to_string()).as_deref(), Ok(text));
        }
        for wrong in ["", "file:", "memory:x", "s3:bucket", "s3://", "folder", "ftp://x"] {
            assert!(wrong.parse::<BlobPlace>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_lie_beside_the_data() {
        let beside = |store: &str| BlobPlace::beside(&store.parse().unwrap()).to_string();
        assert_eq!(beside("sqlite:data/chat.db"), "file:data/chat.db.files");
        assert_eq!((beside("memory:"), beside("postgres://h/d")), ("memory:".to_owned(), "off".to_owned()));
    }
}

//! The stored form of a record for stores that keep bytes: a version, then JSON.
//!
//! JSON because a field that is added later has a default and a person can read a broken record. The version is there
//! for the day when that does not suffice.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the stored form, its first byte.
pub const VERSION: u8 = 1;

/// Bytes that are not a record of the expected kind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// There is nothing.
    #[error("the record is empty")]
    Empty,
    /// A newer program wrote it.
    #[error("the record has version {0}, newer than this program")]
    Version(u8),
    /// It does not have the fields of its kind.
    #[error("the record cannot be read")]
    Fields(#[source] serde_json::Error),
}

/// The stored form.
pub fn encode(record: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    // writing to memory fails only for maps whose keys are not strings, and no record has one
    if serde_json::to_writer(&mut bytes, record).is_err() {
        bytes.truncate(1);
    }
    bytes
}

/// Reads the stored form.
///
/// # Errors
/// [`CodecError`] when the bytes are not a record of that type.
pub fn decode<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, CodecError> {
    match bytes.split_first() {
        None => Err(CodecError::Empty),
        Some((&VERSION, json)) => serde_json::from_slice(json).map_err(CodecError::Fields),
        Some((&version, _)) => Err(CodecError::Version(version)),
    }
}

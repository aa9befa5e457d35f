//! Where the bytes of attachments lie, and what they are: `object_store` and `infer` behind the ports of the core.

mod detect;
mod objects;
mod place;

pub use detect::detect;
pub use objects::ObjectBlobs;
pub use place::{BlobPlace, OpenBlobsError, open};

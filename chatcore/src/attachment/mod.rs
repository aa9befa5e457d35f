//! Files that people attach to messages.
//!
//! Two records and some bytes. An [`Attachment`] is somebody's: it has a name to be shown, and says how many messages name it.
//! A [`Blob`] is nobody's: bytes that lie in a [`BlobStore`] once, under their hash, for as many attachments as have them.
//!
//! ```text
//! upload -> staged under the attachment's id -> ReceiveAttachment (the blob is counted, the quota too) -> kept under the hash
//!           -> SettleAttachment
//! message names it       links + 1        last message is purged   idle from then on
//! idle for a day         RemoveAttachment (the blob's count - 1, the bytes go back to the quota)
//! blob idle for an hour  CondemnBlob -> the bytes go -> ForgetBlob
//! ```
//!
//! * A message names an attachment by its id, as the address of an image or a file part. The rules that insert, revise and
//!   purge messages keep the count, so there is no other list of links to go wrong. Only the owner's own can be named.
//! * Whatever is cut short leaves something that the sweep finds: staged bytes that are old, an attachment that never
//!   settled, a blob that is condemned. A blob that is condemned takes no new attachments, so bytes are never removed under one.
//! * What a file is, its bytes say, never its name. Only a few kinds are taken: raster images, PDF, and text; whatever is
//!   text is `text/plain`, HTML and SVG included.
//! * [`Meter::StoredBytes`](crate::quota::Meter::StoredBytes) counts the attachments of somebody, the same file twice if it is
//!   attached twice. It is a level: removing gives back.

mod blob;
mod change;
mod hash;
mod intake;
mod link;
mod media;
mod name;
mod port;
mod record;
mod rules;
mod service;
mod show;
mod store;

pub use blob::{CondemnBlob, ForgetBlob};
pub use change::{AdoptAttachments, ReceiveAttachment, RemoveAttachment, SettleAttachment};
pub use hash::ContentHash;
pub(crate) use link::{link, named, relink, unlink};
pub use media::{Detect, MediaKind, TAKEN};
pub use name::clean_name;
pub use port::{BlobError, BlobName, BlobStore, BlobStream, BlobWriter};
pub use record::{Attachment, AttachmentState, Blob, BlobState};
pub use rules::AttachmentRules;
pub use service::Attachments;
pub(crate) use show::{absent, attached, completed, surviving};
pub use store::AttachmentStore;

//! The sled store of chatcore: an embedded database in a folder, in pure Rust, under any executor.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("chat");
//! # futures::executor::block_on(async {
//! use chatcore::conversation::ConversationStore;
//! use chatcore_sled::{SledOptions, SledStore};
//!
//! let options = SledOptions::folder(path).cache_bytes(64 * 1024 * 1024); // a path alone does, too
//! let store = SledStore::open(options).await?;
//! // hand it to the services: `Chat::new(store, model, clock)`
//! # let id = chatcore::ConversationId::mint(chatcore::Timestamp::default(), &chatcore::RandomIds);
//! assert!(store.conversation(id).await?.is_none());
//! store.close().await;
//! # Ok::<(), chatcore::StoreError>(())
//! # })?;
//! # Ok(())
//! # }
//! ```
//!
//! sled 0.34 calls itself beta. Where reliability comes first, `chatcore-sqlx` with SQLite is the better choice; this
//! store is for programs that want no C in them, or no tokio.
//!
//! # What it promises
//!
//! * **Durable before answered.** sled's own `flush` does not reach the disk on Linux, so after it this store syncs the
//!   database file itself, and only then answers. Readers may see a group a moment before that.
//! * **All or nothing.** A group of batches is one [`sled::Batch`]. sled writes a manifest before a batch that names its
//!   last byte, and on opening ends its log before a manifest whose batch is not there as a whole; checksums of every
//!   record tell. Readers wait while a group goes into memory, so they too see all of it or nothing.
//! * **A kill at any moment** loses nothing that was answered. A batch that was under way is there or is not. What sled
//!   leaves behind when it is killed while opening (`snap.*.generating`, a torn `conf`) would keep it from ever opening
//!   again; it is removed before.
//! * **One process.** `<folder>.lock` is locked while the store is open. A second store waits two seconds, because one
//!   that was dropped may still be writing, and then gets an error. [`SledStore::close`](DoorStore::close) waits until
//!   everything is written and the folder is free; a store that is merely dropped does the same in the background. Whoever
//!   takes the [`FolderLock`] before has the folder for longer than a store is open.
//! * **A full disk** fails the group that met it, as `Unavailable`: it may have been written. sled takes no more writes
//!   then, so the store opens it again at once, which takes room that the file `reserve` has kept, and takes the failed
//!   group back. Reads wait that long and go on. Writes are `NotApplied` until there is room for the reserve again, and
//!   then go on by themselves. On a disk that stays full to the last byte, reads that make sled tidy a page fail.
//! * **A failing disk**, one that does not take what the system holds, ends writing for good: from then on what is read
//!   may not be what is on disk. Reads go on. Opening the store again allows writes again; see to the disk before that,
//!   and restart the machine, whose memory of the file can no longer be trusted.
//! * **Damage is reported**, as far as sled notices it: a database that opens empty although it was not is refused. sled
//!   asserts rather than fails on some damaged files; such a panic is caught, and is an error.
//! * **Private.** The folder and the files with data in it can be read by their owner alone (on Unix). A folder that was
//!   there before keeps its mode.
//!
//! # What it costs
//!
//! * **Disk.** sled appends, and cleans up in the background segments that are half empty. Expect several times the size of
//!   the data. A deletion frees room inside the file rather than on the disk, and what was deleted stays there until its
//!   segment is written anew. The reserve takes 2 MiB.
//! * **Memory.** The cache ([`SledOptions::cache_bytes`]), and a few dozen bytes for each page that is not in it.
//! * **Opening** reads the log since the last time, and takes longer after a kill.
//! * **Threads.** One that writes, one that cleans up, and sled's pool for the files, which all stores of a program
//!   share. Reads happen where the caller is.
//!
//! # Inside
//!
//! One tree holds everything: record kinds and lists are prefixes of keys, as the core's key-value door has them. Several
//! trees would need sled's transactions, which end in the same batch after more work, and can be no more atomic.
//! `layout.rs` says how keys and values lie there, `writer.rs` how a group is written.

mod committer;
mod database;
mod disk;
mod error;
mod folder;
mod layout;
mod lock;
mod map;
mod options;
mod plan;
mod reserve;
mod view;
mod writer;

pub use lock::FolderLock;
pub use map::SledMap;
pub use options::SledOptions;

use chatcore::store::DoorStore;

/// A store of every domain in one sled database.
///
/// [`SledStore::open`](DoorStore::open) takes a path, or [`SledOptions`]; [`SledStore::close`](DoorStore::close) waits
/// until everything is written and the folder is free.
pub type SledStore = DoorStore<SledMap>;

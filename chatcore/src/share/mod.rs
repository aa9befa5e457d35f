//! Links under which anybody reads a conversation, up to a message.
//!
//! * **What a link shows** is the path to its message as it is now: later messages never, other branches never. A message
//!   that is revised in place is shown revised, one that is deleted ends the links behind it.
//! * **Who reads sees what the two said to each other** ([`Shared`]): texts of the person and of the model. Thoughts, calls of
//!   tools and their results, blocks of providers and the system prompt are left out: they hold what nobody meant to say
//!   aloud, such as addresses, keys and instructions. Images and files are counted, not shown: they may hold more than is
//!   seen, and reading them needs a right that the link does not give. Ids of the owner's things are not handed out.
//! * **A link ends** by its time, when it is taken back, with its message, its conversation, and with its owner's account: it
//!   opens nothing while that is suspended. All of this, and a link that never was, look the same.
//! * **Only its hash is stored.** The secret is derived of the id of the share, so its owner can see it again and the store
//!   cannot.
//! * **Whoever has an account goes on** with a copy of what they read, which is theirs ([`Shares::fork`]).

mod change;
mod record;
mod service;
mod shown;
mod store;

pub use change::{CreateShare, EndShares};
pub use record::Share;
pub use service::{Link, NewShare, Shares};
pub use shown::{Shared, SharedMessage};
pub use store::ShareStore;

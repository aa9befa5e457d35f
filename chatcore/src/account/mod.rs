//! Accounts: who somebody is, how they prove it, where they are signed in.

mod caller;
mod session;
mod user;

pub use caller::{Caller, Scope, Via};
pub use session::{AccountStore, Session, SessionKind, TokenHash};
pub use user::{AccountRole, AccountState, Identity, IdentityKey, User};

//! Accounts: who somebody is, how they prove it, where they are signed in.

mod caller;
mod change;
pub mod oauth;
mod password;
mod service;
mod session;
mod user;
pub mod wallet;

pub use caller::{Caller, Scope, Via};
pub use change::{EndAllSessions, EndSession, OpenSession, RegisterUser, RotateSession};
pub use password::{PasswordHasher, PasswordPolicy, check_email, check_username};
pub use service::{Accounts, NewAccount, SignedIn, TokenSecrets};
pub use session::{AccountStore, Session, SessionKind, TokenHash};
pub use user::{AccountRole, AccountState, Identity, IdentityKey, User};

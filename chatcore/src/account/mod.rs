//! Accounts: who somebody is, how they prove it, where they are signed in.

mod caller;
mod challenge;
mod change;
mod deletion;
mod key;
pub mod oauth;
mod password;
mod profile;
mod renew;
mod retention;
pub mod role;
mod service;
mod session;
mod store;
mod user;
mod visitor;
pub mod wallet;
mod ways;

pub use caller::{Caller, Scope, TicketOf, Via};
pub use challenge::{Challenge, ChallengeKind, ForgetChallenges, IssueChallenge, MAX_PAYLOAD_BYTES, TakeChallenge};
pub use change::{EndAllSessions, EndSession, OpenSession, RegisterUser, RotateSession};
pub use deletion::DeleteUser;
pub(crate) use deletion::deleted;
pub use key::{ApiKey, ApiKeyKind, CreateApiKey, NoteApiKeyUse, RevokeApiKey, USE_STEP};
pub use password::{PasswordHasher, PasswordPolicy, check_email, check_username};
pub use profile::{MAX_DISPLAY_NAME_CHARS, ProfileChange, SetProfile};
pub use renew::RenewSecret;
pub use retention::{ForgetSessions, ForgetVisitors};
pub use role::{ExpectNoAdmin, ExpectPower, Permission, RoleCount, SetRole, SetState};
pub(crate) use service::password_bucket;
pub use service::{
    Accounts, Attempt, Greeting, IssuedCode, KEEP_SESSIONS, KEEP_VISITORS, KEY_PREFIX, Mail, MailContent, Mailer,
    NewAccount, NewCode, NewKey, NewSecret, NewVisitor, PROOF_LIFETIME, Proof, ProviderAccount, SignedIn, Taken,
    TokenSecrets, Walk, WalletChallenge,
};
pub use session::{Session, SessionKind, TokenHash};
pub use store::AccountStore;
pub use user::{AccountRole, AccountState, Identity, IdentityKey, User};
pub use visitor::{MeetVisitor, MergeVisitor, OpenVisitor, Visitor};
pub use ways::{AdmitUser, ClaimEmail, ExpectSession, LinkIdentity, ProveEmail, SetPassword, TakeOver, UnlinkIdentity};

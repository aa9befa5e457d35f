//! Mail of accounts, over SMTP. What is said and to whom is decided in the core; here it becomes a letter and finds its way,
//! apart from the request that asked for it.

mod authorities;
mod letter;
mod post_office;
mod server;

pub use authorities::{Authorities, AuthoritiesError};
pub use post_office::PostOffice;
pub use server::{Sender, SmtpServer, SmtpUrlError};

//! Who may use how much: meters, windows, scopes, and the rules that are made of them.

mod meter;
mod rule;
mod scope;
mod window;

pub use meter::{Amounts, Meter};
pub use rule::LimitRule;
pub use scope::{Scope, ScopeKey, Who};
pub use window::{Unit, Window, WindowError};

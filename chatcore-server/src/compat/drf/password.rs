//! What the core says of a registration, in the words of Django.

use chatcore::Error;

use super::dialect::field;
use crate::compat::Refusal;

/// The refusal of a registration. `name` is the field that names the account, `password` the one with the password, and
/// `taken` what is said of a name that is somebody's.
pub(in crate::compat) fn registration(error: Error, name: &str, password: &str, taken: &str) -> Refusal {
    match error {
        Error::Taken(_) => field(name, taken),
        Error::Invalid { field: "password", reason } => field(password, &complaint_about_password(&reason)),
        Error::Invalid { field: at, reason } => field(at, &format!("This value {reason}.")),
        other => other.into(),
    }
}

/// What is wrong with a password.
pub(in crate::compat) fn complaint_about_password(reason: &str) -> String {
    match reason.strip_prefix("must have at least ").and_then(|rest| rest.split(' ').next()) {
        Some(count) => format!("This password is too short. It must contain at least {count} characters."),
        None if reason == "is too common" => "This password is too common.".to_owned(),
        None => format!("This password {reason}."),
    }
}

//! What users say of themselves.

use super::user::User;
use crate::error::Error;
use crate::id::UserId;
use crate::store::{Change, Stop, Tx};

/// Characters of a display name.
pub const MAX_DISPLAY_NAME_CHARS: usize = 100;

/// Characters of a locale: as long as RFC 5646 wants buffers to be.
const MAX_LOCALE_CHARS: usize = 35;

/// A change of a profile. Outside `None` leaves a field as it is, inside it clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What they want to be called.
    pub display_name: Option<Option<String>>,
    /// The language that they read, a tag of BCP 47.
    pub locale: Option<Option<String>>,
}

impl ProfileChange {
    /// Without spaces around the name, if it can be taken.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn checked(mut self) -> Result<Self, Error> {
        if let Some(Some(name)) = &mut self.display_name {
            *name = name.trim().to_owned();
            check_display_name(name)?;
        }
        if let Some(Some(locale)) = &self.locale {
            check_locale(locale)?;
        }
        Ok(self)
    }
}

/// One line of 1 to [`MAX_DISPLAY_NAME_CHARS`] characters.
fn check_display_name(name: &str) -> Result<(), Error> {
    let fits = (1..=MAX_DISPLAY_NAME_CHARS).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        let reason = format!("must have 1 to {MAX_DISPLAY_NAME_CHARS} characters in one line");
        return Err(Error::invalid("display_name", reason));
    }
    Ok(())
}

/// The form of a tag: letters, then groups of letters and digits. Which tags there are changes from year to year.
fn check_locale(locale: &str) -> Result<(), Error> {
    let mut parts = locale.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_rest = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if locale.len() > MAX_LOCALE_CHARS || !is_language || !parts.all(is_rest) {
        return Err(Error::invalid("locale", "is not a tag of a language, such as `de-AT`"));
    }
    Ok(())
}

/// A user, whose account is active, says something else of themselves. Everything else of them stays.
#[derive(Debug, Clone)]
pub struct SetProfile {
    /// Who.
    pub user: UserId,
    /// What changes.
    pub change: ProfileChange,
}

impl Change for SetProfile {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut user = tx.require::<User>(&self.user)?;
        user.expect_active()?;
        let ProfileChange { display_name, locale } = self.change.clone();
        user.display_name = display_name.unwrap_or(user.display_name);
        user.locale = locale.unwrap_or(user.locale);
        tx.update(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(name: &str, locale: &str) -> (bool, bool) {
        let change = |name: Option<&str>, locale: Option<&str>| ProfileChange {
            display_name: name.map(|name| Some(name.to_owned())),
            locale: locale.map(|locale| Some(locale.to_owned())),
        };
        (change(Some(name), None).checked().is_ok(), change(None, Some(locale)).checked().is_ok())
    }

    #[test]
    fn names_are_a_line_and_locales_are_tags() {
        let longest = "ä".repeat(100);
        for (name, locale) in [("Ann", "de"), (" Ann B. ", "de-AT"), (&longest, "zh-Hant-TW"), ("艾达", "es-419")] {
            assert_eq!(takes(name, locale), (true, true), "{name} {locale}");
        }
        let (name, locale) = ("ä".repeat(101), format!("de{}", "-x1".repeat(12)));
        for (name, locale) in [("", ""), ("  ", "d"), ("a\nb", "de_AT"), ("a\0", "de-"), (&name, &locale), ("\t", "1a")]
        {
            assert_eq!(takes(name, locale), (false, false), "{name} {locale}");
        }
    }
}

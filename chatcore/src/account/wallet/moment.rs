//! Dates and times as messages write them.

use std::fmt;
use std::str::FromStr;

use super::parts::PartError;
use crate::clock::Timestamp;

/// The years 0 to 9999, which four digits can write.
const FIRST: Timestamp = Timestamp::from_micros(-62_167_219_200_000_000);
const LAST: Timestamp = Timestamp::from_micros(253_402_300_799_999_999);

/// A moment that RFC 3339 can write. It prints in UTC, with microseconds where there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Timestamp);

impl Moment {
    /// The moment as everything else counts it.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Moment {
    /// The nearest moment that four digits of a year can write.
    fn from(at: Timestamp) -> Self {
        Self(at.clamp(FIRST, LAST))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Moment {
    type Err = PartError;

    /// A `date-time` of RFC 3339, any offset.
    fn from_str(text: &str) -> Result<Self, PartError> {
        // the grammar's letters have no case
        let text = text.to_ascii_uppercase();
        let at = Some(&text).filter(|text| has_shape(text)).and_then(|text| text.parse().ok());
        at.filter(|at| (FIRST..=LAST).contains(at)).map(Self).ok_or(PartError("date and time"))
    }
}

/// `4DIGIT "-" 2DIGIT "-" 2DIGIT "T" 2DIGIT ":" 2DIGIT ":" 2DIGIT [ "." 1*DIGIT ] ( "Z" / ( "+" / "-" ) 2DIGIT ":" 2DIGIT )`.
/// Whether there is such a day is asked later.
fn has_shape(text: &str) -> bool {
    let fits = |text: &str, shape: &str| {
        let pairs = || text.bytes().zip(shape.bytes());
        text.len() == shape.len() && pairs().all(|(byte, form)| byte == form || form == b'0' && byte.is_ascii_digit())
    };
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let fraction = rest.strip_prefix('.');
    let digits = fraction.map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let offset = fraction.map_or(rest, |rest| &rest[digits..]);
    let offset_fits = offset == "Z" || fits(offset, "+00:00") || fits(offset, "-00:00");
    fits(seconds, "0000-00-00T00:00:00") && offset_fits && (fraction.is_none() || digits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_any_offset_are_the_same_moment() {
        let utc: Moment = "2021-09-30T16:25:24Z".parse().unwrap();
        for same in ["2021-09-30T16:25:24.000Z", "2021-09-30t16:25:24z", "2021-09-30T18:55:24+02:30"] {
            assert_eq!(same.parse(), Ok(utc), "{same}");
        }
        assert_eq!(utc.to_string(), "2021-09-30T16:25:24Z");
        assert_eq!(
            "2021-09-30T16:25:24.1234567890123Z".parse::<Moment>().unwrap().to_string(),
            "2021-09-30T16:25:24.123456Z"
        );
        assert!("2016-12-31T23:59:60Z".parse::<Moment>().is_ok(), "a leap second");
    }

    #[test]
    fn what_is_no_moment() {
        for wrong in [
            "",
            "2021-09-30",
            "2021-09-30 16:25:24Z",
            "2021-09-30T16:25:24",
            "2021-09-30T16:25Z",
            "2021-9-30T16:25:24Z",
            "2021-13-30T16:25:24Z",
            "2021-02-30T16:25:24Z",
            "2021-09-30T25:25:24Z",
            "2021-09-30T16:61:24Z",
            "2021-09-30T16:25:24.Z",
            "2021-09-30T16:25:24+0200",
            "2021-09-30T16:25:24+24:00",
            "+2021-09-30T16:25:24Z",
            "2021-09-30T16:25:24Z ",
            "0000-01-01T00:00:00+01:00",
            "12345us",
            "2021-09-30T16:25:2\u{664}Z",
        ] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
        assert_eq!(Moment::from(Timestamp::MAX).to_string(), "9999-12-31T23:59:59.999999Z");
        let first = Moment::from(Timestamp::from_micros(i64::MIN));
        assert_eq!(first.to_string().parse(), Ok(first));
    }
}

//! Over what time it is counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Over what time is counted. As text: `hour`, `calendar_month`, `rolling_5h`, `lifetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Window {
    /// From one full minute, hour, day, week (from Monday) or month of UTC to the next.
    Fixed(Unit),
    /// The same of the subject's own time zone.
    Calendar(Unit),
    /// The last so many hours, whenever one looks.
    Rolling {
        /// How many.
        hours: u16,
    },
    /// From the beginning.
    #[default]
    Lifetime,
}

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Unit {
    const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// A text that is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a window: `day`, `calendar_month`, `rolling_5h` and `lifetime` are some")]
pub struct WindowError;

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(unit) => f.write_str(unit.name()),
            Self::Calendar(unit) => write!(f, "calendar_{}", unit.name()),
            Self::Rolling { hours } => write!(f, "rolling_{hours}h"),
            Self::Lifetime => f.write_str("lifetime"),
        }
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let unit = |name: &str| Unit::ALL.into_iter().find(|unit| unit.name() == name);
        if let Some(hours) = text.strip_prefix("rolling_").and_then(|rest| rest.strip_suffix('h')) {
            let hours = hours.parse().ok().filter(|hours| *hours > 0).ok_or(WindowError)?;
            return Ok(Self::Rolling { hours });
        }
        match text.strip_prefix("calendar_") {
            Some(name) => unit(name).map(Self::Calendar).ok_or(WindowError),
            None if text == "lifetime" => Ok(Self::Lifetime),
            None => unit(text).map(Self::Fixed).ok_or(WindowError),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

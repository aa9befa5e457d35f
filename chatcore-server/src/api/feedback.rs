//! What people think of answers, as JSON.

use chatcore::Error;
use chatcore::feedback::{Feedback, Opinion, Rating};
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;

use super::text::Text;

/// What you think of an answer.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub(super) struct Rate {
    /// 1 if it was good, -1 if it was not; `null` takes back what you said.
    rating: MaybeUndefined<i8>,
    /// Why, in up to 2,000 characters.
    comment: Option<Text>,
}

/// A rating by its number.
pub(super) fn rating(number: i8) -> Result<Rating, Error> {
    match number {
        1 => Ok(Rating::Up),
        -1 => Ok(Rating::Down),
        _ => Err(Error::invalid("rating", "must be 1 or -1")),
    }
}

/// The number of a rating.
pub(super) const fn number(rating: Rating) -> i8 {
    match rating {
        Rating::Up => 1,
        Rating::Down => -1,
    }
}

impl Rate {
    /// What is said; `None` takes it back.
    pub(super) fn opinion(self) -> Result<Option<Opinion>, Error> {
        match (self.rating, self.comment) {
            (MaybeUndefined::Undefined, _) => Err(Error::invalid("rating", "is missing")),
            (MaybeUndefined::Null, Some(_)) => Err(Error::invalid("comment", "needs a rating")),
            (MaybeUndefined::Null, None) => Ok(None),
            (MaybeUndefined::Value(value), comment) => {
                Ok(Some(Opinion { rating: rating(value)?, comment: comment.map(String::from) }))
            }
        }
    }
}

/// What you think of an answer.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Feedback")]
pub(super) struct FeedbackDto {
    /// 1 if it was good, -1 if it was not.
    rating: i8,
    /// Why.
    comment: Option<String>,
    /// When you said so.
    updated_at: String,
}

impl From<Feedback> for FeedbackDto {
    fn from(feedback: Feedback) -> Self {
        Self { rating: number(feedback.rating), comment: feedback.comment, updated_at: feedback.updated_at.to_string() }
    }
}

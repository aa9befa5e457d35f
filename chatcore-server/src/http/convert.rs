//! What the errors of the core become on the wire.

use std::time::Duration;

use chatcore::attachment::BlobError;
use chatcore::billing::GatewayError;
use chatcore::store::{StoreError, StoreErrorKind};
use chatcore::turn::RunState;
use chatcore::{Error, Timestamp};
use poem::http::StatusCode;

use super::guard::whole_seconds;
use super::problem::{FieldError, Problem};
use super::quota;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::not_found(what),
            Error::Invalid { field, reason } => Self::unprocessable([FieldError::new(field, reason)]),
            Error::StaleHead { head } => Self::conflict("stale-head", "The head has moved; `head` is where it is now.")
                .with("head", head.map(|head| head.to_string())),
            Error::StaleVersion => {
                Self::conflict("stale-version", "It was changed in between. Read it again before you change it.")
            }
            Error::Busy => Self::conflict("busy", "An answer is still being written. Wait for it, or stop it."),
            Error::RunEnded(state) => {
                Self::conflict("run-ended", "The run has ended.").with("state", state_name(state))
            }
            Error::Taken(what) => Self::conflict("taken", format!("The {what} is taken.")),
            Error::Reused("client_ref") => Self::reused("client-ref-reused", "client_ref", "message"),
            Error::Reused(field) => Self::reused("idempotency-key-reused", field, "request"),
            Error::Gone(what) => Self::gone(what),
            Error::QueueFull(waiting) => Self::queue_full(waiting),
            Error::Denied => Self::denied(),
            Error::Unauthenticated => Self::unauthenticated(),
            Error::InvalidCode => Self::unprocessable([FieldError::new("code", "is not valid, or not any more")]),
            Error::RateLimited { until, retry_after } => rate_limited(until, retry_after),
            Error::OverLimit(verdict) => quota::over_limit(&verdict),
            Error::InsufficientCredit { needed, available } => quota::insufficient_credit(needed, available),
            Error::CapReached { needed, cap, spent } => quota::cap_reached(needed, cap, spent),
            Error::LastWayIn => Self::conflict("last-way-in", "Without it you could not sign in any more."),
            Error::LastAdmin => Self::conflict("last-admin", "There must be an active admin."),
            Error::Subscribed => {
                Self::conflict("subscribed", "A subscription goes on and would be charged for. End it first.")
            }
            Error::LinkFirst => {
                Self::conflict("link-first", "There is an account with that address. Sign in to it to link this.")
            }
            Error::TooLarge { most } => Self::payload_too_large(usize::try_from(most).unwrap_or(usize::MAX)),
            Error::UnknownMedia { taken } => Self::unsupported_media_type(format!("A file must be one of {taken}.")),
            Error::Blobs(error) => blobs(&error),
            Error::UnknownModel(name) => {
                let name: String = name.chars().take(100).collect();
                Self::unprocessable([FieldError::new("model", format!("names no known model: there is no `{name}`"))])
            }
            Error::Overloaded => Self::overloaded(),
            Error::Moderated(refusal) => Self::conflict("refused", refusal.message).with("reason", refusal.code),
            Error::Refused(rule) => Self::conflict("refused", format!("It was refused: {rule}.")),
            Error::Gateway(error) => gateway(&error),
            Error::Store(error) => store(&error),
            other => {
                tracing::error!(error = %other, "an error without a translation");
                Self::internal()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

/// Whether it is worth another try is all that anybody learns; why is for the log.
fn gateway(error: &GatewayError) -> Problem {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match error {
        GatewayError::NotProven => Problem::bad_request("The signature does not prove the message."),
        GatewayError::Unavailable(_) => {
            tracing::warn!(%error, cause, "the payment gateway cannot be reached");
            Problem::unavailable()
        }
        _ => {
            tracing::error!(%error, cause, "the payment gateway refused");
            let (title, detail) = ("The payment provider refused", "It did not take the request.");
            Problem::new(StatusCode::BAD_GATEWAY, "payment-provider", title, detail)
        }
    }
}

/// What is not there any more is gone for good; everything else may pass.
fn blobs(error: &BlobError) -> Problem {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "the bytes of an attachment cannot be had");
    if error.missing { Problem::internal() } else { Problem::unavailable() }
}

fn store(error: &StoreError) -> Problem {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "the store failed");
    match error.kind() {
        StoreErrorKind::NotApplied => Problem::overloaded(),
        StoreErrorKind::Unavailable => Problem::unavailable(),
        _ => Problem::internal(),
    }
}

/// Without `resets_at` and `Retry-After` waiting alone does not help.
fn rate_limited(until: Timestamp, retry_after: Option<Duration>) -> Problem {
    let detail = "That was done too often. Try again later.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail);
    match retry_after {
        Some(wait) => problem.with("resets_at", until.to_string()).retry_after(whole_seconds(wait)),
        None => problem,
    }
}

fn state_name(state: RunState) -> &'static str {
    match state {
        RunState::Queued => "queued",
        RunState::Running => "running",
        RunState::Completed => "completed",
        RunState::Stopped => "stopped",
        RunState::Failed => "failed",
        RunState::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(error: Error) -> Option<u64> {
        Problem::from(error).retry_after_seconds()
    }

    #[test]
    fn whoever_is_to_come_again_hears_when() {
        let (until, soon) = (Timestamp::from_micros(9), Duration::from_millis(1));
        assert_eq!(retry_after(Error::RateLimited { until, retry_after: Some(soon) }), Some(1));
        assert_eq!(retry_after(Error::RateLimited { until, retry_after: Some(soon * 60_000) }), Some(60));
        assert_eq!(retry_after(Error::RateLimited { until: Timestamp::MAX, retry_after: None }), None);
        assert_eq!((retry_after(Error::Overloaded), retry_after(Error::QueueFull(9))), (Some(1), Some(1)));
    }
}

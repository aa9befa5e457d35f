//! Billing as its users see it: the service over a store in memory and a gateway that does what a test says.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod entitlements;
mod flaky;
mod gone;
mod inbox;
mod purchases;
mod world;

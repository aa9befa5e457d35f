//! Counters of what was done.

use chatcore::limits::RateCounter;

use super::flat::flat;

flat! {
    RateCounter in "rate_counters" by bucket: key {
        failures: number,
        changed_at: time,
        expires_at: time,
    }
}

//! What was used, and what is held.

use chatcore::billing::entitlement::Hold;
use chatcore::quota::Counter;

use super::flat::flat;

flat! {
    Counter in "counters" by scope: key {
        used: json,
        held: json,
        runs: number,
        bytes: number,
        models: json,
    }
}

flat! {
    Hold in "holds" by run: key {
        subject: key,
        model: text,
        prompt: number,
        scopes: json,
        amounts: json,
        money: credit,
        quote: json_opt,
        placed_at: time,
        expires_at: time,
    }
}

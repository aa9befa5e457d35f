//! Stripe: the gateway beside a stand-in for it, the stand-in beside Stripe's own client for Python.
//!
//! `CHATCORE_PYTHON` names an interpreter with the package `stripe`, `python3` is tried otherwise; where it is missing the
//! test says that it is skipped, and with `CHATCORE_REQUIRE_SERVICES=1` it fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod calls;
mod events;
mod faults;
mod pages;
mod python;
mod relay;
mod scene;
mod shop;
mod signatures;
mod unreadable;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn trial<F: Future<Output = ()>>(name: &str, check: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(check());
        Ok(())
    })
}

/// A list of trials, named as the functions are.
macro_rules! trials {
    ($($module:ident: $($name:ident),+;)+) => {
        vec![$($(trial(stringify!($name), $module::$name)),+),+]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = trials! {
        signatures: whoever_has_no_secret_takes_nothing, what_stripe_signs_is_taken, what_is_forged_is_refused,
            every_bit_counts;
        calls: a_customer_is_made_once, a_purchase_is_begun_once, a_name_stands_for_one_request, a_trial_is_asked_for,
            a_portal_is_opened, a_subscription_ends_with_its_period, a_subscription_ends_now_and_again,
            what_is_not_there_is_none, an_id_that_is_an_address_goes_nowhere, another_key_is_refused;
        faults: what_passes_is_told_from_what_stays, a_lost_answer_is_asked_for_again, nobody_there, nobody_answers;
        events: a_life_as_events_tell_it, an_old_version_tells_the_same, late_payers_lose_it, the_portal_ends_at_a_moment,
            an_event_is_told_again;
        unreadable: a_proven_message_that_makes_no_sense_keeps_its_id, what_others_sell_is_nothing_to_us;
        pages: somebody_pays, somebody_changes_their_mind, time_passes_at_the_desk;
        shop: a_shop_knows_what_stripe_knows;
        relay: everything_arrives_and_nothing_forged, a_server_that_fails_is_asked_again;
    };
    trials.push(python::trial());
    libtest_mimic::run(&arguments, trials).exit_code()
}

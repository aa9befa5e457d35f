//! Logins at other providers: a provider of our own that misbehaves on demand, one of npm, and a stand-in for X.
//!
//! Every refusal is told apart, and no error may hold a secret: `scene.rs` looks at each one that occurs. Where
//! `CHATCORE_NODE` names a folder with `oauth2-mock-server`, logins go through that, too; elsewhere the test says that it
//! is skipped, and with `CHATCORE_REQUIRE_SERVICES=1` it fails.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod callbacks;
mod faults;
mod logins;
mod mock;
mod node;
mod scene;
#[path = "../common/served.rs"]
mod served;
mod signing;
mod tokens;

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
        logins: somebody_signs_in, every_kind_of_key_signs, x_says_who_somebody_is, a_page_shows_a_credential,
            a_public_client_has_no_secret, a_secret_goes_where_the_provider_takes_it, what_is_found_is_kept_for_a_while;
        callbacks: without_a_state, with_the_state_of_another_login, in_another_browser, after_the_login_expired,
            from_another_issuer, without_the_issuer_that_was_promised, with_something_said_twice, with_a_refusal,
            without_a_code, of_an_unknown_provider, to_an_address_that_is_not_ours, back_to_an_address_that_is_not_ours;
        tokens: with_another_nonce, without_a_nonce, of_another_issuer, for_another_audience, for_another_party,
            that_expired, of_the_future, with_another_access_token, without_a_subject, signed_with_another_key,
            signed_with_nothing, signed_with_the_public_key, signed_with_an_unknown_key, signed_with_a_key_for_secrets,
            that_asks_for_the_unknown, that_is_missing, that_is_nonsense, with_an_address_that_is_not_verified;
        faults: another_verifier, a_code_that_was_used, another_callback_address, another_secret, an_answer_without_end,
            no_answer, a_redirect, a_server_error, no_json, another_kind_of_token, a_configuration_of_somebody_else,
            an_insecure_configuration, nobody_there;
    };
    trials.push(node::trial());
    libtest_mimic::run(&arguments, trials).exit_code()
}

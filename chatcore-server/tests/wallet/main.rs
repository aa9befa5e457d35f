//! Signatures of wallets: those of two libraries that wallets are made with, broken ones, and the port for contracts.
//!
//! `eth_account.json` and `ethers.json` were printed by the scripts beside them. The first holds the broken ones, too;
//! `outcome` says what becomes of each. Where `CHATCORE_PYTHON` names a Python with `eth-account`, it signs here and now;
//! where `CHATCORE_NODE` names a folder with `ethers`, its script prints its file again. Both sign in through the routes of a server (`routes`). Elsewhere these tests say that they
//! are skipped, and with `CHATCORE_REQUIRE_SERVICES=1` they fail.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod contracts;
mod keys;
mod live;
mod routes;
#[path = "../common/served.rs"]
mod served;

use std::process::ExitCode;

use chatcore::account::wallet::{Address, SignatureError, WalletClaim, WalletKind, WalletVerifier};
use chatcore_server::auth::Wallets;
use libtest_mimic::{Arguments, Trial};
use serde::Deserialize;

/// A signature, and what becomes of it.
#[derive(Debug, Clone, Deserialize)]
struct Case {
    name: String,
    text: String,
    address: Address,
    signature: String,
    outcome: String,
}

impl Case {
    /// What a verifier makes of it.
    fn judged_by(&self, wallets: &Wallets) -> Result<WalletKind, SignatureError> {
        let Self { text, address, signature, .. } = self;
        let claim = WalletClaim { address: *address, chain_id: 1, text, signature };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(wallets.verify(&claim))
    }
}

fn cases() -> Vec<Case> {
    let read = |text| serde_json::from_str::<Vec<Case>>(text).unwrap();
    [read(include_str!("eth_account.json")), read(include_str!("ethers.json"))].concat()
}

/// What a verdict is called in the files.
fn outcome(of: &Result<WalletKind, SignatureError>) -> &'static str {
    match of {
        Ok(WalletKind::Key) => "key",
        Ok(WalletKind::Contract) => "contract",
        Err(SignatureError::Malformed(_)) => "malformed",
        Err(SignatureError::Mismatch) => "mismatch",
        Err(SignatureError::Unsupported) => "unsupported",
        Err(SignatureError::Unavailable(_)) => "unavailable",
        Err(_) => "unknown",
    }
}

fn trial(name: &str, check: fn()) -> Trial {
    Trial::test(name, move || {
        check();
        Ok(())
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let trials = vec![
        trial("signatures_of_libraries_are_judged_as_their_files_say", keys::files),
        trial("two_libraries_sign_alike", keys::alike),
        trial("a_signed_message_is_a_proof", keys::message),
        trial("whoever_signs_is_recovered", keys::recovered),
        trial("a_signature_with_a_bit_changed_is_of_nobody_we_know", keys::changed),
        trial("any_text_for_a_signature_is_refused", keys::noise),
        trial("contracts_are_asked_only_if_somebody_brings_them", contracts::asked),
        trial("a_key_needs_no_chain", contracts::keys_first),
        trial("a_chain_that_does_not_answer_proves_nothing", contracts::closed),
        live::trial(required),
        live::prints(required),
        routes::of_python(required),
        routes::of_node(required),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

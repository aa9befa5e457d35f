//! Texts that are read as messages to sign in with.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatcore_fuzz::wallet_message(bytes));

//! Texts that may be cursors.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatcore_fuzz::cursor(bytes));

//! Texts that are rendered.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatcore_fuzz::markdown(bytes));

//! Bytes that may be records.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatcore_fuzz::record_codec(bytes));

//! An event stream, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chatcore_fuzz::sse_decoder(bytes));

//! The JSON reader accepts exactly what `serde_json` accepts, but for what is nested too deeply, and
//! gives strings the same value.

#![no_main]

use hashtug::decode::json::{Invalid, Kind, Reader};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|text: &str| {
    let mut reader = Reader::new(text);
    let read = reader.skip().and_then(|_| reader.end());
    if matches!(read, Err(Invalid("nested too deeply"))) {
        return;
    }
    let theirs = serde_json::from_str::<IgnoredAny>(text);
    assert_eq!(read.is_ok(), theirs.is_ok(), "{read:?}, {theirs:?}");
    let mut reader = Reader::new(text);
    if read.is_ok() && reader.peek() == Ok(Kind::String) {
        let value = reader.string().expect("it was skipped").value();
        // They refuse half a surrogate pair, which we replace.
        if let Ok(theirs) = serde_json::from_str::<String>(text) {
            assert_eq!(value, theirs);
        }
    }
});

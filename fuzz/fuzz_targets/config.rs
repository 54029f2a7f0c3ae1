//! No text makes the reader of the config panic: it is a config, or it has problems with places in it.

#![no_main]

use std::path::Path;

use hashtug::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(problems) = Config::parse(text, Path::new("fuzz.toml")) {
        assert!(!problems.to_string().is_empty());
    }
});

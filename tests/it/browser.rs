//! The pages in a real Chromium, by the tests of `tests/browser`, where those are installed.

use std::process::Command;

use crate::support::{left_out, path};

#[test]
fn the_pages_pass_in_a_real_browser() {
    if std::env::var_os("HASHTUG_BROWSER_APART").is_some() {
        return left_out("the browser tests, which are a step of their own here");
    }
    if !path("tests/browser/node_modules").exists() {
        return left_out("the pages in a real Chromium");
    }
    let output = Command::new("node")
        .args(["--test", "pages.test.js"])
        .current_dir(path("tests/browser"))
        .env("HASHTUG_BIN", env!("CARGO_BIN_EXE_hashtug"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

//! Writes a dump for measuring whole processes. Not a benchmark itself.
//!
//! Run it with `cargo bench --bench dump -- FEED MEGABYTES SHARE > FILE`, where SHARE is that of
//! the messages which name a team: `cargo bench --bench dump -- jetstream 300 0.001`. Then compare
//! `hashtug tally FILE --team Tabs=tabs --team Spaces=spaces` with `rg -c -i '#tabs|#spaces' FILE`.

mod dumps;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use dumps::Dump;

fn main() -> ExitCode {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let Some(dump) = parse(&arguments) else {
        return ExitCode::SUCCESS;
    };
    match dump.write(&mut out).and_then(|_| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// `None` without arguments too, so that plain `cargo bench` passes over this.
fn parse(arguments: &[String]) -> Option<Dump> {
    let [feed, megabytes, matching] = arguments else { return None };
    Some(Dump {
        feed: feed.parse().ok()?,
        bytes: megabytes.parse::<u64>().ok()? << 20,
        matching: matching.parse().ok()?,
    })
}

//! `hashtug doctor`: tries everything that the config names, and says what to mend.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Config;
use crate::display_text;
use crate::finding::{self, Finding, Part};
use crate::output::doctor::{self, Machine};
use crate::source::probe::ProbeContext;
use crate::{server, source};

use super::{Failure, check, print, run::block_on};

/// For all that is tried, which is tried at once.
const LIMIT: Duration = Duration::from_secs(15);

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let parts = block_on(async { Ok(examine(config).await) }).map_err(Failure::Running)?;
    print(finding::table(&parts).as_bytes())?;
    // What `check` would refuse is the config's, and no matter of the network.
    check::inputs(config)?;
    match finding::failures(&parts) {
        0 => Ok(()),
        1 => Err(Failure::Running(anyhow!("one thing does not work"))),
        failures => Err(Failure::Running(anyhow!("{failures} things do not work"))),
    }
}

/// Every part that can be tried.
async fn examine(config: &Config) -> Vec<Part> {
    let probe_context = ProbeContext {
        questions: Arc::clone(&config.questions),
        clock: Clock::from_wall(),
        deadline: Instant::now() + LIMIT,
    };
    let sources = config.sources.iter().map(async |source| Part {
        name: format!("source `{}`", source.name),
        findings: source::probe(source, &probe_context).await,
    });
    let (outputs, questions) = (config.outputs.clone(), Arc::clone(&config.questions));
    // Devices may hold up whoever writes to them.
    let lights = tokio::task::spawn_blocking(move || {
        doctor::examine(&outputs, &questions, &Machine::this())
    });
    let mut parts = join_all(sources).await;
    parts.extend(lights.await.expect("a panic among the lights is one of the doctor's"));
    parts.push(pages(config));
    parts.extend(config.journal.as_deref().map(journal));
    parts
}

/// Whether the journal's folder takes a file.
fn journal(path: &Path) -> Part {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".doctor");
    let trial = path.with_file_name(name);
    let tried = File::create(&trial)
        .and_then(|mut file| file.write_all(b"\n"))
        .and_then(|()| fs::remove_file(&trial));
    let finding = match tried {
        Ok(()) => Finding::ok("file", format!("{} can be written", display_text::path(path))),
        Err(error) => {
            let hint =
                "the show would not start: choose a folder that is yours in `[show] journal`";
            Finding::fail(
                "file",
                format!("cannot write beside {}: {error}", display_text::path(path)),
                Some(hint),
            )
        }
    };
    Part { name: "journal".to_owned(), findings: vec![finding] }
}

fn pages(config: &Config) -> Part {
    let address = config.web.listen;
    let finding = match server::listen(address) {
        Ok(_) => Finding::ok("port", format!("http://{address}/ can be served")),
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::AddrInUse => {
                    Some("another hashtug may be running; or choose another port in [web]")
                }
                std::io::ErrorKind::AddrNotAvailable => {
                    Some("that is no address of this machine: see `listen` in [web]")
                }
                _ => None,
            };
            Finding::fail("port", format!("cannot serve pages on {address}: {error}"), hint)
        }
    };
    Part { name: "pages".to_owned(), findings: vec![finding] }
}

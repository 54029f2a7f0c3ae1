//! What the tests share: the program as a process, and a small HTTP client.

pub(crate) mod dates;
pub(crate) mod evening;
pub(crate) mod fake;
pub(crate) mod http;
pub(crate) mod olad;
pub(crate) mod patience;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod receivers;
pub(crate) mod results;
pub(crate) mod rig;
pub(crate) mod spidev;
pub(crate) mod strip;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, PALETTE, Reposts, Team, Vote};
use hashtug::questions::Questions;
use hashtug::show::{self, Show};
use hashtug::snapshot::SourceStatus;
use hashtug::tally::Limits;
use hashtug::timer::Marks;

/// A file of the repository.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Says that a test cannot do its work here, and what is missing. Where all is to be tested, which
/// `HASHTUG_COMPLETE=1` says, that is a failure.
#[track_caller]
pub(crate) fn left_out(missing: &str) {
    let is_complete = std::env::var_os("HASHTUG_COMPLETE").is_some_and(|value| value == "1");
    assert!(!is_complete, "nothing may be left out, and {missing}");
    // Not by a macro, whose output test runners keep to themselves.
    let line = format!("left out: {missing}; tests/run installs what all tests need\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Whether a program is there to be started.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Tabs against spaces, a minute, one vote an author.
pub(crate) fn contest() -> Arc<Contest> {
    let team = |place: usize, name: &str, hashtags: &[&str]| Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = vec![team(0, "Tabs", &["tabs", "teamtabs"]), team(1, "Spaces", &["spaces"])];
    let minute = Duration::from_mins(1);
    let contest =
        Contest::new("Tabs or spaces?".into(), minute, Vote::Latest, Reposts::Ignore, teams);
    Arc::new(contest.unwrap())
}

/// A show in which nothing has happened.
pub(crate) fn show(questions: impl Into<Questions>, sources: Vec<SourceStatus>) -> Show {
    Show::new(show::Setup {
        questions: Arc::new(questions.into()),
        sources,
        limits: Limits::default(),
        marks: Marks::default(),
        rounds: None,
        is_recorded: false,
    })
}

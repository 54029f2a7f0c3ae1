//! What the tests share: the program as a process, and a small HTTP client.

pub(crate) mod http;
pub(crate) mod program;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, Reposts, Team, Vote};

/// A file of the repository.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Tabs against spaces, a minute, one vote an author.
pub(crate) fn contest() -> Arc<Contest> {
    let team = |place: usize, name: &str, hashtags: &[&str]| Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
        color: Team::default_color(place),
        size: 1.0,
    };
    let teams = vec![team(0, "Tabs", &["tabs", "teamtabs"]), team(1, "Spaces", &["spaces"])];
    let minute = Duration::from_mins(1);
    let contest =
        Contest::new("Tabs or spaces?".into(), minute, Vote::Latest, Reposts::Ignore, teams);
    Arc::new(contest.unwrap())
}

//! Configs and recordings that are out of all proportion: the program answers soon, says what the bound
//! is, and stays within the memory that the guide names.

use std::fmt::Write;
use std::process::Output;
use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::support::patience::{Finish, in_time};
use crate::support::program::hashtug;

/// What a debug build may take on a machine that does nothing else; a release build takes a second.
const SOON: Duration = Duration::from_secs(5);

/// More than any answer has.
const MUCH: usize = 100_000;

const SOURCE: &str = "[[source]]\nkind = \"replay\"\npath = \"x.jsonl\"\n";

fn team(name: &str, hashtags: impl IntoIterator<Item = String>) -> String {
    let hashtags: Vec<String> = hashtags.into_iter().map(|tag| format!("\"{tag}\"")).collect();
    format!("[[team]]\nname = \"{name}\"\nhashtags = [\n{}]\n", hashtags.join(",\n"))
}

fn teams() -> String {
    team("A", ["a".to_owned()]) + &team("B", ["b".to_owned()])
}

/// What the program says of a config.
#[track_caller]
fn said_of(command: &str, config: &str) -> Output {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    std::fs::write(folder.path().join("x.jsonl"), "{\"at\":1,\"hashtags\":[\"a\"]}\n").unwrap();
    #[expect(clippy::disallowed_methods, reason = "a process has a clock of its own")]
    let start = Instant::now();
    let mut arguments = vec![command, "-c", "config.toml"];
    arguments.extend((command == "tally").then_some("x.jsonl"));
    let output = hashtug(&arguments).current_dir(folder.path()).finish();
    in_time(command, start.elapsed(), SOON);
    output
}

#[track_caller]
fn refused(command: &str, config: &str, says: &[&str]) {
    let output = said_of(command, config);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let beginning: String = stderr.chars().take(500).collect();
    assert_eq!(output.status.code(), Some(2), "{beginning}");
    assert!(stderr.len() < MUCH, "{} bytes: {beginning}", stderr.len());
    for said in says {
        assert!(stderr.contains(said), "`{said}` is not in: {beginning}");
    }
}

#[test]
fn more_hashtags_than_the_bound_in_several_questions_are_refused_at_the_first_that_is_too_many() {
    let question = |letters: [char; 2]| {
        let teams = letters.map(|letter| {
            let hashtags = (0..300).map(|n| format!("{letter}{n}"));
            team(&letter.to_string(), hashtags).replace("[[team]]", "[[question.team]]")
        });
        format!("[[question]]\n{}", teams.concat())
    };
    let config = question(['a', 'b']) + &question(['b', 'c']) + &question(['c', 'd']) + SOURCE;
    let says = [
        "1200 hashtags, of all questions together, are more than the 1000 that an evening can have",
        "\"d100\"",
    ];
    for command in ["check", "run", "tally", "doctor"] {
        refused(command, &config, &says);
    }
}

#[test]
fn a_hundred_thousand_hashtags_are_refused_with_their_number_the_bound_and_the_line() {
    let half = |letter: char| (0..50_000).map(move |n| format!("{letter}{n}"));
    let config = team("A", half('a')) + &team("B", half('b')) + SOURCE;
    let says = [
        "config.toml:1004:1: 100000 hashtags, of all teams together, are more than the 1000 that a \
         contest can have",
        "\"a1000\"",
    ];
    for command in ["check", "run", "tally", "doctor"] {
        refused(command, &config, &says);
    }
}

#[test]
fn so_are_those_of_the_command_line() {
    let many: Vec<String> = (0..20_000).map(|n| format!("t{n}")).collect();
    let tally = |teams: &[String]| {
        let mut command = hashtug(&["tally", "-", "--window", "60s"]);
        command.args(["--vote", "every", "--reposts", "ignore"]);
        for team in teams {
            command.args(["--team", team]);
        }
        let output = command.finish();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = tally(&[format!("A={}", many.join(",")), "B=b".to_owned()]);
    assert!(said.contains("20001 hashtags") && said.contains("the 1000 that"), "{said}");
    let teams: Vec<String> = (0..2000).map(|n| format!("same=same{}", n % 2)).collect();
    let said = tally(&teams);
    assert!(said.contains("2000 teams are more than the 64"), "{said}");
    assert!(said.len() < 1000, "{said}");
}

#[test]
fn as_many_hashtags_as_the_bound_allows_are_checked_and_counted() {
    let half = |letter: char| (0..500).map(move |n| format!("{letter}{n}"));
    let config = team("A", half('a')) + &team("B", half('b')) + SOURCE;
    for command in ["check", "tally"] {
        let output = said_of(command, &config);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn whatever_is_too_much_in_a_config_is_refused_soon_and_in_few_words() {
    let repeat = |text: &str, times: usize| text.repeat(times);
    let numbered = |times: usize, line: fn(usize) -> String| -> String {
        (0..times).fold(String::new(), |mut text, n| {
            write!(text, "{}", line(n)).unwrap();
            text
        })
    };
    let cases: Vec<(String, &[&str])> = vec![
        (
            numbered(20_000, |n| team(&format!("A{n}"), [format!("a{n}")])),
            &["20000 teams are more than the 64"],
        ),
        (teams() + &repeat(SOURCE, 20_000), &["20000 sources are more than the 64"]),
        (
            teams()
                + SOURCE
                + &numbered(10_000, |n| {
                    format!(
                        "[[output]]\nname = \"o{n}\"\nkind = \"ddp\"\nhost = \"10.0.0.1\"\nport = {}\npixels = 9\n",
                        1000 + n
                    )
                }),
            &["10000 outputs are more than the 256"],
        ),
        (
            team("A", (0..900).map(|_| "x y".to_owned()))
                + &team("B", (0..90).map(|_| "x y".to_owned())),
            &["990 problems", "the first 100 shown"],
        ),
        (
            format!("[[team]]\nname = \"A\"\nhashtags = [{}]\n", repeat("1,", 100_000)),
            &["the first 100 shown"],
        ),
        (team("A", [repeat("a", 1_000_000)]), &["longer than 100 characters"]),
        (
            teams().replace("\"A\"", &format!("\"{}\"", repeat("a", 1_000_000))),
            &["longer than 200 characters"],
        ),
        (
            teams()
                + "[[source]]\nkind = \"http\"\nurl = \"https://x.example/\"\nheaders = {"
                + &numbered(60_000, |n| format!("h{n}=\"\","))
                + "}\n",
            &["32 are the most"],
        ),
        (
            teams()
                + "[[source]]\nkind = \"nostr\"\nrelays = ["
                + &repeat("\"wss://x.example\",", 40_000)
                + "]\n",
            &["16"],
        ),
        (numbered(30_000, |n| format!("k{n} = 1\n")), &["the first 100 shown"]),
        (repeat("a = 1\n", 60_000), &["is set twice"]),
        (repeat("= =\n", 60_000), &["the first 100 shown"]),
        (format!("a = {}", repeat("[", 500_000)), &["config.toml:1:"]),
        (format!("a = {}", repeat("{a=", 300_000)), &["config.toml:1:"]),
        (repeat("a.", 400_000) + "a = 1", &["config.toml:1:"]),
        (format!("windw = \"e{}\"", repeat("\u{301}", 400_000)), &["stands in no section"]),
        (format!("windw = \"{}\"", repeat("x", 1_000_000)), &["stands in no section", "…"]),
        (repeat("#", 2_000_000), &["longer than 1 MiB"]),
    ];
    for (config, says) in cases {
        refused("check", &config, says);
    }
}

/// The tally as full as it gets, in the order that costs most: a tenth of it, since this is no release
/// build. `tests/long memory` fills all of it.
#[cfg(target_os = "linux")]
mod memory {
    use std::process::Command;
    use std::sync::Arc;
    use std::time::Duration;

    use hashtug::contest::{Contest, PALETTE, Reposts, Team, TeamId, Vote};
    use hashtug::event::Message;
    use hashtug::post::{AuthorId, Deletion, Post, PostId, Side, Tags, Version};
    use hashtug::tally::{Limits, Tally};
    use hashtug::timestamp::Timestamp;

    use crate::support::patience::Finish;

    /// What the guide names for the whole program, less what that takes beside the tally.
    const MOST_KB: u64 = (200 - 20) << 10;

    const PART: usize = 10;

    fn limits() -> Limits {
        let Limits { posts, deletions } = Limits::default();
        Limits { posts: posts / PART, deletions: deletions / PART }
    }

    /// Set in the process that fills a tally.
    const FILL: &str = "HASHTUG_TEST_FILL";

    /// Pages of the program itself that are touched for the first time meanwhile.
    const CODE_KB: u64 = 1024;

    /// Even like a hash.
    fn mixed(number: u64) -> u64 {
        let mixed = (number ^ 0x7461_6273).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }

    fn tally() -> Tally {
        let team = |place: usize| Team {
            name: place.to_string(),
            hashtags: vec![format!("team{place}")],
            color: PALETTE[place],
            size: 1.0,
        };
        let (window, teams) = (Duration::from_hours(1), vec![team(0), team(1)]);
        let contest =
            Contest::new(String::new(), window, Vote::Latest, Reposts::Ignore, teams).unwrap();
        Tally::new(Arc::new(contest), limits())
    }

    /// A tenth more than there is room for, each post before the last, by as many authors as asked for.
    fn fill(authors: u64) -> Tally {
        let mut tally = tally();
        let Limits { posts, deletions } = limits();
        let start = 1_800_000_000_000;
        let at = |ms: i64| Timestamp::from_millis(start + ms).unwrap();
        for count in 0..(posts as u64 / 10 * 11) {
            let earlier = (count / 2_000).cast_signed();
            tally.apply(Message::Post(Post {
                id: Some(PostId(mixed(count))),
                alias: Some(PostId(mixed(count + (1 << 40)))),
                author: Some(AuthorId(mixed(count % authors + (1 << 41)))),
                at: at(-earlier),
                side: Side::Team(TeamId(u16::from(count % 2 == 0))),
                tags: Tags::default(),
                version: Version::First,
            }));
        }
        for count in 0..(deletions as u64 / 10 * 11) {
            let id = PostId(mixed(count + (1 << 42)));
            let earlier = (count / 1_000).cast_signed();
            tally.apply(Message::Deletion(Deletion {
                posts: vec![id],
                author: None,
                at: Some(at(-earlier)),
            }));
        }
        tally
    }

    fn peak_kb() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[track_caller]
    fn check(name: &str, authors: u64) {
        if std::env::var_os(FILL).is_some() {
            let before = peak_kb();
            let mut tally = fill(authors);
            let count = tally.count(None);
            let Limits { posts, deletions } = limits();
            assert_eq!(count.evicted.posts, posts as u64 / 10);
            assert_eq!(count.evicted.deletions, deletions as u64 / 10);
            let votes: u64 = count.teams.iter().map(|team| team.votes).sum();
            assert_eq!(votes, authors.min(posts as u64));
            let taken = peak_kb() - before;
            // Small blocks of memory are copied when they grow, large ones are moved.
            let most = MOST_KB / PART as u64 * 3 / 2 + CODE_KB;
            assert!(taken < most, "{taken} KB");
            return;
        }
        // A process of its own, of which nothing but the tally takes memory.
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name]).env(FILL, "1");
        let output = command.finish_within(Duration::from_mins(5));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
    }

    #[test]
    fn a_full_tally_of_many_authors_stays_within_what_the_guide_names() {
        check(
            "bounds::memory::a_full_tally_of_many_authors_stays_within_what_the_guide_names",
            u64::MAX >> 8,
        );
    }

    #[test]
    fn so_does_one_of_few_authors() {
        check("bounds::memory::so_does_one_of_few_authors", 7);
    }
}

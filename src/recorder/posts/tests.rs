//! A show and the recount of its recording, step by step.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::contest::{Contest, Reposts, Team, Vote};
use crate::decode::Decoder;
use crate::post::{Hasher, TagId, Version};
use crate::rgb::Rgb;
use crate::snapshot;
use crate::tally::{Limits, Tally};

const SECOND: Duration = Duration::from_secs(1);

/// Random shows have milliseconds in which nothing else happens: so many times the window.
const SCALE: u32 = 160;

fn contest(vote: Vote, window: Duration) -> Arc<Contest> {
    let teams = ["left", "right", "third"].map(|name| Team {
        name: name.to_owned(),
        hashtags: vec![format!("{name}1"), format!("{name}2")],
        color: Rgb::BLACK,
        size: 1.5,
    });
    let contest = Contest::new(String::new(), window, vote, Reposts::Ignore, teams.to_vec());
    Arc::new(contest.unwrap())
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}

/// What a show is told.
#[derive(Clone, Debug)]
enum Step {
    Post(Post),
    Deletion(Deletion),
    Now(Timestamp),
}

/// A show that is recorded, and the recount.
struct Twice {
    show: Tally,
    posts: Posts,
    recount: Tally,
    decoder: Decoder,
    text: String,
}

impl Twice {
    fn new(vote: Vote, window: Duration) -> Twice {
        let contest = contest(vote, window);
        let tally = || Tally::new(Arc::clone(&contest), Limits::default());
        Twice {
            show: tally(),
            posts: Posts::new(&Questions::from(&contest)),
            recount: tally(),
            decoder: Decoder::new(&Questions::from(&contest), None, Hasher::default()),
            text: String::new(),
        }
    }

    fn step(&mut self, event: &Step) {
        let message = match event {
            Step::Post(post) => Message::Post(post.clone()),
            Step::Deletion(deletion) => Message::Deletion(deletion.clone()),
            Step::Now(at) => return self.show.advance(*at),
        };
        let before = self.show.count(None).posts;
        let fate = self.show.apply(message.clone());
        let shown = since(before, self.show.count(None).posts);
        let mut lines = Lines::default();
        self.posts.write(self.show.now(), &message, &fate, &mut lines);
        let before = self.recount.count(None).posts;
        self.decoder.block(lines.text.as_bytes(), |_, message| drop(self.recount.apply(message)));
        let recounted = since(before, self.recount.count(None).posts);
        let said = Said(event, &fate, &lines.text);
        assert_eq!(recounted.received(), lines.count, "{said}");
        assert_eq!(lines.text.lines().count() as u64, lines.count, "{said}");
        let unmatched = snapshot::Posts { unmatched: 1, ..Default::default() };
        match (event, &fate) {
            // One line a message, but for edits and for deletions of many posts.
            (Step::Post(post), Fate::Edited(_)) => {
                let mut expected = snapshot::Posts { revised: 1, ..Default::default() };
                match post.side {
                    Side::None => expected.unmatched = 1,
                    Side::Both => expected.both = 1,
                    Side::Team(_) => expected.matched = 1,
                }
                assert_eq!(recounted, expected, "{said}");
            }
            (Step::Deletion(deletion), _) if deletion.posts.len() > 1 => {
                assert!((1..=deletion.posts.len() as u64).contains(&lines.count), "{said}");
            }
            (Step::Post(_), Fate::Late | Fate::Dead) => {
                assert!(recounted == shown || recounted == unmatched, "{said}");
            }
            _ => assert_eq!(recounted, shown, "{said}"),
        }
        self.text.push_str(&lines.text);
    }

    #[track_caller]
    fn check(&mut self, ahead: i64) {
        let time = self.show.now().map_or(0, Timestamp::millis) + ahead;
        let (show, recount) = (self.show.count(Some(at(time))), self.recount.count(Some(at(time))));
        assert_eq!(show.teams, recount.teams, "at {time}:\n{}", self.text);
        assert_eq!(show.leader, recount.leader);
        assert!(recount.at.is_none_or(|at| Some(at) <= show.at));
    }
}

/// What became of the messages between two snapshots.
fn since(before: snapshot::Posts, after: snapshot::Posts) -> snapshot::Posts {
    snapshot::Posts {
        matched: after.matched - before.matched,
        unmatched: after.unmatched - before.unmatched,
        ignored: after.ignored - before.ignored,
        both: after.both - before.both,
        duplicate: after.duplicate - before.duplicate,
        late: after.late - before.late,
        closed: after.closed - before.closed,
        revised: after.revised - before.revised,
        malformed: after.malformed - before.malformed,
        dropped: after.dropped - before.dropped,
    }
}

/// What a failed assertion says; not made up before it fails.
struct Said<'a>(&'a Step, &'a Fate, &'a str);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} was {:?}:\n{}", self.0, self.1, self.2)
    }
}

fn post(ms: i64, id: u64, author: u64, side: Side) -> Post {
    Post {
        id: Some(PostId(id)),
        alias: None,
        author: Some(AuthorId(author)),
        at: at(ms),
        side,
        tags: Tags::default(),
        version: Version::First,
    }
}

fn deletion(ms: i64, ids: &[u64]) -> Step {
    let posts = ids.iter().copied().map(PostId).collect();
    Step::Deletion(Deletion { posts, author: None, at: Some(at(ms)) })
}

const LEFT: Side = Side::Team(TeamId(0));
const RIGHT: Side = Side::Team(TeamId(1));

fn text(events: impl IntoIterator<Item = Step>) -> String {
    let mut twice = Twice::new(Vote::Latest, SECOND);
    for event in events {
        twice.step(&event);
        twice.check(0);
    }
    twice.text
}

#[test]
fn a_line_has_keyed_hashes_and_the_hashtags_that_decided() {
    let tagged = |side, tags: [u16; 2]| Post {
        tags: tags.map(TagId).into_iter().collect(),
        ..post(1_795_287_845_123, 0xabc, 0xdef, side)
    };
    let both = Post { id: None, author: None, ..tagged(Side::Both, [1, 4]) };
    let lines = text([Step::Post(tagged(RIGHT, [3, 0])), Step::Post(both)]);
    insta::assert_snapshot!(lines, @r#"
    {"at":"2026-11-21T19:04:05.123Z","id":"0000000000000abc","author":"0000000000000def","hashtags":["right2"]}
    {"at":"2026-11-21T19:04:05.123Z","hashtags":["left2","third1"]}
    "#);
}

#[test]
fn an_edit_is_a_deletion_and_the_post_under_a_fresh_name() {
    let edit = Post { version: Version::Edit, ..post(1000, 1, 7, RIGHT) };
    let lines = text([
        Step::Post(post(1000, 1, 7, LEFT)),
        Step::Now(at(1200)),
        Step::Post(edit),
        deletion(1300, &[1]),
    ]);
    insta::assert_snapshot!(lines, @r#"
    {"at":"1970-01-01T00:00:01.000Z","id":"0000000000000001","author":"0000000000000007","hashtags":["left1"]}
    {"at":"1970-01-01T00:00:01.200Z","delete":"0000000000000001"}
    {"at":"1970-01-01T00:00:01.000Z","id":"0000000000000001-1","author":"0000000000000007","hashtags":["right1"]}
    {"at":"1970-01-01T00:00:01.300Z","delete":"0000000000000001-1"}
    "#);
}

#[test]
fn what_the_clock_makes_late_does_not_count_in_a_recount() {
    let mut twice = Twice::new(Vote::Every, SECOND);
    twice.step(&Step::Post(post(5000, 1, 1, LEFT)));
    // Nothing but the clock has told that a window has passed.
    twice.step(&Step::Now(at(6500)));
    twice.step(&Step::Post(post(5400, 2, 2, LEFT)));
    twice.check(0);
    assert!(twice.text.ends_with("{\"at\":\"1970-01-01T00:00:05.400Z\",\"hashtags\":[]}\n"));
    // Once a post has told it, what is late is written as it is.
    twice.step(&Step::Post(post(6500, 3, 3, RIGHT)));
    twice.step(&Step::Post(post(5400, 4, 2, LEFT)));
    twice.check(0);
    assert_eq!(twice.recount.count(None).posts.late, 1);
}

#[test]
fn a_name_that_a_recount_still_knows_is_not_used_again() {
    let mut twice = Twice::new(Vote::Every, SECOND);
    twice.step(&Step::Post(post(5000, 1, 1, LEFT)));
    twice.step(&deletion(5000, &[2]));
    twice.step(&Step::Now(at(6500)));
    // Both are forgotten by the show, and not by a recount.
    twice.step(&Step::Post(post(5900, 1, 1, LEFT)));
    twice.step(&Step::Post(post(5900, 2, 2, RIGHT)));
    twice.check(0);
    assert_eq!(twice.recount.count(None).posts.matched, 3);
}

fn events() -> impl Strategy<Value = Vec<(Step, i64)>> {
    let side = prop_oneof![
        4 => Just(LEFT), 4 => Just(RIGHT), 1 => Just(Side::Team(TeamId(2))),
        1 => Just(Side::Both), 1 => Just(Side::None)
    ];
    let version = prop_oneof![5 => Just(Version::First), 2 => Just(Version::Edit)];
    let id = prop_oneof![8 => (0u64..12).prop_map(Some), 1 => Just(None)];
    let alias = prop_oneof![1 => Just(true), 1 => Just(false)];
    let author = prop_oneof![6 => (0u64..4).prop_map(Some), 1 => Just(None)];
    let tags = (prop::option::of(0u16..6), prop::option::of(0u16..6));
    let post = (id, alias, author, side, tags, version).prop_map(
        |(id, alias, author, side, (first, second), version)| {
            Step::Post(Post {
                id: id.map(PostId),
                alias: id.filter(|_| alias).map(|id| PostId(100 + id)),
                author: author.map(AuthorId),
                at: at(0),
                side,
                tags: [first, second].into_iter().flatten().map(TagId).collect(),
                version,
            })
        },
    );
    // A name that only deletions use comes alone, as those networks have it that use such names.
    let names = prop_oneof![
        2 => prop::collection::vec((0u64..12).prop_map(PostId), 1..3),
        1 => (100u64..112).prop_map(|id| vec![PostId(id)]),
    ];
    let by = prop::option::weighted(0.3, (0u64..4).prop_map(AuthorId));
    let deletion = (names, by, any::<bool>()).prop_map(|(posts, author, timed)| {
        Step::Deletion(Deletion { posts, author, at: timed.then_some(at(0)) })
    });
    let clock = Just(Step::Now(at(0)));
    let event = prop_oneof![10 => post, 4 => deletion, 2 => clock];
    let back = prop_oneof![4 => 0i64..100, 3 => 0i64..1300, 1 => Just(1000i64)];
    let step = prop_oneof![12 => 0i64..150, 1 => 0i64..2500];
    let ahead = prop_oneof![2 => Just(0i64), 1 => 0i64..400];
    (prop::collection::vec((event, back, step, ahead), 1..150), any::<bool>()).prop_map(
        |(steps, live)| {
            let mut time = 1_000_000;
            let mut events = Vec::new();
            for (place, (mut event, back, step, ahead)) in (0..).zip(steps) {
                // No two events fall into one millisecond: of two posts of one author that do, the
                // later one counts, and an edit of the earlier one would change that in a recount.
                time += step * i64::from(SCALE);
                let earlier = at((time - back * i64::from(SCALE)) / i64::from(SCALE)
                    * i64::from(SCALE)
                    + place);
                let now = at(time + i64::from(SCALE) - 1);
                match &mut event {
                    Step::Post(post) => post.at = earlier,
                    Step::Deletion(Deletion { at: Some(at), .. }) => *at = earlier,
                    Step::Now(at) => *at = now,
                    Step::Deletion(_) => {}
                }
                if live {
                    events.push((Step::Now(now), 0));
                }
                if live || !matches!(event, Step::Now(_)) {
                    events.push((event, ahead * i64::from(SCALE)));
                }
            }
            events
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_recount_shows_what_the_show_did_at_every_step(
        steps in events(),
        vote in prop_oneof![Just(Vote::Latest), Just(Vote::Every)],
    ) {
        let mut twice = Twice::new(vote, SECOND * SCALE);
        for (event, ahead) in steps {
            twice.step(&event);
            twice.check(ahead);
        }
    }
}

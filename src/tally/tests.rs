//! The tally against a model that recounts everything, and the rules one by one.

use proptest::prelude::*;
use std::time::Duration;

use super::*;
use crate::contest::{Reposts, Team, Vote};
use crate::post::{AuthorId, Tags};
use crate::rgb::Rgb;

const WINDOW_MS: i64 = 1000;
const A: Side = Side::Team(TeamId(0));
const B: Side = Side::Team(TeamId(1));

fn contest(vote: Vote, sizes: &[f64]) -> Arc<Contest> {
    let teams = sizes.iter().enumerate().map(|(index, &size)| Team {
        name: format!("Team {index}"),
        hashtags: vec![format!("team{index}")],
        color: Rgb::BLACK,
        size,
    });
    let window = Duration::from_secs(1);
    let contest =
        Contest::new(String::new(), window, vote, Reposts::Ignore, teams.collect()).unwrap();
    Arc::new(contest)
}

fn tally(vote: Vote) -> Tally {
    Tally::new(contest(vote, &[1.0, 1.0]), Limits::default())
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}

fn post(ms: i64, id: u64, author: u64, side: Side) -> Message {
    Message::Post(Post {
        id: Some(PostId(id)),
        alias: None,
        author: Some(AuthorId(author)),
        at: at(ms),
        side,
        tags: Tags::default(),
        version: Version::First,
    })
}

fn edit(ms: i64, id: u64, side: Side) -> Message {
    let Message::Post(post) = post(ms, id, 1, side) else { unreachable!() };
    Message::Post(Post { version: Version::Edit, ..post })
}

fn deletion(ms: Option<i64>, id: u64) -> Message {
    Message::Deletion(Deletion { posts: vec![PostId(id)], author: None, at: ms.map(at) })
}

fn told(vote: Vote, events: impl IntoIterator<Item = Message>) -> Tally {
    let mut tally = tally(vote);
    for event in events {
        tally.apply(event);
    }
    tally
}

#[track_caller]
fn check(tally: &mut Tally, ms: i64, votes: [u64; 2]) {
    let snapshot = tally.count(Some(at(ms)));
    let counted: Vec<u64> = snapshot.teams.iter().map(|team| team.votes).collect();
    assert_eq!(counted, votes, "at {ms}");
}

#[test]
fn a_post_leaves_exactly_one_window_later() {
    let mut tally = told(Vote::Every, [post(500, 1, 1, A)]);
    check(&mut tally, 500, [1, 0]);
    check(&mut tally, 1499, [1, 0]);
    check(&mut tally, 1500, [0, 0]);
}

#[test]
fn looking_ahead_makes_no_post_late() {
    let mut tally = told(Vote::Every, [post(0, 1, 1, A)]);
    check(&mut tally, 5000, [0, 0]);
    // By the newest post it is time 0 still, though nothing so old is shown.
    tally.apply(post(-900, 2, 2, B));
    assert_eq!((tally.posts.matched, tally.posts.late), (2, 0));
    check(&mut tally, 5000, [0, 0]);
    tally.apply(post(4500, 3, 3, B));
    check(&mut tally, 5000, [0, 1]);
}

#[test]
fn an_author_has_one_vote_for_the_newest_post() {
    let mut tally = told(Vote::Latest, [post(10, 1, 7, A), post(20, 2, 7, B), post(15, 3, 7, A)]);
    check(&mut tally, 20, [0, 1]);
    // When the newest is taken back the one before it counts again.
    tally.apply(deletion(Some(30), 2));
    check(&mut tally, 30, [1, 0]);
}

#[test]
fn of_two_posts_at_one_time_the_later_one_in_the_stream_counts() {
    let mut tally = told(Vote::Latest, [post(10, 1, 7, A), post(10, 2, 7, B)]);
    check(&mut tally, 10, [0, 1]);
}

#[test]
fn posts_without_an_author_are_by_authors_of_their_own() {
    let anonymous = || {
        let Message::Post(post) = post(10, 0, 0, A) else { unreachable!() };
        Message::Post(Post { id: None, author: None, ..post })
    };
    let mut tally = told(Vote::Latest, [anonymous(), anonymous()]);
    check(&mut tally, 10, [2, 0]);
}

#[test]
fn a_deletion_counts_before_and_after_its_post() {
    let mut tally = told(Vote::Every, [post(0, 1, 1, A), deletion(Some(5), 2), post(6, 2, 2, A)]);
    assert_eq!((tally.posts.matched, tally.posts.unmatched, tally.posts.revised), (1, 1, 1));
    tally.apply(deletion(None, 1));
    assert_eq!(tally.posts.revised, 2);
    assert_eq!(tally.totals, [0, 0]);
    // A copy of a deleted post does not come back to life.
    tally.apply(post(7, 1, 1, A));
    assert_eq!(tally.posts.revised, 3);
    check(&mut tally, 7, [0, 0]);
}

#[test]
fn a_deletion_is_remembered_for_one_window_and_no_longer() {
    let deleted = |arrival| {
        let events = [post(0, 1, 1, A), deletion(Some(0), 9), post(arrival, 9, 2, B)];
        told(Vote::Every, events).posts.revised
    };
    assert_eq!(deleted(WINDOW_MS), 1);
    assert_eq!(deleted(WINDOW_MS + 1), 0);
}

#[test]
fn of_two_deletions_of_one_post_the_newer_is_remembered() {
    let events = |first, second| [deletion(first, 9), deletion(second, 9), post(1001, 9, 1, A)];
    // The one without a time has that of the first post to come.
    assert_eq!(told(Vote::Every, events(None, Some(0))).posts.revised, 1);
    assert_eq!(told(Vote::Every, events(Some(0), None)).posts.revised, 1);
    assert_eq!(told(Vote::Every, events(Some(0), Some(0))).posts.revised, 0);
}

#[test]
fn others_cannot_delete_a_post_where_deletions_are_signed() {
    let by = |author| {
        let deletion =
            Deletion { posts: vec![PostId(1)], author: Some(AuthorId(author)), at: Some(at(1)) };
        told(Vote::Every, [post(0, 1, 7, A), Message::Deletion(deletion)]).posts.revised
    };
    assert_eq!((by(7), by(8)), (1, 0));
}

#[test]
fn an_edit_weighs_a_post_again_where_it_stands() {
    let mut tally = told(Vote::Latest, [post(0, 1, 1, A), edit(500, 1, B)]);
    check(&mut tally, 500, [0, 1]);
    assert_eq!((tally.totals.as_slice(), tally.posts.revised), (&[0, 1][..], 1));
    check(&mut tally, 1000, [0, 0]);
    let mut tally = told(Vote::Latest, [post(0, 1, 1, A), edit(500, 1, Side::None)]);
    check(&mut tally, 500, [0, 0]);
    assert_eq!((tally.totals.as_slice(), tally.posts.unmatched), (&[0, 0][..], 1));
}

#[test]
fn a_share_is_by_size_and_a_tie_has_no_leader() {
    let mut tally = Tally::new(contest(Vote::Every, &[1.0, 3.0]), Limits::default());
    let snapshot = tally.count(None);
    assert_eq!((snapshot.at, snapshot.leader), (None, None));
    assert_eq!(snapshot.teams.iter().map(|team| team.share).collect::<Vec<_>>(), [0.5, 0.5]);
    for (id, side) in [A, B, B, B].into_iter().enumerate() {
        tally.apply(post(0, id as u64, 1, side));
    }
    let snapshot = tally.count(None);
    assert_eq!(snapshot.teams.iter().map(|team| team.share).collect::<Vec<_>>(), [0.5, 0.5]);
    assert_eq!(snapshot.leader, None);
    tally.apply(post(1, 10, 1, A));
    assert_eq!(tally.count(None).leader, Some(TeamId(0)));
}

#[test]
fn the_rate_looks_back_ten_seconds_whatever_the_window() {
    let mut tally = told(Vote::Every, [post(0, 1, 1, A), post(5000, 2, 2, A), post(9999, 3, 3, B)]);
    let mut rates =
        |ms| -> Vec<f64> { tally.count(Some(at(ms))).teams.iter().map(|team| team.rate).collect() };
    assert_eq!(rates(9999), [0.2, 0.1]);
    assert_eq!(rates(10_000), [0.1, 0.1]);
    assert_eq!(rates(15_000), [0.0, 0.1]);
    assert_eq!(rates(100_000), [0.0, 0.0]);
}

#[test]
fn what_memory_has_no_room_for_is_evicted_and_counted() {
    let limits = Limits { posts: 3, deletions: 2 };
    let mut tally = Tally::new(contest(Vote::Latest, &[1.0, 1.0]), limits);
    for id in 0..10 {
        tally.apply(post(id, id.cast_unsigned(), id.cast_unsigned(), A));
        tally.apply(deletion(Some(id), 100 + id.cast_unsigned()));
    }
    let snapshot = tally.count(None);
    assert_eq!(snapshot.teams[0].votes, 3);
    assert_eq!(snapshot.evicted, Evicted { posts: 7, deletions: 8 });
    assert_eq!(snapshot.posts.received(), 20);
}

/// The count as the rules are written: keeps everything, recounts everything.
struct Model {
    vote: Vote,
    now: Option<i64>,
    posts: Vec<Counted>,
    deletions: Vec<(PostId, Option<i64>)>,
    totals: [i64; 2],
    fates: Posts,
}

struct Counted {
    id: Option<PostId>,
    author: Option<AuthorId>,
    at: i64,
    team: usize,
    gone: bool,
}

impl Model {
    fn new(vote: Vote) -> Model {
        let (posts, deletions) = (Vec::new(), Vec::new());
        Model { vote, now: None, posts, deletions, totals: [0; 2], fates: Posts::default() }
    }

    fn in_window(&self, id: Option<PostId>) -> Option<usize> {
        let horizon = self.now? - WINDOW_MS;
        self.posts.iter().position(|p| id.is_some() && p.id == id && !p.gone && p.at > horizon)
    }

    fn apply(&mut self, event: &Message) {
        match event {
            Message::Unmatched(count) => self.fates.unmatched += count,
            Message::Malformed(_) => self.fates.malformed += 1,
            Message::Dropped(count) => self.fates.dropped += count,
            Message::Deletion(deletion) => {
                let hit = self.in_window(Some(deletion.posts[0]));
                if let Some(index) = hit {
                    self.take_back(index);
                    self.fates.revised += 1;
                } else {
                    self.fates.unmatched += 1;
                }
                let at = deletion.at.map(Timestamp::millis).or(self.now);
                self.deletions.push((deletion.posts[0], at));
            }
            Message::Post(post) => self.post(post),
            Message::Recorded(_) | Message::Command(_) | Message::Clock(..) => unreachable!(),
        }
    }

    fn take_back(&mut self, index: usize) {
        self.posts[index].gone = true;
        self.totals[self.posts[index].team] -= 1;
    }

    fn post(&mut self, post: &Post) {
        let at = post.at.millis();
        if post.side != Side::None {
            let now = self.now.map_or(at, |now| now.max(at));
            self.now = Some(now);
            for (_, time) in &mut self.deletions {
                time.get_or_insert(now);
            }
        }
        let known = self.in_window(post.id);
        let edited = known.filter(|_| post.version == Version::Edit);
        if let Some(index) = edited {
            self.take_back(index);
            if let Side::Team(team) = post.side {
                self.posts[index].gone = false;
                self.posts[index].team = team.index();
                self.totals[team.index()] += 1;
            }
        }
        let Side::Team(team) = post.side else {
            let both = u64::from(post.side == Side::Both);
            self.fates.both += both;
            self.fates.unmatched += 1 - both;
            return;
        };
        let now = self.now.unwrap();
        let deleted = self.deletions.iter().any(|&(id, time)| {
            Some(id) == post.id && time.is_some_and(|time| now <= time + WINDOW_MS)
        });
        if at <= now - WINDOW_MS {
            self.fates.late += 1;
        } else if edited.is_some() || deleted {
            self.fates.revised += 1;
        } else if known.is_some() {
            self.fates.duplicate += 1;
        } else {
            self.fates.matched += 1;
            self.totals[team.index()] += 1;
            let counted =
                Counted { id: post.id, author: post.author, at, team: team.index(), gone: false };
            self.posts.push(counted);
        }
    }

    fn votes(&self, t: i64) -> [u64; 2] {
        let mut votes = [0; 2];
        let shown: Vec<&Counted> =
            self.posts.iter().filter(|p| !p.gone && p.at > t - WINDOW_MS && p.at <= t).collect();
        for (place, post) in shown.iter().enumerate() {
            let beaten = self.vote == Vote::Latest
                && shown.iter().enumerate().any(|(other_place, other)| {
                    post.author.is_some()
                        && other.author == post.author
                        && (other.at, other_place) > (post.at, place)
                });
            votes[post.team] += u64::from(!beaten);
        }
        votes
    }

    fn rate(&self, t: i64) -> [f64; 2] {
        let mut posts = [0.0; 2];
        for post in self.posts.iter().filter(|p| !p.gone && p.at > t - 10_000 && p.at <= t) {
            posts[post.team] += 1.0;
        }
        posts.map(|count| count / 10.0)
    }
}

fn events() -> impl Strategy<Value = Vec<(Message, Option<i64>)>> {
    let side =
        prop_oneof![4 => Just(A), 4 => Just(B), 1 => Just(Side::Both), 1 => Just(Side::None)];
    let version = prop_oneof![6 => Just(Version::First), 1 => Just(Version::Edit)];
    let id = prop_oneof![6 => (0u64..12).prop_map(Some), 1 => Just(None)];
    let author = prop_oneof![6 => (0u64..5).prop_map(Some), 1 => Just(None)];
    // Times go on by themselves, with disorder, equal times, and steps over the whole window.
    let jitter = prop_oneof![4 => Just(0i64), 3 => -1200i64..300, 1 => Just(WINDOW_MS), 1 => Just(-WINDOW_MS)];
    let post = (id, author, side, version).prop_map(|(id, author, side, version)| {
        let (id, author) = (id.map(PostId), author.map(AuthorId));
        Message::Post(Post {
            id,
            alias: None,
            author,
            at: at(0),
            side,
            tags: Tags::default(),
            version,
        })
    });
    let deletion =
        (0u64..12, any::<bool>()).prop_map(|(id, timed)| deletion(timed.then_some(0), id));
    let other = prop_oneof![
        Just(Message::Unmatched(3)),
        Just(Message::Malformed("broken")),
        Just(Message::Dropped(2)),
    ];
    let event = prop_oneof![8 => post, 2 => deletion, 1 => other];
    let look = prop_oneof![3 => Just(None), 1 => (0i64..1500).prop_map(Some)];
    prop::collection::vec((event, jitter, 0i64..120, look), 1..120).prop_map(|steps| {
        let mut clock = 1_000_000;
        let place = |(mut event, jitter, step, look): (Message, i64, i64, Option<i64>)| {
            clock += step;
            match &mut event {
                Message::Post(post) => post.at = at(clock + jitter),
                Message::Deletion(Deletion { at: Some(time), .. }) => *time = at(clock + jitter),
                _ => {}
            }
            (event, look)
        };
        steps.into_iter().map(place).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn every_snapshot_equals_a_recount(
        steps in events(),
        vote in prop_oneof![Just(Vote::Latest), Just(Vote::Every)],
    ) {
        let mut tally = tally(vote);
        let mut model = Model::new(vote);
        let mut shown = i64::MIN;
        for (event, look) in steps {
            model.apply(&event);
            tally.apply(event);
            prop_assert_eq!(tally.now().map(Timestamp::millis), model.now);
            let Some(now) = model.now else { continue };
            shown = shown.max(now);
            if let Some(ahead) = look {
                shown = shown.max(now + ahead);
            }
            let snapshot = tally.count(look.map(|_| at(shown)));
            let votes: Vec<u64> = snapshot.teams.iter().map(|team| team.votes).collect();
            prop_assert_eq!(votes, model.votes(shown), "at {}", shown);
            let totals: Vec<i64> = snapshot.teams.iter().map(|team| team.total.cast_signed()).collect();
            prop_assert_eq!(totals, model.totals);
            let rates: Vec<f64> = snapshot.teams.iter().map(|team| team.rate).collect();
            prop_assert_eq!(rates, model.rate(shown));
            prop_assert_eq!(snapshot.posts, model.fates);
            let sum: f64 = snapshot.teams.iter().map(|team| team.share).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
        }
        prop_assert_eq!(tally.evicted, Evicted::default());
    }
}

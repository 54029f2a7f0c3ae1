//! What a matched post costs in the tally: at most 200 ns, with a million authors at most 100 MB.
//!
//! Run it with `cargo bench --bench tally`. A hundred thousand posts a run, as many of which are in
//! the window of ten seconds as there are authors; divan shows posts a second.

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use hashtug::contest::{Contest, Reposts, Team, TeamId, Vote};
use hashtug::event::Message;
use hashtug::post::{AuthorId, Post, PostId, Side, Tags, Version};
use hashtug::tally::{Limits, Tally};
use hashtug::timestamp::Timestamp;

const POSTS: u64 = 100_000;

/// In how many milliseconds the window moves on by itself once.
const WINDOW_MS: u64 = 10_000;

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn latest(bencher: Bencher, in_window: u64) {
    measure(bencher, Vote::Latest, in_window, 0);
}

#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn every(bencher: Bencher, in_window: u64) {
    measure(bencher, Vote::Every, in_window, 0);
}

/// Posts come up to half a window late.
#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn latest_in_disorder(bencher: Bencher, in_window: u64) {
    measure(bencher, Vote::Latest, in_window, WINDOW_MS / 2);
}

fn measure(bencher: Bencher, vote: Vote, in_window: u64, disorder: u64) {
    // The window is full before the measuring begins, and stays so.
    let mut tally = tally(vote);
    let mut count = 0;
    for _ in 0..in_window * 2 {
        tally.apply(post(count, in_window, disorder));
        count += 1;
    }
    bencher.counter(ItemsCount::new(POSTS)).bench_local(|| {
        for _ in 0..POSTS {
            tally.apply(post(count, in_window, disorder));
            count += 1;
        }
    });
}

fn tally(vote: Vote) -> Tally {
    let team = |place: usize| Team {
        name: place.to_string(),
        hashtags: vec![format!("team{place}")],
        color: hashtug::contest::PALETTE[place],
        size: 1.0,
    };
    let window = Duration::from_millis(WINDOW_MS);
    let contest =
        Contest::new(String::new(), window, vote, Reposts::Ignore, vec![team(0), team(1)])
            .expect("the contest is sound");
    Tally::new(Arc::new(contest), Limits::default())
}

/// The post of this number: its ids are as even as hashes, and a fifth of the posts are by authors
/// who have another one in the window.
fn post(count: u64, in_window: u64, disorder: u64) -> Message {
    let mixed = (count ^ 0x7461_6273).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let random = mixed ^ (mixed >> 29);
    let millis = (count + in_window) * WINDOW_MS / in_window + WINDOW_MS;
    let late = if disorder == 0 { 0 } else { (random >> 40) % disorder };
    let author = (random % (in_window * 4)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    Message::Post(Post {
        id: Some(PostId(random)),
        alias: None,
        author: Some(AuthorId(author)),
        at: Timestamp::from_millis((millis - late).cast_signed()).expect("it is a time"),
        side: Side::Team(TeamId(u16::from(random & 4 == 0))),
        tags: Tags::default(),
        version: Version::First,
    })
}

//! Bluesky's Jetstream.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::contest::{Contest, Reposts, Vote};
use hashtug::snapshot::SourceState;
use hashtug::source::link::Times;
use hashtug::source::{Kind, jetstream};
use tokio::net::TcpListener;
use url::Url;

use crate::support::contest;
use crate::support::fake::jetstream::Jetstream;
use crate::support::http::get;
use crate::support::patience::within;
use crate::support::program::{Show, hashtug};
use crate::support::proxy::{Fault, Proxy};
use crate::support::rig::{Rig, forgiving, quick};

fn bluesky(endpoints: Vec<Url>) -> Kind {
    Kind::Bluesky(jetstream::Settings { endpoints })
}

/// The teams of the other tests, and every post a vote for an hour.
fn long_contest() -> Arc<Contest> {
    let contest = contest();
    let (title, teams) = (contest.title().to_owned(), contest.teams().to_vec());
    let hour = Duration::from_hours(1);
    Arc::new(Contest::new(title, hour, Vote::Every, Reposts::Ignore, teams).unwrap())
}

/// A source that has reached its server through a proxy.
async fn connected(url: fn(SocketAddr) -> Url) -> (Jetstream, Proxy, Rig) {
    connected_with(url, quick()).await
}

/// The same, as patient as that.
async fn connected_with(url: fn(SocketAddr) -> Url, times: Times) -> (Jetstream, Proxy, Rig) {
    let server = Jetstream::start().await;
    let proxy = Proxy::start(server.address).await;
    let endpoint = url(proxy.address);
    let mut rig = Rig::start(long_contest(), vec![bluesky(vec![endpoint])], times);
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    (server, proxy, rig)
}

/// Microseconds on the clock of the server, which is that of the show here.
fn us(clock: &Clock) -> i64 {
    clock.now().millis() * 1000
}

#[tokio::test]
async fn posts_and_their_ends_are_counted() {
    for url in [Jetstream::url, Jetstream::url_of_second] {
        let server = Jetstream::start().await;
        let mut rig = Rig::start(contest(), vec![bluesky(vec![url(server.address)])], quick());
        rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
        let now = us(&rig.clock);
        server.post(now, "ada", "1", "tabs");
        server.post(now, "bo", "2", "spaces");
        server.post(now, "cy", "3", "tea");
        server.delete(now, "bo", "2");
        let done = |s: &hashtug::snapshot::Snapshot| s.posts.received() == 4;
        let snapshot = rig.until("four messages", done).await;
        assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (1, 0));
        assert_eq!(
            (snapshot.posts.matched, snapshot.posts.unmatched, snapshot.posts.revised),
            (2, 1, 1)
        );
        rig.end().await;
    }
}

#[tokio::test]
async fn a_thousand_cuts_lose_no_post_and_count_none_twice() {
    const CUTS: u64 = 1000;
    let (server, proxy, mut rig) = connected_with(Jetstream::url, forgiving()).await;
    // The first post is there before the first cut, so that there is something to resume from.
    server.post(us(&rig.clock), "ada", "first", "tabs");
    rig.until("the first post", |s| s.posts.matched == 1).await;
    for cut in 0..CUTS {
        server.post(us(&rig.clock), "ada", &format!("{cut}-before"), "tabs");
        proxy.cut();
        server.post(us(&rig.clock), "bo", &format!("{cut}-during"), "spaces");
        if cut % 3 == 0 {
            server.delete(us(&rig.clock), "bo", &format!("{cut}-during"));
        }
        let all = 1 + 2 * (cut + 1);
        // Not every cut waits for the count, so that some fall into the catching up.
        if cut % 4 == 0 {
            rig.until("all posts", |s| s.posts.matched == all).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
    let all = 1 + 2 * CUTS;
    let deleted = CUTS.div_ceil(3);
    let done = |s: &hashtug::snapshot::Snapshot| {
        s.posts.matched == all && s.teams[1].total == CUTS - deleted
    };
    rig.until("all posts", done).await;
    assert!(proxy.accepted() > 200, "{} connections", proxy.accepted());
    let last = rig.end().await;
    assert_eq!((last.teams[0].total, last.teams[1].total), (1 + CUTS, CUTS - deleted));
    assert_eq!((last.teams[0].votes, last.teams[1].votes), (1 + CUTS, CUTS - deleted));
    assert_eq!((last.posts.late, last.posts.dropped, last.posts.malformed), (0, 0, 0));
    assert_eq!(last.sources[0].gap_count, 0);
}

#[tokio::test]
async fn a_silent_network_is_stale_and_then_dead_and_comes_back() {
    let (server, proxy, mut rig) = connected(Jetstream::url).await;
    server.post(us(&rig.clock), "ada", "1", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    proxy.set(Fault::Blackhole);
    let stale = rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    assert_eq!(stale.sources[0].problem, None);
    let dead = rig.until("dead", |s| s.sources[0].state == SourceState::Connecting).await;
    let dead = if dead.sources[0].problem.is_some() {
        dead
    } else {
        rig.until("explained", |s| s.sources[0].problem.is_some()).await
    };
    let problem = dead.sources[0].problem.as_deref().unwrap();
    assert!(problem.starts_with("nothing was heard for"), "{problem}");
    server.post(us(&rig.clock), "bo", "2", "spaces");
    proxy.set(Fault::None);
    let back = rig.until("back", |s| s.posts.matched == 2).await;
    assert_eq!(back.sources[0].state, SourceState::Live);
    assert_eq!((&back.sources[0].problem, back.sources[0].gap_count), (&None, 0));
    rig.end().await;
}

#[tokio::test]
async fn a_connection_that_is_closed_on_one_side_is_made_again() {
    let (server, proxy, mut rig) = connected(Jetstream::url).await;
    server.post(us(&rig.clock), "ada", "1", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    proxy.half_close();
    server.post(us(&rig.clock), "bo", "2", "spaces");
    let back = rig.until("the next post", |s| s.posts.matched == 2).await;
    assert_eq!((proxy.accepted(), back.sources[0].gap_count), (2, 0));
    rig.end().await;
}

#[tokio::test]
async fn single_bytes_and_a_thin_line_change_no_count() {
    for fault in [Fault::Sliced(1), Fault::Bandwidth(20_000)] {
        let server = Jetstream::start().await;
        let proxy = Proxy::start(server.address).await;
        let endpoint = Jetstream::url(proxy.address);
        let mut rig = Rig::start(long_contest(), vec![bluesky(vec![endpoint])], quick());
        rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
        proxy.set(fault);
        for post in 0..50 {
            server.post(us(&rig.clock), "ada", &post.to_string(), "tabs");
        }
        rig.until("all posts", |s| s.posts.matched == 50).await;
        assert_eq!(proxy.accepted(), 1, "{fault:?}");
        rig.end().await;
    }
}

#[tokio::test]
async fn what_the_server_has_forgotten_is_a_gap() {
    let (server, proxy, mut rig) = connected(Jetstream::url).await;
    let start = us(&rig.clock) - 42_000_000;
    server.post(start, "ada", "1", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    server.forget();
    proxy.cut();
    rig.until("a second connection", |_| proxy.accepted() == 2).await;
    server.post(us(&rig.clock), "bo", "2", "spaces");
    let snapshot = rig.until("the next post", |s| s.posts.matched == 2).await;
    assert_eq!(snapshot.sources[0].gap_count, 1);
    let gap = snapshot.sources[0].gaps[0];
    let from = gap.from.millis() - start / 1000;
    assert!((0..1000).contains(&from), "{gap:?}");
    assert!((41..44).contains(&gap.length.as_secs()), "{gap:?}");
    rig.end().await;
}

/// What a clock shows, as the standard library has it.
fn system_time(clock: &Clock) -> std::time::SystemTime {
    let ms = u64::try_from(clock.now().millis()).unwrap();
    std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms)
}

#[tokio::test]
async fn a_recording_that_a_dated_server_plays_back_is_of_now() {
    let server = Jetstream::start().await;
    let proxy = Proxy::start(server.address).await;
    let kinds = vec![bluesky(vec![Jetstream::url(proxy.address)])];
    let start = Clock::from_wall();
    server.date(system_time(&start));
    let mut rig = Rig::starting_at(start, contest(), kinds, quick());
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    let days = 3 * 86_400_000_000;
    server.post(us(&rig.clock) - days, "ada", "1", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    // Connections are dated again and again; what was posted meanwhile has its place still.
    proxy.cut();
    server.post(us(&rig.clock) - days, "bo", "2", "spaces");
    let after = rig.until("another post", |s| s.posts.matched == 2).await;
    assert_eq!((after.posts.late, after.sources[0].gap_count), (0, 0));
    rig.end().await;
}

#[tokio::test]
async fn a_cut_in_a_stream_that_was_quiet_for_long_is_no_gap() {
    let server = Jetstream::start().await;
    let proxy = Proxy::start(server.address).await;
    let kinds = vec![bluesky(vec![Jetstream::url(proxy.address)])];
    let start = Clock::from_wall();
    server.date(system_time(&start));
    let mut rig = Rig::starting_at(start, contest(), kinds, quick());
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    // The last event was ten minutes ago, which is more than the window.
    server.post(us(&rig.clock) - 600_000_000, "ada", "1", "tabs");
    rig.until("a late post", |s| s.posts.late == 1).await;
    proxy.cut();
    rig.until("a second connection", |_| proxy.accepted() == 2).await;
    server.post(us(&rig.clock), "bo", "2", "spaces");
    let after = rig.until("a post", |s| s.posts.matched == 1).await;
    assert_eq!(after.sources[0].gap_count, 0, "{:?}", after.sources[0].gaps);
    rig.end().await;
}

#[tokio::test]
async fn a_cursor_that_is_refused_is_given_up_and_told_as_a_gap() {
    let (server, proxy, mut rig) = connected(Jetstream::url_of_second).await;
    server.post(us(&rig.clock), "ada", "1", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    server.refuse(Some((400, r#"{"error":"CursorTooOld","message":"too old"}"#)));
    proxy.cut();
    let is_said = |problem: &str| problem.contains("400") && problem.contains("CursorTooOld");
    rig.until("told", |s| s.sources[0].problem.as_deref().is_some_and(is_said)).await;
    server.refuse(None);
    let back = rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    assert_eq!(back.sources[0].gap_count, 1);
    let queries = server.queries();
    assert!(queries[1].contains("cursor=40000000"), "{queries:?}");
    assert!(!queries.last().unwrap().contains("cursor"), "{queries:?}");
    rig.end().await;
}

#[tokio::test]
async fn an_event_of_the_future_hides_no_gap_after_it() {
    let (server, proxy, mut rig) = connected(Jetstream::url).await;
    server.post(us(&rig.clock), "ada", "1", "tabs");
    let day = 86_400_000_000;
    server.post(us(&rig.clock) + day, "cy", "2", "tea");
    rig.until("both", |s| s.posts.received() == 2).await;
    server.forget();
    proxy.cut();
    rig.until("a second connection", |_| proxy.accepted() == 2).await;
    server.post(us(&rig.clock), "bo", "3", "spaces");
    let after = rig.until("the next post", |s| s.posts.matched == 2).await;
    assert_eq!((after.sources[0].gap_count, after.posts.late), (1, 0));
    let queries = server.queries();
    let (_, cursor) = queries[1].split_once("cursor=").unwrap();
    let behind = us(&rig.clock) - cursor.parse::<i64>().unwrap();
    assert!((0..60_000_000).contains(&behind), "{behind} {queries:?}");
    rig.end().await;
}

#[tokio::test]
async fn a_number_that_is_none_of_the_others_is_not_gone_on_from() {
    let (server, proxy, mut rig) = connected(Jetstream::url_of_second).await;
    server.post(us(&rig.clock), "ada", "1", "tabs");
    server.post(us(&rig.clock), "bo", "2", "tabs");
    server.number_next(i64::MAX);
    server.post(us(&rig.clock), "cy", "3", "tabs");
    rig.until("three posts", |s| s.posts.matched == 3).await;
    proxy.cut();
    server.post(us(&rig.clock), "di", "4", "spaces");
    let after = rig.until("the next post", |s| s.posts.matched == 4).await;
    assert_eq!((after.sources[0].gap_count, after.posts.late), (0, 0));
    assert!(server.queries()[1].contains("cursor=40000001"), "{:?}", server.queries());
    rig.end().await;
}

#[tokio::test]
async fn what_a_server_remarks_does_not_fill_the_log() {
    let server = Jetstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n[[team]]\nname = \"Spaces\"\n\
         hashtags = [\"spaces\"]\n[[source]]\nkind = \"bluesky\"\nendpoint = \"{}\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n",
        Jetstream::url_of_second(server.address)
    );
    std::fs::write(&config, text).unwrap();
    let command = hashtug(&["run", "-c", config.to_str().unwrap()]);
    let mut show = tokio::task::spawn_blocking(|| Show::start(command)).await.unwrap();
    within("a connection", async {
        while server.queries().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let info = serde_json::json!({"$type": "message", "payload": {
        "$type": "network.bsky.jetstream.subscribeEvents#info", "name": "OutdatedCursor"}});
    (0..1000).for_each(|_| server.say(info.clone()));
    server.post(us(&Clock::from_wall()), "ada", "1", "tabs");
    let address = show.address.clone();
    let is_counted = move || {
        let address = address.clone();
        tokio::task::spawn_blocking(move || {
            get(&address, "/api/v1/snapshot").text().contains(r#""matched":1"#)
        })
    };
    within("a post after the remarks", async { while !is_counted().await.unwrap() {} }).await;
    show.signal("-TERM");
    let said = tokio::task::spawn_blocking(move || show.end().1).await.unwrap();
    let remarks = said.lines().filter(|line| line.contains("the server remarks")).count();
    assert!((1..=40).contains(&remarks), "{remarks} lines: {said}");
}

#[tokio::test]
async fn the_next_endpoint_is_tried_where_one_is_down() {
    // A port that was free a moment ago, and where nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = Jetstream::start().await;
    let endpoints = vec![Jetstream::url(nobody), Jetstream::url(server.address)];
    let mut rig = Rig::start(contest(), vec![bluesky(endpoints)], quick());
    let live = rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    assert_eq!(live.sources[0].problem, None);
    rig.end().await;
}

#[tokio::test]
async fn clocks_that_are_years_apart_change_nothing() {
    let year = Duration::from_hours(24 * 365);
    let server = Jetstream::start().await;
    // The laptop has no battery for its clock.
    let wrong = Clock::starting_at(Clock::from_wall().now().checked_sub(year * 10).unwrap());
    let endpoint = Jetstream::url(server.address);
    let kinds = vec![bluesky(vec![endpoint])];
    let mut rig = Rig::starting_at(wrong, contest(), kinds, quick());
    rig.until("live", |s| s.sources[0].state == SourceState::Live).await;
    let now = us(&Clock::from_wall());
    server.post(now, "ada", "1", "tabs");
    rig.until("a post of now", |s| s.teams[0].votes == 1).await;
    // Half a minute old on the server's clock: in the window; two minutes old: not.
    server.post(now - 30_000_000, "bo", "2", "spaces");
    server.post(now - 120_000_000, "cy", "3", "spaces");
    let snapshot = rig.until("an old post", |s| s.posts.late == 1).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (1, 1));
    // A post from the future is one of now.
    server.post(now + 500_000_000, "di", "4", "tabs");
    let snapshot = rig.until("a post of the future", |s| s.teams[0].votes == 2).await;
    assert!(snapshot.at.unwrap() <= rig.clock.now());
    rig.end().await;
}

//! Mastodon's streams and timelines.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::contest::{Contest, Reposts, Team, Vote};
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::Kind;
use hashtug::source::mastodon::{self, Mode};
use hashtug::timestamp::Timestamp;
use tokio::net::TcpListener;

use crate::support::contest;
use crate::support::fake::mastodon::{
    Ids, Mastodon, Part, REFUSED, Refusal, TOKEN_ENV, WORDS, Way,
};
use crate::support::http::get;
use crate::support::patience::within;
use crate::support::program::{Show, hashtug};
use crate::support::proxy::{Fault, Proxy};
use crate::support::rig::{Rig, forgiving, quick};

const SECOND: Duration = Duration::from_secs(1);

/// The server at `address`, with a token.
fn streamed(address: std::net::SocketAddr, mode: Mode) -> Vec<Kind> {
    let token = Some(TOKEN_ENV.parse().unwrap());
    vec![Kind::Mastodon(mastodon::Settings { server: Mastodon::url(address), token, mode })]
}

/// The server at `address`, without one.
fn polled(address: std::net::SocketAddr) -> Vec<Kind> {
    let server = Mastodon::url(address);
    vec![Kind::Mastodon(mastodon::Settings { server, token: None, mode: Mode::Auto })]
}

/// Every post a vote, for an hour.
fn long_contest(hashtags: &[&str]) -> Arc<Contest> {
    let mut teams: Vec<Team> = contest().teams().to_vec();
    teams[1].hashtags.extend(hashtags.iter().map(|&tag| tag.to_owned()));
    let hour = Duration::from_hours(1);
    Arc::new(Contest::new("Long".into(), hour, Vote::Every, Reposts::Ignore, teams).unwrap())
}

fn refusal(status: u16, body: &'static str) -> Refusal {
    let headers = vec![("content-type", "application/json".to_owned())];
    Refusal { status, headers, body: body.into() }
}

fn live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

fn problem(snapshot: &Snapshot) -> &str {
    snapshot.sources[0].problem.as_deref().unwrap_or_default()
}

fn votes(snapshot: &Snapshot) -> (u64, u64) {
    (snapshot.teams[0].votes, snapshot.teams[1].votes)
}

async fn until_streams(rig: &mut Rig, server: &Mastodon, streams: usize) {
    rig.until("subscribed", |_| server.streams() == streams).await;
}

/// Before the show, by more than clocks can be apart.
fn earlier(clock: Clock) -> Timestamp {
    clock.now().checked_sub(SECOND * 5).unwrap()
}

#[tokio::test]
async fn all_ways_count_posts_and_their_ends_alike() {
    for (mode, part) in
        [(Mode::Auto, Part::Socket), (Mode::Stream, Part::Events), (Mode::Poll, Part::Timeline)]
    {
        let server = Mastodon::start(Ids::Timed).await;
        if part != Part::Socket {
            server.refuse(Part::Socket, Some(refusal(400, "{}")));
        }
        let kinds = streamed(server.address, mode);
        let mut rig = Rig::start(contest(), kinds, quick());
        server.post(Way::Both, earlier(rig.clock), "zoe", &["tabs"]);
        rig.until("live", live).await;
        rig.until("asked", |_| !server.requests(Part::Timeline).is_empty()).await;
        let now = || rig.clock.now();
        server.post(Way::Both, now(), "ada", &["tabs", "teamtabs"]);
        let second = server.post(Way::Both, now(), "bo", &["spaces"]);
        let third = server.post(Way::Both, now(), "cy", &["spaces"]);
        server.post(Way::Both, now(), "di", &["tabs", "spaces"]);
        rig.until("four posts", |s| s.posts.received() == 4).await;
        server.edit(Way::Both, &second, rig.clock.now(), &["tabs"]);
        rig.until("an edit", |s| s.posts.revised == 1).await;
        server.delete(Way::Both, &third);
        let snapshot = rig.until("a deletion", |s| s.posts.revised == 2).await;
        assert_eq!(votes(&snapshot), (2, 0), "{part:?}");
        assert_eq!((snapshot.posts.matched, snapshot.posts.both), (3, 1), "{part:?}");
        // What came as often as there are hashtags, and on every page, was told once.
        rig.until("more rounds", |_| server.requests(Part::Timeline).len() > 5).await;
        let last = rig.end().await;
        assert_eq!((last.posts.duplicate, last.posts.received()), (0, 6), "{part:?}");
        assert_eq!((last.sources[0].gap_count, problem(&last)), (0, ""), "{part:?}");
    }
}

#[tokio::test]
async fn a_thousand_cuts_lose_no_post_and_count_none_twice() {
    const CUTS: u64 = 1000;
    let server = Mastodon::start(Ids::Timed).await;
    let proxy = Proxy::start(server.address).await;
    let kinds = streamed(proxy.address, Mode::Auto);
    // The server dates its answers and its posts by one clock, and the show has another.
    let now = || Clock::from_wall().now();
    let behind = Clock::starting_at(now().checked_sub(Duration::from_millis(300)).unwrap());
    let mut rig = Rig::starting_at(behind, long_contest(&[]), kinds, forgiving());
    rig.until("live", live).await;
    let mut deleted = 0;
    for cut in 0..CUTS {
        server.post(Way::Both, now(), "ada", &["tabs", "teamtabs"]);
        proxy.cut();
        let during = server.post(Way::Both, now(), "bo", &["spaces"]);
        let all = 2 * (cut + 1);
        // Not every cut waits for the count, so that some fall into the catching up.
        if cut % 4 == 0 {
            rig.until("all posts", |s| s.teams[0].total + s.teams[1].total + deleted == all).await;
        } else {
            tokio::task::yield_now().await;
        }
        if cut % 100 == 0 {
            // It is counted already, and nobody tells that it ends.
            proxy.cut();
            server.delete(Way::Both, &during);
            deleted += 1;
            rig.until("its end", |s| s.posts.revised == deleted).await;
        }
    }
    let done = |s: &Snapshot| (s.teams[0].total, s.teams[1].total) == (CUTS, CUTS - deleted);
    rig.until("all posts", done).await;
    assert!(proxy.accepted() > 200, "{} connections", proxy.accepted());
    let last = rig.end().await;
    assert_eq!((last.teams[0].total, last.teams[1].total), (CUTS, CUTS - deleted));
    assert_eq!(votes(&last), (CUTS, CUTS - deleted));
    assert_eq!((last.posts.matched, last.posts.revised), (2 * CUTS, deleted));
    assert_eq!((last.posts.late, last.posts.dropped, last.posts.malformed), (0, 0, 0));
    assert_eq!((last.posts.duplicate, last.sources[0].gap_count), (0, 0));
}

#[tokio::test]
async fn a_half_closed_connection_is_made_again() {
    for part in [Part::Socket, Part::Events] {
        let server = Mastodon::start(Ids::Timed).await;
        if part == Part::Events {
            server.refuse(Part::Socket, Some(refusal(400, "{}")));
        }
        let proxy = Proxy::start(server.address).await;
        let kinds = streamed(proxy.address, Mode::Auto);
        let mut rig = Rig::start(contest(), kinds, quick());
        rig.until("live", live).await;
        proxy.half_close();
        server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        rig.until("a post", |s| s.posts.matched == 1 && live(s)).await;
        rig.until("again", |_| server.requests(part).len() > 1).await;
        assert_eq!(rig.end().await.sources[0].gap_count, 0, "{part:?}");
    }
}

#[tokio::test]
async fn a_silent_network_is_stale_and_then_dead_and_what_was_missed_is_made_up_for() {
    let server = Mastodon::start(Ids::Timed).await;
    let proxy = Proxy::start(server.address).await;
    let mut rig = Rig::start(contest(), streamed(proxy.address, Mode::Auto), quick());
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    proxy.set(Fault::Blackhole);
    rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    rig.until("dead", |s| problem(s).starts_with("nothing was heard for")).await;
    server.post(Way::Both, rig.clock.now(), "bo", &["spaces"]);
    proxy.set(Fault::None);
    let back = rig.until("back", |s| s.posts.matched == 2 && live(s)).await;
    assert_eq!((problem(&back), back.sources[0].gap_count), ("", 0));
    rig.end().await;
}

#[tokio::test]
async fn events_in_any_order_end_in_the_same_count() {
    let server = Mastodon::start(Ids::Timed).await;
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(contest(), kinds, quick());
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    server.post_and_delete_out_of_order(rig.clock.now(), "bo", &["spaces", "keynote"]);
    let snapshot = rig.until("both events", |s| s.posts.received() == 3).await;
    assert_eq!(votes(&snapshot), (1, 0));
    assert_eq!((snapshot.posts.unmatched, snapshot.posts.revised), (1, 1));
    rig.end().await;
}

#[tokio::test]
async fn what_the_timelines_do_not_show_is_a_gap() {
    let server = Mastodon::start(Ids::Timed).await;
    let proxy = Proxy::start(server.address).await;
    let mut rig = Rig::start(contest(), streamed(proxy.address, Mode::Auto), quick());
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    let unauthorized = r#"{"error":"This method requires an authenticated user"}"#;
    server.refuse(Part::Timeline, Some(refusal(401, unauthorized)));
    proxy.set(Fault::Blackhole);
    let cut = rig.clock.now();
    rig.until("dead", |s| s.sources[0].problem.is_some()).await;
    proxy.set(Fault::None);
    let snapshot = rig.until("a gap", |s| s.sources[0].gap_count == 1).await;
    let gap = snapshot.sources[0].gaps[0];
    let back = gap.from.saturating_add(gap.length);
    assert!(gap.from <= cut.saturating_add(SECOND / 10) && gap.length >= SECOND / 3, "{gap:?}");
    assert!(back <= rig.clock.now(), "{gap:?}");
    // The stream goes on.
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "bo", &["tabs"]);
    rig.until("a post of the stream", |s| s.posts.matched == 2 && live(s)).await;
    rig.end().await;
}

#[tokio::test]
async fn what_is_older_than_the_window_is_a_gap() {
    let (title, teams) = ("Short".to_owned(), contest().teams().to_vec());
    let window = SECOND / 5;
    let short = Arc::new(Contest::new(title, window, Vote::Every, Reposts::Ignore, teams).unwrap());
    for mode in [Mode::Auto, Mode::Poll] {
        let server = Mastodon::start(Ids::Timed).await;
        let mut rig = Rig::start(&short, streamed(server.address, mode), quick());
        rig.until("live", live).await;
        server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        rig.until("a post", |s| s.posts.matched == 1).await;
        let mut down = refusal(503, "{}");
        down.headers.push(("retry-after", "1".to_owned()));
        server.refuse(Part::Timeline, Some(down.clone()));
        server.refuse(Part::Socket, Some(down));
        server.close();
        rig.until("down", |s| problem(s).contains("503")).await;
        server.post(Way::Both, rig.clock.now(), "bo", &["tabs"]);
        server.refuse(Part::Timeline, None);
        server.refuse(Part::Socket, None);
        let snapshot = rig.until("a gap", |s| live(s) && s.sources[0].gap_count == 1).await;
        let gap = snapshot.sources[0].gaps[0].length;
        assert!(gap > SECOND / 2 && gap < SECOND * 5, "{mode:?}: {gap:?}");
        // And the show goes on.
        server.post(Way::Both, rig.clock.now(), "cy", &["tabs"]);
        let snapshot = rig.until("a post", |s| s.posts.matched == 2).await;
        assert_eq!(snapshot.sources[0].gap_count, 1);
        rig.end().await;
    }
}

#[tokio::test]
async fn timelines_that_are_busy_stop_no_stream_and_are_left_alone() {
    let server = Mastodon::start(Ids::Timed).await;
    let mut busy = refusal(429, r#"{"error":"Too many requests"}"#);
    let in_an_hour = Clock::from_wall().now().saturating_add(Duration::from_hours(1));
    busy.headers.push(("x-ratelimit-reset", in_an_hour.to_string()));
    server.refuse(Part::Timeline, Some(busy));
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(long_contest(&[]), kinds, quick());
    until_streams(&mut rig, &server, 1).await;
    for post in 0..20 {
        server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        rig.until("a post", |s| s.teams[0].votes == post + 1 && live(s)).await;
    }
    let last = rig.end().await;
    assert_eq!((problem(&last), last.sources[0].gap_count), ("", 0));
    // Once before the show, to compare, and once beside the stream.
    assert_eq!(server.requests(Part::Timeline).len(), 2);
}

#[tokio::test]
async fn a_clock_that_is_years_wrong_changes_nothing() {
    let year = Duration::from_hours(24 * 365);
    for mode in [Mode::Auto, Mode::Poll] {
        let server = Mastodon::start(Ids::Timed).await;
        let wrong = Clock::from_wall().now().checked_sub(year * 10).unwrap();
        let kinds = streamed(server.address, mode);
        let mut rig = Rig::starting_at(Clock::starting_at(wrong), contest(), kinds, quick());
        rig.until("live", live).await;
        rig.until("asked", |_| server.requests(Part::Timeline).len() > 2).await;
        let wall = || Clock::from_wall().now();
        server.post(Way::Both, wall(), "ada", &["tabs"]);
        server.post(Way::Timelines, wall(), "bo", &["spaces"]);
        rig.until("both posts", |s| votes(s) == (1, 1)).await;
        // A claim of another server.
        server.post(Way::Both, wall().saturating_add(year), "cy", &["spaces"]);
        let snapshot = rig.until("a post of the future", |s| votes(s) == (1, 2)).await;
        assert!(snapshot.at.unwrap() <= rig.clock.now());
        rig.end().await;
    }
}

#[tokio::test]
async fn more_than_a_page_of_posts_between_two_requests_is_read_to_the_end() {
    for ids in [Ids::Timed, Ids::Counted, Ids::Opaque] {
        let server = Mastodon::start(ids).await;
        let mut rig = Rig::start(long_contest(&[]), polled(server.address), quick());
        rig.until("live", live).await;
        server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        rig.until("the first post", |s| s.posts.matched == 1).await;
        for post in 0..145 {
            let tag = if post % 5 == 0 { "spaces" } else { "teamtabs" };
            server.post(Way::Both, rig.clock.now(), "bo", &[tag]);
        }
        let snapshot = rig.until("all", |s| s.posts.matched == 146).await;
        assert_eq!(votes(&snapshot), (117, 29), "{ids:?}");
        let requests = server.requests(Part::Timeline);
        assert!(requests.iter().any(|request| request.contains("_id=")), "{requests:?}");
        let all_at_once = requests.iter().all(|request| request.matches("any%5B%5D").count() == 2);
        assert_eq!(all_at_once, ids != Ids::Opaque, "{requests:?}");
        let last = rig.end().await;
        assert_eq!((last.posts.received(), last.sources[0].gap_count), (146, 0), "{ids:?}");
    }
}

#[tokio::test]
async fn what_arrives_late_behind_newer_posts_is_found() {
    for ids in [Ids::Timed, Ids::Counted, Ids::Opaque] {
        let server = Mastodon::start(ids).await;
        let start = Clock::from_wall();
        let mut rig = Rig::starting_at(start, contest(), polled(server.address), quick());
        rig.until("live", live).await;
        let started = start.now();
        rig.until("a second", |_| start.now() > started.saturating_add(SECOND)).await;
        server.post(Way::Both, start.now(), "ada", &["tabs"]);
        rig.until("a post", |s| s.posts.matched == 1).await;
        let made = start.now().checked_sub(SECOND / 4).unwrap();
        server.post(Way::Both, made, "bo", &["spaces"]);
        let snapshot = rig.until("a late one", |s| s.posts.matched == 2).await;
        assert_eq!((votes(&snapshot), snapshot.posts.duplicate), ((1, 1), 0));
        rig.end().await;
    }
}

#[tokio::test]
async fn hashtags_that_no_stream_brings_are_asked_for_beside_it() {
    let server = Mastodon::start(Ids::Timed).await;
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(long_contest(&["テスト・タグ"]), kinds, quick());
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    server.post(Way::Timelines, rig.clock.now(), "bo", &["テスト・タグ"]);
    let snapshot = rig.until("a post of the timeline", |s| s.posts.matched == 2).await;
    assert_eq!(votes(&snapshot), (1, 1));
    rig.end().await;
}

#[tokio::test]
async fn a_stream_that_is_connected_and_silent_is_found_out_and_made_up_for() {
    let server = Mastodon::start(Ids::Timed).await;
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(contest(), kinds, quick());
    until_streams(&mut rig, &server, 1).await;
    let is_said = |s: &Snapshot| problem(s).contains("nothing has come over it") && live(s);
    let mut posts = 0;
    // The server's clock is known to a second at first, so that the first may not seem late.
    while !is_said(&rig.now()) {
        posts += 1;
        server.post(Way::Timelines, rig.clock.now(), &format!("ada{posts}"), &["tabs"]);
        rig.until("counted all the same", |s| s.teams[0].votes == posts).await;
        assert!(posts < 100, "never found out");
    }
    // And if it speaks after all, all is well.
    server.post(Way::Both, rig.clock.now(), "bo", &["spaces"]);
    rig.until("well", |s| problem(s).is_empty() && s.teams[1].votes == 1).await;
    rig.end().await;
}

#[tokio::test]
async fn a_hashtag_that_the_server_does_not_stream_is_asked_for() {
    let server = Mastodon::start(Ids::Timed).await;
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(long_contest(&[REFUSED]), kinds, quick());
    let told = "the server refuses to stream a hashtag (Unknown stream type)";
    rig.until("told", |s| problem(s).starts_with(told) && live(s)).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    server.post(Way::Both, rig.clock.now(), "bo", &[REFUSED]);
    let snapshot = rig.until("both", |s| votes(s) == (1, 1)).await;
    assert!(problem(&snapshot).starts_with(told));
    rig.end().await;
}

#[tokio::test]
async fn no_token_and_no_word_of_a_post_is_ever_shown() {
    let token = "s3cr3t-of-the-account";
    let server = Mastodon::start_for(Ids::Timed, token).await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        r#"
        [contest]
        window = "60s"
        [[team]]
        name = "Tabs"
        hashtags = ["tabs"]
        [[team]]
        name = "Spaces"
        hashtags = ["spaces"]
        [[source]]
        name = "garden"
        kind = "mastodon"
        server = "http://{}"
        token_env = "GARDEN_TOKEN"
        [web]
        listen = "127.0.0.1:0"
        "#,
        server.address
    );
    std::fs::write(&config, text).unwrap();
    let mut command = hashtug(&["run", "-c", config.to_str().unwrap()]);
    command.env("GARDEN_TOKEN", token).env("RUST_LOG", "trace").stdout(Stdio::null());
    let show = tokio::task::spawn_blocking(|| Show::start(command)).await.unwrap();
    let address = show.address.clone();
    let snapshot = move || {
        let address = address.clone();
        tokio::task::spawn_blocking(move || get(&address, "/api/v1/snapshot").text().to_owned())
    };
    within("a stream", async {
        while server.streams() == 0 {
            snapshot().await.unwrap();
        }
    })
    .await;
    for tag in ["tabs", "spaces", "other"] {
        server.post(Way::Both, Clock::from_wall().now(), "ada", &[tag]);
    }
    // A post that cannot be read, and what the server says of one that it refuses.
    server.say("tabs", "update", &format!(r##"{{"id":"7","content":"#tabs {WORDS}"}}"##));
    let shown = within("three posts", async {
        loop {
            let shown = snapshot().await.unwrap();
            if shown.contains(r#""matched":2"#) && shown.contains(r#""malformed":1"#) {
                return shown;
            }
        }
    })
    .await;
    show.signal("-TERM");
    let (_, said, _) = tokio::task::spawn_blocking(|| {
        let mut show = show;
        show.end()
    })
    .await
    .unwrap();
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "{said}");
    for secret in [token, WORDS, "ada"] {
        assert!(!said.contains(secret) && !shown.contains(secret), "{secret}: {said}");
    }
}

#[tokio::test]
async fn a_stream_of_deletions_alone_is_found_out() {
    let server = Mastodon::start(Ids::Timed).await;
    let kinds = streamed(server.address, Mode::Auto);
    let mut rig = Rig::start(contest(), kinds, quick());
    until_streams(&mut rig, &server, 1).await;
    for id in ["117655983922104250", "117655983922104251", "117655983922104252"] {
        server.say("tabs", "delete", id);
    }
    let found = rig.until("found out", |s| problem(s).contains("only deletions")).await;
    assert!(problem(&found).contains("chosen languages") && live(&found));
    assert_eq!(found.posts.unmatched, 3);
    rig.end().await;
}

#[tokio::test]
async fn feeds_that_are_switched_off_and_accounts_that_see_less_are_told_before_the_show() {
    let server = Mastodon::start(Ids::Timed).await;
    server.set_feeds("disabled");
    let mut rig = Rig::start(contest(), streamed(server.address, Mode::Auto), quick());
    let off = "the server does not show any posts with a hashtag, its owner has switched that off";
    rig.until("told", |s| problem(s).starts_with(off) && live(s)).await;
    rig.end().await;

    let server = Mastodon::start(Ids::Timed).await;
    server.set_feeds("authenticated");
    let mut rig = Rig::start(contest(), polled(server.address), quick());
    rig.until("told", |s| problem(s).contains("without an account")).await;
    rig.end().await;

    let server = Mastodon::start(Ids::Timed).await;
    let before = Clock::from_wall().now().checked_sub(SECOND * 9).unwrap();
    server.post(Way::Both, before, "ada", &["tabs"]);
    server.hide(&server.post(Way::Both, before, "bo", &["spaces"]));
    let mut rig = Rig::start(contest(), streamed(server.address, Mode::Auto), quick());
    let less = "the account of the token does not see 1 of the 2 newest posts";
    rig.until("told", |s| problem(s).starts_with(less) && live(s)).await;
    let last = rig.end().await;
    assert_eq!(last.posts.received(), 0, "what was there before the show is not counted");
}

#[tokio::test]
async fn each_failure_has_a_message_of_its_own_and_stops_no_other_source() {
    let json = "application/json".to_owned();
    let soon = Clock::from_wall().now().saturating_add(SECOND * 2).to_string().replace('Z', "123Z");
    let refused =
        |status, headers, body: &'static str| Some(Refusal { status, headers, body: body.into() });
    let cases: [(Part, Option<Refusal>, &str, &str); 7] = [
        (
            Part::Timeline,
            refused(401, vec![("x-error-message", "Missing access token".into())], ""),
            "the server answers 401: Missing access token",
            "make a new one",
        ),
        (
            Part::Timeline,
            refused(
                429,
                vec![("x-ratelimit-reset", soon), ("content-type", json.clone())],
                r#"{"error":"Too many requests"}"#,
            ),
            "the server answers 429: Too many requests",
            "another program",
        ),
        (
            Part::Timeline,
            refused(503, vec![("retry-after", "1".into())], "busy"),
            "the server answers 503",
            "tried again by itself",
        ),
        (
            Part::Timeline,
            refused(200, vec![("content-type", "text/html; charset=utf-8".into())], "<html>"),
            "there is a web page where posts should be",
            "captive portal",
        ),
        (
            Part::Timeline,
            refused(302, vec![("location", "https://portal.example/login".into())], ""),
            "the server sends us to `https://portal.example/login`",
            "captive portal",
        ),
        (
            Part::Timeline,
            refused(200, vec![("content-type", json)], "{}"),
            "the server does not speak the protocol: a timeline is no list of posts",
            "",
        ),
        (
            Part::Timeline,
            refused(200, vec![("content-type", "image/png".into())], "x"),
            "the server sends `image/png`, not JSON",
            "",
        ),
    ];
    for (part, refusal, message, hint) in cases {
        let (bad, good) = (Mastodon::start(Ids::Timed).await, Mastodon::start(Ids::Timed).await);
        bad.refuse(part, refusal);
        let kinds = [polled(bad.address), polled(good.address)].concat();
        let mut rig = Rig::start(contest(), kinds, quick());
        let is_told = |s: &Snapshot| problem(s).starts_with(message) && problem(s).contains(hint);
        rig.until(message, is_told).await;
        rig.until("the other", |s| s.sources[1].state == SourceState::Live).await;
        good.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        rig.until("a post of the other", |s| s.posts.matched == 1).await;
        // And when it is mended, nothing is wrong any more.
        bad.refuse(part, None);
        rig.until("mended", |s| live(s) && problem(s).is_empty()).await;
        rig.end().await;
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_of_itself_is_judged_by_its_timelines() {
    let server = Mastodon::start(Ids::Timed).await;
    server.refuse(Part::Instance, Some(refusal(404, "{}")));
    server.refuse(Part::OldInstance, Some(refusal(404, "{}")));
    server.refuse(Part::Timeline, Some(refusal(404, "{}")));
    let mut rig = Rig::start(contest(), polled(server.address), quick());
    let is_told = |s: &Snapshot| problem(s).starts_with("this is no Mastodon server");
    let told = rig.until("told", is_told).await;
    assert!(!live(&told) && problem(&told).contains("check `server`"), "{}", problem(&told));
    server.refuse(Part::Timeline, None);
    rig.until("read", |s| live(s) && problem(s).is_empty()).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    rig.end().await;
}

#[tokio::test]
async fn timelines_that_show_nothing_at_all_delete_nothing() {
    let server = Mastodon::start(Ids::Timed).await;
    server.refuse(Part::Timeline, Some(refusal(200, "[]")));
    let mut rig = Rig::start(contest(), streamed(server.address, Mode::Auto), quick());
    until_streams(&mut rig, &server, 1).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    let asked = server.requests(Part::Timeline).len();
    rig.until("more looks", |_| server.requests(Part::Timeline).len() > asked + 3).await;
    let last = rig.end().await;
    assert_eq!((last.posts.matched, last.posts.revised), (1, 0));
}

#[tokio::test]
async fn a_timeline_that_is_empty_or_gone_for_once_deletes_nothing() {
    for (status, body) in [(200, "[]"), (404, "{}")] {
        let server = Mastodon::start(Ids::Timed).await;
        let mut rig = Rig::start(contest(), polled(server.address), quick());
        rig.until("live", live).await;
        server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
        server.post(Way::Both, rig.clock.now(), "bo", &["spaces"]);
        rig.until("both posts", |s| s.posts.matched == 2).await;
        let (clock, start) = (rig.clock, rig.clock.now());
        // For longer than a post has to be missed before it is taken for deleted.
        let is_old = |_: &Snapshot| clock.now().saturating_since(start) > SECOND / 4;
        rig.until("a while", is_old).await;
        server.refuse_once(Part::Timeline, refusal(status, body));
        rig.until("refused", |_| !server.is_refusing(Part::Timeline)).await;
        let asked = server.requests(Part::Timeline).len();
        rig.until("more looks", |_| server.requests(Part::Timeline).len() > asked + 10).await;
        let last = rig.end().await;
        assert_eq!((votes(&last), last.posts.revised), ((1, 1), 0), "{status} {body}");
    }
}

#[tokio::test]
async fn hosts_that_are_not_there_are_told_apart() {
    // A port that was free a moment ago, and where nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut rig = Rig::start(contest(), polled(nobody), quick());
    rig.until("refused", |s| problem(s).contains("refuses the connection")).await;
    rig.end().await;
    let server = "https://no-such-server.invalid/".parse().unwrap();
    let kind = Kind::Mastodon(mastodon::Settings { server, token: None, mode: Mode::Auto });
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("unknown", |s| problem(s).contains("`no-such-server.invalid`")).await;
    rig.end().await;
}

#[tokio::test]
async fn a_missing_token_is_named_with_what_to_do() {
    let server = Mastodon::start(Ids::Timed).await;
    let settings = |token: Option<&str>| mastodon::Settings {
        server: Mastodon::url(server.address),
        token: token.map(|name| name.parse().unwrap()),
        mode: Mode::Stream,
    };
    let unset = Kind::Mastodon(settings(Some("HASHTUG_NOBODY_SETS_THIS")));
    let none = Kind::Mastodon(settings(None));
    let mut rig = Rig::start(contest(), vec![unset, none], quick());
    let unset = "the environment variable `HASHTUG_NOBODY_SETS_THIS` is not set: set it";
    rig.until("named", |s| problem(s).starts_with(unset)).await;
    let is_told =
        |s: &Snapshot| s.sources[1].problem.as_deref().unwrap_or("").contains("`token_env`");
    rig.until("told", is_told).await;
    assert_eq!(server.requests(Part::Instance).len(), 0);
    rig.end().await;
}

#[tokio::test]
async fn a_wrong_token_is_not_tried_again_and_again() {
    let server = Mastodon::start(Ids::Timed).await;
    let token = Some("CARGO_MANIFEST_DIR".parse().unwrap());
    let mode = Mode::Auto;
    let settings = mastodon::Settings { server: Mastodon::url(server.address), token, mode };
    let mut times = quick();
    let backoff = times.backoff.as_mut().unwrap();
    backoff.refused = Duration::from_hours(1);
    let mut rig = Rig::start(contest(), vec![Kind::Mastodon(settings)], times);
    let told = rig.until("told", |s| problem(s).contains("401")).await;
    assert!(problem(&told).contains("The access token is invalid"), "{}", problem(&told));
    assert!(!problem(&told).contains(env!("CARGO_MANIFEST_DIR")));
    rig.end().await;
    let asked =
        [Part::Instance, Part::OldInstance, Part::Credentials, Part::Socket, Part::Timeline]
            .map(|part| server.requests(part).len());
    assert!(asked.into_iter().sum::<usize>() <= 6, "{asked:?}");
}

#[tokio::test]
async fn where_nothing_is_streamed_the_timelines_are_asked_and_that_is_said() {
    let server = Mastodon::start(Ids::Timed).await;
    server.refuse(Part::Socket, Some(refusal(403, r#"{"error":"not for you"}"#)));
    let mut rig = Rig::start(contest(), streamed(server.address, Mode::Auto), quick());
    let said = "the server does not stream (the server answers 403: not for you)";
    rig.until("said", |s| problem(s).starts_with(said) && live(s)).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1).await;
    rig.end().await;
    assert_eq!(server.requests(Part::Events).len(), 0);
}

#[tokio::test]
async fn events_are_read_where_sockets_are_blocked() {
    // Something in between that does not know WebSockets: it answers, or is broken.
    for blocked in [refusal(400, "{}"), refusal(200, "{}"), refusal(502, "{}")] {
        let server = Mastodon::start(Ids::Timed).await;
        server.refuse(Part::Socket, Some(blocked));
        let proxy = Proxy::start(server.address).await;
        let mut rig = Rig::start(long_contest(&[]), streamed(proxy.address, Mode::Auto), quick());
        until_streams(&mut rig, &server, 3).await;
        for cut in 0..20 {
            server.post(Way::Both, rig.clock.now(), "ada", &["tabs", "teamtabs"]);
            proxy.cut();
            server.post(Way::Both, rig.clock.now(), "bo", &["spaces"]);
            rig.until("both", |s| votes(s) == (cut + 1, cut + 1)).await;
        }
        let last = rig.end().await;
        assert_eq!((last.posts.received(), last.sources[0].gap_count), (40, 0));
    }
}

#[tokio::test]
async fn the_servers_limits_are_kept_before_they_bite() {
    let server = Mastodon::start(Ids::Timed).await;
    let in_an_hour = Clock::from_wall().now().saturating_add(Duration::from_hours(1));
    let reset = in_an_hour.to_string().replace('Z', "123Z");
    server.set_left(Some((1, reset)));
    let mut rig = Rig::start(contest(), polled(server.address), quick());
    rig.until("live", live).await;
    rig.until("stale in its own time", |_| server.requests(Part::Timeline).len() == 1).await;
    let asked = rig.clock.now();
    rig.until("a while", |_| rig_is_past(asked)).await;
    assert_eq!(server.requests(Part::Timeline).len(), 1);
    rig.end().await;
}

/// A second after `asked` on a clock that agrees with the machine's.
fn rig_is_past(asked: Timestamp) -> bool {
    Clock::from_wall().now() > asked.saturating_add(SECOND)
}

#[tokio::test]
async fn at_most_four_hashtags_are_in_a_request() {
    let more = ["one", "two", "three"];
    let server = Mastodon::start(Ids::Timed).await;
    let mut rig = Rig::start(long_contest(&more), polled(server.address), quick());
    rig.until("live", live).await;
    rig.until("asked", |_| server.requests(Part::Timeline).len() > 4).await;
    for tag in ["tabs", "spaces", "one", "two", "three"] {
        server.post(Way::Both, rig.clock.now(), "ada", &[tag]);
    }
    rig.until("all", |s| votes(s) == (1, 4)).await;
    rig.end().await;
    let requests = server.requests(Part::Timeline);
    assert!(requests.iter().all(|request| request.matches("any%5B%5D").count() <= 3));
}

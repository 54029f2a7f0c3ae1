//! A show that goes on after a crash: what each kind of source fetches of the time between, and what it
//! tells as a gap.

use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::contest::{Contest, Reposts, Vote};
use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::decode::numbers::{Field, Fields};
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::http::{self, Mode};
use hashtug::source::{Before, Kind, jetstream, mastodon, nostr, websocket, x};
use hashtug::timestamp::Timestamp;
use serde_json::json;

use super::service::{self, pointer};
use crate::support::contest;
use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::mastodon::{Ids, Mastodon, TOKEN_ENV, Way};
use crate::support::fake::nostr::{Author, Relay};
use crate::support::fake::service::Service;
use crate::support::fake::x::{TOKEN_VARIABLE, X};
use crate::support::rig::Rig;

/// So long ago the show before ended.
const OFF: Duration = Duration::from_secs(30);

/// The show before, and the time at which another goes on with it.
struct Crash {
    clock: Clock,
    before: Before,
}

impl Crash {
    fn new() -> Crash {
        let clock = Clock::from_wall();
        let ago = |span| clock.now().checked_sub(span).unwrap();
        Crash { clock, before: Before { began: ago(Duration::from_mins(10)), until: ago(OFF) } }
    }

    /// That many milliseconds after the end of the show before.
    fn at(&self, ms: i64) -> Timestamp {
        Timestamp::from_millis(self.before.until.millis() + ms).unwrap()
    }

    /// Every post is a vote, for an hour.
    fn go_on(&self, kind: Kind) -> Rig {
        let contest = contest();
        let (title, teams) = (contest.title().to_owned(), contest.teams().to_vec());
        let hour = Duration::from_hours(1);
        let long = Contest::new(title, hour, Vote::Every, Reposts::Ignore, teams).unwrap();
        Rig::going_on(self.before, self.clock, Arc::new(long), vec![kind])
    }

    /// All of the time off is a gap, and nothing else.
    #[track_caller]
    fn check_gap(&self, snapshot: &Snapshot, what: &str) {
        let [gap] = snapshot.sources[0].gaps[..] else {
            panic!("{what}: {:?}", snapshot.sources[0].gaps)
        };
        assert_eq!(gap.from, self.before.until, "{what}");
        let now = self.clock.now().saturating_since(gap.from);
        assert!(OFF <= gap.length && gap.length <= now, "{what}: {gap:?}");
    }
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

#[tokio::test]
async fn a_jetstream_is_asked_by_time_for_what_was_posted_meanwhile() {
    for url in [Jetstream::url, Jetstream::url_of_second] {
        let (server, crash) = (Jetstream::start().await, Crash::new());
        let us = |ms| crash.at(ms).millis() * 1000;
        server.post(us(-90_000), "old", "0", "tabs");
        // On its way when the show ended.
        server.post(us(-200), "ada", "1", "tabs");
        server.post(us(15_000), "bo", "2", "spaces");
        let endpoints = vec![url(server.address)];
        let mut rig = crash.go_on(Kind::Bluesky(jetstream::Settings { endpoints }));
        rig.until("live", is_live).await;
        server.post(us(30_000), "cy", "3", "spaces");
        rig.until("all posts", |s| s.teams[1].votes == 2).await;
        let last = rig.end().await;
        assert_eq!((last.posts.received(), last.teams[0].votes), (3, 1));
        assert_eq!(last.sources[0].gap_count, 0, "{:?}", last.sources[0].gaps);
    }
}

#[tokio::test]
async fn what_a_jetstream_no_longer_has_is_a_gap() {
    let (server, crash) = (Jetstream::start().await, Crash::new());
    let us = |ms| crash.at(ms).millis() * 1000;
    server.post(us(-200), "ada", "1", "tabs");
    server.forget();
    server.post(us(20_000), "bo", "2", "spaces");
    let endpoints = vec![Jetstream::url(server.address)];
    let mut rig = crash.go_on(Kind::Bluesky(jetstream::Settings { endpoints }));
    rig.until("a post", |s| s.posts.matched == 1).await;
    let last = rig.end().await;
    let [gap] = last.sources[0].gaps[..] else { panic!("{:?}", last.sources[0].gaps) };
    assert!(gap.from.millis().abs_diff(crash.before.until.millis()) < 1000, "{gap:?}");
    assert!((19..22).contains(&gap.length.as_secs()), "{gap:?}");
}

#[tokio::test]
async fn relays_are_asked_for_what_was_posted_meanwhile() {
    let crash = Crash::new();
    let relays = [Relay::start().await, Relay::start().await];
    let seconds = |ms| crash.at(ms).millis() / 1000;
    for (author, ms) in [(1, -180_000), (2, -60_000), (3, 15_000)] {
        // The oldest has left what is asked for again.
        relays[0].publish(&Author::new(author).post(seconds(ms), "tabs", "rope"));
    }
    relays[1].publish(&Author::new(4).post(seconds(20_000), "spaces", "rope"));
    let relays = relays.each_ref().map(|relay| Relay::url(relay.address)).to_vec();
    let mut rig = crash.go_on(Kind::Nostr(nostr::Settings { relays }));
    rig.until("all posts", |s| s.posts.matched == 3).await;
    let last = rig.end().await;
    assert_eq!((last.posts.received(), last.teams[1].votes, last.sources[0].gap_count), (3, 1, 0));
}

#[tokio::test]
async fn the_timelines_of_a_mastodon_server_bring_what_was_posted_meanwhile() {
    for ids in [Ids::Timed, Ids::Counted, Ids::Opaque] {
        for is_streamed in [false, true] {
            let (server, crash) = (Mastodon::start(ids).await, Crash::new());
            // Not of this evening.
            server.post(Way::Both, crash.at(-700_000), "old", &["tabs"]);
            server.post(Way::Both, crash.at(-200), "ada", &["tabs"]);
            // More than a page holds.
            for post in 0..50 {
                server.post(Way::Both, crash.at(1000 + 100 * post), "bo", &["spaces"]);
            }
            let edited = server.post(Way::Both, crash.at(15_000), "cy", &["tabs"]);
            server.edit(Way::Both, &edited, crash.at(16_000), &["spaces"]);
            let token = is_streamed.then(|| TOKEN_ENV.parse().unwrap());
            let server_url = Mastodon::url(server.address);
            let mode = mastodon::Mode::Auto;
            let settings = mastodon::Settings { server: server_url, token, mode };
            let mut rig = crash.go_on(Kind::Mastodon(settings));
            rig.until("all posts", |s| s.posts.matched == 52).await;
            server.post(Way::Both, crash.clock.now(), "di", &["tabs"]);
            rig.until("another post", |s| s.teams[0].votes == 2).await;
            let last = rig.end().await;
            let what = format!("{ids:?} {is_streamed}");
            assert_eq!((last.posts.received(), last.teams[1].votes), (53, 51), "{what}");
            assert_eq!(last.sources[0].gap_count, 0, "{what}: {:?}", last.sources[0].gaps);
        }
    }
}

#[tokio::test]
async fn x_is_searched_for_what_was_posted_meanwhile() {
    let (server, crash) = (X::start().await, Crash::new());
    server.post(crash.at(-40_000), 0, "10", "tabs");
    server.post(crash.at(-200), 1, "11", "tabs");
    server.post(crash.at(15_000), 2, "12", "spaces");
    let settings = x::Settings {
        endpoint: X::url(server.address),
        token: TOKEN_VARIABLE.parse().unwrap(),
        max_posts: 100,
        backfill: false,
    };
    let mut rig = crash.go_on(Kind::X(settings));
    rig.until("live", is_live).await;
    tokio::time::pause();
    rig.until("both posts", |s| s.posts.matched == 2).await;
    let last = rig.end().await;
    assert_eq!((last.posts.received(), last.sources[0].gap_count), (2, 0));
}

/// Where the fake service has what; it names no authors.
fn map() -> Map {
    Map { author: None, ..service::map() }
}

fn over_http(service: &Service, path: &str, mode: Mode, shape: Shape) -> Kind {
    let url = format!("http://{}/{path}", service.address).parse().unwrap();
    Kind::Http(http::Settings { url, headers: Vec::new(), mode, shape })
}

const OFTEN: Mode = Mode::Poll(Duration::from_millis(20));

#[tokio::test]
async fn a_document_is_read_up_to_what_the_show_before_must_have_had() {
    let (service, crash) = (Service::start().await, Crash::new());
    for (key, seconds) in [-90, -80, -70, -60, -50, -40, 1, 10, 15, 20, 25].iter().enumerate() {
        let at = crash.at(seconds * 1000).to_string();
        service.publish(json!({"data": {"key": key, "body": "#tabs", "at": at}}).to_string());
    }
    let map = Map { items: Some(pointer("/list")), at: Some(pointer("/data/at")), ..map() };
    let mut rig = crash.go_on(over_http(&service, "page", OFTEN, Shape::Posts(map)));
    // Three a page: the second holds one of before.
    rig.until("another look", |_| service.not_modified() > 1).await;
    let last = rig.end().await;
    assert_eq!((last.posts.received(), last.posts.matched), (6, 6));
    assert_eq!(last.sources[0].gap_count, 0, "{:?}", last.sources[0].gaps);
}

#[tokio::test]
async fn a_document_of_more_pages_than_are_read_leaves_a_gap() {
    let (service, crash) = (Service::start().await, Crash::new());
    for key in 0..40 {
        service.post(&format!("post {key}"), "ada", "#tabs");
    }
    let map = Map { items: Some(pointer("/list")), ..map() };
    let mut rig = crash.go_on(over_http(&service, "page", OFTEN, Shape::Posts(map)));
    rig.until("another look", |_| service.not_modified() > 1).await;
    let last = rig.end().await;
    assert_eq!(last.posts.matched, 30);
    crash.check_gap(&last, "pages");
}

#[tokio::test]
async fn what_nobody_sends_again_is_a_gap_from_the_last_line_on() {
    let teams = |left: &str| {
        let questions = contest().into();
        let field = |team: &str, at: &str| Field::new(&questions, team, pointer(at)).unwrap();
        Shape::Numbers(Fields {
            teams: vec![field("Tabs", left), field("Spaces", "/right")],
            per_vote: 1.0,
        })
    };
    let service = Service::start().await;
    service.post("meanwhile", "ada", "#tabs");
    let url = format!("ws://{}/socket", service.address).parse().unwrap();
    let (headers, send) = (Vec::new(), Vec::new());
    let socket = websocket::Settings { url, headers, send, shape: Shape::Posts(map()) };
    for kind in [
        over_http(&service, "lines", Mode::Stream, Shape::Posts(map())),
        over_http(&service, "events", Mode::Sse, Shape::Posts(map())),
        // By how much they have grown is not known.
        over_http(&service, "page", OFTEN, teams("/list/0/data/left")),
        Kind::Websocket(socket),
    ] {
        let (what, crash) = (format!("{kind:?}"), Crash::new());
        let mut rig = crash.go_on(kind);
        rig.until("live", is_live).await;
        let last = rig.end().await;
        crash.check_gap(&last, &what);
        assert_eq!(last.posts.matched, 0, "{what}");
    }
}

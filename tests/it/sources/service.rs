//! Any service: lines, events, documents and web sockets.

use std::time::Duration;

use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::decode::numbers::{Field, Fields};
use hashtug::decode::pointer::Pointer;
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::http::{self, Mode};
use hashtug::source::link::Times;
use hashtug::source::{Kind, websocket};
use tokio::net::TcpListener;

use crate::support::contest;
use crate::support::fake::service::{LinkHeader, Service};
use crate::support::proxy::{Fault, Proxy};
use crate::support::rig::{Rig, quick};

pub(super) fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

/// Where the fake service has what.
pub(super) fn map() -> Map {
    Map {
        items: None,
        text: Some(pointer("/data/body")),
        hashtags: None,
        id: Some(pointer("/data/key")),
        author: Some(pointer("/data/user/name")),
        at: None,
        delete: None,
    }
}

fn over_http(address: std::net::SocketAddr, path: &str, mode: Mode, map: Map) -> Kind {
    let url = format!("http://{address}/{path}").parse().unwrap();
    Kind::Http(http::Settings { url, headers: Vec::new(), mode, shape: Shape::Posts(map) })
}

fn poll(address: std::net::SocketAddr) -> Kind {
    let map = Map { items: Some(pointer("/list")), ..map() };
    over_http(address, "page", Mode::Poll(Duration::from_millis(20)), map)
}

fn over_websocket(address: std::net::SocketAddr) -> Kind {
    Kind::Websocket(websocket::Settings {
        url: format!("ws://{address}/socket").parse().unwrap(),
        headers: Vec::new(),
        send: vec!["{\"join\":\"hall\"}".parse().unwrap(), "second".parse().unwrap()],
        shape: Shape::Posts(map()),
    })
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

#[tokio::test]
async fn posts_of_each_kind_of_service_are_counted() {
    let service = Service::start().await;
    let at = service.address;
    for kind in [
        over_http(at, "lines", Mode::Stream, map()),
        over_http(at, "events", Mode::Sse, map()),
        poll(at),
        over_websocket(at),
    ] {
        let name = format!("{kind:?}");
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        let before = rig.now().posts.matched;
        service.post(&format!("1 {name}"), "ada", "#tabs are wide");
        service.post(&format!("2 {name}"), "bo", "#spaces are even");
        service.post(&format!("3 {name}"), "cy", "#spaces too");
        let counted = |s: &Snapshot| s.posts.matched == before + 3;
        let snapshot = rig.until("three posts", counted).await;
        assert!(snapshot.teams[1].votes >= 2, "{name}");
        assert_eq!(snapshot.posts.malformed, 0, "{name}");
        rig.end().await;
    }
    assert_eq!(service.said(), ["{\"join\":\"hall\"}", "second"]);
}

#[tokio::test]
async fn an_event_stream_goes_on_where_it_broke() {
    let service = Service::start().await;
    let proxy = Proxy::start(service.address).await;
    let kind = over_http(proxy.address, "events", Mode::Sse, map());
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    for cut in 0..50 {
        service.post(&format!("{cut} a"), &format!("a{cut}"), "#tabs");
        rig.until("the post", |s| s.posts.matched == 2 * cut + 1).await;
        proxy.cut();
        service.post(&format!("{cut} b"), &format!("b{cut}"), "#spaces");
        rig.until("the post that was missed", |s| s.posts.matched == 2 * cut + 2).await;
    }
    let last = rig.end().await;
    assert_eq!((last.posts.received(), last.sources[0].gap_count), (100, 0));
}

#[tokio::test]
async fn without_a_way_to_resume_every_gap_is_shown() {
    for path in ["lines", "socket"] {
        let service = Service::start().await;
        let proxy = Proxy::start(service.address).await;
        let kind = if path == "lines" {
            over_http(proxy.address, path, Mode::Stream, map())
        } else {
            over_websocket(proxy.address)
        };
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        service.post("1", "ada", "#tabs");
        rig.until("a post", |s| s.posts.matched == 1).await;
        let before = rig.clock.now();
        service.refuse(503, Vec::new(), "");
        proxy.cut();
        let explained = |s: &Snapshot| {
            s.sources[0].problem.as_deref().is_some_and(|problem| problem.contains("503"))
        };
        rig.until("explained", explained).await;
        service.post("2", "bo", "#spaces");
        service.accept();
        let back = rig.until("back", is_live).await;
        let after = rig.clock.now();
        assert_eq!((back.sources[0].gap_count, &back.sources[0].problem), (1, &None), "{path}");
        let gap = back.sources[0].gaps[0];
        let real = after.saturating_since(before);
        assert!(gap.length <= real + Duration::from_secs(1), "{path}: {gap:?} of {real:?}");
        assert!(gap.length + Duration::from_secs(1) >= real, "{path}: {gap:?} of {real:?}");
        assert_eq!(back.posts.matched, 1, "{path}");
        rig.end().await;
    }
}

#[tokio::test]
async fn a_document_is_read_page_by_page_and_each_post_once() {
    let service = Service::start().await;
    service.post("old", "old", "#tabs");
    let mut rig = Rig::start(contest(), vec![poll(service.address)], quick());
    rig.until("the first document", |s| s.posts.matched == 1).await;
    // More than two pages hold, between two polls.
    for post in 0..8 {
        service.post(&post.to_string(), &format!("a{post}"), "#spaces");
    }
    rig.until("all posts", |s| s.posts.matched == 9).await;
    let asked = service.not_modified();
    rig.until("a document that stays", |_| service.not_modified() > asked + 3).await;
    service.post("last", "zoe", "#tabs");
    let snapshot = rig.until("the last", |s| s.posts.matched == 10).await;
    assert_eq!(snapshot.posts.received(), 10);
    assert_eq!(snapshot.sources[0].gap_count, 0);
    rig.end().await;
}

#[tokio::test]
async fn the_next_page_is_found_however_the_link_is_written() {
    let links: [LinkHeader; 5] = [
        |before| format!("</page?fields=id,text&before={before}>; rel=\"next\""),
        |before| format!("</page?before={before}>; rel = \"next\""),
        |before| format!("</page?before={before}>;REL=next"),
        |before| format!("</page?before={before}>; rel=\"last next\""),
        |before| {
            format!(
                "</first>; title=\"a, \\\"b\\\"; rel=\"; rel=first, </page?before={before}>; rel=next"
            )
        },
    ];
    for link in links {
        let service = Service::start().await;
        service.link_by(link);
        service.post("old", "old", "#tabs");
        let mut rig = Rig::start(contest(), vec![poll(service.address)], quick());
        rig.until("the first document", |s| s.posts.matched == 1).await;
        for post in 0..8 {
            service.post(&post.to_string(), &format!("a{post}"), "#spaces");
        }
        let asked = service.not_modified();
        rig.until("a document that stays", |_| service.not_modified() > asked).await;
        let last = rig.end().await;
        assert_eq!((last.posts.matched, last.sources[0].gap_count), (9, 0), "{}", link(7));
        assert_eq!(last.sources[0].problem, None, "{}", link(7));
    }
}

#[tokio::test]
async fn a_next_page_that_cannot_be_found_is_told_and_what_it_held_is_a_gap() {
    let service = Service::start().await;
    service.link_by(|before| format!("/page?before={before}; rel=\"next\""));
    let mut rig = Rig::start(contest(), vec![poll(service.address)], quick());
    rig.until("live", is_live).await;
    for post in 0..3 {
        service.post(&post.to_string(), "ada", "#tabs");
    }
    // A page that holds all of them.
    let whole = rig.until("three posts", |s| s.posts.matched == 3).await;
    assert_eq!((whole.sources[0].gap_count, &whole.sources[0].problem), (0, &None));
    // More than two pages hold, between two polls: their names are fetched after it.
    for post in 3..11 {
        service.post(&post.to_string(), "bo", "#spaces");
    }
    let lost = rig.until("a gap", |s| s.sources[0].gap_count == 1).await;
    let problem = lost.sources[0].problem.as_deref().unwrap();
    assert!(problem.contains("next page") && problem.contains("`Link` header"), "{problem}");
    // The source goes on, and the problem goes with the header.
    service.link_by(|before| format!("</page?before={before}>; rel=\"next\""));
    service.post("last", "cy", "#tabs");
    let mended = rig.until("no problem", |s| s.sources[0].problem.is_none()).await;
    assert_eq!((mended.sources[0].gap_count, mended.sources[0].state), (1, SourceState::Live));
    rig.end().await;
}

#[tokio::test]
async fn a_next_page_of_another_host_is_not_asked_for_and_what_it_held_is_a_gap() {
    let service = Service::start().await;
    service.link_by(|before| format!("<http://elsewhere.example/{before}>; rel=next"));
    let mut rig = Rig::start(contest(), vec![poll(service.address)], quick());
    rig.until("live", is_live).await;
    for post in 0..8 {
        service.post(&post.to_string(), "ada", "#tabs");
    }
    let lost = rig.until("a gap", |s| s.sources[0].gap_count >= 1).await;
    assert_eq!((is_live(&lost), &lost.sources[0].problem), (true, &None));
    rig.end().await;
}

#[tokio::test]
async fn pages_after_one_that_failed_are_read_later() {
    let service = Service::start().await;
    service.post("old", "old", "#tabs");
    let mut rig = Rig::start(contest(), vec![poll(service.address)], quick());
    rig.until("the first document", |s| s.posts.matched == 1).await;
    let asked = service.shorten(true);
    for post in 0..8 {
        service.post(&post.to_string(), &format!("a{post}"), "#spaces");
    }
    // The first page of three was read, and is known from then on.
    rig.until("a few posts", |s| s.posts.matched >= 4 && s.sources[0].problem.is_some()).await;
    rig.until("again", |_| service.requests().len() > asked + 6).await;
    service.shorten(false);
    let snapshot = rig.until("all posts", |s| s.posts.matched == 9).await;
    // What stood before them may be a duplicate; it is no second vote.
    assert_eq!((snapshot.teams[0].total, snapshot.teams[1].total), (1, 8));
    assert_eq!(snapshot.sources[0].gap_count, 0);
    rig.end().await;
}

#[tokio::test]
async fn two_numbers_of_a_document_pull_the_rope() {
    let service = Service::start().await;
    let questions = contest().into();
    let field = |team: &str, name: &str| {
        Field::new(&questions, team, pointer(&format!("/data/{name}"))).unwrap()
    };
    let teams = vec![field("Tabs", "left"), field("Spaces", "right")];
    let numbers = Fields { teams, per_vote: 5.0 };
    let url = format!("ws://{}/socket", service.address).parse().unwrap();
    let kind = Kind::Websocket(websocket::Settings {
        url,
        headers: Vec::new(),
        send: Vec::new(),
        shape: Shape::Numbers(numbers),
    });
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    let donated = |left: f64, right: f64| {
        service.publish(serde_json::json!({"data": {"left": left, "right": right}}).to_string());
    };
    donated(1000.0, 2000.0);
    donated(1015.0, 2005.0);
    let snapshot = rig.until("four steps", |s| s.posts.matched == 4).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (3, 1));
    rig.end().await;
}

#[tokio::test]
async fn each_failure_has_its_own_words_and_none_stops_another_source() {
    let good = Service::start().await;
    let bad = Service::start().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let html = || vec![("content-type", "text/html; charset=utf-8".to_owned())];
    let far = vec![("location", "https://portal.example/login".to_owned())];
    let asked = vec![("retry-after", "1".to_owned())];
    let cases = [
        (401, Vec::new(), "{\"error\":\"bad token\"}", "answers 401: bad token", "token"),
        (403, Vec::new(), "", "answers 403", "rights"),
        (404, Vec::new(), "", "answers 404", "address"),
        (429, asked, "", "answers 429", "too many"),
        (503, Vec::new(), "", "answers 503", "trouble"),
        (200, html(), "<h1>Welcome to the hotel</h1>", "a web page", "captive portal"),
        (302, far, "", "sends us to `https://portal.example/login`", "captive portal"),
    ];
    for (status, headers, body, words, hint) in cases {
        bad.refuse(status, headers, body);
        for kind in
            [over_http(bad.address, "lines", Mode::Stream, map()), over_websocket(bad.address)]
        {
            let kinds = vec![kind, over_http(good.address, "lines", Mode::Stream, map())];
            let mut rig = Rig::start(contest(), kinds, quick());
            let snapshot = rig.until("explained", |s| s.sources[0].problem.is_some()).await;
            let problem = snapshot.sources[0].problem.as_deref().unwrap();
            assert!(problem.contains(words) && problem.contains(hint), "{status}: {problem}");
            rig.until("the other is live", |s| s.sources[1].state == SourceState::Live).await;
            good.post(&format!("{status} {words}"), "ada", "#tabs");
            rig.until("the other counts", |s| s.posts.matched == 1).await;
            assert_eq!(rig.end().await.sources[0].state, SourceState::Connecting);
        }
    }
    let wrong: url::Url = "http://nowhere.invalid/lines".parse().unwrap();
    let refused: url::Url = format!("http://{nobody}/lines").parse().unwrap();
    for (url, words) in
        [(wrong, "cannot find the host `nowhere.invalid`"), (refused, "refuses the connection")]
    {
        let shape = Shape::Posts(map());
        let mode = Mode::Stream;
        let kind = Kind::Http(http::Settings { url, headers: Vec::new(), mode, shape });
        let mut rig = Rig::start(contest(), vec![kind], quick());
        let snapshot = rig.until("explained", |s| s.sources[0].problem.is_some()).await;
        let problem = snapshot.sources[0].problem.as_deref().unwrap();
        assert!(problem.contains(words), "{problem}");
        rig.end().await;
    }
}

#[tokio::test]
async fn an_end_for_good_ends_the_source() {
    let service = Service::start().await;
    service.refuse(204, Vec::new(), "");
    let kind = over_http(service.address, "events", Mode::Sse, map());
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("ended", |s| s.sources[0].state == SourceState::Ended).await;
    assert_eq!(service.requests().len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_stale() {
    let service = Service::start().await;
    let proxy = Proxy::start(service.address).await;
    let kind = over_http(proxy.address, "events", Mode::Sse, map());
    // Nobody promises a heartbeat here, and patience is long.
    let times = Times { silence: Duration::from_millis(40), ..quick() };
    let mut rig = Rig::start(contest(), vec![kind], times);
    rig.until("live", is_live).await;
    proxy.set(Fault::Blackhole);
    rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    rig.until("dead", |s| s.sources[0].state == SourceState::Connecting).await;
    service.post("1", "ada", "#tabs");
    proxy.set(Fault::None);
    rig.until("live again", is_live).await;
    service.post("2", "bo", "#tabs");
    rig.until("the next post", |s| s.posts.matched >= 1).await;
    rig.end().await;
}

//! X.

use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, Reposts, Vote};
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::link::Times;
use hashtug::source::{Kind, x};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use crate::support::contest;
use crate::support::fake::x::{Refusal, TOKEN, TOKEN_VARIABLE, X, refusal};
use crate::support::proxy::{Fault, Proxy};
use crate::support::rig::{Rig, quick};

const RULES: &str = "/2/tweets/search/stream/rules";
const STREAM: &str = "/2/tweets/search/stream";
const RECENT: &str = "/2/tweets/search/recent";

fn settings(endpoint: Url) -> x::Settings {
    let token = TOKEN_VARIABLE.parse().unwrap();
    x::Settings { endpoint, token, max_posts: x::MAX_POSTS, backfill: false }
}

fn x(endpoint: Url) -> Kind {
    Kind::X(settings(endpoint))
}

fn counting(reposts: Reposts) -> Arc<Contest> {
    let contest = contest();
    let (title, teams) = (contest.title().to_owned(), contest.teams().to_vec());
    let hour = Duration::from_hours(1);
    Arc::new(Contest::new(title, hour, Vote::Every, reposts, teams).unwrap())
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

fn problem(snapshot: &Snapshot) -> &str {
    snapshot.sources[0].problem.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn rules_are_set_up_and_posts_counted() {
    let server = X::start().await;
    server.rule("#cats -is:retweet", Some("hashtug"));
    server.rule("from:somebody #spaces", Some("theirs"));
    server.rule("#dogs", None);
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], quick());
    rig.until("live", is_live).await;
    let rule = |value: &str, tag: Option<&str>| (value.to_owned(), tag.map(str::to_owned));
    let ours = "(#tabs OR #teamtabs OR #spaces) -is:retweet";
    assert_eq!(
        server.rules(),
        [
            rule("from:somebody #spaces", Some("theirs")),
            rule("#dogs", None),
            rule(ours, Some("hashtug"))
        ]
    );
    let now = rig.clock.now();
    server.say("\r\n");
    server.post(now, 1, "11", "Tabs");
    server.post(now, 2, "12", "spaces");
    // Another's rule.
    server.post(now, 3, "13", "dogs");
    // No rule at all: not even sent.
    server.post(now, 4, "14", "birds");
    let snapshot = rig.until("three posts", |s| s.posts.received() == 3).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (1, 1));
    assert_eq!((snapshot.posts.matched, snapshot.posts.unmatched), (2, 1));
    let asked = &server.requests(&format!("GET {STREAM} "))[0];
    for needed in ["created_at", "entities", "author_id", "referenced_tweets", "edit_history"] {
        assert!(asked.contains(needed), "{asked}");
    }
    assert!(!asked.contains("expansions") && !asked.contains("backfill"), "{asked}");
    rig.end().await;
}

#[tokio::test]
async fn rules_that_stand_are_left_as_they_are() {
    let server = X::start().await;
    server.rule("(#tabs OR #teamtabs OR #spaces) -is:retweet", Some("hashtug"));
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], quick());
    rig.until("live", is_live).await;
    assert_eq!(server.requests(&format!("POST {RULES}")), [""; 0]);
    rig.end().await;
}

#[tokio::test]
async fn reposts_count_where_they_are_to_count() {
    let server = X::start().await;
    let endpoint = X::url(server.address);
    let mut rig = Rig::start(counting(Reposts::Count), vec![x(endpoint)], quick());
    rig.until("live", is_live).await;
    assert_eq!(server.rules()[0].0, "(#tabs OR #teamtabs OR #spaces)");
    let asked = &server.requests(&format!("GET {STREAM} "))[0];
    assert!(asked.contains(r#""expansions": "referenced_tweets.id""#), "{asked}");
    // The text is cut off, and the hashtag with it: what it reposts comes along.
    let (_, original) = X::make(rig.clock.now(), 1, "11", "tabs");
    let (id, mut repost) = X::make(rig.clock.now(), 2, "12", "spaces");
    repost["data"]["referenced_tweets"] =
        json!([{"type": "retweeted", "id": original["data"]["id"]}]);
    repost["includes"] = json!({"tweets": [original["data"]]});
    server.publish(id, repost);
    let snapshot = rig.until("a repost", |s| s.posts.received() == 1).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (1, 0));
    rig.end().await;
}

#[tokio::test]
async fn what_comes_twice_or_in_disorder_counts_once() {
    let server = X::start().await;
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![x(X::url(server.address))], quick());
    rig.until("live", is_live).await;
    let now = rig.clock.now();
    let posts: Vec<_> = (0..20)
        .map(|n| X::make(now.checked_sub(Duration::from_secs(n)).unwrap(), n, "11", "tabs"))
        .collect();
    for (id, post) in posts.iter().chain(&posts) {
        server.publish(*id, post.clone());
    }
    let snapshot = rig.until("all", |s| s.posts.received() == 40).await;
    assert_eq!((snapshot.posts.matched, snapshot.posts.duplicate), (20, 20));
    rig.end().await;
}

#[tokio::test]
async fn what_a_cut_cost_is_looked_up() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![x(X::url(proxy.address))], quick());
    rig.until("live", is_live).await;
    server.page_size(3);
    server.post(rig.clock.now(), 0, "11", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    // Half a line: the rest is lost with the connection.
    let (id, post) = X::make(rig.clock.now(), 1, "12", "spaces");
    let line = post.to_string();
    server.say(&line[..line.len() / 2]);
    server.mute(true);
    server.publish(id, post);
    for place in 2..9 {
        server.post(rig.clock.now(), place, "13", "spaces");
    }
    let streams = || server.requests(&format!("GET {STREAM} ")).len();
    proxy.cut();
    rig.until("the next connection", |s| is_live(s) && streams() == 2).await;
    server.mute(false);
    server.post(rig.clock.now(), 9, "14", "tabs");
    rig.until("the stream again", |s| s.teams[0].votes == 2).await;
    // The search is not asked at once, since it would not know the newest posts.
    assert_eq!(server.requests(&format!("GET {RECENT}")), [""; 0]);
    tokio::time::pause();
    // A little more than was missed is looked up: what was there before and after it, too.
    let is_all = |s: &Snapshot| s.teams[1].votes == 8 && s.posts.duplicate == 2;
    let snapshot = rig.until("what was missed", is_all).await;
    assert_eq!((snapshot.posts.malformed, snapshot.posts.late), (0, 0));
    assert_eq!((snapshot.teams[0].votes, snapshot.sources[0].gap_count), (2, 0));
    assert_eq!(server.requests(&format!("GET {RECENT}")).len(), 4);
    rig.end().await;
}

#[tokio::test]
async fn a_post_of_the_future_does_not_hide_what_a_cut_cost() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![x(X::url(proxy.address))], quick());
    rig.until("live", is_live).await;
    server.post(rig.clock.now(), 0, "11", "tabs");
    let tomorrow = rig.clock.now().saturating_add(Duration::from_hours(24));
    server.post(tomorrow, 1, "12", "tabs");
    rig.until("both posts", |s| s.posts.matched == 2).await;
    server.mute(true);
    server.post(rig.clock.now(), 2, "13", "spaces");
    let streams = || server.requests(&format!("GET {STREAM} ")).len();
    proxy.cut();
    rig.until("the next connection", |s| is_live(s) && streams() == 2).await;
    server.mute(false);
    tokio::time::pause();
    let found = rig.until("what was missed", |s| s.teams[1].votes == 1).await;
    assert_eq!((found.teams[0].votes, found.posts.late), (2, 0));
    rig.end().await;
}

#[tokio::test]
async fn a_stream_that_ends_is_begun_again_at_once() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    // As patient as in earnest: X asks for no wait after a break, and for a minute after too much.
    let times = Times { backoff: None, ..quick() };
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![x(X::url(proxy.address))], times);
    rig.until("live", is_live).await;
    for cycle in 1..4 {
        server.post(rig.clock.now(), cycle, "11", "tabs");
        rig.until("a post", |s| s.posts.matched == cycle).await;
        proxy.half_close();
        let streams = || server.requests(&format!("GET {STREAM} ")).len() as u64;
        rig.until("the next stream", |s| is_live(s) && streams() == cycle + 1).await;
    }
    rig.end().await;
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_a_gap() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![x(X::url(proxy.address))], quick());
    rig.until("live", is_live).await;
    let asked = json!({"title": "Forbidden", "detail": "not in this plan"});
    server.refuse(RECENT, Some(refusal(403, &asked)));
    server.refuse(STREAM, Some(refusal(503, &json!({}))));
    let before = rig.clock.now();
    proxy.cut();
    rig.until("down", |s| problem(s).contains("503")).await;
    server.refuse(STREAM, None);
    rig.until("live again", is_live).await;
    let after = rig.clock.now();
    tokio::time::pause();
    let told = rig.until("a gap", |s| s.sources[0].gap_count == 1).await;
    assert_eq!((told.sources[0].state, &told.sources[0].problem), (SourceState::Live, &None));
    let gap = told.sources[0].gaps[0];
    assert!(gap.from <= before, "{gap:?}");
    let end = gap.from.saturating_add(gap.length);
    assert!(end > before && end <= after, "{gap:?} {before} {after}");
    rig.end().await;
}

#[tokio::test]
async fn where_the_access_allows_it_the_stream_sends_again_what_was_missed() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    let kind = Kind::X(x::Settings { backfill: true, ..settings(X::url(proxy.address)) });
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    let streams = || server.requests(&format!("GET {STREAM} "));
    proxy.cut();
    rig.until("live again", |s| is_live(s) && streams().len() == 2).await;
    let asked = streams();
    assert!(!asked[0].contains("backfill") && asked[1].contains(r#""backfill_minutes": "1""#));
    // Longer than it can: what is older is a gap.
    server.refuse(STREAM, Some(refusal(503, &json!({}))));
    proxy.cut();
    rig.until("down", |s| problem(s).contains("503")).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(7)).await;
    tokio::time::resume();
    server.refuse(STREAM, None);
    let told = rig.until("a gap", |s| s.sources[0].gap_count == 1).await;
    let minutes = told.sources[0].gaps[0].length.as_secs_f64() / 60.0;
    assert!((1.99..2.1).contains(&minutes), "{minutes}");
    assert!(streams().last().unwrap().contains(r#""backfill_minutes": "5""#));
    assert_eq!(server.requests(&format!("GET {RECENT}")), [""; 0]);
    rig.end().await;
}

#[tokio::test]
async fn what_is_paid_for_and_no_more_is_read() {
    let server = X::start().await;
    let kind = Kind::X(x::Settings { max_posts: 3, ..settings(X::url(server.address)) });
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    for place in 0..2 {
        server.post(rig.clock.now(), place, &place.to_string(), "tabs");
    }
    let two = rig.until("two posts", |s| s.posts.matched == 2).await;
    assert_eq!(two.sources[0].state, SourceState::Live);
    server.post(rig.clock.now(), 2, "2", "tabs");
    let ended = rig.until("the end", |s| s.sources[0].state == SourceState::Ended).await;
    assert_eq!(ended.teams[0].votes, 3);
    assert!(problem(&ended).contains("`max_posts`"), "{}", problem(&ended));
    assert_eq!(server.requests(&format!("GET {STREAM} ")).len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn every_refusal_has_its_own_words_and_passes() {
    let json = |status, body: serde_json::Value| refusal(status, &body);
    let page = Refusal {
        status: 200,
        headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
        body: "<html>Welcome to our hotel</html>".to_owned(),
    };
    let with = |name, value: &str| Refusal {
        headers: vec![("content-type", "application/json".to_owned()), (name, value.to_owned())],
        ..json(429, json!({"title": "Too Many Requests", "detail": "Too Many Requests"}))
    };
    let soon = hashtug::clock::Clock::from_wall().now().millis() / 1000 + 1;
    let lingers = json!({"title": "ConnectionException", "connection_issue": "TooManyConnections",
        "detail": "This stream is currently at the maximum allowed connection limit."});
    let not_enrolled = json!({"title": "Client Forbidden", "reason": "client-not-enrolled"});
    let server = X::start().await;
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], quick());
    rig.until("live", is_live).await;
    for (path, refused, said) in [
        (STREAM, json(401, json!({"title": "Unauthorized"})), "does not accept the token"),
        (STREAM, json(402, json!({"title": "CreditsDepleted"})), "no credits left"),
        (STREAM, json(403, not_enrolled), "no project"),
        (STREAM, page, "web page where posts should be"),
        (STREAM, with("retry-after", "1"), "429: Too Many Requests"),
        (STREAM, with("x-rate-limit-reset", &soon.to_string()), "429: Too Many Requests"),
        (STREAM, json(429, lingers), "still open"),
        (STREAM, json(503, json!({"title": "Service Unavailable"})), "503: Service Unavailable"),
    ] {
        server.refuse(path, Some(refused));
        server.hang_up();
        let told = rig.until(said, |s| problem(s).contains(said)).await;
        assert_eq!(told.sources[0].state, SourceState::Connecting);
        assert!(!problem(&told).contains(TOKEN));
        server.refuse(path, None);
        let live = rig.until("live again", is_live).await;
        assert_eq!(live.sources[0].problem, None);
    }
    rig.end().await;
}

#[tokio::test]
async fn a_token_that_is_not_set_and_a_server_that_is_not_there_are_named() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = X::start().await;
    let unset = "HASHTUG_NOBODY_SETS_THIS".parse().unwrap();
    let kinds = vec![
        Kind::X(x::Settings { token: unset, ..settings(X::url(server.address)) }),
        x(X::url(nobody)),
        x(X::url(server.address)),
    ];
    let mut rig = Rig::start(contest(), kinds, quick());
    let all = |s: &Snapshot| {
        let problem = |source: usize| s.sources[source].problem.as_deref().unwrap_or_default();
        problem(0).contains("`HASHTUG_NOBODY_SETS_THIS` is not set")
            && problem(1).contains("refuses the connection")
            && s.sources[2].state == SourceState::Live
    };
    rig.until("told", all).await;
    rig.end().await;
}

#[tokio::test]
async fn a_rule_that_x_does_not_accept_is_shown() {
    let server = X::start().await;
    server.refuse_rule("teamtabs");
    server.rule("#birds", Some("hashtug"));
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], quick());
    let said = "does not accept the rule `(#tabs OR #teamtabs OR #spaces) -is:retweet`: no viable";
    rig.until("told", |s| problem(s).contains(said)).await;
    let problem_of_rules = json!({"title": "Client Forbidden", "reason": "client-not-enrolled"});
    server.refuse(RULES, Some(refusal(403, &problem_of_rules)));
    rig.until("told of the app", |s| problem(s).contains("no project")).await;
    assert_eq!(server.requests(&format!("GET {STREAM} ")), [""; 0]);
    rig.end().await;
}

#[tokio::test]
async fn what_the_stream_says_of_its_end_is_shown() {
    let server = X::start().await;
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], quick());
    rig.until("live", is_live).await;
    server.refuse(STREAM, Some(refusal(503, &json!({}))));
    server.say("{\"errors\":[{\"title\":\"operational-disconnect\",\"disconnect_type\":\"UpstreamOperationalDisconnect\",\"detail\":\"This stream has been disconnected upstream for operational reasons.\",\"type\":\"https://api.twitter.com/2/problems/operational-disconnect\"}]}\r\n");
    rig.until("told", |s| problem(s).contains("operational reasons") || problem(s).contains("503"))
        .await;
    server.refuse(STREAM, None);
    rig.until("live again", is_live).await;
    // A problem beside a post does not end anything.
    let (id, mut post) = X::make(rig.clock.now(), 1, "11", "tabs");
    post["errors"] = json!([{"title": "Not Found Error", "detail": "a referenced post is gone"}]);
    server.publish(id, post);
    rig.until("a post", |s| s.posts.matched == 1).await;
    rig.end().await;
}

#[tokio::test]
async fn one_without_a_heartbeat_is_stale_and_then_dead() {
    let heartbeat = Duration::from_millis(600);
    let server = X::beating(heartbeat).await;
    let proxy = Proxy::start(server.address).await;
    let times = Times { heartbeat: Some(heartbeat), ..quick() };
    let mut rig = Rig::start(contest(), vec![x(X::url(proxy.address))], times);
    rig.until("live", is_live).await;
    // It is quiet for far longer than the silence that is death: blank lines are enough.
    let quiet = rig.clock.now();
    let is_over = |s: &Snapshot| s.at.is_some_and(|at| at.saturating_since(quiet) > heartbeat * 3);
    let is_dead = |s: &Snapshot| s.sources[0].state == SourceState::Connecting;
    let still = rig.until("the end of a quiet time", |s| is_dead(s) || is_over(s)).await;
    assert!(!is_dead(&still), "{:?}", still.sources[0]);
    proxy.set(Fault::Blackhole);
    let stale = rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    assert_eq!(problem(&stale), "");
    rig.until("dead", |s| problem(s).contains("nothing was heard")).await;
    proxy.set(Fault::None);
    rig.until("live again", is_live).await;
    rig.end().await;
}

#[tokio::test]
async fn x_has_twenty_seconds_for_a_heartbeat() {
    let server = X::beating(Duration::from_hours(1)).await;
    let mut rig = Rig::start(contest(), vec![x(X::url(server.address))], Times::default());
    rig.until("live", is_live).await;
    let start = rig.clock.now();
    tokio::time::pause();
    rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    let stale = rig.clock.now().saturating_since(start).as_secs_f64();
    rig.until("dead", |s| problem(s) == "nothing was heard for 40 s").await;
    let dead = rig.clock.now().saturating_since(start).as_secs_f64();
    assert!((22.0..23.5).contains(&stale), "{stale}");
    assert!((39.5..41.0).contains(&dead), "{dead}");
    rig.end().await;
}

//! Nostr.

use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::contest::{Contest, Reposts, Vote};
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::link::Times;
use hashtug::source::{Kind, nostr};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::support::contest;
use crate::support::fake::nostr::{Author, Manner, Relay};
use crate::support::proxy::{Fault, Proxy};
use crate::support::rig::{Rig, quick};

fn nostr(relays: Vec<Url>) -> Kind {
    Kind::Nostr(nostr::Settings { relays })
}

fn counting(reposts: Reposts) -> Arc<Contest> {
    let contest = contest();
    let (title, teams) = (contest.title().to_owned(), contest.teams().to_vec());
    let hour = Duration::from_hours(1);
    Arc::new(Contest::new(title, hour, Vote::Every, reposts, teams).unwrap())
}

/// Seconds on the clock of the relay, which is that of the show here.
fn seconds(clock: &Clock) -> i64 {
    clock.now().millis() / 1000
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

/// Connected; a machine that is busy may find a relay of these tests stale.
fn is_there(snapshot: &Snapshot) -> bool {
    matches!(snapshot.sources[0].state, SourceState::Live | SourceState::Stale)
}

fn problem(snapshot: &Snapshot) -> &str {
    snapshot.sources[0].problem.as_deref().unwrap_or_default()
}

/// A source with one relay, which has taken the subscription.
async fn one(contest: &Arc<Contest>) -> (Relay, Rig) {
    let relay = Relay::start().await;
    let mut rig = Rig::start(contest, vec![nostr(vec![Relay::url(relay.address)])], quick());
    rig.until("live", is_live).await;
    (relay, rig)
}

#[tokio::test]
async fn posts_are_asked_for_by_all_ways_to_write_a_hashtag_and_counted() {
    let (relay, mut rig) = one(&contest()).await;
    let now = seconds(&rig.clock);
    let (ada, bo) = (Author::new(1), Author::new(2));
    relay.publish(&ada.post(now, "Tabs", "one"));
    relay.publish(&bo.post(now, "SPACES", "two"));
    relay.publish(&bo.post(now, "tea", "nobody asked for it"));
    // In disorder, and twice the same hashtag in two ways.
    let tags = json!([["t", "tabs"], ["t", "TABS"], ["client", "meadow"]]);
    relay.publish(&Author::new(3).event(now - 20, 1, &tags, "three"));
    let snapshot = rig.until("three posts", |s| s.posts.received() == 3).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (2, 1));
    let filter = &relay.filters("hashtug")[0];
    assert_eq!(filter["kinds"], json!([1]));
    let hashtags: Vec<&str> =
        filter["#t"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    for written in ["tabs", "Tabs", "TABS", "teamtabs", "TEAMTABS", "spaces", "Spaces"] {
        assert!(hashtags.contains(&written), "{hashtags:?}");
    }
    rig.end().await;
}

#[tokio::test]
async fn a_post_from_the_future_is_one_of_now_and_does_not_hide_the_next() {
    let (relay, mut rig) = one(&contest()).await;
    let now = seconds(&rig.clock);
    relay.publish(&Author::new(1).post(now + 86_400, "tabs", "tomorrow"));
    let snapshot = rig.until("a post", |s| s.teams[0].votes == 1).await;
    assert!(snapshot.at.unwrap() <= rig.clock.now());
    relay.hang_up();
    rig.until("asked again", |s| is_live(s) && relay.filters("hashtug").len() == 2).await;
    let since = relay.filters("hashtug")[1]["since"].as_i64().unwrap();
    assert!(since <= now + 60, "{since} {now}");
    relay.publish(&Author::new(2).post(now, "spaces", "today"));
    rig.until("the next", |s| s.teams[1].votes == 1).await;
    rig.end().await;
}

#[tokio::test]
async fn what_was_posted_during_a_break_comes_after_it_and_nothing_twice() {
    const CUTS: i64 = 100;
    let relay = Relay::start().await;
    let proxy = Proxy::start(relay.address).await;
    let kind = nostr(vec![Relay::url(proxy.address)]);
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![kind], quick());
    rig.until("live", is_live).await;
    let now = seconds(&rig.clock);
    let (ada, bo) = (Author::new(1), Author::new(2));
    for cut in 0..CUTS {
        relay.publish(&ada.post(now - cut % 50, "tabs", &cut.to_string()));
        proxy.cut();
        relay.publish(&bo.post(now - cut % 50, "spaces", &cut.to_string()));
        let all = u64::try_from(2 * (cut + 1)).unwrap();
        if cut % 4 == 0 {
            rig.until("all posts", |s| s.posts.matched == all).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
    let all = u64::try_from(2 * CUTS).unwrap();
    rig.until("all posts", |s| s.posts.matched == all).await;
    assert!(proxy.accepted() > 20, "{} connections", proxy.accepted());
    let last = rig.end().await;
    // Told once: not even a duplicate.
    assert_eq!(last.posts.received(), all);
    assert_eq!(last.sources[0].gap_count, 0);
}

#[tokio::test]
async fn stored_posts_are_fetched_page_by_page() {
    for manner in [Manner::Honest, Manner::NoEose] {
        let relay = Relay::start().await;
        relay.limit(7);
        let clock = Clock::from_wall();
        let now = seconds(&clock);
        let ada = Author::new(1);
        for post in 0..40 {
            relay.publish(&ada.post(now - post, "tabs", &post.to_string()));
        }
        // Older than what is asked for.
        relay.publish(&ada.post(now - 1000, "tabs", "old"));
        relay.behave(manner.clone());
        let kind = nostr(vec![Relay::url(relay.address)]);
        let mut rig = Rig::start(counting(Reposts::Ignore), vec![kind], quick());
        rig.until("all posts", |s| s.posts.matched == 40).await;
        rig.until("no more to ask for", |_| {
            let older = relay.filters("hashtug-older");
            older.last().is_some_and(|last| *last == Value::Null)
        })
        .await;
        // Live all the while.
        relay.publish(&ada.post(now, "tabs", "new"));
        let last = rig.until("a new post", |s| s.posts.matched == 41).await;
        assert_eq!((last.posts.received(), last.sources[0].gap_count), (41, 0), "{manner:?}");
        assert_eq!(last.sources[0].problem, None);
        rig.end().await;
    }
}

#[tokio::test]
async fn an_event_from_two_relays_is_told_once() {
    let relays = [Relay::start().await, Relay::start().await];
    let urls = relays.iter().map(|relay| Relay::url(relay.address)).collect();
    let mut rig = Rig::start(counting(Reposts::Ignore), vec![nostr(urls)], quick());
    let asked = || relays.iter().all(|relay| relay.filters("hashtug").len() == 1);
    rig.until("both asked", |s| is_live(s) && asked()).await;
    let now = seconds(&rig.clock);
    let ada = Author::new(1);
    for post in 0..20 {
        let event = ada.post(now, "tabs", &post.to_string());
        for relay in &relays {
            relay.publish(&event);
        }
    }
    // Each has one of its own, which comes after the others.
    relays[0].publish(&ada.post(now, "spaces", "first"));
    relays[1].publish(&ada.post(now, "spaces", "second"));
    let all = |s: &Snapshot| s.teams[1].votes == 2 && s.posts.matched == 22;
    rig.until("all posts", all).await;
    let last = rig.end().await;
    assert_eq!(last.posts.received(), 22);
}

#[tokio::test]
async fn a_deletion_takes_a_post_back_from_whichever_relay_and_once() {
    let relays = [Relay::start().await, Relay::start().await];
    let urls = relays.iter().map(|relay| Relay::url(relay.address)).collect();
    let mut rig = Rig::start(contest(), vec![nostr(urls)], quick());
    let asked = || relays.iter().all(|relay| relay.filters("hashtug").len() == 1);
    rig.until("both asked", |s| is_live(s) && asked()).await;
    let now = seconds(&rig.clock);
    let (ada, bo) = (Author::new(1), Author::new(2));
    let post = ada.post(now, "tabs", "to be deleted");
    for relay in &relays {
        relay.publish(&post);
    }
    relays[0].publish(&bo.post(now, "spaces", "to stay"));
    let changes = || relays.iter().all(|relay| !relay.filters("hashtug-changes").is_empty());
    rig.until("asked for changes", |s| s.posts.matched == 2 && changes()).await;
    let filter = relays[0].filters("hashtug-changes").pop().unwrap();
    assert_eq!(filter["kinds"], json!([5]));
    assert!(filter["#e"].as_array().unwrap().contains(&post["id"]));
    // Nobody else can delete it.
    relays[0].publish(&bo.deletion(now, &post));
    let deletion = ada.deletion(now, &post);
    for relay in &relays {
        relay.publish(&deletion);
    }
    let is_gone = |s: &Snapshot| s.teams[0].votes == 0 && s.posts.received() == 4;
    rig.until("gone", is_gone).await;
    let last = rig.end().await;
    assert_eq!((last.posts.revised, last.posts.unmatched, last.teams[1].votes), (1, 1, 1));
}

#[tokio::test]
async fn reposts_are_found_by_what_they_repost() {
    let (relay, mut rig) = one(&counting(Reposts::Count)).await;
    let now = seconds(&rig.clock);
    let post = Author::new(1).post(now, "tabs", "worth it");
    relay.publish(&post);
    let asked = || !relay.filters("hashtug-changes").is_empty();
    rig.until("asked for changes", |s| s.posts.matched == 1 && asked()).await;
    let tags = json!([["e", post["id"]], ["p", post["pubkey"]]]);
    relay.publish(&Author::new(2).event(now, 6, &tags, &post.to_string()));
    rig.until("a repost", |s| s.teams[0].votes == 2).await;
    rig.end().await;
}

#[tokio::test]
async fn forged_and_altered_events_do_not_count_and_are_told_once() {
    let (relay, mut rig) = one(&contest()).await;
    let now = seconds(&rig.clock);
    let (ada, bo) = (Author::new(1), Author::new(2));
    let real = ada.post(now, "tabs", "by me");
    // Its words changed; its hashtag changed; by somebody else; signed by somebody else.
    let mut altered = real.clone();
    altered["content"] = "not by me".into();
    let mut turned = real.clone();
    turned["tags"] = json!([["t", "spaces"]]);
    let mut stolen = bo.post(now, "spaces", "by bo");
    stolen["pubkey"] = real["pubkey"].clone();
    let mut signed = ada.post(now, "spaces", "by ada");
    signed["sig"] = bo.post(now, "spaces", "by ada")["sig"].clone();
    for forged in [&altered, &turned, &stolen, &signed] {
        relay.push(forged);
    }
    let told = rig.until("malformed", |s| s.posts.malformed == 4).await;
    assert!(is_there(&told));
    // What was forged under the name of a real post does not keep that out.
    relay.publish(&real);
    let counted = rig.until("the real one", |s| s.posts.matched == 1).await;
    assert_eq!((counted.teams[0].votes, counted.teams[1].votes), (1, 0));
    assert!(problem(&counted).contains("not by their authors"), "{}", problem(&counted));
    assert_eq!(counted.posts.received(), 5);
    rig.end().await;
}

#[tokio::test]
async fn a_forged_deletion_deletes_nothing() {
    let (relay, mut rig) = one(&contest()).await;
    let now = seconds(&rig.clock);
    let (ada, bo) = (Author::new(1), Author::new(2));
    let post = ada.post(now, "tabs", "to stay");
    relay.publish(&post);
    rig.until("a post", |s| s.posts.matched == 1).await;
    let mut forged = bo.deletion(now, &post);
    forged["pubkey"] = post["pubkey"].clone();
    relay.push(&forged);
    let snapshot = rig.until("malformed", |s| s.posts.malformed == 1).await;
    assert_eq!(snapshot.teams[0].votes, 1);
    rig.end().await;
}

#[tokio::test]
async fn one_relay_that_hangs_does_not_hold_the_others_up() {
    let (good, bad) = (Relay::start().await, Relay::start().await);
    bad.hang();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let urls = [bad.address, nobody, good.address].map(Relay::url).to_vec();
    let mut rig = Rig::start(contest(), vec![nostr(urls)], quick());
    rig.until("live", is_live).await;
    good.publish(&Author::new(1).post(seconds(&rig.clock), "tabs", "here"));
    let named = format!("1 of 3 relays: `{nobody}`: `{nobody}` refuses the connection");
    let counts = |s: &Snapshot| s.teams[0].votes == 1 && problem(s).starts_with(&named);
    let snapshot = rig.until("a post", counts).await;
    assert!(is_there(&snapshot));
    // When the last that works goes, the source is no longer live.
    good.refuse(Some((503, "tired")));
    good.hang_up();
    let down = |s: &Snapshot| !is_there(s) && problem(s).contains("503");
    rig.until("down", down).await;
    good.refuse(None);
    rig.until("live again", |s| is_live(s) && problem(s).starts_with(&named)).await;
    rig.end().await;
}

#[tokio::test]
async fn a_relay_that_does_not_answer_a_handshake_is_given_up() {
    let relay = Relay::start().await;
    relay.hang();
    let urls = vec![Relay::url(relay.address)];
    let mut rig = Rig::start(contest(), vec![nostr(urls)], quick());
    tokio::time::pause();
    let said = format!("`{}`: `{}` does not answer", relay.address, relay.address);
    rig.until("given up", |s| problem(s).starts_with(&said)).await;
    rig.end().await;
}

#[tokio::test]
async fn every_refusal_has_its_own_words_and_passes() {
    let (relay, mut rig) = one(&contest()).await;
    for (refusal, said) in [
        ((401, "no"), "401"),
        ((503, "busy"), "503"),
        ((429, "slow down"), "429"),
        ((200, "<html>Welcome to our hotel</html>"), "web page where posts should be"),
    ] {
        relay.refuse(Some(refusal));
        relay.hang_up();
        let told = rig.until(said, |s| problem(s).contains(said)).await;
        assert_eq!(told.sources[0].state, SourceState::Connecting, "{said}");
        relay.refuse(None);
        let live = rig.until("live again", is_live).await;
        assert_eq!(live.sources[0].problem, None);
    }
    for (manner, said) in [
        (Manner::Close("rate-limited: slow down"), "too many requests of ours: slow down"),
        (Manner::Close("error: database is down"), "closed the subscription: error: database"),
        (Manner::Close("restricted: not for you"), "does not serve us: not for you"),
        (Manner::Auth, "only those who log in: members only"),
    ] {
        relay.behave(manner);
        relay.hang_up();
        rig.until(said, |s| problem(s).contains(said)).await;
        relay.behave(Manner::Honest);
        rig.until("live again", |s| is_live(s) && s.sources[0].problem.is_none()).await;
    }
    let now = seconds(&rig.clock);
    relay.publish(&Author::new(1).post(now, "tabs", "after all"));
    rig.until("a post", |s| s.posts.matched == 1).await;
    rig.end().await;
}

#[tokio::test]
async fn a_relay_that_says_nothing_of_the_subscription_is_shown_with_its_remark() {
    let relay = Relay::start().await;
    relay.behave(Manner::Notice("ERROR: bad req: filter too large"));
    let kind = nostr(vec![Relay::url(relay.address)]);
    let mut rig = Rig::start(contest(), vec![kind], quick());
    let said = "the relay says: ERROR: bad req: filter too large";
    let told = rig.until("told", |s| problem(s).contains(said)).await;
    assert!(is_there(&told));
    relay.push(&Author::new(1).post(seconds(&rig.clock), "tabs", "it works all the same"));
    rig.until("a post", |s| s.posts.matched == 1 && s.sources[0].problem.is_none()).await;
    rig.end().await;
    // Silence alone is none: an empty relay may have nothing to say.
    let mute = Relay::start().await;
    mute.behave(Manner::Mute);
    let kind = nostr(vec![Relay::url(mute.address)]);
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    mute.push(&Author::new(1).post(seconds(&rig.clock), "tabs", "here"));
    let snapshot = rig.until("a post", |s| s.posts.matched == 1).await;
    assert_eq!(snapshot.sources[0].problem, None);
    rig.end().await;
}

#[tokio::test]
async fn a_half_open_connection_is_dead_and_made_again() {
    let relay = Relay::start().await;
    let proxy = Proxy::start(relay.address).await;
    let kind = nostr(vec![Relay::url(proxy.address)]);
    // Death does not depend on whether the relay has answered a ping by then.
    let times = Times { heartbeat: Some(Duration::from_millis(100)), ..quick() };
    let mut rig = Rig::start(contest(), vec![kind], times);
    rig.until("live", is_live).await;
    relay.publish(&Author::new(1).post(seconds(&rig.clock), "tabs", "before"));
    rig.until("a post", |s| s.posts.matched == 1).await;
    proxy.set(Fault::Blackhole);
    rig.until("stale", |s| s.sources[0].state == SourceState::Stale).await;
    rig.until("dead", |s| problem(s).contains("nothing was heard for")).await;
    relay.publish(&Author::new(2).post(seconds(&rig.clock), "spaces", "meanwhile"));
    proxy.set(Fault::None);
    let back = rig.until("back", |s| s.posts.matched == 2).await;
    assert_eq!((back.sources[0].gap_count, back.posts.received()), (0, 2));
    rig.end().await;
}

//! `kill -9` while people post: what was posted before, during and after the time off, and what is made
//! of it when the show goes on, to the vote.

use std::path::PathBuf;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::crash::Life;
use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::nostr::{Author, Relay};
use crate::support::fake::service::Service;
use crate::support::patience::until;
use crate::support::program::{Show, hashtug};
use crate::support::proxy::Proxy;

const TEAMS: &str = r#"
[contest]
window = "10m"
[[team]]
name = "Tabs"
hashtags = ["tabs"]
[[team]]
name = "Spaces"
hashtags = ["spaces"]
"#;

const ROUND: &str = "[round]\nlength = \"10m\"\ncountdown = \"0s\"\ngrace = \"1s\"\n";

/// A config, and what its show leaves behind.
struct Hall(TempDir);

impl Hall {
    fn new(config: &str) -> Hall {
        let folder = TempDir::new().unwrap();
        let text = format!(
            "[show]\njournal = \"friday.jsonl\"\n[web]\nlisten = \"127.0.0.1:0\"\n{config}"
        );
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Hall(folder)
    }

    fn start(&self) -> Life {
        let mut command = hashtug(&["run", "-c"]);
        command.arg(self.0.path().join("config.toml")).current_dir(self.0.path());
        command.env("XDG_RUNTIME_DIR", self.0.path()).stdout(std::process::Stdio::null());
        Life::of(&self.journal(), Show::start(command))
    }

    /// The same, once the source is there.
    fn live(&self) -> Life {
        let life = self.start();
        life.until("the source", |s| s["sources"][0]["state"] == "live");
        life
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("friday.jsonl")
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap();
        text.lines().flat_map(serde_json::from_str).collect()
    }

    /// The newest time of a line.
    fn last(&self) -> Timestamp {
        let last = self.lines().iter().filter_map(|line| time(&line["at"])).max();
        last.expect("each journal has a first line")
    }

    /// Waits until the journal has that many posts, and says that the show ran after `at`.
    #[track_caller]
    fn until_written(&self, posts: usize, at: Timestamp) {
        until("all of it in the journal", || {
            let is_post = |line: &&Value| !line["author"].is_null();
            self.lines().iter().filter(is_post).count() == posts && self.last() > at
        });
    }

    #[track_caller]
    fn verify(&self) {
        let output = hashtug(&["verify", self.journal().to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(value.as_str()?)
}

fn now() -> Timestamp {
    Clock::from_wall().now()
}

/// What became of the messages, without what is none of them.
fn fates(snapshot: &Value) -> Value {
    let mut posts = snapshot["posts"].clone();
    posts.as_object_mut().unwrap().retain(|_, count| *count != 0);
    posts
}

fn votes(snapshot: &Value) -> [u64; 2] {
    [0, 1].map(|team| snapshot["teams"][team]["votes"].as_u64().unwrap())
}

fn sky(endpoint: &url::Url) -> String {
    format!("[[source]]\nname = \"sky\"\nkind = \"bluesky\"\nendpoint = \"{endpoint}\"\n")
}

fn post(server: &Jetstream, at: Timestamp, author: &str, rkey: &str, hashtag: &str) {
    server.post(at.millis() * 1000, author, rkey, hashtag);
}

/// The author changes a post.
fn edit(server: &Jetstream, at: Timestamp, author: &str, rkey: &str, hashtag: &str) {
    server.publish(
        at.millis() * 1000,
        json!({"did": format!("did:plc:{author}"), "operation": "update",
            "collection": "app.bsky.feed.post", "rkey": rkey,
            "record": {"$type": "app.bsky.feed.post", "text": format!("rope #{hashtag}"),
                "facets": [{"features": [
                    {"$type": "app.bsky.richtext.facet#tag", "tag": hashtag}]}]}}),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_a_cursor_brings_all_that_a_round_has_missed_and_nothing_counts_twice() {
    for url in [Jetstream::url, Jetstream::url_of_second] {
        let server = Jetstream::start().await;
        block_in_place(|| {
            let hall = Hall::new(&format!("{TEAMS}{ROUND}{}", sky(&url(server.address))));
            let life = hall.live();
            life.done(&json!({"command": "start"}));
            life.until("the opening", |s| s["phase"] == "open");
            post(&server, now(), "ada", "1", "tabs");
            post(&server, now(), "bo", "2", "spaces");
            post(&server, now(), "cy", "3", "tabs");
            server.delete(now().millis() * 1000, "cy", "3");
            post(&server, now(), "di", "4", "tabs");
            edit(&server, now(), "di", "4", "spaces");
            post(&server, now(), "ada", "5", "spaces");
            let before = life.until("all posts", |s| s["posts"]["received"] == 7);
            assert_eq!(votes(&before), [0, 3], "{before}");
            let on_its_way = now();
            hall.until_written(6, on_its_way);
            life.kill();
            post(&server, on_its_way, "fox", "6", "tabs");
            post(&server, now(), "ed", "7", "tabs");
            // It takes back what was counted.
            server.delete(now().millis() * 1000, "bo", "2");
            let life = hall.live();
            post(&server, now(), "gil", "8", "tabs");
            let after = life.until("all posts", |s| s["posts"]["matched"] == 7);
            let expected = json!({
                "received": 7 + 7 + 3 + 1, "matched": 5 + 1 + 1, "closed": 1,
                // Both of ada, and those of bo and di.
                "duplicate": 4,
                // What was deleted before and comes again is as dead as its deletion.
                "revised": 2 + 3, "unmatched": 1,
            });
            assert_eq!(fates(&after), expected, "{after}");
            assert_eq!(votes(&after), [2, 2], "{after}");
            assert_eq!(after["sources"][0]["gap_count"], 0, "{after}");
            life.done(&json!({"command": "lock"}));
            let result = life.until("the result", |s| s["phase"] == "revealed");
            let teams = &result["results"][0]["teams"];
            assert_eq!((&teams[0]["votes"], &teams[1]["votes"]), (&json!(2), &json!(2)));
            life.kill();
            hall.verify();
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rounds_what_was_posted_meanwhile_counts_as_it_would_have() {
    let server = Jetstream::start().await;
    block_in_place(|| {
        let hall = Hall::new(&format!("{TEAMS}{}", sky(&Jetstream::url(server.address))));
        let life = hall.live();
        post(&server, now(), "ada", "1", "tabs");
        life.until("a post", |s| s["posts"]["matched"] == 1);
        hall.until_written(1, Timestamp::MIN);
        life.kill();
        post(&server, now(), "bo", "2", "spaces");
        post(&server, now(), "ada", "3", "spaces");
        let life = hall.live();
        let after = life.until("all posts", |s| s["posts"]["received"] == 4);
        assert_eq!(fates(&after), json!({"received": 4, "matched": 3, "duplicate": 1}), "{after}");
        assert_eq!((votes(&after), &after["sources"][0]["gap_count"]), ([0, 2], &json!(0)));
        life.kill();
        hall.verify();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_asked_for_brings_all_that_a_round_has_missed() {
    let service = Service::start().await;
    let publish = |key: &str, at: Timestamp, author: &str, hashtag: &str| {
        let post = json!({"key": key, "user": {"name": author}, "body": format!("#{hashtag}"),
            "at": at.to_string()});
        service.publish(json!({ "data": post }).to_string());
    };
    block_in_place(|| {
        let source = format!(
            "[[source]]\nname = \"page\"\nkind = \"http\"\nmode = \"poll\"\nevery = \"1s\"\n\
             url = \"http://{}/page\"\n[source.map]\nitems = \"/list\"\ntext = \"/data/body\"\n\
             id = \"/data/key\"\nauthor = \"/data/user/name\"\nat = \"/data/at\"\n",
            service.address
        );
        let hall = Hall::new(&format!("{TEAMS}{ROUND}{source}"));
        let life = hall.live();
        life.done(&json!({"command": "start"}));
        life.until("the opening", |s| s["phase"] == "open");
        publish("1", now(), "ada", "tabs");
        publish("2", now(), "bo", "spaces");
        life.until("two posts", |s| s["posts"]["matched"] == 2);
        // Answers are dated by the second, and so are posts placed.
        let second = Duration::from_secs(1);
        hall.until_written(2, now().saturating_add(second));
        life.kill();
        let off = hall.last();
        // More than a page holds.
        for key in 3..7 {
            publish(&key.to_string(), off.saturating_add(second / 2), "cy", "tabs");
        }
        until("the time off", || now().saturating_since(off) > second * 2);
        let life = hall.live();
        let back = now();
        until("a time after it", || now().saturating_since(back) > second / 10);
        publish("7", now(), "ada", "spaces");
        let after = life.until("all posts", |s| s["posts"]["matched"] == 3);
        let expected = json!({"received": 2 + 6 + 1, "matched": 3, "duplicate": 2, "closed": 4});
        assert_eq!(fates(&after), expected, "{after}");
        assert_eq!((votes(&after), &after["sources"][0]["gap_count"]), ([0, 2], &json!(0)));
        life.kill();
        hall.verify();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_counts_what_was_on_its_way_for_longer_than_a_window() {
    let relay = Relay::start().await;
    block_in_place(|| {
        let contest = TEAMS.replace("10m", "1s");
        let source = format!(
            "[[source]]\nname = \"relay\"\nkind = \"nostr\"\nrelays = [\"{}\"]\n",
            Relay::url(relay.address)
        );
        let hall = Hall::new(&format!("{contest}{ROUND}{source}"));
        let life = hall.live();
        life.done(&json!({"command": "start"}));
        life.until("the opening", |s| s["phase"] == "open");
        let (opened, seconds) = (now(), || now().millis() / 1000);
        // Posts are dated by the second.
        until("a second of the round", || seconds() > opened.millis() / 1000);
        let at = seconds();
        relay.publish(&Author::new(1).post(at, "tabs", "rope"));
        life.until("a post", |s| s["posts"]["matched"] == 1);
        hall.until_written(1, Timestamp::from_secs(at).unwrap());
        life.kill();
        relay.publish(&Author::new(2).post(at, "spaces", "rope"));
        until("more than a window", || seconds() > at + 2);
        let life = hall.live();
        let after = life.until("both posts", |s| s["posts"]["received"] == 3);
        assert_eq!(fates(&after), json!({"received": 3, "matched": 2, "duplicate": 1}), "{after}");
        assert_eq!((votes(&after), &after["sources"][0]["gap_count"]), ([1, 1], &json!(0)));
    });
}

fn socket(address: std::net::SocketAddr) -> String {
    format!(
        "[[source]]\nname = \"hall\"\nkind = \"websocket\"\nurl = \"ws://{address}/socket\"\n\
         [source.map]\ntext = \"/data/body\"\nid = \"/data/key\"\nauthor = \"/data/user/name\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_a_cursor_has_a_gap_from_the_last_line_to_the_first_word() {
    let service = Service::start().await;
    block_in_place(|| {
        let hall = Hall::new(&format!("{TEAMS}{ROUND}{}", socket(service.address)));
        let life = hall.live();
        life.done(&json!({"command": "start"}));
        life.until("the opening", |s| s["phase"] == "open");
        service.post("1", "ada", "#tabs");
        life.until("a post", |s| s["posts"]["matched"] == 1);
        hall.until_written(1, now());
        life.kill();
        let last = hall.last();
        service.post("2", "bo", "#spaces");
        let started = now();
        let life = hall.live();
        let back = now();
        service.post("1", "ada", "#tabs");
        service.post("3", "cy", "#spaces");
        let after = life.until("the posts after", |s| s["posts"]["received"] == 3);
        assert_eq!(fates(&after), json!({"received": 3, "matched": 2, "duplicate": 1}), "{after}");
        assert_eq!(votes(&after), [1, 1], "{after}");
        let gap = &after["sources"][0]["gaps"][0];
        assert_eq!(after["sources"][0]["gap_count"], 1, "{after}");
        assert_eq!(time(&gap["at"]), Some(last), "{gap}");
        let to = last.saturating_add(Duration::from_millis(gap["ms"].as_u64().unwrap()));
        assert!(started <= to && to <= back, "{gap}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_begins_where_the_source_was_lost_and_not_where_the_show_was() {
    let service = Service::start().await;
    let proxy = Proxy::start(service.address).await;
    block_in_place(|| {
        let hall = Hall::new(&format!("{TEAMS}{ROUND}{}", socket(proxy.address)));
        // A source that has never been there has missed nothing.
        service.refuse(503, Vec::new(), "");
        hall.start().kill();
        service.accept();
        let life = hall.live();
        assert_eq!(life.now()["sources"][0]["gap_count"], 0);
        life.done(&json!({"command": "start"}));
        service.refuse(503, Vec::new(), "");
        let lost = now();
        proxy.cut();
        life.until("the loss", |s| s["sources"][0]["state"] == "connecting");
        let away = now();
        // In the round time is written on.
        until("the loss in the journal", || hall.last() > away);
        life.kill();
        // Nor was it there in the life between.
        let life = hall.start();
        life.until("the failure", |s| !s["sources"][0]["problem"].is_null());
        let between = now();
        until("another line", || hall.last() > between);
        life.kill();
        service.accept();
        let after = hall.live().now();
        let gaps = &after["sources"][0]["gaps"];
        assert_eq!(after["sources"][0]["gap_count"], 1, "{after}");
        let from = time(&gaps[0]["at"]).unwrap();
        assert!(lost.saturating_since(from) < Duration::from_secs(3) && from <= away, "{gaps}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_begins_again_when_the_source_is_back() {
    let server = Jetstream::start().await;
    block_in_place(|| {
        let rounds = ROUND.replace("grace = \"1s\"", "grace = \"2s\"");
        let hall = Hall::new(&format!("{TEAMS}{rounds}{}", sky(&Jetstream::url(server.address))));
        let life = hall.live();
        life.done(&json!({"command": "start"}));
        life.until("the opening", |s| s["phase"] == "open");
        post(&server, now(), "ada", "1", "tabs");
        life.until("a post", |s| s["posts"]["matched"] == 1);
        let on_its_way = now();
        hall.until_written(1, on_its_way);
        life.done(&json!({"command": "lock"}));
        until("the bell in the journal", || hall.lines().iter().any(|it| it["command"] == "lock"));
        life.kill();
        server.refuse(Some((503, "")));
        let life = hall.start();
        let started = now();
        // Longer than the grace.
        let is_long_ago = || now().saturating_since(started) > Duration::from_millis(2500);
        until("the time without the source", is_long_ago);
        assert_eq!(life.now()["phase"], "locked");
        post(&server, on_its_way, "bo", "2", "tabs");
        server.refuse(None);
        let result = life.until("the result", |s| s["phase"] == "revealed");
        assert_eq!(result["results"][0]["teams"][0]["votes"], 2, "{result}");
        life.kill();
        hall.verify();
    });
}

//! Several questions: each network is asked for the hashtags of all of them, from the start.

use std::sync::Arc;
use std::time::Duration;

use hashtug::contest::{Contest, PALETTE, Reposts, Team, Vote};
use hashtug::questions::Questions;
use hashtug::snapshot::SourceState;
use hashtug::source::{Kind, nostr, x};

use crate::support::contest;
use crate::support::fake::nostr::{Author, Relay};
use crate::support::fake::x::{TOKEN_VARIABLE, X};
use crate::support::rig::{Rig, quick};

/// Tabs against spaces, and another question, which has a hashtag of the first.
fn evening() -> Questions {
    let team = |place: usize, name: &str, hashtags: &[&str]| Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = vec![team(0, "Vim", &["vim", "tabs"]), team(1, "Emacs", &["emacs"])];
    let (minute, vote) = (Duration::from_mins(1), Vote::Latest);
    let second = Contest::new(String::new(), minute, vote, Reposts::Ignore, teams).unwrap();
    Questions::new(vec![contest(), Arc::new(second)]).unwrap()
}

#[tokio::test]
async fn networks_are_asked_for_the_hashtags_of_all_questions() {
    let (relay, server) = (Relay::start().await, X::start().await);
    let kinds = vec![
        Kind::Nostr(nostr::Settings { relays: vec![Relay::url(relay.address)] }),
        Kind::X(x::Settings {
            endpoint: X::url(server.address),
            token: TOKEN_VARIABLE.parse().unwrap(),
            max_posts: x::MAX_POSTS,
            backfill: false,
        }),
    ];
    let mut rig = Rig::start(evening(), kinds, quick());
    rig.until("live", |s| s.sources.iter().all(|it| it.state == SourceState::Live)).await;
    let filter = &relay.filters("hashtug")[0]["#t"];
    let asked: Vec<&str> = filter.as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    for written in ["tabs", "spaces", "vim", "Vim", "EMACS"] {
        assert!(asked.contains(&written), "{asked:?}");
    }
    let rule = "(#tabs OR #teamtabs OR #spaces OR #vim OR #emacs) -is:retweet";
    assert_eq!(server.rules(), [(rule.to_owned(), Some("hashtug".to_owned()))]);
    let now = rig.clock.now();
    relay.publish(&Author::new(1).post(now.millis() / 1000, "vim", "of the other question"));
    relay.publish(&Author::new(2).post(now.millis() / 1000, "tabs", "of both"));
    server.post(now, 3, "13", "emacs");
    server.post(now, 4, "14", "spaces");
    let snapshot = rig.until("four posts", |s| s.posts.received() == 4).await;
    assert_eq!((snapshot.teams[0].votes, snapshot.teams[1].votes), (1, 1));
    assert_eq!((snapshot.posts.matched, snapshot.posts.unmatched), (2, 2));
    rig.end().await;
}

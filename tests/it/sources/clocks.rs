//! Stamps of networks that are wrong, at any place of a conversation: they change no count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hashtug::clock::Clock;
use hashtug::contest::{Contest, Reposts, Vote};
use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::decode::pointer::Pointer;
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::http::Mode;
use hashtug::source::{Kind, http, jetstream, mastodon, nostr, websocket, x};
use hashtug::timestamp::Timestamp;

use crate::support::contest;
use crate::support::dates::Dates;
use crate::support::fake::jetstream::Jetstream;
use crate::support::fake::mastodon::{self as garden, Mastodon, Way};
use crate::support::fake::nostr::{Author, Relay};
use crate::support::fake::service::Service;
use crate::support::fake::x::{self as fake_x, X};
use crate::support::proxy::Proxy;
use crate::support::rig::{Rig, quick};

/// A post that is placed further back than this is late.
const WINDOW: Duration = Duration::from_secs(20);

/// Every post a vote, for a short while.
fn short_contest() -> Arc<Contest> {
    let teams = contest().teams().to_vec();
    Arc::new(Contest::new("Short".into(), WINDOW, Vote::Every, Reposts::Ignore, teams).unwrap())
}

/// The networks, each by one of the ways to read it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Network {
    Lines,
    Events,
    Poll,
    Socket,
    MastodonPolled,
    MastodonStreamed,
    X,
    Nostr,
    Jetstream,
    JetstreamOfSecond,
}

const ALL: [Network; 10] = [
    Network::Lines,
    Network::Events,
    Network::Poll,
    Network::Socket,
    Network::MastodonPolled,
    Network::MastodonStreamed,
    Network::X,
    Network::Nostr,
    Network::Jetstream,
    Network::JetstreamOfSecond,
];

/// A server of one of them.
enum Server {
    Service(Service),
    Mastodon(Mastodon),
    X(X),
    Nostr(Relay),
    Jetstream(Jetstream),
}

impl Server {
    async fn start(network: Network) -> (Server, SocketAddr) {
        match network {
            Network::Lines | Network::Events | Network::Poll | Network::Socket => {
                let service = Service::start().await;
                let address = service.address;
                (Server::Service(service), address)
            }
            Network::MastodonPolled | Network::MastodonStreamed => {
                let server = Mastodon::start(garden::Ids::Timed).await;
                let address = server.address;
                (Server::Mastodon(server), address)
            }
            Network::X => {
                let server = X::start().await;
                let address = server.address;
                (Server::X(server), address)
            }
            Network::Nostr => {
                let relay = Relay::start().await;
                let address = relay.address;
                (Server::Nostr(relay), address)
            }
            Network::Jetstream | Network::JetstreamOfSecond => {
                let server = Jetstream::start().await;
                let address = server.address;
                (Server::Jetstream(server), address)
            }
        }
    }

    /// Publishes a post.
    fn post(&self, at: Timestamp, number: u32) {
        let name = number.to_string();
        match self {
            Server::Service(service) => service.publish(
                serde_json::json!({"data": {"key": name, "user": {"name": name},
                    "body": "#tabs", "at": at.to_string()}})
                .to_string(),
            ),
            Server::Mastodon(server) => drop(server.post(Way::Both, at, &name, &["tabs"])),
            Server::X(server) => server.post(at, number.into(), &name, "tabs"),
            Server::Nostr(relay) => {
                relay.publish(&Author::new(1).post(at.millis() / 1000, "tabs", &name));
            }
            Server::Jetstream(server) => server.post(at.millis() * 1000, "ada", &name, "tabs"),
        }
    }
}

fn kind(network: Network, address: SocketAddr) -> Kind {
    let pointer = |text: &str| Pointer::parse(text).ok();
    let map = Map {
        items: pointer("/list").filter(|_| network == Network::Poll),
        text: pointer("/data/body"),
        hashtags: None,
        id: pointer("/data/key"),
        author: pointer("/data/user/name"),
        at: pointer("/data/at"),
        delete: None,
    };
    let over_http = |path: &str, mode| {
        let url = format!("http://{address}/{path}").parse().unwrap();
        let shape = Shape::Posts(map.clone());
        Kind::Http(http::Settings { url, headers: Vec::new(), mode, shape })
    };
    match network {
        Network::Lines => over_http("lines", Mode::Stream),
        Network::Events => over_http("events", Mode::Sse),
        Network::Poll => over_http("page", Mode::Poll(Duration::from_millis(20))),
        Network::Socket => Kind::Websocket(websocket::Settings {
            url: format!("ws://{address}/socket").parse().unwrap(),
            headers: Vec::new(),
            send: vec!["join".parse().unwrap()],
            shape: Shape::Posts(map),
        }),
        Network::MastodonPolled | Network::MastodonStreamed => {
            let is_streamed = network == Network::MastodonStreamed;
            Kind::Mastodon(mastodon::Settings {
                server: Mastodon::url(address),
                token: is_streamed.then(|| garden::TOKEN_ENV.parse().unwrap()),
                mode: mastodon::Mode::Auto,
            })
        }
        Network::X => Kind::X(x::Settings {
            endpoint: X::url(address),
            token: fake_x::TOKEN_VARIABLE.parse().unwrap(),
            max_posts: x::MAX_POSTS,
            backfill: false,
        }),
        Network::Nostr => Kind::Nostr(nostr::Settings { relays: vec![Relay::url(address)] }),
        Network::Jetstream | Network::JetstreamOfSecond => {
            let url = match network {
                Network::Jetstream => Jetstream::url(address),
                _ => Jetstream::url_of_second(address),
            };
            Kind::Bluesky(jetstream::Settings { endpoints: vec![url] })
        }
    }
}

/// A show of one network, through a proxy that dates its answers and another that can be cut.
struct Conversation {
    network: Network,
    server: Server,
    dates: Dates,
    proxy: Proxy,
    rig: Rig,
    posts: u32,
}

impl Conversation {
    /// `first`: how the first answer is dated, if it is dated wrongly.
    async fn begin(network: Network, first: Option<Timestamp>) -> Conversation {
        Conversation::begin_on(Clock::from_wall(), network, first).await
    }

    /// The same on a machine with that clock.
    async fn begin_on(clock: Clock, network: Network, first: Option<Timestamp>) -> Conversation {
        let (server, address) = Server::start(network).await;
        let dates = Dates::start(address).await;
        if let Some(first) = first {
            dates.mistake(first, 1);
        }
        let proxy = Proxy::start(dates.address).await;
        let kinds = vec![kind(network, proxy.address)];
        let rig = Rig::starting_at(clock, short_contest(), kinds, quick());
        let mut conversation = Conversation { network, server, dates, proxy, rig, posts: 0 };
        conversation.until_live(1).await;
        conversation
    }

    /// Waits until connections of that number are read, from now on.
    async fn until_live(&mut self, connections: usize) {
        let Conversation { server, dates, proxy, rig, .. } = self;
        let is_read = |s: &Snapshot| {
            s.sources[0].state == SourceState::Live
                && dates.is_right()
                && proxy.accepted() >= connections
                && match server {
                    Server::Mastodon(server) => {
                        server.requests(garden::Part::Socket).is_empty() || server.streams() == 1
                    }
                    _ => true,
                }
        };
        rig.until("live", is_read).await;
        if let (Network::Socket, Server::Service(service)) = (self.network, &self.server) {
            self.rig.until("joined", |_| service.said().len() >= connections).await;
        }
    }

    /// Posts, and waits until what was posted has counted. What became of it is judged in the end.
    async fn post(&mut self, case: &str) {
        for _ in 0..3 {
            self.posts += 1;
            self.server.post(Clock::from_wall().now(), self.posts);
        }
        let all = u64::from(self.posts);
        let what = format!("{all} posts of {:?}, {case}", self.network);
        let is_done = |s: &Snapshot| s.posts.matched == all || s.posts.late > 0;
        self.rig.until(&what, is_done).await;
    }

    async fn end(self, case: &str) {
        let Conversation { network, posts, rig, .. } = self;
        let last = rig.end().await;
        let counts = (last.teams[0].total, last.teams[0].votes, last.posts.late);
        assert_eq!(counts, (posts.into(), posts.into(), 0), "{network:?}, {case}");
    }
}

/// Dates that are wrong by as much as any.
fn wrong_dates() -> [Timestamp; 4] {
    let now = Clock::from_wall().now();
    let hour = Duration::from_hours(1);
    [
        now.saturating_add(hour),
        now.saturating_add(Duration::from_secs(30)),
        now.checked_sub(hour).unwrap(),
        Timestamp::from_secs(0).unwrap(),
    ]
}

#[tokio::test]
async fn one_wrong_date_changes_no_count_wherever_it_stands() {
    for network in ALL {
        for date in wrong_dates() {
            let case = format!("the first is dated {date}");
            let mut first = Conversation::begin(network, Some(date)).await;
            first.post(&case).await;
            first.end(&case).await;
            let case = format!("a later one is dated {date}");
            let mut later = Conversation::begin(network, None).await;
            later.post(&case).await;
            later.dates.mistake(date, 1);
            let before = later.proxy.accepted();
            later.proxy.cut();
            later.until_live(before + 1).await;
            later.post(&case).await;
            later.end(&case).await;
        }
    }
}

#[tokio::test]
async fn no_post_of_any_network_is_late_because_the_machines_clock_is_wrong() {
    for network in ALL {
        for wrong in wrong_dates() {
            let case = format!("the machine takes it for {wrong}");
            let clock = Clock::starting_at(wrong);
            let mut conversation = Conversation::begin_on(clock, network, None).await;
            conversation.post(&case).await;
            let before = conversation.proxy.accepted();
            conversation.proxy.cut();
            conversation.until_live(before + 1).await;
            conversation.post(&case).await;
            conversation.end(&case).await;
        }
    }
}

#[tokio::test]
async fn the_dates_of_answers_that_carry_no_posts_are_not_heard() {
    let header = |name, value: &str| vec![(name, value.to_owned())];
    let answers = [
        (503, header("retry-after", "0"), ""),
        (302, header("location", "https://portal.example/login"), ""),
        (200, header("content-type", "text/html"), "<html>Welcome</html>"),
        (200, header("content-type", "text/plain"), "<html>Welcome</html>"),
        (404, header("content-type", "application/json"), "{}"),
    ];
    for network in [Network::Poll, Network::Lines, Network::Events, Network::MastodonPolled] {
        for (status, headers, body) in answers.clone() {
            let mut conversation = Conversation::begin(network, None).await;
            let case = format!("between answers with {status} {body}");
            conversation.post(&case).await;
            // Whoever is in between has another clock, for longer than it takes to believe one.
            let [ahead, ..] = wrong_dates();
            conversation.dates.mistake(ahead, u32::MAX);
            match &conversation.server {
                Server::Service(service) => service.refuse(status, headers, body),
                Server::Mastodon(server) => {
                    let refusal = garden::Refusal { status, headers, body: body.into() };
                    server.refuse(garden::Part::Timeline, Some(refusal));
                }
                _ => unreachable!("it is none of these networks"),
            }
            conversation.proxy.cut();
            let clock = conversation.rig.clock;
            let start = clock.now();
            let is_over = |s: &Snapshot| {
                let elapsed = clock.now().saturating_since(start);
                s.sources[0].problem.is_some() && elapsed > Duration::from_millis(1200)
            };
            conversation.rig.until("refused", is_over).await;
            match &conversation.server {
                Server::Service(service) => service.accept(),
                Server::Mastodon(server) => server.refuse(garden::Part::Timeline, None),
                _ => unreachable!("it is none of these networks"),
            }
            conversation.dates.mend();
            let accepted = conversation.proxy.accepted();
            conversation.proxy.cut();
            conversation.until_live(accepted).await;
            conversation.post(&case).await;
            conversation.end(&case).await;
        }
    }
}

#[tokio::test]
async fn one_event_of_another_time_changes_no_count_wherever_it_stands() {
    for network in [Network::Jetstream, Network::JetstreamOfSecond] {
        for place in 0..4 {
            for date in wrong_dates() {
                let case = format!("the event at {place} is stamped {date}");
                let mut conversation = Conversation::begin(network, None).await;
                for at in 0..4 {
                    if at == place {
                        let Server::Jetstream(server) = &conversation.server else {
                            unreachable!("it is this network")
                        };
                        server.post(date.millis() * 1000, "cy", "wrong", "tea");
                        let is_there = |s: &Snapshot| s.posts.unmatched == 1;
                        conversation.rig.until("the event", is_there).await;
                    }
                    conversation.post(&case).await;
                }
                conversation.end(&case).await;
            }
        }
    }
}

#[tokio::test]
async fn a_source_whose_posts_are_all_late_says_so_until_one_counts() {
    let mut conversation = Conversation::begin(Network::Jetstream, None).await;
    conversation.post("in time").await;
    let hour = Duration::from_hours(1);
    for number in 100..115 {
        let old = conversation.rig.clock.now().checked_sub(hour).unwrap();
        conversation.server.post(old, number);
    }
    let is_said = |s: &Snapshot| {
        let problem = s.sources[0].problem.as_deref().unwrap_or_default();
        problem.starts_with("the last 10 posts came too late to count: their times are 3")
    };
    let said = conversation.rig.until("said", is_said).await;
    assert_eq!(said.sources[0].state, SourceState::Live);
    conversation.server.post(conversation.rig.clock.now(), 200);
    let good = |s: &Snapshot| s.posts.matched == 4 && s.sources[0].problem.is_none();
    conversation.rig.until("good again", good).await;
    conversation.rig.end().await;
}

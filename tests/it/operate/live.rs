//! The operator's socket: the key first, then the truth, and commands.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hashtug::server::PLACES;
use hashtug::server::operate::{Keyring, Operators, Reach};
use hashtug::show::task::{Beside, NewsSender};
use hashtug::show::{self, Now};
use hashtug::snapshot::Snapshot;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use crate::support;
use crate::support::patience::within;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A show with its server, in this process.
struct House {
    address: String,
    keyring: Keyring,
    truth: watch::Sender<Arc<Snapshot>>,
    stop: CancellationToken,
    server: JoinHandle<()>,
    news: NewsSender,
}

impl House {
    fn start() -> House {
        let contest = support::contest();
        let mut show = support::show(&contest, Vec::new());
        let first = Arc::new(show.snapshot(Now::default()));
        let (snapshots_tx, snapshots) = watch::channel(Arc::clone(&first));
        // What only operators see is another thing here, so that it can be told apart.
        let (truth, truth_rx) = watch::channel(first);
        let (orders, news, doors) = show::task::doors();
        tokio::spawn(show::task::run(show, None, Beside::default(), doors, snapshots_tx.into()));
        let keyring = Keyring::default();
        let operators = Operators {
            keyring: keyring.clone(),
            reach: Reach::Loopback,
            tls: None,
            orders,
            truth: truth_rx,
        };
        let listener = hashtug::server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        let panics = watch::Sender::default().subscribe();
        let mut server = hashtug::server::Server::new(
            listener,
            PLACES,
            snapshots,
            Vec::new(),
            panics,
            operators,
            stop.clone(),
        );
        let server = tokio::spawn(async move { server.run().await });
        House { address, keyring, truth, stop, server, news }
    }

    async fn connect(&self) -> Socket {
        let url = format!("ws://{}/api/v1/operate/live", self.address);
        tokio_tungstenite::connect_async(url).await.unwrap().0
    }

    /// A socket that has sent the key.
    async fn enter(&self) -> Socket {
        let mut socket = self.connect().await;
        say(&mut socket, &json!({"key": self.keyring.key().reveal()})).await;
        socket
    }

    /// Publishes a truth of this number.
    fn publish(&self, seq: u64) {
        self.truth.send_modify(|snapshot| {
            *snapshot = Arc::new(Snapshot { seq, ..Snapshot::clone(snapshot) });
        });
    }
}

async fn say(socket: &mut Socket, message: &Value) {
    socket.send(Message::Text(message.to_string().into())).await.unwrap();
}

/// The next message.
async fn hear(socket: &mut Socket) -> Value {
    let message = within("a message", socket.next()).await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// The code that a socket is closed with, before anything else is said on it.
async fn code(socket: &mut Socket) -> u16 {
    match within("the end", socket.next()).await {
        Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_sends_the_key_gets_the_truth_at_once_and_each_newer_one() {
    let house = House::start();
    house.publish(4711);
    let mut socket = house.enter().await;
    assert_eq!(hear(&mut socket).await["seq"], 4711);
    house.publish(4712);
    let truth = hear(&mut socket).await;
    assert_eq!((&truth["seq"], &truth["phase"]), (&json!(4712), &json!("open")));
    let key = house.keyring.key().reveal();
    let request = format!(
        "GET /api/v1/operate/snapshot HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
         Connection: close\r\n\r\n",
        house.address
    );
    let address = house.address.clone();
    let ask = move || (support::http::request(&address, &request), address);
    let (answer, address) = tokio::task::spawn_blocking(ask).await.unwrap();
    assert_eq!(answer.json()["seq"], 4712);
    let viewer = move || support::http::get(&address, "/api/v1/snapshot").json();
    let seen = tokio::task::spawn_blocking(viewer).await.unwrap();
    assert!(seen["seq"].as_u64().unwrap() < 4711, "viewers see something else: {seen}");
}

#[tokio::test]
async fn each_command_is_answered_with_its_id() {
    let house = House::start();
    let mut socket = house.enter().await;
    assert!(hear(&mut socket).await["seq"].is_number());
    let mut answer = async |message: Value| {
        say(&mut socket, &message).await;
        hear(&mut socket).await["answer"].clone()
    };
    let dark = answer(json!({"command": "blackout", "id": 7})).await;
    assert_eq!((&dark["id"], &dark["status"]), (&json!(7), &json!(200)));
    assert_eq!((&dark["changed"], &dark["phase"]), (&json!(true), &json!("open")));
    assert!(dark["seq"].is_number(), "{dark}");
    let again = answer(json!({"command": "blackout", "id": "a"})).await;
    assert_eq!((&again["id"], &again["changed"]), (&json!("a"), &json!(false)));
    assert_eq!(again["why"], "that is dark");
    let none = answer(json!({"command": "scene", "scene": "timer"})).await;
    assert_eq!((&none["status"], none.get("id")), (&json!(409), None));
    assert_eq!(none["error"], "there is no timer");
    let unknown = answer(json!({"command": "blackuot", "id": 8})).await;
    assert_eq!((&unknown["status"], &unknown["id"]), (&json!(400), &json!(8)));
    assert!(unknown["error"].as_str().unwrap().contains("did you mean `blackout`?"), "{unknown}");
    let odd = answer(json!({"command": "light", "id": [1]})).await;
    assert_eq!(odd["status"], 400);
    let long = answer(json!({"command": "light", "id": "x".repeat(101)})).await;
    assert_eq!((&long["status"], long.get("id")), (&json!(400), None));
    // To these it is an argument too, and comes back.
    let approve = answer(json!({"command": "approve", "id": "post"})).await;
    assert_eq!(approve["id"], "post");
    assert_ne!(approve["status"], 400);
    assert_eq!(answer(json!("light")).await["status"], 400);
    assert_eq!(answer(json!({"command": "light"})).await["changed"], json!(true));
}

#[tokio::test]
async fn whoever_does_not_begin_with_the_key_is_told_so_and_nothing_else() {
    let house = House::start();
    house.publish(4711);
    let right = house.keyring.key().reveal().to_owned();
    for (first, expected) in [
        (json!({"key": "0".repeat(32)}), 4401),
        (json!({"key": format!("{right} ")}), 4401),
        (json!({"key": ""}), 4401),
        (json!({"key": 7}), 4408),
        (json!(right), 4408),
        (json!({"command": "blackout"}), 4408),
        (json!({"key": right, "command": "blackout"}), 4408),
    ] {
        let mut socket = house.connect().await;
        say(&mut socket, &first).await;
        assert_eq!(code(&mut socket).await, expected, "{first}");
    }
    let mut socket = house.connect().await;
    socket.send(Message::Binary(right.into_bytes().into())).await.unwrap();
    assert_eq!(code(&mut socket).await, 4408);
    // Three were wrong so far.
    let mut codes = Vec::new();
    for _ in 0..10 {
        let mut socket = house.connect().await;
        say(&mut socket, &json!({"key": "wrong"})).await;
        codes.push(code(&mut socket).await);
    }
    assert!(codes.contains(&4429), "{codes:?}");
    assert_eq!(hear(&mut house.enter().await).await["seq"], 4711);
}

#[tokio::test(start_paused = true)]
async fn a_socket_without_the_key_is_closed_after_two_seconds() {
    let house = House::start();
    let mut socket = house.connect().await;
    let start = Instant::now();
    // The clock jumps on when nobody has anything to do.
    assert_eq!(code(&mut socket).await, 4408);
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn there_are_sixteen_sockets_and_a_place_that_is_left_is_given_again() {
    let house = House::start();
    let mut sockets = Vec::new();
    for _ in 0..16 {
        let mut socket = house.enter().await;
        hear(&mut socket).await;
        sockets.push(socket);
    }
    let mut more = house.enter().await;
    assert_eq!(code(&mut more).await, 4503);
    // Whoever has no key takes no place.
    let mut waiting = house.connect().await;
    drop(sockets.pop());
    let entered = async {
        loop {
            let mut socket = house.enter().await;
            if let Some(Ok(Message::Text(_))) = socket.next().await {
                return socket;
            }
        }
    };
    let _entered = within("a place", entered).await;
    waiting.send(Message::Text("{}".into())).await.unwrap();
    assert_eq!(code(&mut waiting).await, 4408);
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_socket_and_no_other() {
    let house = House::start();
    let (mut one, mut other) = (house.enter().await, house.enter().await);
    hear(&mut one).await;
    hear(&mut other).await;
    one.send(Message::Text("x".repeat(4097).into())).await.unwrap();
    let gone = async { while let Some(Ok(_)) = one.next().await {} };
    within("the end of the connection", gone).await;
    say(&mut other, &json!({"command": "blackout"})).await;
    assert_eq!(hear(&mut other).await["answer"]["changed"], json!(true));
}

#[tokio::test]
async fn stopping_closes_the_sockets_of_operators_and_waits_for_none() {
    let house = House::start();
    let (mut socket, _waiting) = (house.enter().await, house.connect().await);
    hear(&mut socket).await;
    house.stop.cancel();
    match within("the end", socket.next()).await {
        Some(Ok(Message::Close(None))) => {}
        other => panic!("{other:?}"),
    }
    drop(house.news);
    within("the end of the server", house.server).await.unwrap();
}

//! A Nostr relay: keeps events, matches filters, sends what comes, and lies when asked to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use secp256k1::{Keypair, SecretKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use url::Url;

/// Somebody who signs.
pub(crate) struct Author(Keypair);

impl Author {
    /// An author for each number but 0.
    pub(crate) fn new(number: u8) -> Author {
        let secret = SecretKey::from_secret_bytes([number; 32]).unwrap();
        Author(Keypair::from_secret_key(&secret))
    }

    /// A signed event.
    pub(crate) fn event(&self, at: i64, kind: u16, tags: &Value, content: &str) -> Value {
        let pubkey = hex(&self.0.x_only_public_key().0.to_byte_array());
        let form = json!([0, pubkey, at, kind, tags, content]).to_string();
        let id: [u8; 32] = Sha256::digest(form.as_bytes()).into();
        let signature = secp256k1::schnorr::sign_no_aux_rand(&id, &self.0);
        json!({"id": hex(&id), "pubkey": pubkey, "created_at": at, "kind": kind, "tags": tags,
            "content": content, "sig": hex(&signature.to_byte_array())})
    }

    /// A signed post.
    pub(crate) fn post(&self, at: i64, hashtag: &str, text: &str) -> Value {
        self.event(at, 1, &json!([["t", hashtag]]), text)
    }

    /// A signed wish to delete a post.
    pub(crate) fn deletion(&self, at: i64, post: &Value) -> Value {
        self.event(at, 5, &json!([["e", post["id"]], ["k", "1"]]), "")
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What a relay does with a request for events.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Manner {
    /// What the standard says.
    Honest,
    /// It sends all, and never says that it has.
    NoEose,
    /// It says nothing.
    Mute,
    /// It ends the subscription with these words.
    Close(&'static str),
    /// It complains with these words, and names no subscription.
    Notice(&'static str),
    /// It asks who is there, and closes the subscription.
    Auth,
}

struct Log {
    /// Events, and remarks to all that are none.
    said: Vec<Said>,
    manner: Manner,
    /// Stored events in one answer.
    limit: usize,
    requests: Vec<Value>,
    /// Handshakes are answered with this status and text.
    refusal: Option<(u16, String)>,
    /// Handshakes are not answered at all.
    hangs: bool,
}

#[derive(Clone)]
enum Said {
    Event(Value),
    /// An event that is passed on as it stands, whatever was asked for.
    Anyway(Value),
    /// All hang up.
    Farewell,
}

/// A running relay; ends when it is dropped.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    news: watch::Sender<usize>,
    _tasks: JoinSet<()>,
}

impl Relay {
    pub(crate) async fn start() -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Log {
            said: Vec::new(),
            manner: Manner::Honest,
            limit: 500,
            requests: Vec::new(),
            refusal: None,
            hangs: false,
        };
        let log = Arc::new(Mutex::new(log));
        let (news, news_rx) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&log);
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                clients.spawn(serve(stream, Arc::clone(&shared), news_rx.clone()));
                while clients.try_join_next().is_some() {}
            }
        });
        Relay { address, log, news, _tasks: tasks }
    }

    /// The relay behind `address`.
    pub(crate) fn url(address: SocketAddr) -> Url {
        format!("ws://{address}").parse().unwrap()
    }

    /// Takes an event, and passes it on to those who asked for it.
    pub(crate) fn publish(&self, event: &Value) {
        self.say(Said::Event(event.clone()));
    }

    /// Passes an event on to everybody.
    pub(crate) fn push(&self, event: &Value) {
        self.say(Said::Anyway(event.clone()));
    }

    /// Closes all connections.
    pub(crate) fn hang_up(&self) {
        self.say(Said::Farewell);
    }

    fn say(&self, said: Said) {
        let mut log = self.log.lock().unwrap();
        log.said.push(said);
        self.news.send_replace(log.said.len());
    }

    pub(crate) fn behave(&self, manner: Manner) {
        self.log.lock().unwrap().manner = manner;
    }

    /// Sends so many stored events at a time.
    pub(crate) fn limit(&self, limit: usize) {
        self.log.lock().unwrap().limit = limit;
    }

    /// Answers handshakes with a status; `None`: no more.
    pub(crate) fn refuse(&self, refusal: Option<(u16, &str)>) {
        let refusal = refusal.map(|(status, text)| (status, text.to_owned()));
        self.log.lock().unwrap().refusal = refusal;
    }

    /// Accepts connections, and answers no handshake.
    pub(crate) fn hang(&self) {
        self.log.lock().unwrap().hangs = true;
    }

    /// The filters that were asked for under a name.
    pub(crate) fn filters(&self, subscription: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        let requests = log.requests.iter();
        requests.filter(|request| request[1] == subscription).map(|r| r[2].clone()).collect()
    }
}

/// Whether a filter wants an event.
fn wants(filter: &Value, event: &Value) -> bool {
    let is_in =
        |name: &str, value: &Value| filter[name].as_array().is_none_or(|list| list.contains(value));
    let has_tag = |letter: &str| {
        let Some(wanted) = filter[format!("#{letter}")].as_array() else { return true };
        let tags = event["tags"].as_array().unwrap();
        tags.iter().any(|tag| tag[0] == letter && wanted.contains(&tag[1]))
    };
    let at = event["created_at"].as_i64().unwrap();
    is_in("kinds", &event["kind"])
        && has_tag("t")
        && has_tag("e")
        && filter["since"].as_i64().is_none_or(|since| at >= since)
        && filter["until"].as_i64().is_none_or(|until| at <= until)
}

/// Answers any request with a page.
async fn send_page(mut stream: TcpStream, page: &str) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    let (kind, length) = ("text/html; charset=utf-8", page.len());
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    let _gone_already = stream.write_all((head + page).as_bytes()).await;
}

#[expect(clippy::result_large_err, reason = "the library wants the answer itself")]
async fn serve(stream: TcpStream, log: Arc<Mutex<Log>>, mut news: watch::Receiver<usize>) {
    if log.lock().unwrap().hangs {
        return std::future::pending().await;
    }
    let refusal = log.lock().unwrap().refusal.clone();
    if let Some((200, page)) = refusal {
        return send_page(stream, &page).await;
    }
    let accept = |_: &Request, response: Response| {
        if let Some((status, text)) = &log.lock().unwrap().refusal {
            let mut refusal = ErrorResponse::new(Some(text.clone()));
            *refusal.status_mut() = (*status).try_into().unwrap();
            return Err(refusal);
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await else { return };
    let mut next = log.lock().unwrap().said.len();
    let mut subscriptions: Vec<(String, Value)> = Vec::new();
    loop {
        let mut answers: Vec<Value> = Vec::new();
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            received = socket.next() => match received {
                Some(Ok(Message::Text(text))) => {
                    let request: Value = serde_json::from_str(&text).unwrap();
                    let mut log = log.lock().unwrap();
                    log.requests.push(request.clone());
                    let subscription = request[1].as_str().unwrap().to_owned();
                    subscriptions.retain(|(known, _)| *known != subscription);
                    if request[0] == "REQ" {
                        let is_open = answer(&log, &subscription, &request[2], next, &mut answers);
                        if is_open {
                            subscriptions.push((subscription, request[2].clone()));
                        }
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
        let fresh: Vec<Said> = log.lock().unwrap().said[next..].to_vec();
        next += fresh.len();
        for said in fresh {
            match said {
                Said::Event(event) => {
                    let to = subscriptions.iter().filter(|(_, filter)| wants(filter, &event));
                    answers.extend(to.map(|(name, _)| json!(["EVENT", name, event])));
                }
                Said::Anyway(event) => answers.push(json!(["EVENT", "hashtug", event])),
                Said::Farewell => return drop(socket.close(None).await),
            }
        }
        for answer in answers {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// Answers a request, with what was stored before the place `next`; whether it is kept open.
fn answer(log: &Log, name: &str, filter: &Value, next: usize, answers: &mut Vec<Value>) -> bool {
    match &log.manner {
        Manner::Mute => return false,
        Manner::Close(said) => {
            answers.push(json!(["CLOSED", name, said]));
            return false;
        }
        Manner::Notice(said) => {
            answers.push(json!(["NOTICE", said]));
            return false;
        }
        Manner::Auth => {
            answers.push(json!(["AUTH", "7c1f4d0e5b2a4c7e"]));
            answers.push(json!(["CLOSED", name, "auth-required: members only"]));
            return false;
        }
        Manner::Honest | Manner::NoEose => {}
    }
    let stored = log.said[..next].iter().filter_map(|said| match said {
        Said::Event(event) => Some(event),
        _ => None,
    });
    let mut found: Vec<&Value> = stored.filter(|event| wants(filter, event)).collect();
    // The newest first.
    found.sort_by_key(|event| std::cmp::Reverse(event["created_at"].as_i64()));
    let asked =
        filter["limit"].as_u64().map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    found.truncate(asked.min(log.limit));
    answers.extend(found.iter().map(|event| json!(["EVENT", name, event])));
    if log.manner == Manner::Honest {
        answers.push(json!(["EOSE", name]));
    }
    true
}

//! A Jetstream of both generations: keeps its events, resumes by cursor, forgets what is too old.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use url::Url;

/// An event as it lies in the server.
#[derive(Clone)]
struct Kept {
    time_us: i64,
    seq: i64,
    /// What the event says of itself, without the members around it.
    body: serde_json::Value,
    /// It is sent as it stands.
    is_whole: bool,
}

#[derive(Default)]
struct Log {
    events: Vec<Kept>,
    /// How many of them the server has forgotten.
    forgotten: usize,
    /// The queries of all requests.
    queries: Vec<String>,
    /// Requests are answered with this status and text.
    refusal: Option<(u16, String)>,
    /// Handshakes are dated so.
    date: Option<String>,
    /// The next event has this number.
    next_seq: Option<i64>,
}

/// A running server; ends when it is dropped.
pub(crate) struct Jetstream {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    news: watch::Sender<usize>,
    _tasks: JoinSet<()>,
}

impl Jetstream {
    pub(crate) async fn start() -> Jetstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log: Arc<Mutex<Log>> = Arc::default();
        let (news, news_rx) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&log);
        tasks.spawn(async move {
            let mut viewers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                viewers.spawn(serve(stream, Arc::clone(&shared), news_rx.clone()));
                while viewers.try_join_next().is_some() {}
            }
        });
        Jetstream { address, log, news, _tasks: tasks }
    }

    /// Where to subscribe through `address`, in the first generation.
    pub(crate) fn url(address: SocketAddr) -> Url {
        format!("ws://{address}/subscribe").parse().unwrap()
    }

    /// The same in the second.
    pub(crate) fn url_of_second(address: SocketAddr) -> Url {
        let path = "xrpc/network.bsky.jetstream.subscribeEvents";
        format!("ws://{address}/{path}").parse().unwrap()
    }

    /// Publishes a post at a time of the server's clock.
    pub(crate) fn post(&self, time_us: i64, author: &str, rkey: &str, hashtag: &str) {
        self.publish(
            time_us,
            serde_json::json!({"did": format!("did:plc:{author}"), "operation": "create",
                "collection": "app.bsky.feed.post", "rkey": rkey,
                "record": {"$type": "app.bsky.feed.post", "text": format!("rope #{hashtag}"),
                    "facets": [{"features": [
                        {"$type": "app.bsky.richtext.facet#tag", "tag": hashtag}]}]}}),
        );
    }

    /// Publishes the end of a post.
    pub(crate) fn delete(&self, time_us: i64, author: &str, rkey: &str) {
        self.publish(
            time_us,
            serde_json::json!({"did": format!("did:plc:{author}"), "operation": "delete",
                "collection": "app.bsky.feed.post", "rkey": rkey}),
        );
    }

    /// Publishes an event, without the members around it.
    pub(crate) fn publish(&self, time_us: i64, body: serde_json::Value) {
        let mut log = self.log.lock().unwrap();
        let seq = 40_000_000 + i64::try_from(log.events.len()).unwrap();
        let seq = log.next_seq.take().unwrap_or(seq);
        log.events.push(Kept { time_us, seq, body, is_whole: false });
        self.news.send_replace(log.events.len());
    }

    /// Says something that is no event.
    pub(crate) fn say(&self, body: serde_json::Value) {
        let mut log = self.log.lock().unwrap();
        log.events.push(Kept { time_us: 0, seq: 0, body, is_whole: true });
        self.news.send_replace(log.events.len());
    }

    /// Gives the next event a number that is none of the others'.
    pub(crate) fn number_next(&self, seq: i64) {
        self.log.lock().unwrap().next_seq = Some(seq);
    }

    /// Forgets all that was published so far.
    pub(crate) fn forget(&self) {
        let mut log = self.log.lock().unwrap();
        log.forgotten = log.events.len();
    }

    /// Answers requests with a status; `None`: no more.
    pub(crate) fn refuse(&self, refusal: Option<(u16, &str)>) {
        let refusal = refusal.map(|(status, text)| (status, text.to_owned()));
        self.log.lock().unwrap().refusal = refusal;
    }

    /// Handshakes are dated from now on.
    pub(crate) fn date(&self, at: std::time::SystemTime) {
        self.log.lock().unwrap().date = Some(httpdate::fmt_http_date(at));
    }

    /// The queries so far.
    pub(crate) fn queries(&self) -> Vec<String> {
        self.log.lock().unwrap().queries.clone()
    }
}

async fn serve(stream: TcpStream, log: Arc<Mutex<Log>>, mut news: watch::Receiver<usize>) {
    let mut start = None;
    #[expect(clippy::result_large_err, reason = "the library wants it so")]
    let accept = |request: &Request, mut response: Response| {
        let second = request.uri().path().starts_with("/xrpc/");
        let mut log = log.lock().unwrap();
        let query = request.uri().query().unwrap_or_default().to_owned();
        log.queries.push(query.clone());
        if let Some((status, text)) = &log.refusal {
            let mut refusal = ErrorResponse::new(Some(text.clone()));
            *refusal.status_mut() = (*status).try_into().unwrap();
            return Err(refusal);
        }
        let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="));
        let first = cursor.map_or(log.events.len(), |cursor| {
            let cursor: i64 = cursor.parse().unwrap();
            // What is as large as a time is one.
            let is_seq = second && cursor < 1_000_000_000_000_000;
            let after =
                |kept: &Kept| if is_seq { kept.seq < cursor } else { kept.time_us < cursor };
            log.events.partition_point(after)
        });
        start = Some((second, first.max(log.forgotten.min(log.events.len()))));
        if let Some(date) = &log.date {
            response.headers_mut().insert("date", date.parse().unwrap());
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await else { return };
    let (second, mut next) = start.unwrap();
    loop {
        let fresh: Vec<Kept> = log.lock().unwrap().events[next..].to_vec();
        next += fresh.len();
        for kept in fresh {
            if socket.send(Message::text(wire(&kept, second))).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            // Reading is what answers pings.
            received = socket.next() => if !matches!(received, Some(Ok(_))) { return },
        }
    }
}

fn wire(kept: &Kept, second: bool) -> String {
    let Kept { time_us, seq, mut body, is_whole } = kept.clone();
    if is_whole {
        return body.to_string();
    }
    if second {
        let at = hashtug::timestamp::Timestamp::from_micros(time_us).unwrap();
        body["$type"] = "network.bsky.jetstream.subscribeEvents#commit".into();
        body["seq"] = seq.into();
        body["time"] = at.to_string().into();
        return serde_json::json!({"$type": "message", "payload": body}).to_string();
    }
    let did = body.as_object_mut().unwrap().remove("did").unwrap();
    serde_json::json!({"did": did, "time_us": time_us, "kind": "commit", "commit": body})
        .to_string()
}

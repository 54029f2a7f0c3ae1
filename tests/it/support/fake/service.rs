//! A service that nobody knows: posts as lines, as events, in a document, or through a WebSocket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{RawQuery, State, WebSocketUpgrade};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Posts of a page of the document.
const PAGE: usize = 3;

/// Status, headers and body.
type Refusal = (u16, Vec<(&'static str, String)>, String);

/// The `Link` header of a page, by the number of posts before it.
pub(crate) type LinkHeader = fn(usize) -> String;

struct Log {
    /// All posts so far, as JSON.
    posts: Vec<String>,
    link_header: LinkHeader,
    /// Answers every request, if there is one.
    refusal: Option<Refusal>,
    /// Only the first page of the document is to be had.
    is_short: bool,
    /// What viewers of the WebSocket said.
    said: Vec<String>,
    /// Of all requests: the headers that are of interest.
    requests: Vec<HeaderMap>,
    not_modified: usize,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            posts: Vec::new(),
            link_header: |before| format!("</page?before={before}>; rel=\"next\""),
            refusal: None,
            is_short: false,
            said: Vec::new(),
            requests: Vec::new(),
            not_modified: 0,
        }
    }
}

/// A running server; ends when it is dropped.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    shared: Shared,
    _tasks: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    log: Arc<Mutex<Log>>,
    news: watch::Sender<usize>,
}

impl Service {
    pub(crate) async fn start() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared { log: Arc::default(), news: watch::channel(0).0 };
        let router = Router::new()
            .route("/lines", get(lines))
            .route("/events", get(events))
            .route("/page", get(page))
            .route("/socket", get(socket))
            .with_state(shared.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum_serve(listener, router).await });
        Service { address, shared, _tasks: tasks }
    }

    /// Publishes a post.
    pub(crate) fn post(&self, id: &str, author: &str, text: &str) {
        let post = serde_json::json!({"data": {"key": id, "user": {"name": author}, "body": text}});
        self.publish(post.to_string());
    }

    /// Publishes whatever it is.
    pub(crate) fn publish(&self, post: String) {
        let mut log = self.shared.log.lock().unwrap();
        log.posts.push(post);
        self.shared.news.send_replace(log.posts.len());
    }

    pub(crate) fn refuse(
        &self,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: impl Into<String>,
    ) {
        self.shared.log.lock().unwrap().refusal = Some((status, headers, body.into()));
    }

    /// Whether only the first page of the document is to be had; how many requests there were.
    pub(crate) fn shorten(&self, is_short: bool) -> usize {
        let mut log = self.shared.log.lock().unwrap();
        log.is_short = is_short;
        log.requests.len()
    }

    /// Names the next page of the document in other words.
    pub(crate) fn link_by(&self, link_header: LinkHeader) {
        self.shared.log.lock().unwrap().link_header = link_header;
    }

    pub(crate) fn accept(&self) {
        self.shared.log.lock().unwrap().refusal = None;
    }

    pub(crate) fn requests(&self) -> Vec<HeaderMap> {
        self.shared.log.lock().unwrap().requests.clone()
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().said.clone()
    }

    /// How often the document had not changed.
    pub(crate) fn not_modified(&self) -> usize {
        self.shared.log.lock().unwrap().not_modified
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    use tower_service::Service as _;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let router = router.clone();
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| router.clone().call(request));
            let stream = hyper_util::rt::TokioIo::new(stream);
            let _broken = hyper::server::conn::http1::Builder::new()
                .serve_connection(stream, service)
                .with_upgrades()
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Shared {
    /// Notes a request, and refuses it if it is to be.
    fn enter(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let mut log = self.log.lock().unwrap();
        log.requests.push(headers.clone());
        let (status, headers, body) = log.refusal.clone()?;
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(name, value);
        }
        Some(answer.body(body.into()).unwrap())
    }

    fn after(&self, count: usize) -> Vec<String> {
        self.log.lock().unwrap().posts[count..].to_vec()
    }

    /// Everything that is published after the first `sent`, each brought into its form.
    fn follow(&self, sent: usize, form: fn(usize, &str) -> String) -> Body {
        let news = self.news.subscribe();
        let first = stream::once(async move { Ok::<_, Infallible>(form(usize::MAX, "")) });
        let rest = stream::unfold(
            (self.clone(), news, sent),
            move |(shared, mut news, sent)| async move {
                news.wait_for(|&count| count > sent).await.ok()?;
                let posts = shared.after(sent);
                let all = sent + posts.len();
                let text = posts
                    .iter()
                    .enumerate()
                    .map(|(index, post)| form(sent + index, post))
                    .collect();
                Some((Ok::<String, Infallible>(text), (shared, news, all)))
            },
        );
        Body::from_stream(futures_util::StreamExt::chain(first, rest))
    }
}

/// A line each; the first is empty, as a heartbeat is.
async fn lines(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    if let Some(refusal) = shared.enter(&headers) {
        return refusal;
    }
    let sent = shared.log.lock().unwrap().posts.len();
    let body = shared.follow(sent, |number, post| {
        if number == usize::MAX { "\r\n".to_owned() } else { format!("{post}\n") }
    });
    Response::builder().header("content-type", "application/x-ndjson").body(body).unwrap()
}

/// An event each, from the one after `Last-Event-ID`.
async fn events(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    if let Some(refusal) = shared.enter(&headers) {
        return refusal;
    }
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap().parse().unwrap());
    let sent = last.map_or_else(|| shared.log.lock().unwrap().posts.len(), |last: usize| last + 1);
    let body = shared.follow(sent, |number, post| {
        if number == usize::MAX {
            ": welcome\nretry: 3\n\n".to_owned()
        } else {
            format!("event: post\r\nid: {number}\r\ndata: {post}\r\n\r\n")
        }
    });
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// The newest posts first, and a link to those before them.
async fn page(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    if let Some(refusal) = shared.enter(&headers) {
        return refusal;
    }
    let mut log = shared.log.lock().unwrap();
    let mut queries = query.as_deref().unwrap_or_default().split('&');
    let before = queries.find_map(|query| query.strip_prefix("before="));
    if before.is_some() && log.is_short {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let end = before.map_or(log.posts.len(), |before| before.parse().unwrap());
    let tag = format!("\"{end}\"");
    if headers.get("if-none-match").is_some_and(|known| known == tag.as_str()) {
        log.not_modified += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let start = end.saturating_sub(PAGE);
    let newest_first: Vec<&str> = log.posts[start..end].iter().rev().map(String::as_str).collect();
    let mut answer =
        Response::builder().header("content-type", "application/json").header("etag", tag);
    if start > 0 {
        answer = answer.header("link", (log.link_header)(start));
    }
    answer.body(format!("{{\"list\":[{}]}}", newest_first.join(",")).into()).unwrap()
}

async fn socket(
    State(shared): State<Shared>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response<Body> {
    if let Some(refusal) = shared.enter(&headers) {
        return refusal;
    }
    upgrade.on_upgrade(|socket| talk(socket, shared))
}

async fn talk(mut socket: WebSocket, shared: Shared) {
    let mut news = shared.news.subscribe();
    let mut sent = shared.log.lock().unwrap().posts.len();
    loop {
        for post in shared.after(sent) {
            sent += 1;
            if socket.send(Message::text(post)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    shared.log.lock().unwrap().said.push(text.to_string());
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

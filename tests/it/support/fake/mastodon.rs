//! A Mastodon server: timelines that sort by id, streams that repeat nothing and promise nothing.
//!
//! Its ids are times, as Mastodon's own are, or mean nothing, as those of other servers.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::{Listener, ListenerExt};
use futures_util::stream;
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::{Url, form_urlencoded};

/// The variable with the access token: cargo sets it for tests, which cannot set any.
pub(crate) const TOKEN_ENV: &str = "CARGO_PKG_NAME";

/// What is in it.
pub(crate) const TOKEN: &str = env!("CARGO_PKG_NAME");

/// Words that no log and no page may show.
pub(crate) const WORDS: &str = "words of a post";

/// A hashtag that the socket does not stream.
pub(crate) const REFUSED: &str = "nothere";

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Instance,
    /// The first version of the same.
    OldInstance,
    /// Whose the token is.
    Credentials,
    Socket,
    Events,
    Timeline,
}

/// An answer that is not the one asked for.
#[derive(Clone)]
pub(crate) struct Refusal {
    /// [`NEVER`]: there is none.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// The status of an answer that does not come.
pub(crate) const NEVER: u16 = 0;

/// What ids are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    Timed,
    /// Small numbers.
    Counted,
    Opaque,
}

/// Who gets something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The streams and the timelines.
    Both,
    /// The timelines alone: it was missed, or the feed is off.
    Timelines,
}

struct Kept {
    id: String,
    tags: Vec<String>,
    body: Value,
    /// The account of the token does not see it.
    is_hidden: bool,
}

struct News {
    tags: Vec<String>,
    event: &'static str,
    payload: String,
}

struct Inner {
    ids: Ids,
    token: String,
    version: String,
    feeds: &'static str,
    /// What is in the timelines, by id.
    statuses: Vec<Kept>,
    /// What the streams have brought.
    news: Vec<News>,
    made: u64,
    refusals: BTreeMap<Part, Refusal>,
    /// Those of them that are for one request.
    refused_once: BTreeSet<Part>,
    /// What is left of the requests, and the answer's header for when there are more.
    left: Option<(u32, String)>,
    requests: Vec<(Part, String)>,
    streams: usize,
    /// How often all streams were ended.
    closed: usize,
}

/// A running server; ends when it is dropped.
pub(crate) struct Mastodon {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    inner: Mutex<Inner>,
    news: watch::Sender<usize>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Mastodon {
    pub(crate) async fn start(ids: Ids) -> Mastodon {
        Mastodon::start_for(ids, TOKEN).await
    }

    /// A server whose account has that token.
    pub(crate) async fn start_for(ids: Ids, token: &str) -> Mastodon {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let address = listener.local_addr().unwrap();
        let inner = Inner {
            ids,
            token: token.to_owned(),
            version: if ids == Ids::Opaque { "0.17.3+git-garden" } else { "4.7.0" }.to_owned(),
            feeds: "public",
            statuses: Vec::new(),
            news: Vec::new(),
            made: 0,
            refusals: BTreeMap::new(),
            refused_once: BTreeSet::new(),
            left: None,
            requests: Vec::new(),
            streams: 0,
            closed: 0,
        };
        let shared = Arc::new(Shared { inner: Mutex::new(inner), news: watch::channel(0).0 });
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Mastodon { address, shared, _tasks: tasks }
    }

    /// The server through `address`.
    pub(crate) fn url(address: SocketAddr) -> Url {
        format!("http://{address}/").parse().unwrap()
    }

    /// Somebody posts, or another server tells of a post that was made at `at`. Gives its id.
    pub(crate) fn post(&self, way: Way, at: Timestamp, author: &str, tags: &[&str]) -> String {
        let mut inner = self.shared.lock();
        inner.made += 1;
        let made = inner.made;
        let id = match inner.ids {
            Ids::Timed => {
                ((u64::try_from(at.millis()).unwrap() << 16) | (made & 0xffff)).to_string()
            }
            Ids::Counted => made.to_string(),
            Ids::Opaque => format!("01JD{made:022}"),
        };
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        let body = json!({"id": id, "created_at": at.to_string(), "edited_at": null,
            "uri": format!("https://garden.example/users/{author}/statuses/{made}"),
            "visibility": "public", "language": "en", "reblog": null,
            "content": format!("<p>{WORDS}, \"{made}\"\n\u{1f3f3}</p>"),
            "account": {"id": "1", "acct": author, "bot": false},
            "tags": tags.iter().map(|tag| json!({"name": tag, "url": "https://garden.example/"}))
                .collect::<Vec<_>>()});
        let payload = body.to_string();
        inner.statuses.push(Kept { id: id.clone(), tags: tags.clone(), body, is_hidden: false });
        // Posts that arrive late land behind the others.
        inner.statuses.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        if way == Way::Both {
            self.tell(inner, News { tags, event: "update", payload });
        }
        id
    }

    /// The author writes something else, with these hashtags.
    pub(crate) fn edit(&self, way: Way, id: &str, at: Timestamp, tags: &[&str]) {
        let mut inner = self.shared.lock();
        let kept = inner.statuses.iter_mut().find(|kept| kept.id == id).unwrap();
        kept.body["edited_at"] = at.to_string().into();
        kept.body["tags"] = tags.iter().map(|tag| json!({"name": tag})).collect();
        let mut heard: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        heard.retain(|tag| !kept.tags.contains(tag));
        let told = [kept.tags.clone(), heard].concat();
        kept.tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        let payload = kept.body.to_string();
        if way == Way::Both {
            self.tell(inner, News { tags: told, event: "status.update", payload });
        }
    }

    /// The author deletes a post.
    pub(crate) fn delete(&self, way: Way, id: &str) {
        let mut inner = self.shared.lock();
        let at = inner.statuses.iter().position(|kept| kept.id == id).unwrap();
        let kept = inner.statuses.remove(at);
        if way == Way::Both {
            self.tell(inner, News { tags: kept.tags, event: "delete", payload: kept.id });
        }
    }

    /// Streams bring these events, in this order: the two last ones that were told change places.
    pub(crate) fn post_and_delete_out_of_order(&self, at: Timestamp, author: &str, tags: &[&str]) {
        let id = self.post(Way::Timelines, at, author, tags);
        let mut inner = self.shared.lock();
        let place = inner.statuses.iter().position(|kept| kept.id == id).unwrap();
        let kept = inner.statuses.remove(place);
        let (tags, payload) = (kept.tags.clone(), kept.body.to_string());
        inner.news.push(News { tags: kept.tags, event: "delete", payload: kept.id });
        self.tell(inner, News { tags, event: "update", payload });
    }

    /// Streams bring this event, whatever is in the timelines.
    pub(crate) fn say(&self, tag: &str, event: &'static str, payload: &str) {
        let news = News { tags: vec![tag.to_owned()], event, payload: payload.to_owned() };
        self.tell(self.shared.lock(), news);
    }

    /// Ends all streams.
    pub(crate) fn close(&self) {
        let mut inner = self.shared.lock();
        inner.closed += 1;
        self.shared.news.send_replace(inner.news.len());
    }

    /// The account of the token does not see a post.
    pub(crate) fn hide(&self, id: &str) {
        let mut inner = self.shared.lock();
        inner.statuses.iter_mut().find(|kept| kept.id == id).unwrap().is_hidden = true;
    }

    /// Who may see hashtag feeds, as the server says.
    pub(crate) fn set_feeds(&self, feeds: &'static str) {
        self.shared.lock().feeds = feeds;
    }

    /// Answers requests for a part otherwise; `None`: no more.
    pub(crate) fn refuse(&self, part: Part, refusal: Option<Refusal>) {
        let mut inner = self.shared.lock();
        match refusal {
            Some(refusal) => drop(inner.refusals.insert(part, refusal)),
            None => drop(inner.refusals.remove(&part)),
        }
    }

    /// Answers the next request for a part otherwise.
    pub(crate) fn refuse_once(&self, part: Part, refusal: Refusal) {
        let mut inner = self.shared.lock();
        inner.refusals.insert(part, refusal);
        inner.refused_once.insert(part);
    }

    /// Whether requests for a part are answered otherwise.
    pub(crate) fn is_refusing(&self, part: Part) -> bool {
        self.shared.lock().refusals.contains_key(&part)
    }

    /// What answers of timelines say of what is left.
    pub(crate) fn set_left(&self, left: Option<(u32, String)>) {
        self.shared.lock().left = left;
    }

    /// The requests for a part so far, with their queries.
    pub(crate) fn requests(&self, part: Part) -> Vec<String> {
        let inner = self.shared.lock();
        let of_part = inner.requests.iter().filter(|(asked, _)| *asked == part);
        of_part.map(|(_, request)| request.clone()).collect()
    }

    /// How many streams are subscribed to something.
    pub(crate) fn streams(&self) -> usize {
        self.shared.lock().streams
    }

    fn tell(&self, mut inner: MutexGuard<'_, Inner>, news: News) {
        inner.news.push(news);
        self.shared.news.send_replace(inner.news.len());
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let part = match path.as_str() {
        "/api/v2/instance" => Part::Instance,
        "/api/v1/instance" => Part::OldInstance,
        "/api/v1/accounts/verify_credentials" => Part::Credentials,
        "/api/v1/streaming" => Part::Socket,
        "/api/v1/streaming/hashtag" => Part::Events,
        _ if path.starts_with("/api/v1/timelines/tag/") => Part::Timeline,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let is_somebody = parts.headers.contains_key("authorization");
    let bearer = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let is_account = bearer == Some(format!("Bearer {}", shared.lock().token));
    let refusal = {
        let mut inner = shared.lock();
        inner.requests.push((part, format!("{path}?{query}")));
        let refusal = inner.refusals.get(&part).cloned();
        if refusal.is_some() && inner.refused_once.remove(&part) {
            inner.refusals.remove(&part);
        }
        refusal
    };
    if let Some(refusal) = refusal {
        if refusal.status == NEVER {
            return std::future::pending().await;
        }
        let mut response = Response::builder().status(refusal.status);
        for (name, value) in &refusal.headers {
            response = response.header(*name, value);
        }
        return response.body(refusal.body.into()).unwrap();
    }
    if is_somebody && !is_account {
        return unauthorized("The access token is invalid");
    }
    match part {
        Part::Instance => {
            let host = parts.headers["host"].to_str().unwrap();
            let inner = shared.lock();
            respond(&json!({"domain": "garden.example", "version": inner.version,
                "configuration": {"urls": {"streaming": format!("ws://{host}")},
                "timelines_access": {"hashtag_feeds": {"local": inner.feeds, "remote": inner.feeds}}}}))
        }
        Part::OldInstance => {
            let host = parts.headers["host"].to_str().unwrap();
            let version = &shared.lock().version;
            respond(&json!({"uri": "garden.example", "version": version,
                "urls": {"streaming_api": format!("ws://{host}")}}))
        }
        Part::Credentials if !is_account => unauthorized("The access token is invalid"),
        Part::Credentials => respond(&json!({"id": "1", "acct": "show"})),
        Part::Timeline => timeline(&shared, &path, &query, is_account),
        Part::Socket | Part::Events if !is_account => unauthorized("Missing access token"),
        Part::Socket => match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade.on_upgrade(|socket| by_socket(socket, shared)),
            Err(rejection) => rejection.into_response(),
        },
        Part::Events => {
            let tag = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "tag");
            by_events(&shared, tag.unwrap().1.into_owned())
        }
    }
}

fn unauthorized(why: &str) -> Response {
    (
        StatusCode::UNAUTHORIZED,
        [("x-error-message", why.to_owned())],
        json!({"error": why}).to_string(),
    )
        .into_response()
}

fn respond(body: &Value) -> Response {
    ([("content-type", "application/json; charset=utf-8")], body.to_string()).into_response()
}

fn timeline(shared: &Shared, path: &str, query: &str, is_account: bool) -> Response {
    let inner = shared.lock();
    let first = path.rsplit('/').next().unwrap();
    let first = form_urlencoded::parse(first.as_bytes()).next().unwrap().0.into_owned();
    let mut tags = vec![first];
    let (mut limit, mut min_id, mut max_id) = (20, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            // Others do not know it.
            "any[]" if inner.ids != Ids::Opaque => tags.push(value.into_owned()),
            "limit" => limit = value.parse::<usize>().unwrap().min(40),
            "min_id" => min_id = Some(value.into_owned()),
            "max_id" => max_id = Some(value.into_owned()),
            _ => {}
        }
    }
    tags.truncate(4);
    let key = |id: &str| (id.len(), id.to_owned());
    let is_after = |kept: &&Kept| {
        min_id.as_ref().is_none_or(|min| key(&kept.id) > key(min))
            && max_id.as_ref().is_none_or(|max| key(&kept.id) < key(max))
    };
    let fits = |kept: &&Kept| {
        inner.feeds != "disabled"
            && !(kept.is_hidden && is_account)
            && kept.tags.iter().any(|tag| tags.contains(tag))
    };
    let mut found: Vec<&Kept> = inner.statuses.iter().filter(is_after).filter(fits).collect();
    if min_id.is_some() {
        found.truncate(limit);
    } else {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.reverse();
    let page = Value::Array(found.iter().map(|kept| kept.body.clone()).collect());
    let mut response = respond(&page);
    if let Some((left, reset)) = &inner.left {
        response.headers_mut().insert("x-ratelimit-limit", "300".parse().unwrap());
        response.headers_mut().insert("x-ratelimit-remaining", (*left).into());
        response.headers_mut().insert("x-ratelimit-reset", reset.parse().unwrap());
    }
    response
}

async fn by_socket(mut socket: WebSocket, shared: Arc<Shared>) {
    let mut news = shared.news.subscribe();
    let mut subscribed: Vec<String> = Vec::new();
    let mut next = shared.lock().news.len();
    let closed = shared.lock().closed;
    let mut counted = None;
    loop {
        let mut messages = Vec::new();
        {
            let inner = shared.lock();
            if inner.closed > closed {
                return;
            }
            for News { tags, event, payload } in &inner.news[next..] {
                // Once for each subscription.
                for tag in subscribed.iter().filter(|tag| tags.contains(tag)) {
                    messages.push(
                        json!({"stream": ["hashtag", tag], "event": event, "payload": payload})
                            .to_string(),
                    );
                }
            }
            next = inner.news.len();
        }
        for message in messages {
            if socket.send(Message::Text(message.into())).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => {
                    let text: Value = serde_json::from_str(&text).unwrap();
                    let tag = text["tag"].as_str().unwrap().to_owned();
                    let is_known = text["type"] == "subscribe" && text["stream"] == "hashtag";
                    if !is_known || tag == REFUSED {
                        let error = json!({"error": "Unknown stream type", "status": 400});
                        if socket.send(Message::Text(error.to_string().into())).await.is_err() {
                            return;
                        }
                    } else if !subscribed.contains(&tag) {
                        subscribed.push(tag);
                        counted.get_or_insert_with(|| Counted::new(&shared));
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

/// Counts a stream while it is open.
struct Counted(Arc<Shared>);

impl Counted {
    fn new(shared: &Arc<Shared>) -> Counted {
        shared.lock().streams += 1;
        Counted(Arc::clone(shared))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.lock().streams -= 1;
    }
}

fn by_events(shared: &Arc<Shared>, tag: String) -> Response {
    let next = shared.lock().news.len();
    let news = shared.news.subscribe();
    let counted = Counted::new(shared);
    let start = Some(Bytes::from_static(b":)\n"));
    let body = stream::unfold((start, next, news, counted), move |state| {
        let tag = tag.clone();
        async move {
            let (start, mut next, mut news, counted) = state;
            if let Some(start) = start {
                return Some((Ok::<_, Infallible>(start), (None, next, news, counted)));
            }
            loop {
                let mut text = String::new();
                {
                    let inner = counted.0.lock();
                    for News { tags, event, payload } in &inner.news[next..] {
                        if tags.contains(&tag) {
                            let lines = ["event: ", event, "\ndata: ", payload, "\n\n"];
                            text.extend(lines);
                        }
                    }
                    next = inner.news.len();
                }
                if !text.is_empty() {
                    return Some((Ok(text.into()), (None, next, news, counted)));
                }
                // Its pulse, faster than the real one.
                let pause = tokio::time::timeout(Duration::from_millis(50), news.changed()).await;
                match pause {
                    Err(_) => {
                        let pulse = Bytes::from_static(b":thump\n\n");
                        return Some((Ok(pulse), (None, next, news, counted)));
                    }
                    Ok(Err(_)) => return None,
                    Ok(Ok(())) => {}
                }
            }
        }
    });
    ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
}

//! The API v2 of X: keeps rules and posts, streams what matches, finds what is recent.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hashtug::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

/// The variable that has the token of the app: a process does not set its own, and this one is there
/// in every test.
pub(crate) const TOKEN_VARIABLE: &str = "CARGO_PKG_DESCRIPTION";

/// Its value.
pub(crate) const TOKEN: &str = env!("CARGO_PKG_DESCRIPTION");

/// Numbers count milliseconds since then.
const EPOCH: i64 = 1_288_834_974_657;

/// What is said instead of an answer.
#[derive(Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// A refusal in JSON.
pub(crate) fn refusal(status: u16, body: &Value) -> Refusal {
    let headers = vec![("content-type", "application/json".to_owned())];
    Refusal { status, headers, body: body.to_string() }
}

#[derive(Default)]
struct Shop {
    /// Id, value, tag.
    rules: Vec<(String, String, Option<String>)>,
    /// Posts with their numbers, in the order of publication.
    posts: Vec<(u64, Value)>,
    viewers: Vec<mpsc::Sender<Bytes>>,
    /// By path.
    refusals: BTreeMap<String, Refusal>,
    /// Method, path and query of all requests.
    requests: Vec<String>,
    /// Published posts are found, and not streamed.
    muted: bool,
    /// The rule that is not accepted has this in it.
    bad_word: Option<String>,
    next_rule: u64,
    page_size: usize,
}

/// A running server; ends when it is dropped.
pub(crate) struct X {
    pub(crate) address: SocketAddr,
    shop: Arc<Mutex<Shop>>,
    _tasks: JoinSet<()>,
}

impl X {
    pub(crate) async fn start() -> X {
        X::beating(Duration::from_secs(20)).await
    }

    /// One whose heart beats so often.
    pub(crate) async fn beating(heartbeat: Duration) -> X {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shop = Arc::new(Mutex::new(Shop { page_size: 100, ..Shop::default() }));
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&shop));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        let beats = Arc::clone(&shop);
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(heartbeat).await;
                stream(&mut beats.lock().unwrap(), "\r\n");
            }
        });
        X { address, shop, _tasks: tasks }
    }

    /// The server behind `address`.
    pub(crate) fn url(address: SocketAddr) -> Url {
        format!("http://{address}").parse().unwrap()
    }

    /// A post that was published at `at`; what is told apart by `place` is another post. Gives its
    /// line.
    pub(crate) fn make(at: Timestamp, place: u64, author: &str, hashtag: &str) -> (u64, Value) {
        let id = (u64::try_from(at.millis() - EPOCH).unwrap() << 22) + place;
        let seconds = Timestamp::from_secs(at.millis() / 1000).unwrap();
        let post = json!({"data": {
            "id": id.to_string(), "edit_history_tweet_ids": [id.to_string()],
            "author_id": author, "created_at": seconds.to_string(),
            "text": format!("rope #{hashtag}"),
            "entities": {"hashtags": [{"start": 5, "end": 6 + hashtag.len(), "tag": hashtag}]}}});
        (id, post)
    }

    /// Publishes a post.
    pub(crate) fn post(&self, at: Timestamp, place: u64, author: &str, hashtag: &str) {
        let (id, post) = X::make(at, place, author, hashtag);
        self.publish(id, post);
    }

    /// The same for any post.
    pub(crate) fn publish(&self, id: u64, post: Value) {
        let mut shop = self.shop.lock().unwrap();
        if !shop.muted
            && let Some(tag) = matching(&shop, &post)
        {
            let mut line = post.clone();
            line["matching_rules"] = json!([tag]);
            let line = format!("{line}\r\n");
            stream(&mut shop, &line);
        }
        shop.posts.push((id, post));
    }

    /// Streams a text as it stands.
    pub(crate) fn say(&self, text: &str) {
        stream(&mut self.shop.lock().unwrap(), text);
    }

    /// Ends all streams.
    pub(crate) fn hang_up(&self) {
        self.shop.lock().unwrap().viewers.clear();
    }

    /// Answers requests for a path with a refusal; `None`: no more.
    pub(crate) fn refuse(&self, path: &str, refusal: Option<Refusal>) {
        let mut shop = self.shop.lock().unwrap();
        match refusal {
            Some(refusal) => drop(shop.refusals.insert(path.to_owned(), refusal)),
            None => drop(shop.refusals.remove(path)),
        }
    }

    /// Whether posts are kept from the stream, and found by the search alone.
    pub(crate) fn mute(&self, muted: bool) {
        self.shop.lock().unwrap().muted = muted;
    }

    /// Refuses rules with a word in them.
    pub(crate) fn refuse_rule(&self, word: &str) {
        self.shop.lock().unwrap().bad_word = Some(word.to_owned());
    }

    /// So many posts are on a page of the search.
    pub(crate) fn page_size(&self, size: usize) {
        self.shop.lock().unwrap().page_size = size;
    }

    /// A rule that is there already.
    pub(crate) fn rule(&self, value: &str, tag: Option<&str>) {
        add_rule(&mut self.shop.lock().unwrap(), value, tag);
    }

    /// The rules, with their tags.
    pub(crate) fn rules(&self) -> Vec<(String, Option<String>)> {
        let shop = self.shop.lock().unwrap();
        shop.rules.iter().map(|(_, value, tag)| (value.clone(), tag.clone())).collect()
    }

    /// The requests so far that begin so.
    pub(crate) fn requests(&self, beginning: &str) -> Vec<String> {
        let shop = self.shop.lock().unwrap();
        shop.requests.iter().filter(|request| request.starts_with(beginning)).cloned().collect()
    }
}

fn add_rule(shop: &mut Shop, value: &str, tag: Option<&str>) -> String {
    shop.next_rule += 1;
    let id = (1_990_000_000_000_000_000 + shop.next_rule).to_string();
    shop.rules.push((id.clone(), value.to_owned(), tag.map(str::to_owned)));
    id
}

fn stream(shop: &mut Shop, text: &str) {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    shop.viewers.retain(|viewer| !viewer.is_closed());
    for viewer in &shop.viewers {
        viewer.try_send(bytes.clone()).expect("a test sends less than the queue holds");
    }
}

/// The rule that a post matches.
fn matching(shop: &Shop, post: &Value) -> Option<Value> {
    let hashtags = post["data"]["entities"]["hashtags"].as_array()?;
    let is_retweet = post["data"]["referenced_tweets"][0]["type"] == "retweeted";
    shop.rules.iter().find_map(|(id, value, tag)| {
        let fits = !(is_retweet && value.contains("-is:retweet")) && has(value, hashtags);
        fits.then(|| json!({"id": id, "tag": tag}))
    })
}

/// Whether a question names any of the hashtags.
fn has(query: &str, hashtags: &[Value]) -> bool {
    let mut terms = query.split([' ', '(', ')']);
    terms.any(|term| {
        hashtags.iter().any(|hashtag| {
            term.to_lowercase() == format!("#{}", hashtag["tag"].as_str().unwrap().to_lowercase())
        })
    })
}

async fn answer(State(shop): State<Arc<Mutex<Shop>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut shop = shop.lock().unwrap();
    let path = head.uri.path().to_owned();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    shop.requests.push(format!("{} {path} {query:?}", head.method));
    if let Some(refusal) = shop.refusals.get(&path).cloned() {
        let mut headers = HeaderMap::new();
        for (name, value) in refusal.headers {
            headers.insert(name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(refusal.status).unwrap();
        return (status, headers, refusal.body).into_response();
    }
    if head.headers.get("authorization").is_none_or(|value| *value != format!("Bearer {TOKEN}")) {
        let problem = json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"});
        return with_json(401, &problem);
    }
    match (head.method, path.as_str()) {
        (Method::GET, "/2/tweets/search/stream/rules") => {
            let rules = shop.rules.iter();
            let rules: Vec<Value> = rules
                .map(|(id, value, tag)| match tag {
                    Some(tag) => json!({"id": id, "value": value, "tag": tag}),
                    None => json!({"id": id, "value": value}),
                })
                .collect();
            let meta = json!({"sent": "2026-11-21T19:04:01.000Z", "result_count": rules.len()});
            // An app without rules has no `data`.
            if rules.is_empty() {
                return with_json(200, &json!({"meta": meta}));
            }
            with_json(200, &json!({"data": rules, "meta": meta}))
        }
        (Method::POST, "/2/tweets/search/stream/rules") => {
            change_rules(&mut shop, &serde_json::from_slice(&body).unwrap())
        }
        (Method::GET, "/2/tweets/search/stream") => {
            let (sender, receiver) = mpsc::channel::<Bytes>(10_000);
            shop.viewers.push(sender);
            let lines = futures_util::stream::unfold(receiver, async |mut receiver| {
                Some((Ok::<Bytes, Infallible>(receiver.recv().await?), receiver))
            });
            let kind = [("content-type", "application/json; charset=utf-8")];
            (StatusCode::OK, kind, Body::from_stream(lines)).into_response()
        }
        (Method::GET, "/2/tweets/search/recent") => search(&shop, &query),
        _ => with_json(404, &json!({"title": "Not Found Error", "detail": "no such path"})),
    }
}

fn with_json(status: u16, body: &Value) -> Response {
    let kind = [("content-type", "application/json; charset=utf-8")];
    (StatusCode::from_u16(status).unwrap(), kind, body.to_string()).into_response()
}

fn change_rules(shop: &mut Shop, change: &Value) -> Response {
    if let Some(ids) = change["delete"]["ids"].as_array() {
        let before = shop.rules.len();
        shop.rules.retain(|(id, _, _)| !ids.iter().any(|deleted| deleted == id));
        let summary = json!({"deleted": before - shop.rules.len(), "not_deleted": 0});
        return with_json(200, &json!({"meta": {"summary": summary}}));
    }
    let (mut added, mut errors) = (Vec::new(), Vec::new());
    for rule in change["add"].as_array().unwrap() {
        let value = rule["value"].as_str().unwrap();
        if value.chars().count() > 1024
            || shop.bad_word.as_ref().is_some_and(|word| value.contains(word))
        {
            errors.push(json!({"value": value, "title": "UnprocessableEntity", "details": ["no viable alternative at the hashtag"],
                "type": "https://api.twitter.com/2/problems/invalid-rules"}));
        } else if shop.rules.iter().any(|(_, known, _)| known == value) {
            errors.push(json!({"value": value, "title": "DuplicateRule",
                "type": "https://api.twitter.com/2/problems/duplicate-rules"}));
        } else {
            let tag = rule["tag"].as_str();
            added.push(json!({"id": add_rule(shop, value, tag), "value": value, "tag": tag}));
        }
    }
    let mut answer =
        json!({"meta": {"summary": {"created": added.len(), "not_created": errors.len()}}});
    if !errors.is_empty() {
        answer["errors"] = errors.into();
    }
    if added.is_empty() {
        return with_json(400, &answer);
    }
    answer["data"] = added.into();
    with_json(201, &answer)
}

/// The newest first.
fn search(shop: &Shop, query: &BTreeMap<String, String>) -> Response {
    let since: u64 = query["since_id"].parse().unwrap();
    let end = Timestamp::parse_rfc3339(&query["end_time"]).unwrap();
    let end = u64::try_from(end.millis() - EPOCH).unwrap() << 22;
    let skip: usize = query.get("next_token").map_or(0, |token| token.parse().unwrap());
    let mut found: Vec<&(u64, Value)> = shop
        .posts
        .iter()
        .filter(|(id, post)| {
            let hashtags = post["data"]["entities"]["hashtags"].as_array().unwrap();
            (since + 1..end).contains(id) && has(&query["query"], hashtags)
        })
        .collect();
    found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let page: Vec<Value> = found
        .iter()
        .skip(skip)
        .take(shop.page_size)
        .map(|(_, post)| post["data"].clone())
        .collect();
    let mut meta = json!({"result_count": page.len()});
    if skip + page.len() < found.len() {
        meta["next_token"] = (skip + page.len()).to_string().into();
    }
    let mut answer = json!({"meta": meta});
    if !page.is_empty() {
        answer["data"] = page.into();
    }
    with_json(200, &answer)
}

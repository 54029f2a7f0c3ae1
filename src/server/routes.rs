//! The table of what is served: each address once, with who may ask, how, and what comes back.
//!
//! The router is made from it, the tests walk through it, and `docs/api.md` has a line for each. A
//! listener serves the routes of the classes of visitors that it is for; to all others they are not there.

use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};

use super::access::{self, Class};
use super::assets;
use super::operate::{Desk, door, live as operators, requests};
use super::view::{self, View, live, metrics, results, strips};

/// One address.
pub struct Route {
    /// The path, with names in braces for what varies.
    pub path: &'static str,
    /// Who may ask.
    pub class: Class,
    /// How.
    pub method: Method,
    /// What comes back.
    pub content: Content,
    handler: fn(MethodFilter) -> MethodRouter<Served>,
}

/// What all handlers share, each class of visitors its own.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) view: View,
    pub(super) desk: Desk,
}

impl FromRef<Served> for View {
    fn from_ref(served: &Served) -> View {
        served.view.clone()
    }
}

impl FromRef<Served> for Desk {
    fn from_ref(served: &Served) -> Desk {
        served.desk.clone()
    }
}

/// What an answer is made of. It decides the headers of answers that succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A page, asked for anew each time.
    Page,
    /// A file that a page names, which says itself what it is and how long it may be kept.
    File,
    /// JSON, old at once.
    Json,
    /// A line of text, old at once.
    Text,
    /// Rows for spreadsheets, old at once.
    Csv,
    /// A picture, old at once.
    Picture,
    /// Counters for Prometheus.
    Metrics,
    /// Server-sent events, which pages of other hosts may not follow.
    Events,
    /// A WebSocket, which pages of other hosts may not open.
    Socket,
}

impl Content {
    /// Whether it goes on for as long as somebody listens.
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(self, Content::Events | Content::Socket)
    }

    /// The type, and how long it may be kept; `None` where the handler says so.
    #[must_use]
    pub fn headers(self) -> Option<(&'static str, &'static str)> {
        match self {
            Content::Page => Some(("text/html; charset=utf-8", "no-cache")),
            Content::Json => Some(("application/json", "no-store")),
            Content::Text => Some(("text/plain; charset=utf-8", "no-store")),
            Content::Csv => Some(("text/csv; charset=utf-8", "no-store")),
            Content::Picture => Some(("image/svg+xml", "no-store")),
            Content::Metrics => Some(("text/plain; version=0.0.4", "no-store")),
            Content::Events => Some(("text/event-stream", "no-store")),
            Content::File | Content::Socket => None,
        }
    }
}

/// All addresses.
pub static ROUTES: [Route; 22] = [
    viewer("/", Content::Page, |method| on(method, || async { assets::page("index.html") })),
    viewer("/stage", Content::Page, |method| on(method, assets::stage)),
    viewer("/assets/{version}/{*name}", Content::File, |method| on(method, assets::file)),
    viewer("/api/v1/snapshot", Content::Json, |method| on(method, view::snapshot)),
    viewer("/api/v1/live", Content::Socket, |method| on(method, live::socket)),
    viewer("/api/v1/events", Content::Events, |method| on(method, live::events)),
    viewer("/api/v1/history", Content::Json, |method| on(method, view::history)),
    viewer("/api/v1/results", Content::Json, |method| on(method, results::json)),
    viewer("/api/v1/results.csv", Content::Csv, |method| on(method, results::csv)),
    viewer("/api/v1/results/{picture}", Content::Picture, |method| on(method, results::picture)),
    viewer("/api/v1/join.svg", Content::Picture, |method| on(method, view::join)),
    viewer("/api/v1/split.txt", Content::Text, |method| on(method, view::split)),
    viewer("/api/v1/strips", Content::Json, |method| on(method, strips::strips)),
    viewer("/api/v1/strips/live", Content::Socket, |method| on(method, strips::socket)),
    viewer("/healthz", Content::Text, |method| on(method, view::health)),
    viewer("/metrics", Content::Metrics, |method| on(method, metrics::metrics)),
    operator("/operate", Method::GET, Content::Page, |method| {
        on(method, || async { assets::page("operate.html") })
    }),
    operator("/api/v1/operate", Method::POST, Content::Json, |method| {
        on(method, requests::command)
    }),
    operator("/api/v1/operate/snapshot", Method::GET, Content::Json, |method| {
        on(method, requests::snapshot)
    }),
    operator("/api/v1/operate/live", Method::GET, Content::Socket, |method| {
        on(method, operators::socket)
    }),
    operator("/api/v1/operate/ticket", Method::POST, Content::Json, |method| {
        on(method, requests::ticket)
    }),
    operator("/api/v1/operate/key", Method::POST, Content::Json, |method| {
        on(method, requests::key)
    }),
];

/// A route for viewers, who only look.
const fn viewer(
    path: &'static str,
    content: Content,
    handler: fn(MethodFilter) -> MethodRouter<Served>,
) -> Route {
    Route { path, class: Class::Viewer, method: Method::GET, content, handler }
}

/// A route for operators, who prove what they are by themselves.
const fn operator(
    path: &'static str,
    method: Method,
    content: Content,
    handler: fn(MethodFilter) -> MethodRouter<Served>,
) -> Route {
    Route { path, class: Class::Operator, method, content, handler }
}

/// The routes of some classes of visitors, behind what guards them all.
pub(super) fn router(classes: &[Class], served: Served) -> Router {
    let mut router = Router::new();
    let host = middleware::from_fn_with_state(served.desk.tls(), access::check_host);
    for route in ROUTES.iter().filter(|route| classes.contains(&route.class)) {
        let filter = MethodFilter::try_from(route.method.clone())
            .expect("the table has methods that a router knows");
        let content = route.content;
        let mut handler = (route.handler)(filter).layer(middleware::map_response(
            move |answer: Response| async move { labelled(answer, content) },
        ));
        handler = if route.class == Class::Operator {
            let door = middleware::from_fn_with_state(served.desk.clone(), door::check);
            handler.layer(middleware::map_response(requests::in_json)).layer(door)
        } else {
            if content.is_stream() {
                handler = handler.layer(middleware::from_fn(access::check_origin));
            }
            handler.layer(host.clone())
        };
        router = router.route(route.path, handler);
    }
    let missing = any(|| async { (StatusCode::NOT_FOUND, "not found\n") });
    router
        .fallback_service(missing.layer(host))
        .layer(middleware::map_response(access::headers))
        .with_state(served)
}

/// An answer with the headers of its content.
fn labelled(mut answer: Response, content: Content) -> Response {
    if answer.status().is_success()
        && let Some((kind, kept)) = content.headers()
    {
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::extract::Request;
    use tokio::sync::watch;
    use tokio_util::sync::CancellationToken;
    use tower_service::Service as _;

    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::server::lost::Lost;
    use crate::server::operate::{Keyring, Operators, Reach};
    use crate::server::view::Bugs;
    use crate::show;

    #[tokio::test]
    async fn a_listener_for_others_serves_nothing_of_the_viewers() {
        let snapshot = snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]);
        let (_snapshots, snapshots_rx) = watch::channel(Arc::new(snapshot));
        let bugs = Bugs { parts: watch::Sender::default().subscribe(), lost: Lost::default() };
        let stop = CancellationToken::new();
        let (orders, _news, _doors) = show::task::doors();
        let operators = Operators {
            keyring: Keyring::default(),
            reach: Reach::Network,
            tls: None,
            orders,
            truth: snapshots_rx.clone(),
        };
        let desk = Desk::new(operators, Lost::default(), stop.clone());
        let (view, _publisher) =
            view::new(snapshots_rx.clone(), snapshots_rx, Vec::new(), bugs, stop);
        let served = Served { view, desk };
        for class in [Class::Viewer, Class::Operator, Class::Audience] {
            let mut router = router(&[class], served.clone());
            for path in ["/", "/api/v1/snapshot", "/metrics"] {
                let request = Request::get(path).header("host", "localhost").body(Body::empty());
                let answer = router.call(request.unwrap()).await.unwrap();
                let served = answer.status() != StatusCode::NOT_FOUND;
                assert_eq!(served, class == Class::Viewer, "{path} for {class:?}");
            }
        }
    }
}

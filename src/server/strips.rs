//! What each output sent last, as it looks: for the page that draws the strips, and nobody else.
//!
//! Made only while somebody watches, once for all who do, and not more often than eyes need.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::output::status::Monitor;

use super::{Place, Shared, fresh, live, wire};

/// Between two messages to those who watch.
const PERIOD: Duration = Duration::from_millis(50);

pub(super) async fn strips(State(shared): State<Shared>) -> Response {
    let json = wire::strips(&shared.outputs);
    fresh(([(header::CONTENT_TYPE, "application/json")], json))
}

pub(super) async fn socket(
    State(shared): State<Shared>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    live::upgraded(&headers, upgrade, |socket| view(socket, shared, place))
}

/// The connection is this task's own from here on, and so is its place.
async fn view(mut socket: WebSocket, shared: Shared, _place: Place) {
    let first = Utf8Bytes::from(wire::strips(&shared.outputs));
    let mut strips = shared.strips.resubscribe();
    if socket.send(Message::Text(first)).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => {
                let _gone = socket.send(Message::Close(None)).await;
                return;
            }
            changed = strips.changed() => {
                if changed.is_err() {
                    return;
                }
                let json = strips.borrow_and_update().clone();
                if socket.send(Message::Text(json)).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            }
        }
    }
}

/// A way to watch that counts whoever does.
#[derive(Clone)]
pub(super) struct Strips {
    json: watch::Sender<Utf8Bytes>,
    wanted: std::sync::Arc<Notify>,
}

impl Strips {
    pub(super) fn new() -> Strips {
        Strips { json: watch::Sender::new(Utf8Bytes::default()), wanted: std::sync::Arc::default() }
    }

    fn resubscribe(&self) -> watch::Receiver<Utf8Bytes> {
        let strips = self.json.subscribe();
        self.wanted.notify_one();
        strips
    }

    /// Makes messages while there is somebody who gets them; for ever.
    pub(super) async fn publish(&self, mut outputs: Vec<Monitor>) {
        loop {
            self.wanted.notified().await;
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while self.json.receiver_count() > 0 {
                ticks.tick().await;
                let mut news = false;
                for output in &mut outputs {
                    // An output that has ended says nothing new.
                    news |= output.sent.has_changed().unwrap_or(false);
                    output.sent.mark_unchanged();
                }
                if news {
                    self.json.send_replace(wire::strips(&outputs).into());
                }
            }
        }
    }
}

//! What each output sent last, as it looks: for the page that draws the strips, and nobody else.
//!
//! Made only while somebody watches, once for all who do, and not more often than eyes need.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::output::status::Monitor;

use super::{View, live, wire};
use crate::server::listener::Permit;

/// Between two messages to those who watch.
const PERIOD: Duration = Duration::from_millis(50);

pub(in crate::server) async fn strips(State(view): State<View>) -> String {
    wire::strips(&view.outputs)
}

pub(in crate::server) async fn socket(
    State(view): State<View>,
    Extension(permit): Extension<Permit>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let lost = view.bugs.lost.clone();
    live::upgraded(upgrade, lost, |socket| follow(socket, view, permit))
}

/// Sends the strips whenever they change. The connection is this task's own from here on, and so is its
/// permit.
async fn follow(mut socket: WebSocket, view: View, _permit: Permit) {
    let first = Utf8Bytes::from(wire::strips(&view.outputs));
    let mut strips = view.strips.resubscribe();
    if socket.send(Message::Text(first)).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            () = view.stop.cancelled() => {
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
    pub(super) async fn publish(&self, outputs: &mut [Monitor]) {
        loop {
            self.wanted.notified().await;
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while self.json.receiver_count() > 0 {
                ticks.tick().await;
                let mut news = false;
                for output in &mut *outputs {
                    // An output that has ended says nothing new.
                    news |= output.sent.has_changed().unwrap_or(false);
                    output.sent.mark_unchanged();
                }
                if news {
                    self.json.send_replace(wire::strips(outputs).into());
                }
            }
        }
    }
}

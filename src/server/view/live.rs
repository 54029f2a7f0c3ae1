//! One viewer: the newest snapshot, as often as there is one and it can be taken.
//!
//! A viewer has no queue. While one snapshot is on its way the next ones replace each other. What a
//! viewer does not take fills the system's small buffer; ten seconds later it is let go.

use std::convert::Infallible;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::View;
use crate::failpoint;
use crate::panics::caught;
use crate::server::listener::Permit;
use crate::server::lost::Lost;

/// Bytes of a message that is read. Viewers have nothing to say; one who sends more is let go.
const MESSAGE: usize = 4096;

pub(in crate::server) async fn socket(
    State(view): State<View>,
    Extension(permit): Extension<Permit>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let lost = view.bugs.lost.clone();
    upgraded(upgrade, lost, |socket| follow(socket, view, permit))
}

/// A socket for somebody who only listens.
pub(in crate::server) fn upgraded<Follow: Future<Output = ()> + Send + 'static>(
    upgrade: WebSocketUpgrade,
    lost: Lost,
    follow: impl FnOnce(WebSocket) -> Follow + Send + 'static,
) -> Response {
    upgrade
        .max_message_size(MESSAGE)
        .max_frame_size(MESSAGE)
        .read_buffer_size(MESSAGE)
        .write_buffer_size(0)
        .on_upgrade(|socket| async move { lost.note(caught(follow(socket)).await) })
}

/// Sends each newer snapshot. The connection is this task's own from here on, and so is its permit.
async fn follow(mut socket: WebSocket, mut view: View, _permit: Permit) {
    view.latest.mark_changed();
    loop {
        failpoint::reach("viewer");
        tokio::select! {
            () = view.stop.cancelled() => {
                let _gone = socket.send(Message::Close(None)).await;
                return;
            }
            changed = view.latest.changed() => {
                if changed.is_err() {
                    return;
                }
                let json = view.latest.borrow_and_update().json.clone();
                if socket.send(Message::Text(json)).await.is_err() {
                    return;
                }
            }
            // Reading answers pings and notices that the viewer has gone.
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            }
        }
    }
}

pub(in crate::server) async fn events(State(mut view): State<View>) -> Response {
    view.latest.mark_changed();
    let events = stream::unfold(view, |mut view| async move {
        tokio::select! {
            () = view.stop.cancelled() => None,
            changed = view.latest.changed() => {
                changed.ok()?;
                let event = Event::default().data(view.latest.borrow_and_update().json.as_str());
                Some((Ok::<_, Infallible>(event), view))
            }
        }
    });
    Sse::new(events).into_response()
}

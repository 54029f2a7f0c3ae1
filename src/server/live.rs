//! One viewer: the newest snapshot, as often as there is one and it can be taken.
//!
//! A viewer has no queue. While one snapshot is on its way the next ones replace each other. What a
//! viewer does not take fills the system's small buffer; ten seconds later it is let go.

use std::convert::Infallible;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::{Place, Shared, access, fresh};

/// Viewers have nothing to say; more than this is not read.
const MESSAGE: usize = 4096;

pub(super) async fn socket(
    State(shared): State<Shared>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgraded(&headers, upgrade, |socket| view(socket, shared, place))
}

/// A socket for somebody who only listens.
pub(super) fn upgraded<View: Future<Output = ()> + Send + 'static>(
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
    view: impl FnOnce(WebSocket) -> View + Send + 'static,
) -> Response {
    if !access::is_own_origin(headers) {
        return (StatusCode::FORBIDDEN, "pages of other hosts may not listen\n").into_response();
    }
    upgrade
        .max_message_size(MESSAGE)
        .max_frame_size(MESSAGE)
        .read_buffer_size(MESSAGE)
        .write_buffer_size(0)
        .on_upgrade(view)
}

/// The connection is this task's own from here on, and so is its place.
async fn view(mut socket: WebSocket, mut shared: Shared, _place: Place) {
    shared.latest.mark_changed();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => {
                let _gone = socket.send(Message::Close(None)).await;
                return;
            }
            changed = shared.latest.changed() => {
                if changed.is_err() {
                    return;
                }
                let json = shared.latest.borrow_and_update().json.clone();
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

pub(super) async fn events(State(shared): State<Shared>) -> Response {
    let mut shared = shared;
    shared.latest.mark_changed();
    let events = stream::unfold(shared, |mut shared| async move {
        tokio::select! {
            () = shared.stop.cancelled() => None,
            changed = shared.latest.changed() => {
                changed.ok()?;
                let event = Event::default().data(shared.latest.borrow_and_update().json.as_str());
                Some((Ok::<_, Infallible>(event), shared))
            }
        }
    });
    fresh(Sse::new(events))
}

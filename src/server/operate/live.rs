//! The socket of an operator: the true snapshots out, commands in.
//!
//! The first message has to be the key, `{"key":"…"}`: a browser can put it into no header of a socket, and
//! in the address it would be kept. After it each message is a command as it is posted, with an `id` or
//! without; its answer is `{"answer":{…}}` with that `id`. All other messages to the operator are snapshots.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::server::listener::Permit;
use crate::server::view::{live, wire};

use super::keyring::Wrong;
use super::requests::text_of;
use super::{Desk, Said};

/// Time for the key to come.
const KEY: Duration = Duration::from_secs(2);

/// Time for a peer to answer that a connection is closed.
const GOODBYE: Duration = Duration::from_secs(1);

/// Characters of an `id` that are sent back.
const LONGEST_ID: usize = 100;

/// Commands whose `id` is that of a post, and stays in the command.
const WITH_ID: [&str; 2] = ["approve", "reject"];

/// Why a socket is closed: codes that RFC 6455 leaves to applications, like those of HTTP.
enum Closed {
    NoKey,
    Wrong(Wrong),
    Full,
}

impl Closed {
    fn frame(&self) -> CloseFrame {
        let (code, why) = match self {
            Closed::NoKey => (4408, "the first message is the key, within 2 s: {\"key\":\"…\"}"),
            Closed::Wrong(Wrong::Secret) => (4401, "this is not the operator's key"),
            Closed::Wrong(Wrong::TooMany) => {
                (4429, "too many wrong keys have come; try again in a second")
            }
            Closed::Full => (4503, "all places for operators are taken"),
        };
        CloseFrame { code, reason: why.into() }
    }
}

pub(in crate::server) async fn socket(
    State(desk): State<Desk>,
    Extension(permit): Extension<Permit>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let lost = desk.lost.clone();
    live::upgraded(upgrade, lost, |socket| serve(socket, desk, permit))
}

/// Serves one operator. The connection is this task's own from here on, and so is its permit.
async fn serve(mut socket: WebSocket, desk: Desk, _permit: Permit) {
    if let Err(closed) = check(&mut socket, &desk).await {
        return close(socket, Some(closed.frame())).await;
    }
    let Ok(_place) = Arc::clone(&desk.sockets).try_acquire_owned() else {
        return close(socket, Some(Closed::Full.frame())).await;
    };
    let mut truth = desk.operators.truth.clone();
    truth.mark_changed();
    loop {
        let message = tokio::select! {
            () = desk.stop.cancelled() => return close(socket, None).await,
            changed = truth.changed() => {
                if changed.is_err() {
                    return;
                }
                let json = wire::truth(&truth.borrow_and_update());
                Message::Text(json.into())
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => Message::Text(answer(&desk, &text).await.into()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            }
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Waits for the key.
async fn check(socket: &mut WebSocket, desk: &Desk) -> Result<(), Closed> {
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) => return Some(text),
                _ => return None,
            }
        }
    };
    let first = timeout(KEY, first).await.ok().flatten().ok_or(Closed::NoKey)?;
    let key = text_of(&first, "key").ok_or(Closed::NoKey)?;
    desk.operators.keyring.check(&key).map_err(Closed::Wrong)
}

/// Says goodbye, and waits a moment for the peer to have heard it.
async fn close(mut socket: WebSocket, frame: Option<CloseFrame>) {
    let _gone = timeout(GOODBYE, async {
        if socket.send(Message::Close(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    })
    .await;
}

/// What became of a command.
async fn answer(desk: &Desk, text: &str) -> String {
    let (id, command) = apart(text);
    let Said { status, mut said } = match id {
        Err(()) => {
            let why = "`id` is a number or a text of at most 100 characters";
            Said::error(StatusCode::BAD_REQUEST, why)
        }
        Ok(_) => desk.carry_out(&command).await,
    };
    said.insert("status".to_owned(), json!(status.as_u16()));
    if let Ok(Some(id)) = id {
        said.insert("id".to_owned(), id);
    }
    json!({ "answer": said }).to_string()
}

/// The `id` of a message, if it has one, and the message as it would be posted.
fn apart(text: &str) -> (Result<Option<Value>, ()>, String) {
    let Ok(Value::Object(mut object)) = serde_json::from_str::<Value>(text) else {
        return (Ok(None), text.to_owned());
    };
    let is_argument = object
        .get("command")
        .and_then(Value::as_str)
        .is_some_and(|command| WITH_ID.contains(&command));
    let id = if is_argument { object.get("id").cloned() } else { object.remove("id") };
    let id = match id {
        None => Ok(None),
        Some(id) => match &id {
            Value::Number(_) => Ok(Some(id)),
            Value::String(text) if text.chars().count() <= LONGEST_ID => Ok(Some(id)),
            // What it is then is for the command to say.
            _ if is_argument => Ok(None),
            _ => Err(()),
        },
    };
    (id, Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_message_s_own_unless_the_command_needs_it() {
        let apart = |text: &str| {
            let (id, command) = apart(text);
            (id.map(|id| id.map(|id| id.to_string())), command)
        };
        let id = |text: &str| Ok(Some(text.to_owned()));
        let lock = r#"{"command":"lock"}"#.to_owned();
        assert_eq!(apart(r#"{"command":"lock","id":7}"#), (id("7"), lock.clone()));
        assert_eq!(apart(r#"{"command":"lock","id":"a"}"#), (id("\"a\""), lock.clone()));
        assert_eq!(apart(&lock), (Ok(None), lock.clone()));
        assert_eq!(apart(r#"{"command":"lock","id":[]}"#), (Err(()), lock));
        let approve = r#"{"command":"approve","id":"p"}"#;
        assert_eq!(apart(approve), (id("\"p\""), approve.to_owned()));
        assert_eq!(apart("lock"), (Ok(None), "lock".to_owned()));
    }
}

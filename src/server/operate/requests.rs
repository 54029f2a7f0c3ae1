//! What operators are answered over HTTP.
//!
//! All of it is JSON, errors too (`{"error":"…"}`), and none of it is kept by anybody on the way.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::server::access;
use crate::server::view::wire;

use super::keyring::Wrong;
use super::{Desk, Said};

/// Bytes of a request that are read.
pub(super) const LONGEST: usize = 4096;

/// Time for all of them to come.
const BODY: Duration = Duration::from_secs(5);

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl IntoResponse for Said {
    fn into_response(self) -> Response {
        let body = Value::Object(self.said).to_string();
        let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, NO_STORE)];
        let mut answer = (self.status, headers, body).into_response();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                let scheme = HeaderValue::from_static("Bearer");
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            StatusCode::TOO_MANY_REQUESTS => {
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        answer
    }
}

/// `POST /api/v1/operate`.
pub(in crate::server) async fn command(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let text = match authorised(&desk, &headers) {
        Ok(()) => read(&headers, body).await,
        Err(refusal) => Err(refusal),
    };
    match text {
        Ok(text) => desk.carry_out(&text).await.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /api/v1/operate/snapshot`.
pub(in crate::server) async fn snapshot(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if let Err(refusal) = authorised(&desk, &headers) {
        return refusal.into_response();
    }
    wire::truth(&desk.operators.truth.borrow()).into_response()
}

/// `POST /api/v1/operate/ticket`. What else a request says does not matter.
pub(in crate::server) async fn ticket(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    match authorised(&desk, &headers) {
        Ok(()) => one("ticket", &desk.operators.keyring.ticket()).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// `POST /api/v1/operate/key`.
pub(in crate::server) async fn key(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let text = match read(&headers, body).await {
        Ok(text) => text,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(ticket) = text_of(&text, "ticket") else {
        let why = "a ticket comes as {\"ticket\":\"…\"}";
        return Said::error(StatusCode::BAD_REQUEST, why).into_response();
    };
    match desk.operators.keyring.redeem(&ticket) {
        Ok(key) => one("key", key.reveal()).into_response(),
        Err(wrong) => refused(wrong, "this ticket is no good: it was used, or is too old, or none")
            .into_response(),
    }
}

/// A method that an address does not have, in the words of all other errors.
pub(in crate::server) async fn in_json(answer: Response) -> Response {
    if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
        return answer;
    }
    let why = "this address is asked by another method; nothing is changed by GET";
    let mut said = Said::error(answer.status(), why).into_response();
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        said.headers_mut().insert(header::ALLOW, allow.clone());
    }
    said
}

fn one(name: &str, value: &str) -> Said {
    Said { status: StatusCode::OK, said: Map::from_iter([(name.to_owned(), json!(value))]) }
}

/// The text at a key of an object that has no other.
pub(super) fn text_of(text: &str, key: &str) -> Option<String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(mut object)) if object.len() == 1 => match object.remove(key)? {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a request has the key, as a bearer token (RFC 6750).
fn authorised(desk: &Desk, headers: &HeaderMap) -> Result<(), Said> {
    let given = access::only(headers, &header::AUTHORIZATION).and_then(|given| {
        let (scheme, key) = given.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim_matches(' '))
    });
    let Some(given) = given else {
        let why = "this needs the operator's key: `Authorization: Bearer KEY`";
        return Err(Said::error(StatusCode::UNAUTHORIZED, why));
    };
    let checked = desk.operators.keyring.check(given);
    checked.map_err(|wrong| refused(wrong, "this is not the operator's key"))
}

pub(super) fn refused(wrong: Wrong, why: &str) -> Said {
    match wrong {
        Wrong::Secret => Said::error(StatusCode::UNAUTHORIZED, why),
        Wrong::TooMany => {
            let why = "too many wrong keys and tickets have come; try again in a second";
            Said::error(StatusCode::TOO_MANY_REQUESTS, why)
        }
    }
}

/// A body of JSON, as text.
async fn read(headers: &HeaderMap, body: Body) -> Result<String, Said> {
    let kind = access::only(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let why = "a request is JSON: `Content-Type: application/json`";
        return Err(Said::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let too_long = || {
        Said::error(StatusCode::PAYLOAD_TOO_LARGE, format!("a request has at most {LONGEST} bytes"))
    };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > LONGEST as u64) {
        return Err(too_long());
    }
    let bytes = match timeout(BODY, to_bytes(body, LONGEST)).await {
        Ok(Ok(bytes)) => bytes,
        // Of a body that breaks off nobody waits for the answer.
        Ok(Err(_)) => return Err(too_long()),
        Err(_) => {
            return Err(Said::error(StatusCode::REQUEST_TIMEOUT, "the request did not come whole"));
        }
    };
    String::from_utf8(bytes.into()).map_err(|_| {
        Said::error(StatusCode::BAD_REQUEST, "a request is JSON, and this is no UTF-8 text")
    })
}

//! The doors for operators: commands, the true snapshots, tickets, and the key that all of them ask for.
//!
//! `door` says who may ask at all, `keyring` who has proved to be an operator, `requests` what is
//! answered over HTTP and `live` what on a socket. What a command does is not known here: it is an order
//! to the show like any other ([`crate::show::task::Orders`]).

pub(super) mod door;
mod key;
mod keyring;
pub(super) mod live;
pub(super) mod requests;
mod tickets;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::order::{Answer, Order, Request};
use crate::server::lost::Lost;
use crate::server::tls::Tls;
use crate::show::task::Orders;
use crate::snapshot::Snapshot;

pub use door::Reach;
pub use key::{OperatorKey, Unfit};
pub use keyring::Keyring;

/// Sockets of operators at one time.
const SOCKETS: usize = 16;

/// How long the show has for an answer. It takes orders before all else, so this is for one that hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// Whom operators are let in by, and what they reach.
#[derive(Clone)]
pub struct Operators {
    /// Their key, and the tickets for it.
    pub keyring: Keyring,
    /// Where they may be.
    pub reach: Reach,
    /// What all pages are served with by `https`; without it they speak HTTP.
    pub tls: Option<Tls>,
    /// Where commands go.
    pub orders: Orders,
    /// How it stands, also while that is kept from everybody else.
    pub truth: watch::Receiver<Arc<Snapshot>>,
}

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Desk {
    operators: Operators,
    sockets: Arc<Semaphore>,
    lost: Lost,
    stop: CancellationToken,
}

impl Desk {
    /// Sockets close at `stop`.
    pub(super) fn new(operators: Operators, lost: Lost, stop: CancellationToken) -> Desk {
        Desk { operators, sockets: Arc::new(Semaphore::new(SOCKETS)), lost, stop }
    }

    /// What the pages are served with by `https`.
    pub(super) fn tls(&self) -> Option<Tls> {
        self.operators.tls.clone()
    }

    /// Gives the command that a text holds to the show, and says in public form what became of it.
    async fn carry_out(&self, text: &str) -> Said {
        let request = match Request::read(text) {
            Ok(request) => request,
            Err(mistake) => return Said::error(StatusCode::BAD_REQUEST, mistake.to_string()),
        };
        let is_soft = request.soft;
        let given = self.operators.orders.give(Order::Command(request));
        let reply = match timeout(ANSWER, given).await {
            Ok(Some(reply)) => reply,
            Ok(None) => return Said::error(StatusCode::SERVICE_UNAVAILABLE, "the show has ended"),
            Err(_) => {
                let why = "the show does not answer; what was ordered may still come";
                return Said::error(StatusCode::SERVICE_UNAVAILABLE, why);
            }
        };
        let mut said = Map::new();
        said.insert("seq".to_owned(), json!(reply.seq));
        said.insert("phase".to_owned(), json!(reply.phase.name()));
        said.insert("changed".to_owned(), json!(reply.answer == Answer::Done));
        let mut status = StatusCode::OK;
        if let Answer::Unchanged(why) | Answer::Refused(why) = &reply.answer {
            said.insert("why".to_owned(), json!(why));
        }
        if let Answer::Refused(why) = &reply.answer
            && !is_soft
        {
            status = StatusCode::CONFLICT;
            said.insert("error".to_owned(), json!(why));
        }
        Said { status, said }
    }
}

/// An answer to an operator: an object, and what HTTP calls it.
struct Said {
    status: StatusCode,
    said: Map<String, Value>,
}

impl Said {
    fn error(status: StatusCode, why: impl Into<String>) -> Said {
        let said = Map::from_iter([("error".to_owned(), Value::String(why.into()))]);
        Said { status, said }
    }
}

//! `hashtug operate`: gives a running show on this machine a command.
//!
//! The key comes out of a file that only this user can read ([`crate::running`]), and never out of what is
//! typed, which others on the machine can see.

mod client;
mod report;
mod words;

use std::path::Path;

use anyhow::anyhow;
use serde_json::Value;

use crate::cli;
use crate::config::Config;
use crate::display_text;
use crate::hint::{Hint, Hinted};
use crate::order::Request;
use crate::running::{self, Running};

use super::run::block_on;
use super::{Failure, doors, print};
use client::{Answer, Client};

/// What is asked for instead of given as a command.
const STATUS: &str = "status";

/// Why it is not clear which show is meant.
#[derive(Debug, thiserror::Error)]
enum Unclear {
    /// There is none.
    #[error("no show runs on this machine that this user has started")]
    None,
    /// There is none at that port.
    #[error("no show runs at port {0}; there is one at {1}")]
    NotThere(u16, String),
    /// There are several.
    #[error("several shows run on this machine, at ports {0}")]
    Several(String),
}

impl Hint for Unclear {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Unclear::None => {
                "start one: hashtug run; one that another user has started is that user's to operate, \
                 with `sudo -u USER hashtug operate`"
            }
            Unclear::NotThere(..) => "name its port: hashtug operate --port 8080",
            Unclear::Several(_) => "say which: hashtug operate --port 8080",
        })
    }
}

pub(super) fn run(arguments: &cli::Operate, config: Option<&Path>) -> Result<(), Failure> {
    let what = arguments.what.as_deref().unwrap_or_default();
    let is_status = what == STATUS;
    let request = if arguments.url || is_status {
        if let Some(word) = arguments.words.first() {
            let shown = display_text::beginning(word, 60);
            return Err(Failure::Input(anyhow!("`{STATUS}` has no place for `{shown}`")));
        }
        None
    } else {
        let object = words::object(what, &arguments.words, arguments.title.as_deref());
        let text = Value::Object(object.map_err(Failure::input)?).to_string();
        // What is no command is told so without a show.
        Request::read(&text).map_err(Failure::input)?;
        Some(text)
    };
    let client = Client::new(find(arguments.port, config)?);
    let client = client.map_err(|error| Failure::Running(Hinted::new(error).into()))?;
    let answer = block_on(async {
        Ok(match request {
            Some(request) => client.post("/api/v1/operate", request).await,
            None if arguments.url => client.post("/api/v1/operate/ticket", "{}".to_owned()).await,
            None => client.get("/api/v1/operate/snapshot").await,
        })
    });
    let answer = answer.map_err(Failure::Running)?;
    let answer = answer.map_err(|error| Failure::Running(Hinted::new(error).into()))?;
    tell(arguments, &client, is_status, &answer)
}

/// Prints an answer.
fn tell(
    arguments: &cli::Operate,
    client: &Client,
    is_status: bool,
    answer: &Answer,
) -> Result<(), Failure> {
    if arguments.json {
        print(format!("{}\n", answer.text).as_bytes())?;
    }
    match answer.status {
        200 if arguments.json => Ok(()),
        200 if arguments.url => {
            let ticket = answer.body["ticket"].as_str().unwrap_or_default();
            let show = client.show();
            let page = if arguments.stage { doors::STAGE } else { doors::DESK };
            let url = doors::url(show.address, show.certificate.is_some(), page, ticket);
            print(format!("{url}\n").as_bytes())
        }
        200 => {
            let said = if is_status {
                report::status(&answer.body)
            } else {
                report::outcome(&answer.body)
            };
            print(display_text::escaped_lines(&said).as_bytes())
        }
        400 => Err(Failure::Input(anyhow!(report::why(&answer.body)))),
        409 => Err(Failure::Running(anyhow!("refused: {}", report::why(&answer.body)))),
        status => {
            let why = report::why(&answer.body);
            Err(Failure::Running(anyhow!("the show answers with status {status}: {why}")))
        }
    }
}

/// The show that is meant.
fn find(port: Option<u16>, config: Option<&Path>) -> Result<Running, Failure> {
    let port = match (port, config) {
        (Some(port), _) => Some(port),
        (None, Some(path)) => {
            let listen = Config::load(path).map_err(Failure::input)?.web.listen;
            // Any port that was free is not known here.
            Some(listen.port()).filter(|&port| port != 0)
        }
        (None, None) => None,
    };
    let shows = running::all().map_err(|error| Failure::Running(Hinted::new(error).into()))?;
    let ports = shows.iter().map(|show| show.address.port().to_string());
    let ports = ports.collect::<Vec<_>>().join(", ");
    let unclear = |unclear: Unclear| Failure::Running(Hinted::new(unclear).into());
    if shows.is_empty() {
        return Err(unclear(Unclear::None));
    }
    let mut meant =
        shows.into_iter().filter(|show| port.is_none_or(|port| port == show.address.port()));
    match (meant.next(), meant.next(), port) {
        (Some(show), None, _) => Ok(show),
        (None, _, Some(port)) => Err(unclear(Unclear::NotThere(port, ports))),
        (None, _, None) => Err(unclear(Unclear::None)),
        (Some(_), Some(_), _) => Err(Failure::input(Unclear::Several(ports))),
    }
}

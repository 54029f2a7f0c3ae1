//! The journal of a show as `run` and `record` begin it: which file, what is told of it, and how it ends.

use std::io::Write as _;

use anyhow::anyhow;
use tracing::{info, warn};

use crate::cli::Begin;
use crate::clock::Clock;
use crate::config::Config;
use crate::display_text;
use crate::evening;
use crate::journal::{self, Journal, Opened, Past, Setup, Writer};
use crate::post;
use crate::server::operate::OperatorKey;
use crate::snapshot::{RecordingState, RecordingStatus};

use super::Failure;

/// What a show begins with, whether or not it has a journal.
pub(super) struct Evening {
    pub(super) journal: Option<Journal>,
    /// The show with which it goes on.
    pub(super) past: Option<Past>,
    /// The key of the names of posts and authors.
    pub(super) key: post::Key,
    /// The operator's key that lies beside the journal.
    pub(super) operator: Option<OperatorKey>,
}

impl Evening {
    /// Opens the journal that the config names, if it does; it is written until its writer is finished.
    pub(super) fn open(
        config: &Config,
        begin: Begin,
    ) -> Result<(Evening, Option<Writer>), Failure> {
        let Some(Opened { journal, writer, keys, past, .. }) = open(config, begin)? else {
            let key = post::Key::default();
            return Ok((Evening { journal: None, past: None, key, operator: None }, None));
        };
        let operator = Some(OperatorKey::kept(keys.operator));
        Ok((Evening { journal: Some(journal), past, key: keys.hashes, operator }, Some(writer)))
    }
}

/// Opens the journal that the config names; none for a show of recordings alone, which would go on with
/// what was played before.
fn open(config: &Config, begin: Begin) -> Result<Option<Opened>, Failure> {
    let Some(path) = &config.journal else {
        if begin.fresh || begin.resume {
            let error = anyhow!("there is no journal: the config has no `[show] journal`");
            return Err(Failure::Input(error));
        }
        return Ok(None);
    };
    if !config.sources.iter().any(|source| source.kind.is_live()) {
        info!("no journal: recordings alone are no evening that could be gone on with");
        return Ok(None);
    }
    let setup = Setup {
        path,
        rules: evening::counting(&config.questions, config.rounds.as_ref()),
        questions: &config.questions,
        sources: config.sources.iter().map(|source| source.name.clone()).collect(),
        begin: match begin {
            Begin { fresh: true, .. } => journal::Begin::Fresh,
            Begin { resume: true, .. } => journal::Begin::Resume,
            Begin { .. } => journal::Begin::Auto,
        },
        now: Clock::from_wall().now(),
    };
    let opened = journal::open(&setup).map_err(Failure::input)?;
    let name = display_text::path(path);
    if let Some(kept) = &opened.kept {
        info!("a journal of another evening is kept as {}", display_text::path(kept));
    }
    if let Some(past) = &opened.past {
        info!("the show goes on with {name}, whose last line is of {}", past.last);
        if let Some(bytes) = past.torn {
            warn!("{name}: its last line was incomplete, {bytes} bytes, and is dropped");
        }
        if past.lost {
            warn!("{name} says that things are missing in it");
        }
    }
    Ok(Some(opened))
}

/// Says how the journal has ended.
pub(super) fn report(status: &RecordingStatus) {
    let RecordingStatus { path, lines, lost, .. } = status;
    if status.state != RecordingState::On {
        let error = status.error.as_deref().unwrap_or("for no known reason");
        warn!("the journal {path} lacks its last lines: {error}");
    } else if *lost > 0 {
        warn!("the journal {path} has {lines} new lines, and says that {lost} things are missing");
    }
    let _unread = std::io::stderr().flush();
}

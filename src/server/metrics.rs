//! The newest snapshot for Prometheus, in its text format.

use std::fmt::{self, Write};

use axum::extract::State;
use axum::http::header;
use axum::response::Response;

use crate::snapshot::Snapshot;

use super::{Shared, fresh};

pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let mut text = String::new();
    write(&mut text, &shared.latest.borrow().snapshot).expect("a string takes everything");
    fresh(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}

fn write(out: &mut String, snapshot: &Snapshot) -> fmt::Result {
    head(out, "hashtug_messages_total", "counter", "Messages received, by what became of them.")?;
    for (fate, count) in snapshot.posts.fates() {
        writeln!(out, "hashtug_messages_total{{fate=\"{fate}\"}} {count}")?;
    }
    head(out, "hashtug_votes", "gauge", "Votes in the window.")?;
    per_team(out, snapshot, "hashtug_votes", |team| snapshot.teams[team].votes.to_string())?;
    head(out, "hashtug_share", "gauge", "Share of the votes by size, 0 to 1.")?;
    per_team(out, snapshot, "hashtug_share", |team| snapshot.teams[team].share.to_string())?;
    head(out, "hashtug_source_state", "gauge", "1 for the state in which a source is.")?;
    for source in &snapshot.sources {
        let (name, state) = (escaped(&source.name), source.state.name());
        writeln!(out, "hashtug_source_state{{source=\"{name}\",state=\"{state}\"}} 1")?;
    }
    Ok(())
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn per_team(
    out: &mut String,
    snapshot: &Snapshot,
    name: &str,
    value: impl Fn(usize) -> String,
) -> fmt::Result {
    for (index, team) in snapshot.contest.teams().iter().enumerate() {
        writeln!(out, "{name}{{team=\"{}\"}} {}", escaped(&team.name), value(index))?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

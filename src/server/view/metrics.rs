//! The newest snapshot for Prometheus, in its text format.

use std::fmt::{self, Write};
use std::sync::Arc;

use axum::extract::State;

use crate::snapshot::{OutputStatus, RecordingStatus, Snapshot};

use super::{Bugs, View};

pub(in crate::server) async fn metrics(State(view): State<View>) -> String {
    let mut text = String::new();
    let snapshot = Arc::clone(&view.latest.borrow().snapshot);
    write(&mut text, &snapshot)
        .and_then(|()| write_outputs(&mut text, snapshot.outputs.as_deref().unwrap_or_default()))
        .and_then(|()| write_bugs(&mut text, &view.bugs))
        .expect("a string takes everything");
    text
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
    write_round(out, snapshot)?;
    snapshot.journal.as_ref().map_or(Ok(()), |journal| write_journal(out, journal))
}

fn write_round(out: &mut String, snapshot: &Snapshot) -> fmt::Result {
    head(out, "hashtug_phase", "gauge", "1 for the phase of the round.")?;
    writeln!(out, "hashtug_phase{{phase=\"{}\"}} 1", snapshot.phase.name())?;
    let Some(round) = &snapshot.round else { return Ok(()) };
    head(out, "hashtug_round", "gauge", "Number of the round that is on.")?;
    writeln!(out, "hashtug_round {}", round.number)
}

fn write_journal(out: &mut String, journal: &RecordingStatus) -> fmt::Result {
    head(out, "hashtug_journal_state", "gauge", "1 for the state in which the journal is.")?;
    writeln!(out, "hashtug_journal_state{{state=\"{}\"}} 1", journal.state.name())?;
    head(out, "hashtug_journal_lines_total", "counter", "Lines that are safely written.")?;
    writeln!(out, "hashtug_journal_lines_total {}", journal.lines)?;
    head(out, "hashtug_journal_lost_total", "counter", "Things that are missing in the journal.")?;
    writeln!(out, "hashtug_journal_lost_total {}", journal.lost)
}

fn write_outputs(out: &mut String, outputs: &[OutputStatus]) -> fmt::Result {
    if outputs.is_empty() {
        return Ok(());
    }
    let all: Vec<(String, &OutputStatus)> =
        outputs.iter().map(|status| (escaped(&status.name), status)).collect();
    head(out, "hashtug_output_state", "gauge", "1 for the state in which an output is.")?;
    for (name, status) in &all {
        let state = status.state.name();
        writeln!(out, "hashtug_output_state{{output=\"{name}\",state=\"{state}\"}} 1")?;
    }
    head(out, "hashtug_output_frames_total", "counter", "Frames, by what became of them.")?;
    for (name, status) in &all {
        for (fate, count) in
            [("sent", status.frames), ("repeated", status.repeated), ("skipped", status.skipped)]
        {
            writeln!(
                out,
                "hashtug_output_frames_total{{output=\"{name}\",fate=\"{fate}\"}} {count}"
            )?;
        }
    }
    head(out, "hashtug_output_errors_total", "counter", "Writes and openings that failed.")?;
    for (name, status) in &all {
        writeln!(out, "hashtug_output_errors_total{{output=\"{name}\"}} {}", status.errors)?;
    }
    head(out, "hashtug_output_milliamps", "gauge", "What the last frame draws, by the model.")?;
    for (name, status) in &all {
        if let Some(milliamps) = status.milliamps {
            writeln!(out, "hashtug_output_milliamps{{output=\"{name}\"}} {milliamps}")?;
        }
    }
    Ok(())
}

fn write_bugs(out: &mut String, bugs: &Bugs) -> fmt::Result {
    head(out, "hashtug_panics_total", "counter", "Panics of parts, which began anew.")?;
    for (part, count) in &*bugs.parts.borrow() {
        writeln!(out, "hashtug_panics_total{{part=\"{}\"}} {count}", escaped(part))?;
    }
    head(out, "hashtug_viewers_lost_total", "counter", "Viewers that were lost to a panic.")?;
    writeln!(out, "hashtug_viewers_lost_total {}", bugs.lost.count())
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

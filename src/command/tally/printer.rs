//! Snapshots as JSON lines, as rows for spreadsheets, and as a table for people.

use std::io;

use console::measure_text_width;

use crate::cli::Format;
use crate::contest::Contest;
use crate::report;
use crate::server::wire;
use crate::snapshot::{Posts, RoundResult, Snapshot};

/// Where snapshots are printed.
pub(super) struct Printer<W: io::Write> {
    out: Out<W>,
}

enum Out<W: io::Write> {
    Jsonl(io::BufWriter<W>),
    /// The header goes with the first row, if there ever is one.
    Csv {
        writer: Box<csv::Writer<W>>,
        header: Option<Vec<String>>,
    },
    Table {
        out: io::BufWriter<W>,
        widths: Option<Vec<usize>>,
    },
}

impl<W: io::Write> Printer<W> {
    pub(super) fn new(out: W, format: Format, contest: &Contest) -> Printer<W> {
        let out = match format {
            Format::Jsonl => Out::Jsonl(io::BufWriter::new(out)),
            Format::Csv => {
                let writer = Box::new(csv::Writer::from_writer(out));
                Out::Csv { writer, header: Some(csv_header(contest)) }
            }
            Format::Table => Out::Table { out: io::BufWriter::new(out), widths: None },
        };
        Printer { out }
    }

    pub(super) fn write(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        match &mut self.out {
            Out::Jsonl(out) => {
                use io::Write;
                writeln!(out, "{}", wire::snapshot(snapshot))
            }
            Out::Csv { writer, header } => {
                for row in header.take().into_iter().chain([csv_row(snapshot)]) {
                    writer.write_record(row).map_err(io_error)?;
                }
                Ok(())
            }
            Out::Table { out, widths } => {
                let widths = if let Some(widths) = widths {
                    widths
                } else {
                    let head = table_head(&snapshot.contest);
                    let row = table_row(snapshot);
                    // Room for shares and votes that grow.
                    let width = |(head, cell): (&String, &String)| {
                        measure_text_width(head).max(measure_text_width(cell)).max(8)
                    };
                    let measured: Vec<usize> = head.iter().zip(&row).map(width).collect();
                    print_row(out, &measured, &head)?;
                    widths.insert(measured)
                };
                print_row(out, widths, &table_row(snapshot))
            }
        }
    }

    /// Prints a result: as a JSON line, as a sentence for people, and not among the rows of a
    /// spreadsheet.
    pub(super) fn write_result(&mut self, result: &RoundResult) -> io::Result<()> {
        use io::Write;
        match &mut self.out {
            Out::Jsonl(out) => writeln!(out, "{}", wire::result(result)),
            Out::Csv { .. } => Ok(()),
            Out::Table { out, .. } => writeln!(out, "{}", report::sentence(result)),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Jsonl(out) | Out::Table { out, .. } => io::Write::flush(out),
            Out::Csv { writer, .. } => writer.flush(),
        }
    }
}

/// Unpacks what the writer of rows has wrapped: whether the pipe is closed must be seen.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

fn at(snapshot: &Snapshot) -> String {
    snapshot.at.map(|at| at.to_string()).unwrap_or_default()
}

fn leader(snapshot: &Snapshot) -> &str {
    snapshot.leader.map_or("", |team| &snapshot.contest.teams()[team.index()].name)
}

fn csv_header(contest: &Contest) -> Vec<String> {
    let mut header = vec!["at".to_owned(), "leader".to_owned()];
    for team in contest.teams() {
        header.extend(
            ["votes", "share", "rate", "total"].map(|what| format!("{} {what}", team.name)),
        );
    }
    header.push("received".to_owned());
    header.extend(Posts::default().fates().map(|(fate, _)| fate.to_owned()));
    header
}

fn csv_row(snapshot: &Snapshot) -> Vec<String> {
    let mut row = vec![at(snapshot), leader(snapshot).to_owned()];
    for team in &snapshot.teams {
        row.extend([
            team.votes.to_string(),
            team.share.to_string(),
            team.rate.to_string(),
            team.total.to_string(),
        ]);
    }
    row.push(snapshot.posts.received().to_string());
    row.extend(snapshot.posts.fates().map(|(_, count)| count.to_string()));
    row
}

fn table_head(contest: &Contest) -> Vec<String> {
    let mut head = vec!["time".to_owned()];
    for team in contest.teams() {
        head.extend([team.name.clone(), "votes".to_owned()]);
    }
    head.extend(["leader", "counted", "ignored"].map(str::to_owned));
    head
}

fn table_row(snapshot: &Snapshot) -> Vec<String> {
    let mut row = vec![match snapshot.at {
        Some(at) => at.to_string(),
        None => "no post".to_owned(),
    }];
    for team in &snapshot.teams {
        row.extend([format!("{:.1} %", team.share * 100.0), team.votes.to_string()]);
    }
    let matched = snapshot.posts.matched;
    let leader = if leader(snapshot).is_empty() { "tie" } else { leader(snapshot) };
    row.extend([
        leader.to_owned(),
        matched.to_string(),
        (snapshot.posts.received() - matched).to_string(),
    ]);
    row
}

/// The first column stands left, the numbers right.
fn print_row(out: &mut impl io::Write, widths: &[usize], cells: &[String]) -> io::Result<()> {
    for (place, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let space = " ".repeat(width.saturating_sub(measure_text_width(cell)));
        if place == 0 {
            write!(out, "{cell}{space}")?;
        } else {
            write!(out, "  {space}{cell}")?;
        }
    }
    writeln!(out)
}

//! `hashtug report` and `hashtug verify`: an evening out of its journal.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::cli;
use crate::display_text;
use crate::evening::{self, Recount};
use crate::report::{self, Form};

use super::{Failure, load, print};

/// Writes an evening as a page, a table, a list or a picture.
pub(super) fn report(arguments: &cli::Report, config: Option<&Path>) -> Result<(), Failure> {
    let (out, form) = match &arguments.out {
        Some(out) if out.as_os_str() == "-" => (None, Form::Html),
        Some(out) => {
            let form = Form::of(out).ok_or_else(|| {
                let forms: Vec<String> =
                    Form::ALL.iter().map(|form| format!(".{}", form.extension())).collect();
                Failure::Input(anyhow!(
                    "the name of the report says what it is: it ends in {}",
                    forms.join(", ")
                ))
            })?;
            (Some(out.clone()), form)
        }
        None => (Some(beside(&arguments.file)), Form::Html),
    };
    let recount = recount(&arguments.file, config)?;
    let wrong = recount.faults.iter().filter(|fault| fault.is_wrong()).count();
    let mut evening = recount.evening;
    if wrong > 0 {
        evening.partial =
            Some("results do not follow from the posts; `hashtug verify` says which".into());
    }
    let text = report::write(&evening, form);
    let Some(out) = out else { return print(text.as_bytes()) };
    fs::write(&out, text)
        .with_context(|| format!("cannot write {}", display_text::path(&out)))
        .map_err(Failure::Running)?;
    let (name, rounds) = (display_text::path(&out), evening.rounds.len());
    print(format!("{name}: {rounds} rounds\n").as_bytes())
}

/// Counts an evening anew, and says whether its results follow from its posts.
pub(super) fn verify(file: &Path, config: Option<&Path>) -> Result<(), Failure> {
    let recount = recount(file, config)?;
    let mut said: Vec<String> =
        recount.evening.rounds.iter().map(|round| report::sentence(&round.result)).collect();
    if said.is_empty() {
        said.push("there is no result".to_owned());
    }
    said.extend(recount.evening.partial.map(|partial| format!("partial: {partial}")));
    said.extend(recount.faults.iter().map(ToString::to_string));
    if recount.more_faults > 0 {
        said.push(format!("and {} more like these", recount.more_faults));
    }
    let is_wrong = recount.faults.iter().any(evening::Fault::is_wrong);
    if !is_wrong {
        said.push(if recount.is_journal {
            "every result follows from the posts; that the posts are true nobody can tell from here"
                .to_owned()
        } else {
            "counted anew; a recording has no checksums that could be verified".to_owned()
        });
    }
    let text = said.join("\n") + "\n";
    print(display_text::escaped_lines(&text).as_bytes())?;
    if is_wrong {
        return Err(Failure::Running(anyhow!("results do not follow from the posts")));
    }
    Ok(())
}

fn recount(file: &Path, config: Option<&Path>) -> Result<Recount, Failure> {
    let config = if config.is_some() {
        let config = load(config)?;
        Some((config.questions, config.rounds))
    } else {
        None
    };
    evening::recount(file, config).map_err(Failure::input)
}

/// `friday-report.html` for `friday.jsonl`.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or(file.as_os_str()).to_owned();
    name.push("-report.html");
    file.with_file_name(name)
}

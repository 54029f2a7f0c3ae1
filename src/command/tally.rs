//! `hashtug tally`: counts recordings offline.
//!
//! One thread, no channels: read a block, decode it, count, print.

mod printer;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::warn;

use crate::cli;
use crate::config::Config;
use crate::contest::{self, Contest, PALETTE, Reposts, Team, Vote};
use crate::decode::Decoder;
use crate::display_text;
use crate::evening;
use crate::event::{Message, News, SourceId};
use crate::post::Hasher;
use crate::questions::Questions;
use crate::recording::{Chunk, Error, Progress, Recording};
use crate::round::Rules;
use crate::show::{self, Event, Now, Said, Show};
use crate::snapshot::{SourceState, SourceStatus};
use crate::tally::Limits;
use crate::timer::Marks;
use crate::timestamp::Timestamp;

use super::{Failure, cannot_write, is_closed_pipe};
use printer::Printer;

pub(super) fn run(arguments: &cli::Tally, config: Option<&Path>) -> Result<(), Failure> {
    let (questions, rounds) = what_is_counted(arguments, config)?;
    let questions = Arc::new(questions);
    let stdout = io::stdout();
    let format = arguments.format.unwrap_or(if stdout.is_terminal() {
        cli::Format::Table
    } else {
        cli::Format::Jsonl
    });
    // Every file is opened before the first is counted: a wrong name at the end costs nothing.
    let mut recordings = Vec::new();
    for path in &arguments.files {
        recordings.push(if path.as_os_str() == "-" {
            Recording::stdin()
        } else {
            Recording::open(path).map_err(Failure::input)?
        });
    }
    let sources = recordings.iter().map(|recording| SourceStatus {
        state: SourceState::Live,
        ..SourceStatus::new(recording.name().to_owned(), "replay")
    });
    let mut count = Count {
        show: Show::new(show::Setup {
            questions: Arc::clone(&questions),
            sources: sources.collect(),
            limits: Limits::default(),
            marks: Marks::default(),
            rounds,
            is_recorded: true,
        }),
        source: SourceId(0),
        printer: Printer::new(stdout.lock(), format, questions.first()),
        every: arguments.every.map(|step| Every { step, next: None }),
        output: Ok(()),
    };
    let hasher = Hasher::default();
    for (index, recording) in recordings.into_iter().enumerate() {
        count.source = SourceId(index);
        let decoder = Decoder::new(&questions, arguments.feed(), hasher.clone()).of_a_file();
        let counted = count.recording(recording, decoder);
        if let Err(error) = count.output {
            return if is_closed_pipe(&error) { Ok(()) } else { Err(cannot_write(error)) };
        }
        if let Err(failure) = counted {
            // What was counted until then is not lost.
            if matches!(failure, Failure::Running(_)) {
                let _unread = count.finish();
            }
            return Err(failure);
        }
        count.news(News::State(SourceState::Ended));
    }
    match count.finish() {
        Err(error) if !is_closed_pipe(&error) => Err(cannot_write(error)),
        _ => Ok(()),
    }
}

/// What is counted, and where the snapshots go.
struct Count<W: io::Write> {
    show: Show,
    /// The recording that is being counted.
    source: SourceId,
    printer: Printer<W>,
    every: Option<Every>,
    /// The first failure to print. Counting goes on to the end of the block.
    output: io::Result<()>,
}

/// Snapshots at multiples of a step.
struct Every {
    step: Duration,
    next: Option<Timestamp>,
}

impl<W: io::Write> Count<W> {
    fn recording(&mut self, mut recording: Recording, mut decoder: Decoder) -> Result<(), Failure> {
        let name = recording.name().to_owned();
        let bar = bar(&recording.progress());
        let mut malformed = recording.malformed();
        let mut started = false;
        while self.output.is_ok() {
            let progress = recording.progress();
            let chunk = match recording.read() {
                Ok(chunk) => chunk,
                Err(error @ Error::Binary { .. }) => return Err(Failure::input(error)),
                // A file that gives nothing at all cannot be read; one that stops is a failure.
                Err(error) if !started => return Err(Failure::input(error)),
                Err(error) => return Err(Failure::Running(error.into())),
            };
            let Some(chunk) = chunk else { break };
            started = true;
            let report = |line, message| {
                if let Message::Malformed(reason) = &message {
                    bar.suspend(|| malformed.name(line, reason));
                }
                self.message(message);
            };
            match chunk {
                Chunk::Lines(lines) => decoder.block(lines, report),
                Chunk::Piece { bytes, last } => decoder.piece(bytes, last, report),
            }
            bar.set_position(progress.read());
            // What is known so far is of use to whoever feeds it live.
            self.output =
                std::mem::replace(&mut self.output, Ok(())).and_then(|()| self.printer.flush());
        }
        bar.finish_and_clear();
        if recording.broken_off() {
            warn!("{name}: breaks off before its end; all that is there was counted");
        }
        if decoder.feed().is_none() && decoder.lines() > 0 {
            warn!("{name}: no line is a message of a feed known here; is it a recording?");
        }
        Ok(())
    }

    fn message(&mut self, message: Message) {
        if let Some(every) = &mut self.every
            && let Some(at) = message.reaches()
        {
            let mut next = every.next.unwrap_or_else(|| at.round_up(every.step));
            while next < at && self.output.is_ok() {
                self.show.apply(Event::News(self.source, News::Tick(next)), Now::default());
                self.output = self.printer.write(&self.show.snapshot(Now::default()));
                next = next.saturating_add(every.step);
            }
            every.next = Some(next);
        }
        self.news(message.into());
    }

    fn news(&mut self, news: News) {
        // The time of recordings is their own.
        self.show.apply(Event::News(self.source, news), Now::default());
        if self.show.has_rounds() {
            self.print_results();
        }
    }

    /// Prints the results that have fallen since this was called last.
    fn print_results(&mut self) {
        for said in self.show.take_said() {
            if let Said::Result(result) = said
                && self.output.is_ok()
            {
                self.output = self.printer.write_result(&result);
            }
        }
    }

    fn finish(mut self) -> io::Result<()> {
        self.show.end();
        self.print_results();
        self.output?;
        self.printer.write(&self.show.snapshot(Now::default()))?;
        self.printer.flush()
    }
}

/// A bar on the terminal of standard error, if that is one and the recording is more than a moment.
fn bar(progress: &Progress) -> ProgressBar {
    const MOMENT: u64 = 16 << 20;
    let Some(size) = progress.size.filter(|&size| size > MOMENT) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr_with_hz(10));
    let style = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    bar.with_style(ProgressStyle::with_template(style).expect("the template is well formed"))
}

/// More mistakes of the command line are counted, and not shown.
const MAX_ERRORS: usize = 20;

/// What is wrong, without the end of what was typed if that is long.
fn short(error: &contest::Error) -> String {
    const MOST: usize = 300;
    display_text::beginning(&error.to_string(), MOST)
}

/// The questions of the command line, which may lean on the config, and how their rounds go. Who names
/// teams asks a question of their own, which has none.
fn what_is_counted(
    arguments: &cli::Tally,
    config: Option<&Path>,
) -> Result<(Questions, Option<Rules>), Failure> {
    let is_complete = !arguments.teams.is_empty()
        && arguments.window.is_some()
        && arguments.vote.is_some()
        && arguments.reposts.is_some();
    // A journal says how it is counted.
    let own = match &arguments.files[..] {
        [file] if config.is_none() && arguments.teams.is_empty() && file.is_file() => {
            evening::rules_of(file).unwrap_or_else(|error| {
                warn!("the config's teams are counted: {:#}", anyhow::Error::new(error));
                None
            })
        }
        _ => None,
    };
    let (base, rounds) = if let Some((questions, rounds)) = own {
        (Arc::new(questions), rounds)
    } else {
        // A config that nothing is taken from may be as broken as it likes.
        let config = if is_complete && config.is_none() {
            Config::demonstration()
        } else {
            super::load(config)?
        };
        (config.questions, config.rounds)
    };
    let rounds = rounds.filter(|_| arguments.teams.is_empty());
    let window = arguments.window.unwrap_or(base.window());
    let vote = match arguments.vote {
        Some(cli::VoteArg::Latest) => Vote::Latest,
        Some(cli::VoteArg::Every) => Vote::Every,
        None => base.first().vote(),
    };
    let reposts = match arguments.reposts {
        Some(cli::RepostsArg::Ignore) => Reposts::Ignore,
        Some(cli::RepostsArg::Count) => Reposts::Count,
        None => base.reposts(),
    };
    let asked: Vec<(String, Vec<Team>)> = if arguments.teams.is_empty() {
        base.iter().map(|contest| (contest.title().to_owned(), contest.teams().to_vec())).collect()
    } else {
        let teams = arguments.teams.iter().zip(PALETTE.into_iter().cycle()).map(|(team, color)| {
            Team { name: team.name.clone(), hashtags: team.hashtags.clone(), color, size: 1.0 }
        });
        vec![(String::new(), teams.collect())]
    };
    let contests = asked
        .into_iter()
        .map(|(title, teams)| Contest::new(title, window, vote, reposts, teams).map(Arc::new));
    let contests = contests.collect::<Result<Vec<_>, _>>().map_err(|errors| {
        let more = errors.len().saturating_sub(MAX_ERRORS);
        let mut said: Vec<String> = errors.iter().take(MAX_ERRORS).map(short).collect();
        said.extend((more > 0).then(|| format!("and {more} more like these")));
        Failure::Input(anyhow::anyhow!(said.join("\nerror: ")))
    })?;
    let questions = Questions::new(contests).map_err(|error| Failure::Input(error.into()))?;
    Ok((questions, rounds))
}

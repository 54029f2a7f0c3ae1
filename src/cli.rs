//! The command line: what can be typed, and the help that says so. No logic.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config;
use crate::decode::Feed;
use crate::display_text;
use crate::keys::table::MAX_TEXT;
use crate::picture::Pattern;
use crate::timer;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Tug-of-war by hashtag: posts pull a rope of light.
///
/// Without a command it runs the show of ./config.toml, and where there is none a demonstration.
#[derive(Debug, Parser)]
#[command(
    name = "hashtug",
    version,
    styles = STYLES,
    after_help = "Examples:\n  hashtug                          \
                  run ./config.toml, or the demonstration\n  \
                  hashtug check -c friday.toml     say what is wrong with a config\n  \
                  hashtug tally posts.jsonl --team Tabs=tabs --team Spaces=spaces"
)]
pub struct Cli {
    /// The config file; without it ./config.toml, and where there is none a demonstration.
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// As `hashtug run` has it.
    #[command(flatten)]
    pub lights: Lights,
    /// The same.
    #[command(flatten)]
    pub journal: Begin,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// What was typed. If that is no command line it is said what is wrong with it, and the program
    /// ends.
    #[must_use]
    pub fn from_arguments() -> Cli {
        let arguments: Vec<OsString> = env::args_os().collect();
        let error = match Cli::try_parse_from(&arguments) {
            Ok(cli) => return cli,
            Err(error) => error,
        };
        // The message quotes what was typed, and a terminal might obey that.
        let shown = arguments
            .iter()
            .map(|argument| display_text::escaped(&argument.to_string_lossy()).into_owned());
        match Cli::try_parse_from(shown) {
            Err(error) => error.exit(),
            // It is spelling it out that made it a good one.
            Ok(_) => Cli::command()
                .error(error.kind(), "an argument is not text that can be shown")
                .exit(),
        }
    }
}

/// What `hashtug report` takes.
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// The journal; or a recording with commands, with the config of its evening.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the report goes.
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

/// What to do with the journal that is there. By itself a show goes on with it for six hours.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(multiple = false)]
pub struct Begin {
    /// Keep the journal that is there under its date, and begin a new one.
    #[arg(long)]
    pub fresh: bool,
    /// Go on with the journal that is there, however old it is.
    #[arg(long)]
    pub resume: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the show: sources, tally, lights and pages, until Ctrl-C.
    #[command(after_help = "Examples:\n  \
        hashtug run -c friday.toml\n  \
        hashtug run -c friday.toml --fresh      begin a new journal, and keep the one that is there")]
    Run {
        /// What to do with the journal that is there.
        #[command(flatten)]
        journal: Begin,
        /// What to do where another program has them.
        #[command(flatten)]
        lights: Lights,
    },
    /// Run the show, and write what its sources send to a recording.
    ///
    /// The recording names nobody: authors and posts are keyed hashes whose key dies with the
    /// program, or is kept with the journal if the show has one, and there is no text. Whoever has the
    /// public posts of that time can match them by their times all the same: a recording is
    /// pseudonymous, not anonymous. `hashtug tally` counts it as the show did. OUT ending in .gz or
    /// .zst is compressed; - is standard output. Nothing that exists is overwritten.
    #[command(after_help = "Examples:\n  \
        hashtug record friday.jsonl.zst -c friday.toml --for 90m\n  \
        hashtug record wire.jsonl --raw     what came over the wire, with names and texts")]
    Record(Record),
    /// Count recorded posts offline, as fast as the machine can.
    ///
    /// Reads hashtug's recordings and plain dumps of Jetstream, Mastodon, X and Nostr, also .gz and
    /// .zst. Prints a snapshot each step of event time, and the final one.
    #[command(after_help = "Examples:\n  \
        hashtug tally friday.jsonl --team Tabs=tabs,teamtabs --team Spaces=spaces --every 10s\n  \
        zcat dump.gz | hashtug tally - --feed jetstream --vote every --format csv")]
    Tally(Tally),
    /// Write an evening as one page: each round's question, course and result.
    ///
    /// The evening is counted anew from its journal. Without OUT the page is FILE-report.html beside it;
    /// a name that ends in .csv, .json or .svg asks for that, and - is the page on standard output.
    #[command(after_help = "Examples:\n  \
        hashtug report friday.jsonl\n  \
        hashtug report friday.jsonl -o friday.csv")]
    Report(Report),
    /// Count an evening anew from the posts in its journal, and say whether each result follows.
    ///
    /// It proves that posts and results belong together, and not that the posts are true.
    #[command(after_help = "Example:\n  hashtug verify friday.jsonl")]
    Verify {
        /// The journal; or a recording with commands, with the config of its evening.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Delete the keys of a journal, and write a copy of it for keeping.
    ///
    /// Without its keys nobody can find out who is behind the names in a journal. The copy, FILE-kept
    /// beside it, has its times rounded to the minute: exact ones can be matched with public posts.
    #[command(after_help = "Example:\n  hashtug forget friday.jsonl")]
    Forget {
        /// The journal, which no show must be writing.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// The light for speakers, on the outputs of the config and on the stage page.
    ///
    /// Green, then yellow, then red, then flashing, then off. Keys: + one minute more, space or p hold,
    /// q or Esc stop.
    #[command(after_help = "Examples:\n  hashtug timer 5m\n  hashtug timer 1m30s -c friday.toml")]
    Timer {
        /// How long the talk is.
        #[arg(value_name = "DURATION", value_parser = talk)]
        length: Duration,
        /// What to do where another program has them.
        #[command(flatten)]
        lights: Lights,
    },
    /// Give a running show on this machine a command.
    ///
    /// Says in one line what became of it. The exit code is 0 if it was done, or is so already; 1 if it
    /// cannot be done now; 2 if it is no command. Arguments stand in their order, or as KEY=VALUE;
    /// `from=PHASE` does nothing in another phase, and with `soft=true` what cannot be done now is no
    /// failure.
    #[command(after_help = COMMANDS)]
    Operate(Operate),
    /// Drive the lights without posts, to see whether they are wired as the config says.
    ///
    /// Until Ctrl-C; off makes them black and ends at once. Lights that a show drives are left alone,
    /// unless --force is given.
    #[command(after_help = "Examples:\n  \
        hashtug leds rgb                 red, green, blue: the order of the colours\n  \
        hashtug leds walk                one pixel walks: the order and number of pixels\n  \
        hashtug leds off -c friday.toml  black, for example after a crash")]
    Leds {
        /// What they show.
        #[arg(value_parser = pattern_values())]
        pattern: Pattern,
        /// What to do where another program has them.
        #[command(flatten)]
        lights: Lights,
    },
    /// Validate the config and say what would run. Touches no device.
    #[command(after_help = "Example:\n  hashtug check -c friday.toml")]
    Check,
    /// Try everything the config names, and say what to mend.
    ///
    /// Looks hosts up, connects, tries tokens, compares clocks; reads only, for at most 15 seconds.
    /// Sends no light, so that a running show goes on: `hashtug leds walk` does.
    /// The exit code is 1 if something does not work.
    #[command(after_help = "Example:\n  hashtug doctor -c friday.toml")]
    Doctor,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  hashtug completions bash > ~/.local/share/bash-completion/completions/hashtug"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example:\n  hashtug man | man -l -")]
    Man,
    /// Print a JSON Schema of the config, with which an editor explains and checks it.
    #[command(after_help = "Example:\n  hashtug schema > hashtug.schema.json")]
    Schema,
}

/// What `hashtug operate` takes.
pub(crate) const COMMANDS: &str = "Commands:
  status                          how it stands, hidden votes too
  arm [NUMBER]                    make the next question ready, or that one
  arm --title TITLE TEAM TEAM..   make one up on the spot; or title=TITLE teams=TEAM,TEAM
  start [LENGTH]                  countdown and round: 90s, or open
  pause, resume                   hold the round, let it go on
  add_time SECONDS                move the bell: 30, -10, 1m
  lock                            the bell, now
  reveal [NUMBER]                 show the result, or an earlier one
  reset                           the round from its beginning
  next                            what comes next
  undo, redo                      take the newest command back, bring it back
  secret on|off                   whether nobody sees how it stands
  source NAME on|off              let a source go on, hold it
  devices on|off                  let new phones in, or none
  discard LENGTH                  take out the votes of phones younger than that
  blackout [WHAT], light [WHAT]   all, strips, screens or an output
  scene SCENE                     contest, join, timer or wall
  approve ID, reject ID           a post that waits for the wall
  wall_off, wall_on               empty the wall, let it fill again
  timer start LENGTH              the speaker's timer; also add SECONDS, pause, resume, stop

Examples:
  hashtug operate start 90s
  hashtug operate add_time -10
  hashtug operate source hall off
  hashtug operate --url           an address that opens the operator's page once
  hashtug operate --url --stage   one that opens the stage once, for a clicker";

/// A command for a running show.
#[derive(Debug, Args)]
pub struct Operate {
    /// What to do.
    #[arg(value_name = "COMMAND", required_unless_present = "url")]
    pub what: Option<String>,
    /// With what.
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    pub words: Vec<String>,
    /// What a question asks that is made up on the spot.
    #[arg(long)]
    pub title: Option<String>,
    /// Print an address that opens the operator's page, once and within ten minutes.
    #[arg(long, conflicts_with_all = ["what", "title"])]
    pub url: bool,
    /// Of the stage instead, for a clicker at the machine of the projector.
    #[arg(long, requires = "url", conflicts_with_all = ["what", "title"])]
    pub stage: bool,
    /// Print the answer as it comes, in JSON.
    #[arg(long)]
    pub json: bool,
    /// The port of its pages, where several shows run; without it that of the config given with -c.
    #[arg(long)]
    pub port: Option<u16>,
}

/// Where to write what, and for how long.
#[derive(Debug, Args)]
pub struct Record {
    /// The recording to write: FILE.jsonl, FILE.jsonl.gz or FILE.jsonl.zst, or - for standard output.
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Stop after so long; without it at Ctrl-C.
    #[arg(long = "for", value_name = "DURATION", value_parser = config::duration)]
    pub span: Option<Duration>,
    /// Write the messages of Bluesky, Mastodon, X and Nostr as they come, with names and texts.
    #[arg(long)]
    pub raw: bool,
    /// Of the config's `[show] journal`.
    #[command(flatten)]
    pub journal: Begin,
    /// What to do where another program has them.
    #[command(flatten)]
    pub lights: Lights,
}

// No doc comment: clap would show it as what the command does.
#[expect(missing_docs, reason = "see above")]
#[derive(Clone, Copy, Debug, Args)]
pub struct Lights {
    /// Drive the lights even if another hashtug drives them.
    ///
    /// Without it that is refused, and the process that drives them is named. Two programs on one light
    /// show their pictures in turn.
    #[arg(long)]
    pub force: bool,
}

/// What to count, and how to print it.
#[derive(Debug, Args)]
pub struct Tally {
    /// Recordings, counted one after the other as if they were one; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A team and its hashtags; give it twice or more. Without it the teams of the config.
    #[arg(long = "team", value_name = "NAME=TAG[,TAG]", value_parser = team)]
    pub teams: Vec<TeamArg>,
    /// The sliding window; default the config's, else 60s.
    #[arg(long, value_name = "DURATION", value_parser = config::duration)]
    pub window: Option<Duration>,
    /// Whose vote counts: one an author, or every post; default the config's, else latest.
    #[arg(long, value_name = "RULE")]
    pub vote: Option<VoteArg>,
    /// The shape of the lines.
    #[arg(long, default_value = "auto", value_name = "FEED", value_parser = feed_values())]
    pub feed: String,
    /// What a repost is worth; default the config's, else ignore.
    #[arg(long, value_name = "WORTH")]
    pub reposts: Option<RepostsArg>,
    /// Print a snapshot at multiples of this step of event time; without it only the last.
    #[arg(long, value_name = "STEP", value_parser = step)]
    pub every: Option<Duration>,
    /// How to print; default jsonl, on a terminal table.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// `NAME=TAG[,TAG]`, split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamArg {
    /// Before the first `=`.
    pub name: String,
    /// After it, as written.
    pub hashtags: Vec<String>,
}

/// `--vote`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VoteArg {
    /// Each author has one vote, for the team of the newest post.
    Latest,
    /// Each post is one vote.
    Every,
}

/// `--reposts`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RepostsArg {
    /// A repost is no post.
    Ignore,
    /// A repost is a post of the one who reposts.
    Count,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line, the shape of the web API.
    Jsonl,
    /// One row a snapshot, for spreadsheets.
    Csv,
    /// For people.
    Table,
}

impl Tally {
    /// The feed, unless it is to be told from the lines.
    #[must_use]
    pub fn feed(&self) -> Option<Feed> {
        self.feed.parse().ok()
    }
}

fn feed_values() -> clap::builder::PossibleValuesParser {
    Feed::choices().map(|(name, _)| name).collect::<Vec<_>>().into()
}

fn pattern_values() -> impl TypedValueParser<Value = Pattern> {
    PossibleValuesParser::new(Pattern::ALL.map(|pattern| {
        PossibleValue::new(pattern.name()).help(match pattern {
            Pattern::Split => "half and half: the boundary and the direction",
            Pattern::Rgb => "red, green and blue in turn: the order of the colours",
            Pattern::Walk => {
                "one pixel walks, every tenth is marked: the order and number of pixels"
            }
            Pattern::White => "all of it: the supply and the limiter",
            Pattern::Off => "black, and the end of every stream",
        })
    }))
    .try_map(|name| name.parse())
}

fn talk(text: &str) -> Result<Duration, String> {
    let talk = config::duration(text).map_err(|error| error.to_string())?;
    if !(Duration::from_secs(1)..=timer::LONGEST).contains(&talk) {
        return Err("a talk takes a second to a day".to_owned());
    }
    Ok(talk)
}

fn team(text: &str) -> Result<TeamArg, String> {
    let (name, hashtags) = text
        .split_once('=')
        .ok_or("write it as NAME=TAG[,TAG], for example --team Tabs=tabs,teamtabs")?;
    if let Some(misleading) = display_text::misleading(name) {
        return Err(format!("a name cannot hold {misleading}"));
    }
    if name.chars().count() > MAX_TEXT {
        return Err(format!("a name has at most {MAX_TEXT} characters"));
    }
    let hashtags = hashtags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    Ok(TeamArg { name: name.to_owned(), hashtags })
}

fn step(text: &str) -> Result<Duration, String> {
    let step = config::duration(text).map_err(|error| error.to_string())?;
    if step < Duration::from_millis(1) {
        return Err("a step is a millisecond or more".to_owned());
    }
    Ok(step)
}

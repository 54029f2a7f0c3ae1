//! An evening of three questions, led from its start to its report by `hashtug operate` alone: the API,
//! the lights as OLA receives them and the terminal say the same of each phase, and at the same time.
//!
//! What a light means is nowhere written on it. It shows a phase from the first frame on that the phase
//! before has not: see [`Sign`].

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::fake::service::Service;
use crate::support::olad::Olad;
use crate::support::patience::{Finish, Patience, found, in_time, joined, until};
use crate::support::program::kill;
use crate::support::{has, left_out};

/// All three show a phase within this.
const TOGETHER: Duration = Duration::from_millis(100);

const PIXELS: usize = 100;

/// The question whose first team has the colour of the others' second.
const SWAPPED: &str = "Vim or Emacs?";

/// Colours of one channel each, so that light of all three is nobody's; who was on the left is on the
/// right in the next question.
const CONFIG: &str = r##"
[show]
journal = "friday.jsonl"
[web]
listen = "127.0.0.1:0"
[round]
length = "1m"
countdown = "1s"
grace = "1s"
[[question]]
title = "Tabs or spaces?"
[[question.team]]
name = "Tabs"
hashtags = ["tabs"]
color = "#ff0000"
[[question.team]]
name = "Spaces"
hashtags = ["spaces"]
color = "#0000ff"
[[question]]
title = "Vim or Emacs?"
[[question.team]]
name = "Vim"
hashtags = ["vim"]
color = "#0000ff"
[[question.team]]
name = "Emacs"
hashtags = ["emacs"]
color = "#ff0000"
[[question]]
title = "Tea or coffee?"
[[question.team]]
name = "Tea"
hashtags = ["tea"]
color = "#ff0000"
[[question.team]]
name = "Coffee"
hashtags = ["coffee"]
color = "#0000ff"
[[output]]
kind = "terminal"
[[output]]
kind = "e131"
host = "127.0.0.1"
universe = 1
"##;

/// What one of the three has shown, whenever it showed something else.
struct Log<T>(Arc<Mutex<Vec<(Instant, T)>>>);

impl<T: Clone + PartialEq> Log<T> {
    fn new() -> Log<T> {
        Log(Arc::default())
    }

    fn share(&self) -> Log<T> {
        Log(Arc::clone(&self.0))
    }

    fn note(&self, shown: T) {
        let mut log = self.0.lock().unwrap();
        if log.last().is_none_or(|(_, last)| *last != shown) {
            log.push((instant(), shown));
        }
    }

    fn since(&self, from: Instant) -> Vec<(Instant, T)> {
        let log = self.0.lock().unwrap();
        // What stands then was shown before.
        let first = log.partition_point(|&(at, _)| at <= from).saturating_sub(1);
        log[first..].to_vec()
    }

    fn newest(&self) -> Option<T> {
        self.0.lock().unwrap().last().map(|(_, shown)| shown.clone())
    }

    fn first(&self, from: Instant, is_it: impl Fn(&T) -> bool) -> Option<Instant> {
        self.since(from).into_iter().find(|(_, shown)| is_it(shown)).map(|(at, _)| at)
    }
}

/// What stands on the terminal.
#[derive(Clone, Debug, Default, PartialEq)]
struct Screen {
    title: String,
    round: String,
    teams: String,
}

impl Screen {
    /// Takes a line that was drawn.
    fn take(&mut self, line: &str) {
        let line = console::strip_ansi_codes(line).trim().to_owned();
        let (of, line) = if line.contains("  round ") {
            (&mut self.round, line)
        } else if line.contains('?') && line.contains(':') {
            (&mut self.title, line.split('?').next().unwrap().to_owned() + "?")
        } else if line.contains(" %") || line.contains(" ?") {
            (&mut self.teams, line)
        } else {
            return;
        };
        *of = line;
    }

    fn is_of(&self, phase: &str, round: u64) -> bool {
        self.round.starts_with(phase) && self.round.ends_with(&format!("  round {round}"))
    }
}

/// What a light has, once it shows a phase, that it had not in the phase before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sign {
    /// What stood still changes.
    Changes,
    /// The light of a countdown meets in the middle.
    Meets,
    /// Light of no team comes in.
    Neutral,
    /// Something changes faster than slow waves do.
    Stops,
    /// The light falls from where it was brightest, to stay low.
    Falls,
    /// The left end gets the colour that was on the right; the channels before and now.
    Swaps(usize, usize),
    /// There is none: what stood goes on to stand.
    None,
}

/// What is shown of the votes.
#[derive(Clone, Copy, Debug)]
enum Votes {
    /// These, in percent.
    Shares([&'static str; 2]),
    /// Nothing, by light of no team.
    Hidden,
}

type Frames = [(Instant, Vec<u8>)];

impl Sign {
    /// When it was first seen among frames, the first of which stood already.
    fn seen(self, frames: &Frames) -> Option<Instant> {
        let middle = 3 * (PIXELS / 2 - 1);
        let first = |is_it: &dyn Fn(&[u8]) -> bool| {
            frames.iter().find(|(_, frame)| is_it(frame)).map(|&(at, _)| at)
        };
        let sum = |frame: &[u8]| frame.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        let old = &frames.first()?.1;
        match self {
            Sign::Changes => frames.get(1).map(|&(at, _)| at),
            Sign::Meets => {
                let lit = |frame: &[u8]| frame[middle..middle + 6].iter().max().copied();
                first(&|frame| lit(frame) > lit(old).map(|level| level + 2))
            }
            Sign::Neutral => {
                first(&|frame| frame.iter().skip(1).step_by(3).any(|&green| green > 0))
            }
            Sign::Stops => {
                let fastest = |(one, other): (&[u8], &[u8])| {
                    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
                };
                // A wave changes a light by 0.19 a second at the most, and the end of it by 0.6 and more.
                let is_it = |pair: &&[(Instant, Vec<u8>)]| {
                    let seconds = (pair[1].0 - pair[0].0).as_secs_f64();
                    f64::from(fastest((&pair[0].1, &pair[1].1))) > 3.0 + 60.0 * seconds
                };
                frames.windows(2).find(is_it).map(|pair| pair[1].0)
            }
            Sign::Falls => {
                let sums: Vec<u32> = frames.iter().map(|(_, frame)| sum(frame)).collect();
                let most = *sums.iter().max()?;
                let top = sums.iter().rposition(|&sum| sum == most)?;
                let is_low = sums.last().is_some_and(|&last| last < most * 2 / 3);
                frames.get(top + 1).filter(|_| is_low).map(|&(at, _)| at)
            }
            Sign::Swaps(before, now) => {
                assert!(old[before] > 0 && old[now] == 0, "{:?} and not {self:?}", &old[..6]);
                first(&|frame| frame[now] > 0)
            }
            Sign::None => None,
        }
    }
}

/// The evening: a show in a terminal, who posts, and who watches.
struct Evening {
    folder: TempDir,
    service: Service,
    _runtime: Runtime,
    posts: u64,
    script: Child,
    olad: Arc<Olad>,
    api: Log<Value>,
    screen: Log<Screen>,
    lights: Log<Vec<u8>>,
    is_over: Arc<AtomicBool>,
    watchers: Vec<JoinHandle<()>>,
    spans: Vec<(String, Duration)>,
}

#[expect(clippy::disallowed_methods, reason = "processes have clocks of their own")]
fn instant() -> Instant {
    Instant::now()
}

impl Evening {
    fn start() -> Option<Evening> {
        if !has("script") {
            left_out("`script` is not installed");
            return None;
        }
        let olad = Arc::new(Olad::start()?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let service = runtime.block_on(Service::start());
        let folder = TempDir::new().unwrap();
        let source = format!(
            "pixels = {PIXELS}\n[[source]]\nname = \"hall\"\nkind = \"websocket\"\n\
             url = \"ws://{}/socket\"\n[source.map]\ntext = \"/data/body\"\nid = \"/data/key\"\n\
             author = \"/data/user/name\"\n",
            service.address
        );
        std::fs::write(folder.path().join("config.toml"), format!("{CONFIG}{source}")).unwrap();
        let program = env!("CARGO_BIN_EXE_hashtug");
        let shell = format!("stty cols 80 rows 24; exec {program} run -c config.toml 2> log");
        let mut script = Command::new("script");
        script.args(["-qefc", &shell, "/dev/null"]).current_dir(&folder);
        script.env("TERM", "xterm-256color").env("XDG_RUNTIME_DIR", folder.path());
        script.stdin(Stdio::null()).stdout(Stdio::piped());
        let script = script.spawn().unwrap();
        let mut evening = Evening {
            folder,
            service,
            _runtime: runtime,
            posts: 0,
            script,
            olad,
            api: Log::new(),
            screen: Log::new(),
            lights: Log::new(),
            is_over: Arc::default(),
            watchers: Vec::new(),
            spans: Vec::new(),
        };
        evening.watch();
        until("a source that is live", || {
            evening.api.newest().is_some_and(|shown| shown["sources"][0]["state"] == "live")
        });
        Some(evening)
    }

    /// Begins to look at all three.
    fn watch(&mut self) {
        let (mut stdout, log) = (self.script.stdout.take().unwrap(), self.screen.share());
        let terminal = std::thread::spawn(move || {
            let (mut screen, mut drawn) = (Screen::default(), Vec::new());
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                drawn.extend_from_slice(&buffer[..count]);
                // A line of the picture ends with what clears the rest of it.
                while let Some(end) = drawn.windows(3).position(|bytes| bytes == b"\x1b[K") {
                    let line: Vec<u8> = drawn.drain(..end + 3).collect();
                    let line = String::from_utf8_lossy(&line).into_owned();
                    screen.take(line.rsplit(['\r', '\n']).next().unwrap());
                }
                log.note(screen.clone());
            }
        });
        let address = self.address();
        let log = self.api.share();
        let url = format!("ws://{address}/api/v1/live");
        let (mut socket, _) = tokio_tungstenite::tungstenite::connect(url).unwrap();
        let viewer = std::thread::spawn(move || {
            while let Ok(message) = socket.read() {
                if let Ok(text) = message.to_text()
                    && !text.is_empty()
                {
                    log.note(serde_json::from_str(text).unwrap());
                }
            }
        });
        let (olad, log, is_over) =
            (Arc::clone(&self.olad), self.lights.share(), Arc::clone(&self.is_over));
        let receiver = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let frame = olad.universe(1);
                if frame.len() == 3 * PIXELS {
                    log.note(frame);
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        self.watchers = vec![terminal, viewer, receiver];
    }

    /// Where the pages are, as the show has written it down.
    fn address(&self) -> String {
        let folder = self.folder.path().join("hashtug");
        let port = found("a show that runs", || {
            let file = std::fs::read_dir(&folder).ok()?.next()?.ok()?.path();
            let port = file.file_stem()?.to_str()?.parse::<u16>().ok()?;
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(|_| port)
        });
        format!("127.0.0.1:{port}")
    }

    /// A command, as it is typed into a shell.
    fn shell(&self, line: &str) -> String {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_hashtug"));
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let own = program.parent().unwrap().to_owned();
        let path =
            std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&folders)));
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(&self.folder).env("PATH", path.unwrap());
        let output = command.env("XDG_RUNTIME_DIR", self.folder.path()).finish();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        String::from_utf8(output.stdout).unwrap() + &said
    }

    /// Votes of so many authors, each of whom has voted for nobody before.
    fn post(&mut self, hashtag: &str, votes: u64) {
        for _ in 0..votes {
            self.posts += 1;
            let number = self.posts;
            self.service.post(&format!("p{number}"), &format!("a{number}"), hashtag);
        }
    }

    /// Waits until the lights have not changed for a while, and gives them.
    fn calm(&self) -> Vec<u8> {
        found("calm lights", || {
            let log = self.lights.0.lock().unwrap();
            let &(at, ref frame) = log.last()?;
            (at.elapsed() > Duration::from_millis(400)).then(|| frame.clone())
        })
    }

    /// Waits until all three show this phase. A sign is looked for from `from` on.
    #[track_caller]
    fn reaches(&mut self, phase: &str, round: u64, from: Instant, sign: Sign) {
        let is_it = |shown: &Value| shown["phase"] == phase && shown["round"]["number"] == round;
        let api = found("the phase in the API", || self.api.first(from, is_it));
        let is_on_it = |screen: &Screen| screen.is_of(phase, round);
        let terminal = found("the phase on the terminal", || self.screen.first(from, is_on_it));
        let mut all = vec![api, terminal];
        if sign != Sign::None {
            // What stood a moment before shows the phase before.
            let before = api.checked_sub(Duration::from_millis(150)).unwrap().max(from);
            let seen = || sign.seen(&self.lights.since(before));
            all.push(found("the phase in the lights", seen));
        }
        let (first, last) = (*all.iter().min().unwrap(), *all.iter().max().unwrap());
        let after: Vec<String> = all.iter().map(|&at| format!("{:?}", at - first)).collect();
        self.spans.push((format!("{phase} {round}: {}", after.join(", ")), last - first));
    }

    /// Waits until all three agree in what they show of a question.
    #[track_caller]
    fn agree(&self, title: &str, votes: Votes) {
        let patience = Patience::new();
        while let Some(why) = self.disagreement(title, votes) {
            patience.wait(&why);
        }
    }

    /// What the newest of the three is not as it should be.
    fn disagreement(&self, title: &str, votes: Votes) -> Option<String> {
        let (shown, screen) = (self.api.newest()?, self.screen.newest()?);
        let frame = self.lights.newest()?;
        let pixels: Vec<&[u8]> = frame.chunks(3).collect();
        let share = shown["teams"][0]["share"].as_f64().unwrap();
        let (is_of_api, is_of_screen, is_of_lights) = match votes {
            Votes::Shares(percent) => {
                let [on_left, on_right] = if title == SWAPPED { [2, 0] } else { [0, 2] };
                let left = pixels.iter().take_while(|pixel| pixel[on_left] > pixel[on_right]);
                let left = left.count() as f64 / PIXELS as f64;
                let shares = [share, 1.0 - share].map(|share| format!("{:.1} %", 100.0 * share));
                (
                    shares == percent,
                    percent.iter().all(|percent| screen.teams.contains(percent)),
                    (left - share).abs() <= 0.01 && pixels.iter().all(|pixel| pixel[1] == 0),
                )
            }
            Votes::Hidden => (
                shown["teams"][0]["share"] == 0.5
                    && shown["round"]["hidden"] == true
                    && shown["leader"].is_null(),
                screen.teams.contains('?') && !screen.teams.contains('%'),
                pixels.iter().all(|pixel| pixel.iter().all(|&byte| byte == pixel[0]))
                    && pixels.iter().eq(pixels.iter().rev()),
            ),
        };
        let is_of_it = shown["title"] == title && screen.title == title;
        (!is_of_it || !is_of_api || !is_of_screen || !is_of_lights)
            .then(|| format!("{votes:?} of {title}: {shown}, {screen:?}, {frame:?}"))
    }

    /// Gives a command from a shell, and says when.
    #[track_caller]
    fn give(&self, command: &str) -> Instant {
        let at = instant();
        let said = self.shell(&format!("hashtug operate {command}"));
        assert!(said.starts_with("done"), "{command}: {said}");
        at
    }

    /// The question that is on is started, and opens.
    fn open(&mut self, round: u64, start: &str, sign: Sign) {
        self.calm();
        let from = self.give(start);
        self.reaches("countdown", round, from, Sign::Changes);
        self.reaches("open", round, from, sign);
    }

    /// Ends the show, and says what was shown last.
    fn end(&mut self) -> Value {
        let children = format!("/proc/{0}/task/{0}/children", self.script.id());
        let child = std::fs::read_to_string(children).unwrap();
        kill("-INT", child.trim().parse().unwrap());
        let [terminal, viewer, receiver] =
            <[_; 3]>::try_from(std::mem::take(&mut self.watchers)).unwrap();
        joined("the end of the terminal", terminal);
        joined("the end of the socket", viewer);
        self.is_over.store(true, Ordering::Relaxed);
        joined("the last frame", receiver);
        assert!(self.script.wait().unwrap().success());
        self.api.newest().unwrap()
    }
}

impl Drop for Evening {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _gone_already = self.script.kill();
        let _gone_already = self.script.wait();
    }
}

#[test]
fn an_evening_led_from_a_shell_is_the_same_in_the_api_in_the_lights_and_on_the_terminal() {
    let Some(mut evening) = Evening::start() else { return };
    let even = Votes::Shares(["50.0 %", "50.0 %"]);
    evening.agree("Tabs or spaces?", even);
    evening.open(1, "next", Sign::Meets);
    evening.post("#tabs", 3);
    evening.post("#spaces", 1);
    evening.agree("Tabs or spaces?", Votes::Shares(["75.0 %", "25.0 %"]));
    evening.calm();
    let from = evening.give("lock");
    evening.reaches("locked", 1, from, Sign::Changes);
    evening.reaches("revealed", 1, from, Sign::Changes);
    evening.agree("Tabs or spaces?", Votes::Shares(["75.0 %", "25.0 %"]));

    let from = evening.give("next");
    evening.reaches("armed", 2, from, Sign::Swaps(0, 2));
    evening.give("secret true");
    evening.open(2, "start", Sign::Neutral);
    evening.post("#vim", 3);
    evening.post("#emacs", 2);
    until("all votes", || evening.api.newest().unwrap()["posts"]["matched"] == 9);
    evening.agree(SWAPPED, Votes::Hidden);
    let from = evening.give("lock");
    evening.reaches("locked", 2, from, Sign::Stops);
    evening.reaches("sealed", 2, from, Sign::None);
    evening.calm();
    evening.agree(SWAPPED, Votes::Hidden);
    let from = evening.give("reveal");
    evening.reaches("revealed", 2, from, Sign::Changes);
    evening.agree(SWAPPED, Votes::Shares(["60.0 %", "40.0 %"]));

    let from = evening.give("next");
    evening.reaches("armed", 3, from, Sign::Swaps(2, 0));
    evening.give("secret false");
    evening.agree("Tea or coffee?", even);
    // The bell falls by the clock, after breaths that end where it falls.
    evening.open(3, "start 5s", Sign::Meets);
    let from = instant();
    evening.post("#tea", 1);
    evening.post("#coffee", 4);
    evening.agree("Tea or coffee?", Votes::Shares(["20.0 %", "80.0 %"]));
    evening.reaches("locked", 3, from, Sign::Falls);
    evening.reaches("revealed", 3, from, Sign::Changes);
    evening.agree("Tea or coffee?", Votes::Shares(["20.0 %", "80.0 %"]));

    for (phase, span) in &evening.spans {
        let line = format!("{phase}: all within {span:?}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
    for (phase, span) in &evening.spans {
        in_time(&format!("all three of {phase}"), *span, TOGETHER);
    }
    let last = evening.end();
    let verified = evening.shell("hashtug verify friday.jsonl");
    assert!(verified.contains("every result follows from the posts"), "{verified}");
    evening.shell("hashtug report friday.jsonl -o evening.json");
    let report = std::fs::read(evening.folder.path().join("evening.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let winners = report.as_array().unwrap().iter().map(|result| result["winner"].clone());
    assert_eq!(winners.collect::<Vec<_>>(), ["Tabs", "Vim", "Coffee"]);
    assert_eq!(report, last["results"]);
}

//! The rounds against a model that recounts the whole evening after each step.
//!
//! The model keeps what happened and which commands are taken back, and nothing else: the course of the
//! rounds is played anew from the first moment, then each message is judged by that course. An undone
//! command is left out of the play, and that is all that undo is there.

#![expect(
    clippy::cast_possible_truncation,
    clippy::similar_names,
    reason = "an evening of a test is short, and its words are those of the rounds"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::contest::{Contest, Reposts, Team, TeamId, Vote};
use crate::order::{Answer, Arm};
use crate::post::{AuthorId, Deletion, PostId, TagId, Version};
use crate::rgb::Rgb;
use crate::round::Length;

/// Hashtags of the teams of both questions: one belongs to each first team, one to the second of the
/// first question and the third of the second.
const TAGS: [&str; 6] = ["vim", "tug", "emacs", "tea", "coffee", "water"];
const TEAMS: [&[(&str, &[usize])]; 2] = [
    &[("Vim", &[0, 1]), ("Emacs", &[2])],
    &[("Tea", &[3, 1]), ("Coffee", &[4]), ("Water", &[5, 2])],
];
const SOURCES: [&str; 2] = ["hall", "street"];
const WINDOW: i64 = 2000;

// ---------------------------------------------------------------- what happens

/// One step of an evening. Numbers are taken by what there is to choose from.
#[derive(Clone, Debug)]
enum Act {
    Wait(i64),
    /// To an instant at which something changes by itself, or right before or after it.
    WaitForChange(i64),
    Post {
        id: u64,
        author: u64,
        made: Made,
        tags: Vec<usize>,
        source: usize,
        is_edit: bool,
    },
    Delete {
        id: u64,
        by: Option<u64>,
        made: Option<Made>,
    },
    Unmatched,
    Give(Command),
}

/// When something was made that arrives now.
#[derive(Clone, Copy, Debug)]
enum Made {
    Ago(i64),
    /// At one of the last instants at which something began or ended, or right before or after it.
    AtEdge(usize, i64),
}

fn made() -> impl Strategy<Value = Made> {
    prop_oneof![
        3 => Just(Made::Ago(0)),
        1 => (0..1500_i64).prop_map(Made::Ago),
        2 => (0..6_usize, -1..=1_i64).prop_map(|(edge, off)| Made::AtEdge(edge, off)),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let name = || prop_oneof![9 => (0..2_usize).prop_map(|at| SOURCES[at]), 1 => Just("nobody")];
    let teams = || vec!["Yes".to_owned(), "No".to_owned()];
    prop_oneof![
        8 => Just(Command::Next),
        8 => Just(Command::Undo),
        5 => Just(Command::Redo),
        3 => Just(Command::Start(None)),
        1 => Just(Command::Start(Some(Length::Open))),
        1 => Just(Command::Start(Some(Length::After(Duration::from_secs(2))))),
        2 => Just(Command::Pause),
        3 => Just(Command::Resume),
        4 => (-3000..9000_i64).prop_map(Command::AddTime),
        3 => Just(Command::Lock),
        1 => Just(Command::Reveal(None)),
        2 => (1..4_u32).prop_map(|number| Command::Reveal(Some(number))),
        2 => Just(Command::Reset),
        2 => Just(Command::Arm(Arm::Next)),
        2 => (0..4_u32).prop_map(|number| Command::Arm(Arm::Question(number.max(1)))),
        1 => Just(Command::Arm(Arm::MadeUp { title: "Well?".to_owned(), teams: teams() })),
        1 => any::<bool>().prop_map(Command::Secret),
        3 => (name(), any::<bool>())
            .prop_map(|(name, paused)| Command::Source { name: name.to_owned(), paused }),
        1 => any::<bool>().prop_map(Command::Devices),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let tags = prop::collection::vec(0..TAGS.len(), 0..3);
    let post = (0..12_u64, 0..5_u64, made(), tags, 0..2_usize, prop::bool::weighted(0.15));
    prop_oneof![
        3 => (0..900_i64).prop_map(Act::Wait),
        2 => (-1..=1_i64).prop_map(Act::WaitForChange),
        8 => post.prop_map(|(id, author, made, tags, source, is_edit)| {
            Act::Post { id, author, made, tags, source, is_edit }
        }),
        2 => (0..12_u64, prop::option::of(0..5_u64), prop::option::of(made()))
            .prop_map(|(id, by, made)| Act::Delete { id, by, made }),
        1 => Just(Act::Unmatched),
        6 => command().prop_map(Act::Give),
    ]
}

/// Rules, how votes count, and the sizes of teams in halves.
fn config() -> impl Strategy<Value = (Rules, Vote, [u64; 3])> {
    let rules = (
        prop_oneof![4 => (1..5_u64).prop_map(|s| Length::After(Duration::from_secs(s))), 1 => Just(Length::Open)],
        prop_oneof![Just(Counts::Round), Just(Counts::Window)],
        prop_oneof![Just(0), Just(1000_u64)],
        prop_oneof![Just(0), Just(800_u64)],
        any::<bool>(),
        prop_oneof![Just(1_u32), Just(3)],
        prop_oneof![4 => Just(None), 1 => Just(Some(Duration::from_millis(700)))],
    );
    let rules = rules.prop_map(|(length, counts, countdown, grace, secret, best_of, auto)| Rules {
        length,
        counts,
        countdown: Duration::from_millis(countdown),
        grace: Duration::from_millis(grace),
        secret,
        best_of,
        auto,
    });
    let size = || prop_oneof![4 => Just(2_u64), 1 => Just(1), 1 => Just(6), 1 => Just(80)];
    let vote = prop_oneof![Just(Vote::Latest), Just(Vote::Every)];
    (rules, vote, [size(), size(), size()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn an_evening_stands_at_every_step_as_if_it_were_recounted(
        (rules, vote, sizes) in config(),
        acts in prop::collection::vec(act(), 1..90),
    ) {
        Both::new(rules, vote, sizes).go(acts);
    }
}

// ---------------------------------------------------------------- side by side

/// The rounds and the model.
struct Both {
    rounds: Rounds,
    model: Model,
    edges: Vec<i64>,
    newest: Option<i64>,
}

impl Both {
    fn new(rules: Rules, vote: Vote, sizes: [u64; 3]) -> Both {
        let contests = TEAMS.iter().zip(["Editors?", "Drinks?"]).map(|(teams, title)| {
            let teams = teams.iter().zip(sizes).map(|((name, tags), size)| Team {
                name: (*name).to_owned(),
                hashtags: tags.iter().map(|&tag| TAGS[tag].to_owned()).collect(),
                color: Rgb::BLACK,
                size: size as f64 / 2.0,
            });
            let (window, title) = (Duration::from_millis(WINDOW as u64), title.to_owned());
            let contest = Contest::new(title, window, vote, Reposts::Ignore, teams.collect());
            Arc::new(contest.unwrap())
        });
        let questions = Arc::new(Questions::new(contests.collect()).unwrap());
        let names = SOURCES.map(str::to_owned).to_vec();
        let rounds = Rounds::new(questions, rules, Limits::default(), names, false);
        let mut both =
            Both { rounds, model: Model::new(rules, vote, sizes), edges: vec![0], newest: None };
        both.advance(0);
        both
    }

    fn advance(&mut self, to: i64) {
        self.rounds.advance(timestamp(to));
        self.model.now = to;
    }

    fn go(&mut self, acts: Vec<Act>) {
        for act in acts {
            self.act(act);
            self.check();
        }
    }

    fn act(&mut self, act: Act) {
        let now = self.model.now;
        match act {
            Act::Wait(ms) => self.advance(now + ms),
            Act::WaitForChange(off) => {
                let due = self.rounds.changes_in(now).filter(|&due| due < 20_000);
                self.edges.extend(due.map(|due| now + due));
                self.advance((now + due.unwrap_or(100) + off).max(now));
            }
            Act::Post { id, author, made, tags, source, is_edit } => {
                let at = self.made(made);
                let by_name = |tag: &usize| {
                    let hashtags = self.rounds.questions.hashtags();
                    let place = hashtags.iter().position(|hashtag| hashtag == TAGS[*tag]).unwrap();
                    TagId(u16::try_from(place).unwrap())
                };
                let sides = teams_of(0, &tags);
                if !teams_of(self.rounds.evening.round.question, &tags).is_empty() {
                    self.newest = self.newest.max(Some(at));
                }
                // Where deletions are signed each post has an author.
                let author = if is_signed(id) { author.max(1) } else { author };
                let (id, author) = ((id > 0).then_some(id), (author > 0).then_some(author));
                let post = Post {
                    id: id.map(PostId),
                    alias: None,
                    author: author.map(AuthorId),
                    at: timestamp(at),
                    side: match sides[..] {
                        [] => Side::None,
                        [team] => Side::Team(TeamId(u16::try_from(team).unwrap())),
                        _ => Side::Both,
                    },
                    tags: tags.iter().map(by_name).collect(),
                    version: if is_edit { Version::Edit } else { Version::First },
                };
                self.rounds.message(SourceId(source), Message::Post(post));
                self.model.note(What::Post(Posted { id, author, at, tags, source, is_edit }));
            }
            Act::Delete { id, by, made } => {
                let at = made.map(|made| self.made(made));
                let by = by.filter(|_| is_signed(id)).map(|by| by.max(1));
                let deletion = Deletion {
                    posts: vec![PostId(id)],
                    author: by.map(AuthorId),
                    at: at.map(timestamp),
                };
                self.rounds.message(SourceId(0), Message::Deletion(deletion));
                // Without a time it has that of the newest post that named a team.
                let at = at.or(self.newest).unwrap_or(now);
                self.model.note(What::Deletion { id, by, at });
            }
            Act::Unmatched => {
                self.rounds.message(SourceId(0), Message::Unmatched(3));
                self.model.note(What::Unmatched(3));
            }
            Act::Give(command) => {
                self.edges.push(now);
                let answer = self.rounds.give(command.clone());
                let is_done = self.model.give(&command);
                assert_eq!(answer == Answer::Done, is_done, "{command:?}: {answer:?}");
            }
        }
    }

    fn made(&self, made: Made) -> i64 {
        let at = match made {
            Made::Ago(ms) => self.model.now - ms,
            Made::AtEdge(back, off) => {
                let edge = self.edges.len().saturating_sub(back + 1);
                self.edges[edge] + off
            }
        };
        at.clamp(-5000, self.model.now)
    }

    /// Both stand alike.
    fn check(&mut self) {
        let standing = self.rounds.standing(None);
        let expected = self.model.standing();
        let Standing { phase, question, round, results, voices, undo, count, .. } = &standing;
        let found = Stands {
            phase: *phase,
            question: (question.number, question.of),
            number: round.number,
            wins: round.wins.clone(),
            opened: round.opened_at.map(Timestamp::millis),
            ends: round.ends_at.map(Timestamp::millis),
            is_paused: round.paused,
            is_secret: round.secret,
            held: round.held,
            votes: count.teams.iter().map(|team| team.votes).collect(),
            totals: count.teams.iter().map(|team| team.total).collect(),
            leader: count.leader.map(TeamId::index),
            voices: voices.authors,
            posts: count.posts,
            results: results.iter().map(|result| Ended::from(&**result)).collect(),
            undo: (undo.steps, undo.next),
        };
        assert_eq!(found, expected, "at {}", self.model.now);
        assert_eq!(round.result.is_some(), matches!(phase, Phase::Sealed | Phase::Revealed));
        self.check_seen(&standing);
    }

    /// What viewers see says nothing of what is hidden from them.
    fn check_seen(&self, all: &Standing) {
        let seen = self.rounds.seen(all);
        let is_hidden = all.round.secret && all.phase != Phase::Revealed;
        assert_eq!(seen.round.hidden, is_hidden);
        if is_hidden {
            let teams = seen.count.teams.len() as f64;
            assert!(seen.round.result.is_none() && seen.count.leader.is_none());
            assert!(
                seen.count
                    .teams
                    .iter()
                    .all(|team| { (team.votes, team.total, team.share) == (0, 0, 1.0 / teams) })
            );
        }
        let sealed = self.model.sealed();
        let told: Vec<u32> = seen.results.iter().map(|result| result.number).collect();
        let all = all.results.iter().map(|result| result.number);
        assert_eq!(told, all.filter(|number| !sealed.contains(number)).collect::<Vec<_>>());
    }
}

/// Where an evening stands.
#[derive(Debug, PartialEq)]
struct Stands {
    phase: Phase,
    question: (u32, u32),
    number: u32,
    wins: Vec<u32>,
    opened: Option<i64>,
    ends: Option<i64>,
    is_paused: bool,
    is_secret: bool,
    held: u64,
    votes: Vec<u64>,
    totals: Vec<u64>,
    leader: Option<usize>,
    voices: u64,
    posts: Posts,
    results: Vec<Ended>,
    undo: (u32, Option<&'static str>),
}

/// A result.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    number: u32,
    question: u32,
    opened: i64,
    closed: i64,
    /// Of each team its votes, its posts and its voices.
    teams: Vec<(u64, u64, u64)>,
    voices: u64,
    winner: Option<String>,
    margin: u64,
    photo_finish: bool,
}

impl From<&RoundResult> for Ended {
    fn from(result: &RoundResult) -> Ended {
        let teams = result.teams.iter().map(|team| (team.votes, team.total, team.voices));
        Ended {
            number: result.number,
            question: result.question,
            opened: result.opened_at.millis(),
            closed: result.closed_at.millis(),
            teams: teams.collect(),
            voices: result.voices,
            winner: result.winner.clone(),
            margin: result.margin,
            photo_finish: result.photo_finish,
        }
    }
}

/// Whether the deletions of that post say who sends them, in its network.
fn is_signed(id: u64) -> bool {
    id % 2 == 1
}

fn teams_of(question: usize, tags: &[usize]) -> Vec<usize> {
    let Some(teams) = TEAMS.get(question) else { return Vec::new() };
    let names =
        |(_, (_, own)): &(usize, &(&str, &[usize]))| tags.iter().any(|tag| own.contains(tag));
    teams.iter().enumerate().filter(names).map(|(team, _)| team).collect()
}

// ---------------------------------------------------------------- the model

/// All that happened.
struct Model {
    rules: Rules,
    vote: Vote,
    sizes: [u64; 3],
    now: i64,
    events: Vec<Event>,
    removed: BTreeSet<usize>,
    memory: Vec<usize>,
    taken_back: Vec<usize>,
}

struct Event {
    now: i64,
    what: What,
}

enum What {
    Post(Posted),
    Deletion {
        id: u64,
        by: Option<u64>,
        at: i64,
    },
    Unmatched(u64),
    /// A command that did something, and whether it was given as `next`.
    Command(Command, bool),
}

#[derive(Clone)]
struct Posted {
    id: Option<u64>,
    author: Option<u64>,
    at: i64,
    tags: Vec<usize>,
    source: usize,
    is_edit: bool,
}

impl Model {
    fn new(rules: Rules, vote: Vote, sizes: [u64; 3]) -> Model {
        let events = Vec::new();
        let (memory, taken_back) = (Vec::new(), Vec::new());
        Model { rules, vote, sizes, now: 0, events, removed: BTreeSet::new(), memory, taken_back }
    }

    fn note(&mut self, what: What) {
        self.events.push(Event { now: self.now, what });
    }

    /// The evening until now, from its first moment.
    fn play(&self) -> Course<'_> {
        let mut course = Course::new(self);
        course.clock(0, 0);
        for (line, event) in self.events.iter().enumerate() {
            course.clock(event.now, line);
            if let What::Command(command, is_next) = &event.what
                && !self.removed.contains(&line)
            {
                course.act(command, event.now, line);
                course.next_at = if *is_next { Some(event.now) } else { course.next_at };
                course.clock(event.now, line + 1);
            }
        }
        course.clock(self.now, self.events.len());
        course
    }

    /// Gives a command; whether that changes anything.
    fn give(&mut self, command: &Command) -> bool {
        match command {
            Command::Undo => {
                let Some(line) = self.memory.pop() else { return false };
                self.removed.insert(line);
                self.taken_back.push(line);
                return true;
            }
            Command::Redo => {
                let Some(line) = self.taken_back.pop() else { return false };
                self.removed.remove(&line);
                self.memory.push(line);
                return true;
            }
            _ => {}
        }
        let line = self.events.len();
        let mut course = self.play();
        let is_next = *command == Command::Next;
        let meant = if is_next { course.next(self.now) } else { Some(command.clone()) };
        let Some(meant) = meant.filter(|meant| course.act(meant, self.now, line)) else {
            return false;
        };
        self.note(What::Command(meant, is_next));
        self.memory.push(line);
        if self.memory.len() > 20 {
            self.memory.remove(0);
        }
        self.taken_back.clear();
        true
    }

    fn sealed(&self) -> BTreeSet<u32> {
        let course = self.play();
        let mut sealed = course.sealed.clone();
        let round = course.round();
        sealed.extend((round.phase == Phase::Sealed).then_some(round.number));
        sealed
    }

    fn standing(&self) -> Stands {
        let course = self.play();
        let round = course.round();
        let count = course.count(round, self.events.len(), self.now);
        let mut posts = Posts::default();
        for round in &course.rounds {
            posts = posts + course.count(round, self.events.len(), self.now).posts;
        }
        let (mut wins, played) = course.wins(round.question);
        if round.result.is_none() && course.is_decided(&wins, played) {
            wins.fill(0);
        }
        let is_open = !matches!(round.phase, Phase::Armed | Phase::Countdown);
        let (votes, totals, voices) = count.standing();
        let leaders = course.leaders(round.question, &votes);
        let name = |&line: &usize| match &self.events[line].what {
            What::Command(command, _) => command.name(),
            _ => unreachable!(),
        };
        Stands {
            phase: round.phase,
            question: (round.question as u32 + 1, course.of as u32),
            number: round.number,
            wins,
            opened: round.opened.filter(|_| is_open),
            ends: round.planned_end(self.now).filter(|_| round.phase != Phase::Armed),
            is_paused: round.paused.is_some(),
            is_secret: round.secret,
            held: count.held,
            leader: (leaders.len() == 1).then(|| leaders[0]),
            voices: voices.iter().flatten().collect::<BTreeSet<_>>().len() as u64,
            votes,
            totals,
            posts,
            results: course.rounds.iter().filter_map(|round| round.result.clone()).collect(),
            undo: (self.memory.len() as u32, self.memory.last().map(name)),
        }
    }
}

#[derive(Clone)]
struct ModelRound {
    question: usize,
    number: u32,
    secret: bool,
    length: Option<i64>,
    first: usize,
    last: Option<usize>,
    phase: Phase,
    armed: Option<i64>,
    opened: Option<i64>,
    ends: Option<i64>,
    pauses: Vec<(i64, i64)>,
    paused: Option<i64>,
    has_rung: bool,
    grace_ends: i64,
    /// The number of the event by which the grace was over.
    closed: Option<usize>,
    revealed: i64,
    result: Option<Ended>,
}

impl ModelRound {
    fn planned_end(&self, now: i64) -> Option<i64> {
        self.ends.map(|ends| ends + self.paused.map_or(0, |paused| now - paused))
    }

    fn is_in_a_pause(&self, at: i64) -> bool {
        self.pauses.iter().any(|&(from, to)| from < at && at <= to)
            || self.paused.is_some_and(|paused| at > paused)
    }

    /// A time without the pauses before it.
    fn running(&self, at: i64) -> i64 {
        let lasting = self.paused.map(|paused| (paused, at));
        let still = |&(from, to): &(i64, i64)| (at.min(to) - from).max(0);
        at - self.pauses.iter().chain(&lasting).map(still).sum::<i64>()
    }
}

/// The rounds up to some event.
struct Course<'a> {
    model: &'a Model,
    of: usize,
    /// What follows the questions that were made up.
    back: Option<usize>,
    secret: bool,
    rounds: Vec<ModelRound>,
    sealed: BTreeSet<u32>,
    /// Source, from which event, to which.
    holds: Vec<(usize, usize, Option<usize>)>,
    devices: bool,
    next_at: Option<i64>,
}

fn ms(length: Duration) -> i64 {
    length.as_millis() as i64
}

fn length_of(length: Length) -> Option<i64> {
    match length {
        Length::After(length) => Some(ms(length)),
        Length::Open => None,
    }
}

impl<'a> Course<'a> {
    fn new(model: &'a Model) -> Course<'a> {
        let mut course = Course {
            model,
            of: TEAMS.len(),
            back: None,
            secret: model.rules.secret,
            rounds: Vec::new(),
            sealed: BTreeSet::new(),
            holds: Vec::new(),
            devices: true,
            next_at: None,
        };
        course.begin(0, 1, 0, None);
        course
    }

    fn begin(&mut self, question: usize, number: u32, first: usize, armed: Option<i64>) {
        self.rounds.push(ModelRound {
            question,
            number,
            secret: self.secret,
            length: length_of(self.model.rules.length),
            first,
            last: None,
            phase: Phase::Armed,
            armed,
            opened: None,
            ends: None,
            pauses: Vec::new(),
            paused: None,
            has_rung: false,
            grace_ends: 0,
            closed: None,
            revealed: 0,
            result: None,
        });
    }

    fn round(&self) -> &ModelRound {
        self.rounds.last().unwrap()
    }

    fn on(&mut self) -> &mut ModelRound {
        self.rounds.last_mut().unwrap()
    }

    /// What happens by itself until `now`; `line` is the event that comes next.
    fn clock(&mut self, now: i64, line: usize) {
        while self.tick(now, line) {}
    }

    fn tick(&mut self, now: i64, line: usize) -> bool {
        let auto = self.model.rules.auto.map(ms);
        let round = self.round().clone();
        match round.phase {
            Phase::Armed if auto.is_some() => self.start(round.armed.unwrap_or(now), round.length),
            Phase::Countdown if round.paused.is_none() && round.opened <= Some(now) => {
                self.on().phase = Phase::Open;
            }
            Phase::Open if round.paused.is_none() && round.ends.is_some_and(|ends| now > ends) => {
                self.lock(round.ends.unwrap());
            }
            Phase::Locked if now > round.grace_ends => self.close(line),
            Phase::Sealed if auto.is_some() => {
                let round = self.on();
                (round.phase, round.revealed) = (Phase::Revealed, round.grace_ends);
            }
            Phase::Revealed if auto.is_some_and(|rest| now >= round.revealed + rest) => {
                let question = self.following().unwrap();
                self.arm(question, line, round.revealed + auto.unwrap());
            }
            _ => return false,
        }
        true
    }

    fn start(&mut self, now: i64, length: Option<i64>) {
        let countdown = ms(self.model.rules.countdown);
        let round = self.on();
        round.phase = if countdown > 0 { Phase::Countdown } else { Phase::Open };
        round.opened = Some(now + countdown);
        (round.length, round.ends) = (length, length.map(|length| now + countdown + length));
    }

    fn resume(&mut self, now: i64) {
        let round = self.on();
        let paused = round.paused.take().unwrap();
        if round.phase == Phase::Open {
            round.pauses.push((paused, now));
        } else {
            round.opened = round.opened.map(|opened| opened + now - paused);
        }
        round.ends = round.ends.map(|ends| ends + now - paused);
    }

    fn lock(&mut self, now: i64) {
        let grace = ms(self.model.rules.grace);
        let round = self.on();
        let ends = round.paused.unwrap_or(now);
        round.pauses.extend(round.paused.take().map(|paused| (paused, now)));
        (round.ends, round.grace_ends) = (Some(ends), ends + grace);
        (round.has_rung, round.phase) = (true, Phase::Locked);
    }

    fn close(&mut self, line: usize) {
        let round = self.on();
        round.closed = Some(line);
        round.phase = if round.secret { Phase::Sealed } else { Phase::Revealed };
        round.revealed = round.grace_ends;
        let result = self.result(self.round(), line);
        self.on().result = Some(result);
    }

    fn arm(&mut self, question: usize, line: usize, now: i64) {
        let round = self.round().clone();
        if round.phase == Phase::Sealed {
            self.sealed.insert(round.number);
        }
        self.on().last = Some(line);
        let results = self.rounds.iter().filter(|round| round.result.is_some()).count();
        self.begin(question, results as u32 + 1, line, Some(now));
    }

    /// Rounds won by each team, and played, of the best-of that the newest result belongs to.
    fn wins(&self, question: usize) -> (Vec<u32>, u32) {
        let teams = TEAMS.get(question).map_or(2, |teams| teams.len());
        let (mut wins, mut played) = (vec![0; teams], 0);
        for round in self.rounds.iter().filter(|round| round.question == question) {
            let Some(result) = &round.result else { continue };
            if self.is_decided(&wins, played) {
                (wins, played) = (vec![0; teams], 0);
            }
            played += 1;
            for (team, wins) in wins.iter_mut().enumerate() {
                *wins += u32::from(result.winner.as_deref() == Some(name_of(question, team)));
            }
        }
        (wins, played)
    }

    fn is_decided(&self, wins: &[u32], played: u32) -> bool {
        let best_of = self.model.rules.best_of;
        wins.iter().any(|&wins| wins > best_of / 2) || played >= 2 * best_of - 1
    }

    fn following(&self) -> Option<usize> {
        let round = self.round();
        let (wins, played) = self.wins(round.question);
        if round.phase != Phase::Armed && !self.is_decided(&wins, played) {
            return Some(round.question);
        }
        let next = if round.question < TEAMS.len() { Some(round.question + 1) } else { self.back };
        next.filter(|&next| next < TEAMS.len()).or(self.model.rules.auto.map(|_| 0))
    }

    fn next(&self, now: i64) -> Option<Command> {
        let round = self.round();
        if self.next_at.is_some_and(|before| now - before <= 700) {
            return None;
        }
        match round.phase {
            _ if round.paused.is_some() => Some(Command::Resume),
            Phase::Armed => Some(Command::Start(None)),
            Phase::Open => Some(Command::Lock),
            Phase::Sealed => Some(Command::Reveal(None)),
            Phase::Revealed => self.following().map(|_| Command::Arm(Arm::Next)),
            Phase::Countdown | Phase::Locked => None,
        }
    }

    /// Does it; whether that changes anything.
    fn act(&mut self, command: &Command, now: i64, line: usize) -> bool {
        let round = self.round().clone();
        let is_running = matches!(round.phase, Phase::Countdown | Phase::Open);
        let has_result = matches!(round.phase, Phase::Sealed | Phase::Revealed);
        match command {
            Command::Arm(arm) if has_result || round.phase == Phase::Armed => {
                let question = match arm {
                    Arm::Next => self.following(),
                    Arm::Question(number) => Some(*number as usize - 1),
                    Arm::MadeUp { .. } => {
                        self.of += 1;
                        Some(self.of - 1)
                    }
                };
                let is_on = |question| round.phase == Phase::Armed && question == round.question;
                let question = question.filter(|&question| question < self.of && !is_on(question));
                let Some(question) = question else { return false };
                if question >= TEAMS.len() && round.question < TEAMS.len() {
                    let is_armed = round.phase == Phase::Armed;
                    self.back = if is_armed { Some(round.question) } else { self.following() };
                }
                self.arm(question, line, now);
            }
            Command::Start(length) if round.phase == Phase::Armed => {
                self.start(now, length.map_or(round.length, length_of));
            }
            Command::Pause if is_running && round.paused.is_none() => self.on().paused = Some(now),
            Command::Resume if is_running && round.paused.is_some() => self.resume(now),
            Command::AddTime(more) if round.phase == Phase::Open => {
                let Some(ends) = round.ends else { return false };
                let moved = (ends + more).max(round.paused.unwrap_or(now));
                self.on().ends = Some(moved);
                return moved != ends;
            }
            Command::AddTime(more) if (has_result || round.phase == Phase::Locked) && *more > 0 => {
                let round = self.on();
                (round.phase, round.ends, round.has_rung) = (Phase::Open, Some(now + more), false);
                (round.closed, round.result) = (None, None);
            }
            Command::Lock if round.phase == Phase::Open => self.lock(now),
            Command::Reveal(None) if round.phase == Phase::Sealed => {
                (self.on().phase, self.on().revealed) = (Phase::Revealed, now);
            }
            Command::Reveal(Some(number)) if has_result && *number == round.number => {
                return round.phase == Phase::Sealed && self.act(&Command::Reveal(None), now, line);
            }
            Command::Reveal(Some(number)) if has_result || round.phase == Phase::Armed => {
                return self.sealed.remove(number);
            }
            Command::Reset if round.phase != Phase::Armed => {
                self.rounds.pop();
                self.begin(round.question, round.number, round.first, Some(now));
                self.on().secret = round.secret;
            }
            Command::Secret(secret) if round.phase == Phase::Armed => {
                self.on().secret = *secret;
                self.secret = *secret;
                return round.secret != *secret;
            }
            Command::Source { name, paused } => {
                let source = SOURCES.iter().position(|source| source == name);
                let Some(source) = source else { return false };
                let held = self.holds.iter_mut().find(|hold| hold.0 == source && hold.2.is_none());
                match held {
                    Some(hold) if !paused => hold.2 = Some(line),
                    None if *paused => self.holds.push((source, line, None)),
                    _ => return false,
                }
            }
            Command::Devices(new) => {
                return std::mem::replace(&mut self.devices, *new) != *new;
            }
            _ => return false,
        }
        true
    }

    // ------------------------------------------------------------ votes

    fn sizes(&self, question: usize) -> Vec<u64> {
        match TEAMS.get(question) {
            Some(teams) => self.model.sizes[..teams.len()].to_vec(),
            None => vec![2; 2],
        }
    }

    /// The teams that nobody is ahead of.
    fn leaders(&self, question: usize, votes: &[u64]) -> Vec<usize> {
        let sizes = self.sizes(question);
        let is_ahead = |a: usize, b: usize| votes[a] * sizes[b] > votes[b] * sizes[a];
        let teams = 0..votes.len();
        teams.clone().filter(|&team| !teams.clone().any(|other| is_ahead(other, team))).collect()
    }

    fn count<'b>(&'b self, round: &'b ModelRound, upto: usize, now: i64) -> Count<'b> {
        let end = round.planned_end(now);
        let mut count = Count {
            course: self,
            round,
            end,
            now,
            posts: Posts::default(),
            held: 0,
            counted: Vec::new(),
            deletions: Vec::new(),
        };
        let last = round.last.map_or(upto, |last| last.min(upto));
        for line in round.first..last {
            count.take(line);
        }
        count.now = count.at_bell(now);
        count
    }

    fn result(&self, round: &ModelRound, upto: usize) -> Ended {
        let ends = round.ends.unwrap();
        let (votes, totals, voices) = self.count(round, upto, ends).standing();
        let sizes = self.sizes(round.question);
        let leaders = self.leaders(round.question, &votes);
        let winner = (leaders.len() == 1).then(|| leaders[0]);
        let (mut margin, mut photo_finish) = (0, false);
        if let Some(winner) = winner {
            let share = |team: usize| {
                let pull = |team: usize| votes[team] as f64 / sizes[team] as f64;
                pull(team) / (0..votes.len()).map(pull).sum::<f64>()
            };
            let others: Vec<usize> = (0..votes.len()).filter(|&team| team != winner).collect();
            let second = others.iter().map(|&team| share(team)).fold(0.0, f64::max);
            let needed =
                |team: usize| (votes[winner] * sizes[team]).div_ceil(sizes[winner]) - votes[team];
            let seconds = others.iter().filter(|&&team| second - share(team) < 1e-9);
            margin = seconds.map(|&team| needed(team)).min().unwrap();
            photo_finish = share(winner) - second < 0.02 - 1e-9
                || matches!(margin, 1 | 2) && votes.iter().sum::<u64>() > 10;
        }
        let teams =
            (0..votes.len()).map(|team| (votes[team], totals[team], voices[team].len() as u64));
        Ended {
            number: round.number,
            question: round.question as u32 + 1,
            opened: round.opened.unwrap(),
            closed: ends,
            teams: teams.collect(),
            voices: voices.iter().flatten().collect::<BTreeSet<_>>().len() as u64,
            winner: winner.map(|team| name_of(round.question, team).to_owned()),
            margin,
            photo_finish,
        }
    }
}

fn name_of(question: usize, team: usize) -> &'static str {
    TEAMS.get(question).map_or(["Yes", "No"][team.min(1)], |teams| teams[team].0)
}

/// The messages of one round, judged in the order in which they came.
struct Count<'a> {
    course: &'a Course<'a>,
    round: &'a ModelRound,
    end: Option<i64>,
    now: i64,
    posts: Posts,
    held: u64,
    counted: Vec<Counted>,
    /// The post, whose it has to be, when.
    deletions: Vec<(u64, Option<u64>, i64)>,
}

struct Counted {
    post: Posted,
    team: usize,
    line: usize,
    does_count: bool,
}

/// An author, or a post without one.
type Voter = Result<u64, usize>;

impl Count<'_> {
    fn at_bell(&self, now: i64) -> i64 {
        if self.round.has_rung { now.min(self.round.ends.unwrap()) } else { now }
    }

    fn take(&mut self, line: usize) {
        let event = &self.course.model.events[line];
        self.now = self.at_bell(event.now);
        match &event.what {
            What::Post(post) => self.post(post, event.now, line),
            What::Deletion { id, by, at } => self.deletion((*id, *by, *at), event.now, line),
            What::Unmatched(count) => self.posts.unmatched += count,
            What::Command(..) => {}
        }
    }

    fn is_in_time(&self, arrival: i64, line: usize) -> bool {
        self.round.closed.is_none_or(|closed| line < closed && arrival <= self.round.grace_ends)
    }

    fn is_past_end(&self, at: i64, arrival: i64, line: usize) -> bool {
        self.end.is_some_and(|end| at > end) || !self.is_in_time(arrival, line)
    }

    fn is_window(&self) -> bool {
        self.course.model.rules.counts == Counts::Window
    }

    fn has_faded(&self, at: i64) -> bool {
        let round = self.round;
        self.is_window() && round.running(at) <= round.running(self.now) - WINDOW
    }

    fn is_inside(&self, at: i64) -> bool {
        let round = self.round;
        round.phase != Phase::Countdown
            && round.opened.is_some_and(|opened| opened < at)
            && self.end.is_none_or(|end| at <= end)
            && !round.is_in_a_pause(at)
    }

    fn is_held(&self, source: usize, line: usize) -> bool {
        let holds = &self.course.holds;
        holds
            .iter()
            .any(|&(held, from, to)| held == source && from < line && to.is_none_or(|to| line < to))
    }

    fn is_deleted(&self, post: &Posted) -> bool {
        self.deletions.iter().any(|&(id, by, at)| {
            let running = |at| self.round.running(at);
            let is_forgotten = self.is_window() && running(self.now) > running(at) + WINDOW;
            Some(id) == post.id && (by.is_none() || by == post.author) && !is_forgotten
        })
    }

    fn post(&mut self, post: &Posted, arrival: i64, line: usize) {
        let named = teams_of(self.round.question, &post.tags);
        if post.is_edit && self.is_past_end(post.at, arrival, line) {
            self.posts.unmatched += 1;
            return;
        }
        let is_held = self.is_held(post.source, line);
        let known = (0..self.counted.len()).find(|&known| {
            let counted = &self.counted[known];
            let is_same = post.id.is_some() && counted.post.id == post.id;
            is_same && counted.does_count && !self.has_faded(counted.post.at)
        });
        let is_edited = post.is_edit && known.is_some();
        if let Some(known) = known.filter(|_| is_edited && !is_held) {
            self.counted[known].does_count = named.len() == 1;
            self.counted[known].team = named.first().copied().unwrap_or(0);
        }
        let is_inside = self.is_inside(post.at);
        let is_in_time = self.is_in_time(arrival, line);
        let fate = if named.is_empty() {
            &mut self.posts.unmatched
        } else if named.len() > 1 {
            &mut self.posts.both
        } else if is_inside && (!is_in_time || self.has_faded(post.at)) {
            self.held += u64::from(!is_in_time);
            &mut self.posts.late
        } else if is_held || !is_inside && !is_edited {
            let is_after = self.round.has_rung && self.end.is_some_and(|end| post.at > end);
            self.held += u64::from(is_after);
            &mut self.posts.closed
        } else if is_edited || self.is_deleted(post) {
            &mut self.posts.revised
        } else if known.is_some() {
            &mut self.posts.duplicate
        } else {
            let (post, team) = (post.clone(), named[0]);
            self.counted.push(Counted { post, team, line, does_count: true });
            &mut self.posts.matched
        };
        *fate += 1;
    }

    fn deletion(&mut self, deletion: (u64, Option<u64>, i64), arrival: i64, line: usize) {
        let (id, by, at) = deletion;
        if self.is_past_end(at, arrival, line) {
            self.posts.unmatched += 1;
            return;
        }
        self.deletions.push(deletion);
        let mut is_revised = false;
        for place in 0..self.counted.len() {
            let counted = &self.counted[place];
            let is_it = counted.post.id == Some(id) && (by.is_none() || by == counted.post.author);
            if is_it && counted.does_count && !self.has_faded(counted.post.at) {
                self.counted[place].does_count = false;
                is_revised = true;
            }
        }
        *(if is_revised { &mut self.posts.revised } else { &mut self.posts.unmatched }) += 1;
    }

    /// Of each team its votes, its posts and who voted for it.
    fn standing(&self) -> (Vec<u64>, Vec<u64>, Vec<BTreeSet<Voter>>) {
        let teams = TEAMS.get(self.round.question).map_or(2, |teams| teams.len());
        let (mut votes, mut totals) = (vec![0; teams], vec![0; teams]);
        let mut voices = vec![BTreeSet::new(); teams];
        let mut newest: BTreeMap<(Option<usize>, Voter), &Counted> = BTreeMap::new();
        for counted in self.counted.iter().filter(|counted| counted.does_count) {
            totals[counted.team] += 1;
            if self.has_faded(counted.post.at) {
                continue;
            }
            let voter = counted.post.author.ok_or(counted.line);
            let own = (self.course.model.vote == Vote::Every).then_some(counted.line);
            let vote = newest.entry((own, voter)).or_insert(counted);
            if counted.post.at >= vote.post.at {
                *vote = counted;
            }
        }
        for ((_, voter), counted) in newest {
            votes[counted.team] += 1;
            voices[counted.team].insert(voter);
        }
        (votes, totals, voices)
    }
}

//! Evenings in the small: what counts in which round, and what a command takes back.

use std::time::Duration;

use super::*;
use crate::contest::TeamId;
use crate::contest::{Contest, Reposts, Team, Vote};
use crate::order::{Answer, Arm};
use crate::post::{AuthorId, PostId, Tags, Version};
use crate::rgb::Rgb;
use crate::round::Length;

fn contest(title: &str, names: [&str; 2]) -> Arc<Contest> {
    let teams = names.map(|name| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_lowercase()],
        color: Rgb::BLACK,
        size: 1.0,
    });
    let window = Duration::from_secs(10);
    let contest =
        Contest::new(title.to_owned(), window, Vote::Latest, Reposts::Ignore, teams.to_vec());
    Arc::new(contest.unwrap())
}

fn rules() -> Rules {
    Rules {
        length: Length::After(Duration::from_mins(1)),
        countdown: Duration::ZERO,
        grace: Duration::from_secs(3),
        ..Rules::default()
    }
}

/// A live evening that begins at zero.
struct Evening {
    rounds: Rounds,
    id: u64,
}

impl Evening {
    fn new(rules: Rules) -> Evening {
        let questions = ["Editors?", "Pets?"].into_iter().zip([["Vim", "Emacs"], ["Cat", "Dog"]]);
        let questions = questions.map(|(title, names)| contest(title, names)).collect();
        let questions = Arc::new(Questions::new(questions).unwrap());
        let sources = vec!["hall".to_owned()];
        let rounds = Rounds::new(questions, rules, Limits::default(), sources, false);
        Evening { rounds, id: 0 }
    }

    fn at(&mut self, ms: i64) -> &mut Evening {
        self.rounds.advance(timestamp(ms));
        self
    }

    fn give(&mut self, command: Command) -> Answer {
        self.rounds.give(command)
    }

    #[track_caller]
    fn done(&mut self, command: Command) -> &mut Evening {
        let name = command.name();
        assert_eq!(self.give(command), Answer::Done, "{name}");
        self
    }

    /// A post of an author of its own for a team, made at that time and arriving now.
    fn post(&mut self, made: i64, team: u16) -> Fate {
        self.id += 1;
        let post = Post {
            id: Some(PostId(self.id)),
            alias: None,
            author: Some(AuthorId(self.id)),
            at: timestamp(made),
            side: Side::Team(TeamId(team)),
            tags: Tags::default(),
            version: Version::First,
        };
        self.rounds.message(SourceId(0), Message::Post(post))
    }

    fn votes(&mut self) -> Vec<u64> {
        let standing = self.rounds.standing(None);
        standing.count.teams.iter().map(|team| team.votes).collect()
    }

    fn phase(&self) -> Phase {
        self.rounds.phase()
    }

    /// All that undo has to bring back.
    fn whole(&mut self) -> String {
        let Standing { phase, question, round, results, voices, count, .. } =
            self.rounds.standing(None);
        let round = (
            round.number,
            round.wins,
            round.opened_at,
            round.ends_at,
            round.paused,
            round.secret,
            round.held,
            round.result,
        );
        format!(
            "{phase:?} {question:?} {round:?} {results:?} {voices:?} {:?} {:?}",
            count.teams, count.posts
        )
    }
}

#[test]
fn after_a_question_that_was_made_up_the_evening_goes_on_where_it_was() {
    let made_up = || {
        let teams = vec!["Yes".to_owned(), "No".to_owned()];
        Command::Arm(Arm::MadeUp { title: "Pizza?".to_owned(), teams })
    };
    let title = |evening: &mut Evening| evening.rounds.standing(None).question.title;
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None)).at(1000).done(Command::Lock).at(5000);
    evening.done(made_up()).done(Command::Start(None)).at(6000).done(Command::Lock).at(10_000);
    evening.done(Command::Next);
    assert_eq!(&*title(&mut evening), "Pets?", "it has not been asked yet");
    // One that is ready and not played is asked after it.
    evening.done(made_up()).done(Command::Arm(Arm::Next));
    assert_eq!(&*title(&mut evening), "Pets?");
    evening.at(11_000).done(Command::Start(None)).at(12_000).done(Command::Lock).at(16_000);
    // What was made up is not asked again at the end.
    let end = Answer::unchanged("that was the last question");
    assert_eq!(evening.give(Command::Next), end);
}

#[test]
fn a_round_goes_from_armed_to_its_result() {
    let mut evening = Evening::new(Rules { countdown: Duration::from_secs(3), ..rules() });
    evening.at(0);
    assert_eq!((evening.phase(), evening.post(0, 0)), (Phase::Armed, Fate::Closed));
    evening.done(Command::Next);
    assert_eq!(evening.phase(), Phase::Countdown);
    assert_eq!(evening.at(2999).post(2999, 0), Fate::Closed);
    assert_eq!(evening.at(3000).phase(), Phase::Open);
    assert_eq!(evening.post(3000, 0), Fate::Closed);
    assert_eq!(evening.at(3001).post(3001, 0), Fate::Counted);
    assert_eq!(evening.at(63_000).phase(), Phase::Open);
    assert_eq!(evening.at(63_001).phase(), Phase::Locked);
    assert_eq!(evening.post(63_001, 0), Fate::Closed);
    assert_eq!(evening.at(66_000).post(63_000, 1), Fate::Counted);
    assert_eq!(evening.at(66_001).post(62_000, 1), Fate::Late);
    assert_eq!(evening.phase(), Phase::Revealed);
    let result = evening.rounds.standing(None).round.result.unwrap();
    assert_eq!((result.winner.as_deref(), result.margin, result.voices), (None, 0, 2));
    assert_eq!((result.opened_at, result.closed_at), (timestamp(3000), timestamp(63_000)));
    let shares: Vec<f64> = result.course.iter().map(|point| point.shares[0]).collect();
    assert_eq!((shares[0], shares[shares.len() - 2], shares[shares.len() - 1]), (0.5, 1.0, 0.5));
    assert_eq!(evening.votes(), [1, 1]);
}

#[test]
fn a_post_of_after_the_bell_ends_no_grace() {
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None));
    assert_eq!(evening.at(60_500).post(60_500, 0), Fate::Closed);
    // What was made before it comes after it: networks keep no order.
    assert_eq!(evening.at(62_900).post(59_000, 1), Fate::Counted);
    assert_eq!(evening.at(63_000).phase(), Phase::Locked);
    assert_eq!(evening.at(63_001).phase(), Phase::Revealed);
    assert_eq!(evening.votes(), [0, 1]);
}

#[test]
fn a_snapshot_tells_what_is_sealed_and_what_can_be_brought_back() {
    let rules = Rules { secret: true, length: Length::Open, grace: Duration::ZERO, ..rules() };
    let mut evening = Evening::new(rules);
    let told = |evening: &mut Evening| {
        let Standing { sealed, undo, .. } = evening.rounds.standing(None);
        (sealed, undo.redo.steps, undo.redo.next)
    };
    evening.at(0).done(Command::Start(None)).at(1000).done(Command::Lock);
    assert_eq!(told(&mut evening), (vec![], 0, None));
    assert_eq!(told(evening.at(1001)), (vec![1], 0, None));
    evening.done(Command::Arm(Arm::Next)).done(Command::Start(None)).at(2000).done(Command::Lock);
    assert_eq!(told(evening.at(2001)), (vec![1, 2], 0, None));
    assert_eq!(told(evening.done(Command::Reveal(Some(1)))), (vec![2], 0, None));
    assert_eq!(told(evening.done(Command::Undo)), (vec![1, 2], 1, Some("reveal")));
    assert_eq!(told(evening.done(Command::Undo)), (vec![1], 2, Some("lock")));
    assert_eq!(told(evening.done(Command::Redo)), (vec![1, 2], 1, Some("reveal")));
    assert_eq!(told(evening.done(Command::Reveal(None))), (vec![1], 0, None));
}

#[test]
fn more_time_after_the_bell_opens_the_round_again_and_what_was_held_counts() {
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None));
    evening.at(1000).post(1000, 0);
    evening.at(62_000).post(61_000, 1);
    evening.at(70_000).post(59_000, 1);
    let standing = evening.rounds.standing(None);
    assert_eq!((standing.round.held, standing.results.len()), (2, 1));
    evening.done(Command::AddTime(10_000));
    assert_eq!((evening.phase(), evening.votes()), (Phase::Open, vec![1, 2]));
    let standing = evening.rounds.standing(None);
    assert_eq!((standing.results.len(), standing.round.ends_at), (0, Some(timestamp(80_000))));
    evening.done(Command::Undo);
    assert_eq!((evening.phase(), evening.votes()), (Phase::Revealed, vec![1, 0]));
    evening.done(Command::Redo);
    evening.at(83_001);
    let standing = evening.rounds.standing(None);
    assert_eq!(standing.results[0].winner.as_deref(), Some("Emacs"));
}

#[test]
fn undo_brings_back_what_was_whatever_came_meanwhile() {
    let commands = [
        Command::Lock,
        Command::Pause,
        Command::Reset,
        Command::AddTime(-50_000),
        Command::AddTime(1_000_000),
        Command::Source { name: "hall".to_owned(), paused: true },
        Command::Next,
    ];
    for command in commands {
        let story = |with: bool| {
            let mut evening = Evening::new(rules());
            evening.at(0).done(Command::Start(None));
            for ms in 1..20 {
                evening.at(ms * 1000).post(ms * 1000 - 500, (ms % 3 > 0).into());
            }
            if with {
                evening.done(command.clone());
            }
            for ms in 20..75 {
                evening.at(ms * 1000).post(ms * 1000 - 500, (ms % 5 > 0).into());
            }
            if with {
                evening.done(Command::Undo);
            }
            let so_far = evening.whole();
            evening.at(80_000).done(Command::Arm(Arm::Next));
            (so_far, evening.whole())
        };
        assert_eq!(story(true), story(false), "{command:?}");
    }
}

#[test]
fn what_was_armed_can_be_taken_back_with_its_round() {
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None));
    evening.at(500).post(500, 0);
    evening.at(1000).done(Command::Lock);
    evening.at(5000).done(Command::Next);
    assert_eq!((evening.phase(), evening.rounds.standing(None).question.number), (Phase::Armed, 2));
    evening.at(6000).done(Command::Next);
    evening.at(9000);
    let before = evening.whole();
    evening.done(Command::Undo).done(Command::Undo);
    assert_eq!((evening.phase(), evening.votes()), (Phase::Revealed, vec![1, 0]));
    evening.done(Command::Redo).done(Command::Redo);
    assert_eq!(evening.whole(), before);
}

#[test]
fn a_finger_that_bounces_gives_one_command() {
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Next);
    evening.at(700);
    assert!(matches!(evening.give(Command::Next), Answer::Unchanged(_)));
    assert_eq!(evening.phase(), Phase::Open);
    evening.at(701).done(Command::Next);
    assert_eq!(evening.phase(), Phase::Locked);
}

#[test]
fn viewers_see_nothing_of_a_secret_round() {
    let mut evening = Evening::new(Rules { secret: true, ..rules() });
    evening.at(0).done(Command::Start(None));
    evening.at(1000).post(1000, 0);
    evening.post(1000, 0);
    for ms in [1000, 61_000, 65_000] {
        evening.at(ms);
        let all = evening.rounds.standing(None);
        let seen = evening.rounds.seen(&all);
        assert!(evening.rounds.has_secrets());
        assert_eq!((all.count.teams[0].votes, all.round.hidden), (2, false));
        assert_eq!((seen.count.teams[0].votes, seen.round.hidden), (0, true));
        assert_eq!(seen.count.teams[0], seen.count.teams[1]);
        assert_eq!((seen.count.leader, seen.results.len(), seen.round.result), (None, 0, None));
        assert_eq!(seen.round.wins, [0, 0]);
    }
    assert_eq!(evening.phase(), Phase::Sealed);
    evening.done(Command::Arm(Arm::Next));
    let all = evening.rounds.standing(None);
    let seen = evening.rounds.seen(&all);
    assert_eq!((all.results.len(), seen.results.len()), (1, 0), "it was left sealed");
    evening.done(Command::Reveal(Some(1)));
    let all = evening.rounds.standing(None);
    assert_eq!(evening.rounds.seen(&all).results.len(), 1);
}

#[test]
fn rounds_follow_each_other_without_an_operator() {
    let auto = Some(Duration::from_secs(20));
    let mut evening = Evening::new(Rules { auto, ..rules() });
    evening.at(1000);
    let mut said = Vec::new();
    for second in 2..200 {
        evening.at(second * 1000);
        said.extend(evening.rounds.take_said().into_iter().filter_map(|said| match said {
            Said::Clock(at, event) => Some((at.millis() / 1000, event.name())),
            _ => None,
        }));
    }
    let expected = [
        (1, "open"),
        (61, "locked"),
        (64, "revealed"),
        (84, "armed"),
        (84, "open"),
        (144, "locked"),
        (147, "revealed"),
        (167, "armed"),
    ];
    assert_eq!(said[..8], expected);
}

#[test]
fn time_off_is_left_out_of_rounds_that_undo_leads_back_to() {
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None));
    evening.at(10_000).done(Command::AddTime(10_000));
    evening.rounds.go_on(timestamp(20_000), timestamp(50_000));
    let left = |evening: &mut Evening| evening.rounds.standing(None).round.left.unwrap();
    assert_eq!(left(&mut evening), Duration::from_secs(50));
    evening.done(Command::Undo);
    assert_eq!(left(&mut evening), Duration::from_secs(40));
    assert_eq!((evening.post(20_000, 0), evening.post(30_000, 0)), (Fate::Counted, Fate::Closed));
}

#[test]
fn a_show_that_ends_again_before_it_has_said_that_it_goes_on_is_not_paused() {
    let left = |with_open: bool| {
        let mut evening = Evening::new(rules());
        evening.at(0).done(Command::Start(None));
        evening.at(20_000).post(20_000, 0);
        evening.rounds.is_recorded = true;
        let paused = Message::Clock(timestamp(20_000), ClockEvent::Paused);
        let open = Message::Clock(timestamp(50_000), ClockEvent::Open);
        evening.rounds.message(SourceId(0), paused);
        if with_open {
            evening.rounds.message(SourceId(0), open);
        }
        let last = if with_open { 50_000 } else { 20_000 };
        evening.rounds.take_said();
        evening.rounds.go_on(timestamp(last), timestamp(90_000));
        let said: Vec<Said> = evening.rounds.take_said();
        let goes_on = Said::Clock(timestamp(90_000), ClockEvent::Open);
        assert_eq!((said.len(), said.last()), (if with_open { 2 } else { 1 }, Some(&goes_on)));
        assert_eq!(evening.at(90_001).post(90_001, 1), Fate::Counted);
        assert_eq!(
            (evening.post(40_000, 1), evening.post(90_000, 1)),
            (Fate::Closed, Fate::Closed)
        );
        evening.rounds.standing(None).round.left.unwrap()
    };
    assert_eq!(left(false), Duration::from_millis(39_999));
    assert_eq!(left(true), left(false));
    // What an operator holds stays held.
    let mut evening = Evening::new(rules());
    evening.at(0).done(Command::Start(None));
    evening.at(20_000).done(Command::Pause);
    evening.rounds.go_on(timestamp(20_000), timestamp(90_000));
    assert!(evening.rounds.standing(None).round.paused);
}

#[test]
fn what_was_lost_of_the_time_before_an_undo_is_known_after_another_end() {
    let begin = |stage: u8| {
        let mut evening = Evening::new(Rules { secret: true, ..rules() });
        evening.at(0).done(Command::Start(None));
        let commands = [Command::Pause, Command::Lock, Command::Lock, Command::Lock];
        evening.at(20_000).done(commands[usize::from(stage)].clone());
        let end = if stage < 2 { 20_100 } else { 30_000 };
        if stage == 3 {
            evening.at(end).done(Command::Reveal(None));
        }
        evening.at(end);
        (evening, end)
    };
    for (stage, phase) in
        [Phase::Open, Phase::Locked, Phase::Sealed, Phase::Revealed].into_iter().enumerate()
    {
        let (mut shown, end) = begin(u8::try_from(stage).unwrap());
        assert_eq!(shown.phase(), phase);
        shown.rounds.take_said();
        shown.rounds.go_on(timestamp(end), timestamp(50_000));
        let (mut read, _) = begin(u8::try_from(stage).unwrap());
        read.rounds.is_recorded = true;
        for said in shown.rounds.take_said() {
            let Said::Clock(at, event) = said else { continue };
            read.rounds.message(SourceId(0), Message::Clock(at, event));
        }
        let left = |evening: &mut Evening| {
            evening.rounds.go_on(timestamp(50_000), timestamp(90_000));
            for _ in 0..=usize::from(phase == Phase::Revealed) {
                evening.done(Command::Undo);
            }
            let round = evening.rounds.standing(None).round;
            (evening.phase(), round.paused, round.left)
        };
        let expected = left(&mut shown);
        assert_eq!(expected.0, Phase::Open);
        assert_eq!(left(&mut read), expected, "{phase:?}");
    }
}

#[test]
fn a_rest_that_was_running_goes_on_from_where_it_was() {
    let mut evening = Evening::new(Rules { auto: Some(Duration::from_secs(20)), ..rules() });
    evening.at(1000);
    evening.at(70_000);
    assert_eq!(evening.phase(), Phase::Revealed, "since 64.000, and until 84.000");
    evening.rounds.go_on(timestamp(75_000), timestamp(500_000));
    assert_eq!(evening.at(508_999).phase(), Phase::Revealed);
    assert_eq!(evening.at(509_000).phase(), Phase::Open);
}

#[test]
fn past_the_bound_the_oldest_command_leaves_the_memory() {
    let mut evening = Evening::new(rules());
    evening.rounds.log.set_most(10);
    evening.at(0).done(Command::Start(None));
    evening.at(1000).done(Command::AddTime(60_000));
    for ms in 0..10 {
        evening.at(2000 + ms).post(2000 + ms, 0);
    }
    assert_eq!(evening.rounds.undo_status().steps, 2);
    evening.at(3000).post(3000, 0);
    assert_eq!(evening.rounds.undo_status().steps, 0);
    assert_eq!(evening.give(Command::Undo), Answer::refused("too long ago"));
    assert_eq!(evening.votes(), [11, 0], "its votes are counted all the same");
    evening.at(4000).done(Command::Reset);
    assert_eq!((evening.phase(), evening.votes()), (Phase::Armed, vec![0, 0]));
}

#[test]
fn how_long_a_phase_has_stood_leaves_pauses_out() {
    let countdown = Duration::from_secs(3);
    let mut evening = Evening::new(Rules { countdown, ..rules() });
    evening.at(1000).done(Command::Start(None));
    let stood = |evening: &mut Evening, ms| {
        let round = evening.at(ms).rounds.standing(None).round;
        (round.since.unwrap().as_millis(), round.opens_in.map(|left| left.as_millis()))
    };
    assert_eq!(stood(&mut evening, 2000), (1000, Some(2000)));
    evening.done(Command::Pause);
    assert_eq!(stood(&mut evening, 7000), (1000, Some(2000)));
    evening.done(Command::Resume);
    assert_eq!(stood(&mut evening, 8000), (2000, Some(1000)));
    assert_eq!(stood(&mut evening, 10_000), (1000, None), "open since 9.000");
    evening.done(Command::Pause);
    assert_eq!(stood(&mut evening, 20_000), (1000, None));
    evening.done(Command::Resume);
    assert_eq!(stood(&mut evening, 25_000), (6000, None));
    evening.done(Command::Lock);
    assert_eq!(stood(&mut evening, 27_000), (2000, None));
}

#[test]
fn the_first_command_of_an_evening_can_be_taken_back_after_posts() {
    let mut evening = Evening::new(rules());
    evening.at(0).post(0, 0);
    let before = evening.whole();
    evening.at(1000).done(Command::Arm(Arm::Next));
    evening.post(1000, 0);
    evening.done(Command::Undo);
    assert_eq!(evening.whole(), before.replace("closed: 1", "closed: 2"));
}

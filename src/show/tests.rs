//! What a show answers to orders, what its snapshots hold, and how soon they are wanted.

use super::published::{FADING_BEAT, LONGEST_BEAT};
use super::*;
use crate::contest::TeamId;
use crate::event::Message;
use crate::order::{Request, TimerOrder};
use crate::picture::{Dark, Pattern, Scene};
use crate::post::{AuthorId, Post, PostId, Side, Tags, Version};
use crate::render::check::snapshot_of;
use crate::rgb::Rgb;
use crate::round::Length;
use crate::snapshot::{Gap, OutputState, OutputStatus, Phase, SourceState};

const SECOND: Duration = Duration::from_secs(1);

fn show() -> Show {
    show_with(None, false)
}

fn show_with(rounds: Option<Rules>, is_recorded: bool) -> Show {
    Show::new(Setup {
        questions: Arc::new(snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]).contest.into()),
        sources: ["a", "b"].map(|name| SourceStatus::new(name.to_owned(), "nostr")).to_vec(),
        limits: Limits::default(),
        marks: Marks::default(),
        rounds,
        is_recorded,
    })
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).unwrap()
}

fn after(elapsed: Duration) -> Now {
    Now { elapsed, clock: None }
}

/// In a live show whose clock began at zero.
fn live(elapsed: Duration) -> Now {
    let clock = Some(timestamp(0).saturating_add(elapsed));
    Now { elapsed, clock }
}

fn post(ms: i64, id: u64) -> News {
    News::Message(Message::Post(Post {
        id: Some(PostId(id)),
        alias: None,
        author: Some(AuthorId(id)),
        at: timestamp(ms),
        side: Side::Team(TeamId(0)),
        tags: Tags::default(),
        version: Version::First,
    }))
}

fn order(show: &mut Show, order: Order, now: Now) -> Answer {
    let outcome = show.apply(Event::Order(order), now);
    assert_eq!(outcome.urgency, Urgency::Now, "who orders something sees it at once");
    let Effect::Answer(answer) = outcome.effect else { panic!("{outcome:?}") };
    answer
}

fn news(show: &mut Show, source: usize, news: News, now: Now) -> Outcome {
    show.apply(Event::News(SourceId(source), news), now)
}

#[test]
fn a_snapshot_is_whole() {
    let mut show = show();
    let gap = Gap { from: timestamp(1), length: SECOND };
    news(&mut show, 1, post(5000, 1), after(SECOND));
    news(&mut show, 1, News::State(SourceState::Live), after(SECOND));
    news(&mut show, 0, News::Problem(Some("gone".into())), after(SECOND));
    news(&mut show, 0, News::Gap(gap), after(SECOND));
    let outputs = Some(Vec::new());
    show.apply(Event::Parts(Parts { outputs, ..Parts::default() }), after(SECOND));
    order(&mut show, Command::Timer(TimerOrder::Start(60 * SECOND)).into(), after(2 * SECOND));
    let snapshot = show.snapshot(after(3 * SECOND));
    assert_eq!((snapshot.seq, snapshot.at), (1, Some(timestamp(5000))));
    assert_eq!((snapshot.phase, snapshot.scene), (Phase::Open, Scene::Timer));
    assert_eq!((snapshot.teams[0].votes, snapshot.posts.matched), (1, 1));
    assert_eq!(snapshot.leader, Some(TeamId(0)));
    let [a, b] = &snapshot.sources[..] else { panic!("two sources") };
    assert_eq!((a.problem.as_deref(), &a.gaps[..]), (Some("gone"), &[gap][..]));
    assert_eq!((b.state, b.stale), (SourceState::Live, 2 * SECOND));
    assert_eq!(a.stale, 3 * SECOND, "a problem and a gap are not said by the network");
    assert_eq!(snapshot.timer.unwrap().left, 59 * SECOND);
    assert_eq!(snapshot.outputs, Some(Vec::new()));
    assert_eq!(show.snapshot(after(3 * SECOND)).seq, 2);
}

#[test]
fn what_is_shown_is_part_of_the_state() {
    let mut show = show();
    let now = after(SECOND);
    let mut order = |what: Order| order(&mut show, what, now);
    let rgb = || Order::Pattern(Pattern::Rgb);
    assert_eq!(order(rgb()), Answer::Done);
    assert_eq!(order(rgb()), Answer::unchanged("that is what is shown"));
    let strip = || Dark::Output("strip".to_owned());
    assert_eq!(order(Command::Blackout(Dark::All).into()), Answer::Done);
    assert_eq!(order(Command::Blackout(strip()).into()), Answer::Done);
    assert_eq!(order(Command::Blackout(strip()).into()), Answer::unchanged("that is dark"));
    let all_is_dark = Answer::refused("all is dark: light `all` first");
    assert_eq!(order(Command::Light(Dark::Screens).into()), all_is_dark);
    let no_timer = Answer::refused("there is no timer");
    assert_eq!(order(Command::Scene(Scene::Timer).into()), no_timer);
    assert_eq!(order(Command::Scene(Scene::Join).into()), Answer::Done);
    let snapshot = show.snapshot(now);
    assert_eq!((snapshot.pattern, snapshot.scene), (Some(Pattern::Rgb), Scene::Join));
    assert_eq!(snapshot.blackout, [Dark::All, strip()]);
    assert_eq!(self::order(&mut show, Command::Light(Dark::All).into(), now), Answer::Done);
    assert_eq!(show.snapshot(now).blackout, []);
}

#[test]
fn a_command_in_a_recording_is_an_order_like_any_other() {
    let dark = |show: &mut Show, now, from| {
        let request = Request { from, ..Command::Blackout(Dark::All).into() };
        let given = Box::new(Given { at: timestamp(1000), request });
        news(show, 0, News::Message(Message::Command(given)), now);
        !show.snapshot(now).blackout.is_empty()
    };
    let recorded = after(Duration::ZERO);
    let rounds = || Some(Rules { countdown: Duration::ZERO, ..Rules::default() });
    let mut armed = show_with(rounds(), true);
    assert!(!dark(&mut armed, recorded, Some(Phase::Open)), "the round is not open");
    assert_eq!(armed.now(), Some(timestamp(1000)), "it is that late all the same");
    assert!(dark(&mut armed, recorded, Some(Phase::Armed)));
    // Its phase is the one at its own time, at which the bell has fallen.
    let mut open = show_with(rounds(), true);
    let start = Given { at: timestamp(0), request: Command::Start(None).into() };
    news(&mut open, 0, News::Message(Message::Command(Box::new(start))), recorded);
    let late = Given {
        at: timestamp(3_600_000),
        request: Request { from: Some(Phase::Open), ..Command::Blackout(Dark::All).into() },
    };
    news(&mut open, 0, News::Message(Message::Command(Box::new(late))), recorded);
    let snapshot = open.snapshot(recorded);
    assert_eq!((snapshot.phase, snapshot.blackout.len()), (Phase::Revealed, 0));
    // A show without rounds is open from start to end.
    assert!(!dark(&mut show(), recorded, Some(Phase::Armed)));
    assert!(dark(&mut show(), recorded, Some(Phase::Open)));
    // A show that goes by a clock is led by whoever is there.
    for mut rehearsal in [show(), show_with(rounds(), false)] {
        assert!(!dark(&mut rehearsal, live(SECOND), None));
    }
}

#[test]
fn time_is_a_matter_of_rounds_that_run_and_of_rests_between_rounds_that_open_by_themselves() {
    let timed = |auto| {
        let rules = Rules { auto, length: Length::After(5 * SECOND), ..Rules::default() };
        let mut show = show_with(Some(rules), false);
        show.apply(Event::Time, live(SECOND));
        let before = show.is_timed();
        order(&mut show, Command::Start(None).into(), live(SECOND));
        let running = show.is_timed();
        show.apply(Event::Time, live(30 * SECOND));
        assert_eq!(show.snapshot(live(30 * SECOND)).phase, Phase::Revealed);
        [before, running, show.is_timed()]
    };
    assert_eq!(timed(None), [false, true, false]);
    assert_eq!(timed(Some(60 * SECOND)), [true; 3]);
    assert!(!show().is_timed());
}

#[test]
fn the_timer_is_steered_by_orders() {
    let mut show = show();
    let mut timer = |what, at| order(&mut show, Command::Timer(what).into(), after(at));
    assert_eq!(timer(TimerOrder::Add(1000), SECOND), Answer::refused("there is no timer"));
    assert_eq!(timer(TimerOrder::Toggle, SECOND), Answer::refused("there is no timer"));
    assert_eq!(timer(TimerOrder::Stop, SECOND), Answer::unchanged("there is no timer"));
    assert_eq!(timer(TimerOrder::Start(60 * SECOND), SECOND), Answer::Done);
    assert_eq!(timer(TimerOrder::Add(40_000), 2 * SECOND), Answer::Done);
    assert_eq!(timer(TimerOrder::Add(-10_000), 2 * SECOND), Answer::Done);
    assert_eq!(timer(TimerOrder::Resume, SECOND), Answer::unchanged("the timer is running"));
    assert_eq!(timer(TimerOrder::Pause, 11 * SECOND), Answer::Done);
    assert_eq!(timer(TimerOrder::Pause, 12 * SECOND), Answer::unchanged("the timer is held"));
    let held = show.snapshot(after(50 * SECOND)).timer.unwrap();
    assert_eq!((held.left, held.total, held.running), (80 * SECOND, 90 * SECOND, false));
    let stop = Command::Timer(TimerOrder::Stop).into();
    assert_eq!(order(&mut show, stop, after(SECOND)), Answer::Done);
    let snapshot = show.snapshot(after(51 * SECOND));
    assert_eq!((snapshot.timer, snapshot.scene), (None, Scene::Contest));
}

#[test]
fn a_timer_that_is_not_shown_ends_without_changing_the_scene() {
    let mut show = show();
    let orders: [Command; 3] = [
        Command::Timer(TimerOrder::Start(60 * SECOND)),
        Command::Scene(Scene::Join),
        Command::Timer(TimerOrder::Stop),
    ];
    for command in orders {
        assert_eq!(order(&mut show, command.into(), after(SECOND)), Answer::Done);
    }
    assert_eq!(show.snapshot(after(SECOND)).scene, Scene::Join);
}

#[test]
fn news_is_as_urgent_as_it_is_of_use() {
    let mut show = show();
    let mut urgency = |said, now| news(&mut show, 0, said, now).urgency;
    assert_eq!(urgency(post(0, 1), after(SECOND)), Urgency::Beat, "ticks show a recording");
    assert_eq!(urgency(News::Tick(timestamp(1000)), after(SECOND)), Urgency::Soon);
    assert_eq!(urgency(post(2000, 2), live(2 * SECOND)), Urgency::Soon);
    assert_eq!(urgency(News::Alive, live(2 * SECOND)), Urgency::Soon);
    assert_eq!(urgency(News::State(SourceState::Stale), live(SECOND)), Urgency::Now);
    assert_eq!(urgency(News::Problem(None), live(SECOND)), Urgency::Now);
}

#[test]
fn a_snapshot_stands_until_something_changes_by_itself() {
    let mut show = show();
    let stands = |show: &Show, now| show.stands_until(now).saturating_sub(now.elapsed);
    assert_eq!(stands(&show, live(SECOND)), LONGEST_BEAT);
    news(&mut show, 0, post(1000, 1), live(SECOND));
    assert_eq!(stands(&show, live(SECOND)), FADING_BEAT, "a vote will leave the window");
    assert_eq!(stands(&show, after(SECOND)), LONGEST_BEAT, "a recording says when it does");
    let start = Command::Timer(TimerOrder::Start(60 * SECOND)).into();
    order(&mut show, start, after(Duration::from_millis(1200)));
    let now = after(Duration::from_millis(1900));
    assert_eq!(stands(&show, now), Duration::from_millis(300), "the clock's next second");
}

#[test]
fn the_clock_of_a_live_show_takes_votes_out_of_the_window() {
    let mut show = show();
    news(&mut show, 0, post(1000, 1), live(SECOND));
    assert_eq!(show.snapshot(live(60 * SECOND)).teams[0].votes, 1);
    show.apply(Event::Time, live(61 * SECOND));
    assert_eq!(show.now(), Some(timestamp(61_000)));
    assert_eq!(show.snapshot(live(61 * SECOND)).teams[0].votes, 0);
}

#[test]
fn a_live_source_whose_posts_are_all_late_is_said_to_be() {
    let mut show = show();
    news(&mut show, 0, News::State(SourceState::Live), live(100 * SECOND));
    let late = (0..30).map(|id| news(&mut show, 0, post(1000, id), live(100 * SECOND)).urgency);
    assert_eq!(late.filter(|&urgency| urgency == Urgency::Now).count(), 2, "at 10 and at 20");
    let snapshot = show.snapshot(live(101 * SECOND));
    let problem = snapshot.sources[0].problem.clone().unwrap();
    let said = "the last 20 posts came too late to count: their times are 99 s old (is the clock \
                of `a` wrong";
    assert!(problem.starts_with(said), "{problem}");
    assert_eq!((snapshot.posts.late, &snapshot.sources[1].problem), (30, &None));
    let counted = news(&mut show, 0, post(100_000, 99), live(101 * SECOND));
    assert_eq!(counted.urgency, Urgency::Now);
    assert_eq!(show.snapshot(live(101 * SECOND)).sources[0].problem, None);
    // In a recording late posts are late by the times of others.
    let mut recorded = self::show();
    news(&mut recorded, 0, News::State(SourceState::Live), after(SECOND));
    news(&mut recorded, 0, post(200_000, 100), after(SECOND));
    (0..30).for_each(|id| drop(news(&mut recorded, 0, post(1000, id), after(SECOND))));
    let snapshot = recorded.snapshot(after(SECOND));
    assert_eq!((snapshot.posts.late, &snapshot.sources[0].problem), (30, &None));
}

#[test]
fn news_of_an_unknown_source_counts_and_changes_no_other() {
    let mut show = show();
    news(&mut show, 7, post(1000, 1), after(SECOND));
    news(&mut show, 7, News::State(SourceState::Ended), after(SECOND));
    let snapshot = show.snapshot(after(SECOND));
    assert_eq!(snapshot.posts.matched, 1);
    assert!(snapshot.sources.iter().all(|source| source.state == SourceState::Connecting));
}

#[test]
fn a_grace_begins_anew_when_all_sources_are_back_or_have_not_come_for_long() {
    let second = |seconds: u64| live(SECOND * u32::try_from(seconds).unwrap());
    let phase = |show: &mut Show, now: Now| {
        show.apply(Event::Time, now);
        show.phase()
    };
    let locked = || {
        let rules = Rules { countdown: Duration::ZERO, grace: SECOND, ..Rules::default() };
        let mut show = show_with(Some(rules), false);
        order(&mut show, Command::Start(None).into(), second(0));
        order(&mut show, Command::Lock.into(), second(10));
        show.go_on(timestamp(10_500), timestamp(40_000));
        assert_eq!(phase(&mut show, second(42)), Phase::Locked, "nobody is back");
        show
    };
    let mut show = locked();
    news(&mut show, 0, News::State(SourceState::Live), second(43));
    assert_eq!(phase(&mut show, second(45)), Phase::Locked, "one is back");
    news(&mut show, 1, News::State(SourceState::Live), second(45));
    news(&mut show, 1, post(9000, 1), second(46));
    // It begins once.
    news(&mut show, 0, News::State(SourceState::Connecting), second(46));
    news(&mut show, 0, News::State(SourceState::Live), second(46));
    assert_eq!(phase(&mut show, second(46)), Phase::Locked);
    assert_eq!(phase(&mut show, second(47)), Phase::Revealed);
    assert_eq!(show.results().next().unwrap().teams[0].votes, 1);
    let mut show = locked();
    assert_eq!(phase(&mut show, second(56)), Phase::Locked);
    assert_eq!(phase(&mut show, second(57)), Phase::Revealed, "15 s and the grace are over");
}

#[test]
fn only_an_output_that_is_there_can_be_dark() {
    let mut show = show();
    let output = |name: &str| Command::Blackout(Dark::Output(name.to_owned())).into();
    let status = OutputStatus {
        name: "strip".to_owned(),
        kind: "ddp",
        state: OutputState::Live,
        error: None,
        pixels: 60,
        milliamps: None,
        max_milliamps: None,
        limited: false,
        flash_limited: false,
        frames: 0,
        skipped: 0,
        repeated: 0,
        errors: 0,
        panics: 0,
    };
    let outputs = Some(vec![status]);
    show.apply(Event::Parts(Parts { outputs, ..Parts::default() }), Now::default());
    let answer = order(&mut show, output("strp"), Now::default());
    assert_eq!(answer, Answer::refused("there is no output `strp`: there are strip"));
    assert_eq!(order(&mut show, output("strip"), Now::default()), Answer::Done);
    assert_eq!(show.snapshot(Now::default()).blackout, [Dark::Output("strip".to_owned())]);
}

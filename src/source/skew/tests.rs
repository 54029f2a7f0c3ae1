//! Conversations with networks whose clocks, and the machine's, are wrong, wholly or once.

use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const YEAR: i64 = 365 * 24 * HOUR;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_795_287_841_000 + ms).unwrap()
}

fn skew() -> Skew {
    Skew::new(Duration::from_mins(1))
}

/// One whose network has been believed for a minute: the show's clock is `ahead` of it.
fn known(ahead: i64) -> Skew {
    let mut skew = skew();
    (-60..=0).for_each(|second| skew.observe(at(second * SECOND), at(second * SECOND + ahead)));
    skew
}

#[test]
fn a_clock_that_is_an_hour_wrong_changes_nothing() {
    for wrong in [-HOUR, 0, HOUR] {
        let mut skew = skew();
        // 200 ms, 80 ms and 150 ms on the way.
        for (sent, took) in [(0, 200), (1000, 80), (2000, 150)] {
            skew.observe(at(sent), at(sent + took + wrong));
        }
        // A post that was fetched half a minute later stands where it belongs.
        assert_eq!(skew.place(at(2500), at(32_500 + wrong)), at(2650 + wrong), "{wrong}");
        assert_eq!(skew.network(at(5150 + wrong)), at(5000));
    }
}

#[test]
fn nothing_is_late_in_the_first_moment_however_wrong_the_machines_clock_is() {
    for wrong in [-50 * YEAR, -HOUR, -30 * SECOND, 0, 30 * SECOND, HOUR, 10 * YEAR] {
        let mut skew = skew();
        skew.observe(at(0), at(100 + wrong));
        assert_eq!(skew.place(at(0), at(100 + wrong)), at(100 + wrong).min(at(wrong + 100)));
        // And what is old is old.
        let old = skew.place(at(-5 * MINUTE), at(100 + wrong));
        assert!(old <= at(wrong - 4 * MINUTE), "{wrong}: {old}");
    }
}

#[test]
fn the_future_is_now() {
    let mut skew = skew();
    assert_eq!(skew.place(at(90_000), at(1000)), at(1000));
    skew.observe(at(0), at(50));
    assert_eq!(skew.place(at(90_000), at(1000)), at(1000));
}

#[test]
fn an_unknown_clock_is_taken_to_be_right() {
    assert_eq!(skew().place(at(500), at(1000)), at(500));
    assert_eq!(skew().observed(at(0)), None);
}

#[test]
fn one_stamp_moves_no_clock_and_two_neither() {
    for wrong in [-50 * YEAR, -HOUR, -30 * SECOND, 30 * SECOND, HOUR, 10 * YEAR] {
        for times in 1..=2 {
            for mut skew in [skew(), known(40)] {
                (0..times).for_each(|n| skew.observe(at(wrong + n * SECOND), at(n * SECOND)));
                skew.observe(at(9 * SECOND), at(9 * SECOND + 40));
                assert_eq!(skew.ahead(at(9 * SECOND)), 40, "{wrong}");
                assert!(!skew.is_undecided(at(9 * SECOND)));
            }
        }
    }
}

#[test]
fn one_server_of_several_with_a_wrong_clock_is_not_believed() {
    let mut skew = known(40);
    for poll in 1..200 {
        let now = poll * 5 * SECOND;
        let wrong = if poll % 2 == 0 { 30 * SECOND } else { 0 };
        skew.observe(at(now + wrong), at(now + 40));
        assert_eq!(skew.ahead(at(now)), 40);
    }
}

#[test]
fn many_stamps_in_one_moment_are_one_witness() {
    let mut skew = known(40);
    (0..1000).for_each(|n| skew.observe(at(HOUR), at(n % 10)));
    assert_eq!(skew.ahead(at(0)), 40);
}

#[test]
fn a_networks_clock_that_is_set_forward_is_followed_at_once_and_one_set_back_soon() {
    for (step, seconds) in [(HOUR, 2), (30 * SECOND, 2), (-HOUR, 20), (-30 * SECOND, 20)] {
        let mut skew = known(40);
        let learned = (0..120).find(|&second| {
            skew.observe(at(second * SECOND + step), at(second * SECOND + 40));
            skew.ahead(at(second * SECOND)) == 40 - step
        });
        assert_eq!(learned, Some(seconds), "{step}");
        assert_eq!(skew.place(at(121_000 + step), at(121_040)), at(121_040));
    }
}

#[test]
fn what_is_sent_after_a_break_is_not_taken_for_a_clock_that_was_set_back() {
    // Some minutes of posts, sent at different speeds: each is as old as it is.
    for speed in [2, 5, 50] {
        let mut skew = known(40);
        let mut now = 0;
        loop {
            let posted = -8 * MINUTE + now * speed;
            if posted > now {
                break;
            }
            skew.observe(at(posted), at(now + 40));
            assert_eq!(skew.place(at(posted), at(now + 40)), at(posted + 40), "{speed}");
            now += 50;
        }
    }
}

#[test]
fn a_machine_that_slept_finds_the_time_again() {
    // The show's clock has stood still for an hour.
    let mut skew = known(40);
    skew.observe(at(HOUR), at(40));
    assert_eq!(skew.place(at(HOUR), at(40)), at(40));
    // What was posted half an hour ago is no post of now.
    assert!(skew.place(at(HOUR / 2), at(50)) < at(-29 * MINUTE));
    skew.observe(at(HOUR + 600), at(640));
    skew.observe(at(HOUR + 1200), at(1240));
    assert_eq!(skew.ahead(at(1240)), 40 - HOUR);
}

#[test]
fn a_recording_that_is_played_back_has_a_clock_of_its_own() {
    let mut skew = Skew::by_stamps(Duration::from_mins(1));
    skew.observe_date(at(0), at(10));
    assert_eq!(skew.observed(at(10)), None);
    for second in 0..100 {
        let posted = second * SECOND - 3 * 24 * HOUR;
        skew.observe_date(at(second * SECOND), at(second * SECOND));
        skew.observe(at(posted), at(second * SECOND + 10));
        let now = at(second * SECOND + 10);
        assert!(now.saturating_since(skew.place(at(posted), now)) < Duration::from_millis(1));
    }
}

#[test]
fn dates_that_are_cut_to_seconds_move_no_clock_that_may_be_right() {
    for cut in 0..1000 {
        let mut skew = skew();
        for answer in 0..3 {
            let now = at(5 * SECOND + answer * 4000 + cut);
            skew.observe_date(at(5 * SECOND + answer * 4000), now);
            assert_eq!(skew.ahead(now), 0, "cut by {cut}");
        }
        // A network that is behind by more than that is found out.
        (4..8)
            .for_each(|second| skew.observe_date(at(second * SECOND), at(second * SECOND + 1500)));
        assert_eq!(skew.ahead(at(9500)), 1500, "cut by {cut}");
    }
}

#[test]
fn a_step_of_the_networks_clock_is_forgotten() {
    let mut skew = skew();
    (0..3).for_each(|n| skew.observe(at(20_000 + n * 500), at(n * 500)));
    assert_eq!(skew.ahead(at(1000)), -20_000);
    // Set right again: the old difference is the smaller one.
    for second in 2..40 {
        skew.observe(at(second * SECOND), at(second * SECOND + 40));
    }
    assert_eq!(skew.ahead(at(40 * SECOND)), 40);
}

/// What a network says in a conversation: a stamp, and posts that came with it.
#[derive(Clone, Debug)]
struct Said {
    /// After what was said before.
    after: i64,
    /// How long it was on the way.
    took: i64,
    /// The age of a post that came with it.
    age: i64,
}

/// How networks stamp what they say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stamping {
    /// Each message is a post, with a stamp of its own.
    Posts,
    /// Each answer is dated to the second, and holds posts that their authors date.
    Answers,
    /// Only each tenth message is dated, as by a handshake.
    Handshakes,
}

/// Where the posts of a conversation are placed, relative to when they were posted on the show's
/// clock, which is `machine` ahead of the network's.
fn places(
    stamping: Stamping,
    said: &[Said],
    machine: i64,
    wrong: Option<(usize, i64)>,
) -> Vec<i64> {
    let mut skew = skew();
    let mut now = 0;
    let mut places = Vec::new();
    for (index, Said { after, took, age }) in said.iter().enumerate() {
        now += after;
        let error = wrong.filter(|&(place, _)| place == index).map_or(0, |(_, error)| error);
        let arrival = at(now + took + machine);
        let posted = match stamping {
            Stamping::Posts => {
                skew.observe(at(now + error), arrival);
                now + error
            }
            Stamping::Answers | Stamping::Handshakes => {
                if stamping == Stamping::Answers || index % 10 == 0 {
                    let date = (now + error).div_euclid(SECOND) * SECOND;
                    skew.observe_date(at(date), arrival);
                }
                now - age
            }
        };
        let truth = if stamping == Stamping::Posts { now } else { posted };
        places.push(skew.place(at(posted), arrival).millis() - at(truth + machine).millis());
    }
    places
}

fn said(longest_pause: i64) -> impl Strategy<Value = Vec<Said>> {
    let one = (1..longest_pause, 10_i64..200, 0_i64..4000).prop_map(|(after, took, age)| Said {
        after,
        took,
        age,
    });
    prop::collection::vec(one, 30..60)
}

fn wrong() -> impl Strategy<Value = i64> {
    let size = prop_oneof![3 * SECOND..5 * MINUTE, 5 * MINUTE..100 * HOUR, YEAR..60 * YEAR];
    (size, any::<bool>()).prop_map(|(size, is_ahead)| if is_ahead { size } else { -size })
}

/// By more than a window.
fn far() -> impl Strategy<Value = i64> {
    wrong().prop_map(|wrong| wrong + wrong.signum() * 5 * MINUTE)
}

proptest! {
    #[test]
    fn one_wrong_stamp_moves_no_post(
        (stamping, said) in prop_oneof![
            said(2000).prop_map(|said| (Stamping::Posts, said)),
            said(8000).prop_map(|said| (Stamping::Answers, said)),
            said(8000).prop_map(|said| (Stamping::Handshakes, said)),
        ],
        machine in prop::sample::select(vec![0, -300, 300]),
        place in 0_usize..30,
        error in wrong(),
    ) {
        let without = places(stamping, &said, machine, None);
        let with = places(stamping, &said, machine, Some((place, error)));
        for (index, (without, with)) in without.iter().zip(&with).enumerate() {
            // A post that says that it is old is taken at its word.
            let is_own = stamping == Stamping::Posts && index == place;
            if !is_own || error > 0 {
                prop_assert!((without - with).abs() <= 1500, "{index}: {without} {with}");
            }
        }
    }

    #[test]
    fn one_wrong_stamp_makes_no_post_late_on_a_machine_whose_clock_is_wrong(
        (stamping, said) in prop_oneof![
            said(2000).prop_map(|said| (Stamping::Posts, said)),
            said(8000).prop_map(|said| (Stamping::Answers, said)),
        ],
        machine in prop_oneof![far(), 3 * SECOND..50 * SECOND],
        place in 0_usize..30,
        error in wrong(),
    ) {
        for (index, place_of_post) in
            places(stamping, &said, machine, Some((place, error))).into_iter().enumerate()
        {
            // Where the only two clocks that are known are both wrong, nobody knows.
            let is_own = index == place
                && match stamping {
                    Stamping::Posts => error < 0,
                    Stamping::Answers | Stamping::Handshakes => place == 0,
                };
            prop_assert!(is_own || place_of_post > -MINUTE + 4000, "{index}: {place_of_post}");
        }
    }
}

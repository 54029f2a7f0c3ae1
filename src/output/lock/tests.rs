use super::*;
use crate::output::tests::parse;

/// A config with one DDP output for each host, and a claim that no other test has.
fn ddp(hosts: &[&str], port: u16) -> Vec<Settings> {
    let output = |(index, host): (usize, &&str)| {
        format!(
            "[[output]]\nname = \"o{index}\"\nkind = \"ddp\"\nhost = \"{host}\"\nport = {port}\n"
        )
    };
    parse(&hosts.iter().enumerate().map(output).collect::<String>())
}

fn e131(host: &str, universe: u16, pixels: usize) -> Vec<Settings> {
    parse(&format!(
        "[[output]]\nkind = \"e131\"\nhost = \"{host}\"\nuniverse = {universe}\npixels = {pixels}\n"
    ))
}

fn refused(outputs: &[Settings]) -> Option<String> {
    let taken = take_within(outputs, Sharing::Refused, Duration::ZERO);
    taken.err().map(|driven| driven.to_string())
}

#[test]
fn a_light_that_is_driven_is_refused_with_the_process_until_that_lets_go() {
    let outputs = ddp(&["one.lock-test.invalid"], 4048);
    let first = take(&outputs, Sharing::Refused).unwrap();
    let said = refused(&outputs).unwrap();
    let start = format!("output `o0`: process {} (`", std::process::id());
    assert!(said.starts_with(&start), "{said}");
    assert!(said.ends_with("`) drives port 4048 of `one.lock-test.invalid` already"), "{said}");
    drop(first);
    assert_eq!(refused(&outputs), None);
}

#[test]
fn claims_meet_where_they_overlap_and_nowhere_else() {
    let host = "two.lock-test.invalid";
    // 170 pixels a universe.
    let _first = take(&e131(host, 2, 340), Sharing::Refused).unwrap();
    for (universe, pixels, meets) in [
        (1, 170, false),
        (1, 171, true),
        (2, 1, true),
        (3, 1, true),
        (3, 500, true),
        (4, 500, false),
    ] {
        let said = refused(&e131(host, universe, pixels));
        assert_eq!(said.is_some(), meets, "{universe} {pixels}: {said:?}");
    }
    assert!(refused(&e131("TWO.lock-test.invalid.", 2, 1)).is_some(), "the same host");
    assert_eq!(refused(&e131("multicast", 63_777, 1)), None);
    let _group = take(&e131("multicast", 63_777, 1), Sharing::Refused).unwrap();
    assert!(refused(&e131("multicast", 63_777, 1)).is_some());
    assert_eq!(refused(&e131(host, 63_777, 1)), None, "a host is not the group");
}

#[test]
fn who_is_refused_keeps_nothing_and_all_that_are_driven_by_one_are_told_once() {
    let (a, b, c) = ("a.three.invalid", "b.three.invalid", "c.three.invalid");
    let _held = take(&ddp(&[b], 4048), Sharing::Refused).unwrap();
    let said = refused(&ddp(&[a, b, c], 4048)).unwrap();
    assert!(said.starts_with("output `o1`: "), "{said}");
    assert_eq!(refused(&ddp(&[a, c], 4048)), None);
    let _universes = take(&e131(a, 1, 900), Sharing::Refused).unwrap();
    let said = refused(&e131(a, 1, 900)).unwrap();
    assert_eq!(said.matches("drives universe 1 of").count(), 1, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn who_is_forced_takes_no_lock_away_and_is_found_when_the_first_is_gone() {
    let outputs = ddp(&["four.lock-test.invalid"], 4048);
    let first = take(&outputs, Sharing::Refused).unwrap();
    let second = take(&outputs, Sharing::Forced).unwrap();
    assert!(refused(&outputs).is_some());
    drop(first);
    assert!(refused(&outputs).is_some(), "the second drives them still");
    let third = take(&outputs, Sharing::Forced).unwrap();
    drop(second);
    assert!(refused(&outputs).is_some());
    drop(third);
    assert_eq!(refused(&outputs), None);
    let crowd: Vec<Locks> =
        (0..PLACES + 2).map(|_| take(&outputs, Sharing::Forced).unwrap()).collect();
    assert!(refused(&outputs).is_some());
    drop(crowd);
    assert_eq!(refused(&outputs), None);
}

#[test]
fn of_many_that_begin_at_one_time_exactly_one_gets_the_lights() {
    let hosts = ["a.five.invalid", "b.five.invalid", "c.five.invalid"];
    for _ in 0..20 {
        let start = std::sync::Barrier::new(4);
        let taken = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        let taken =
                            take_within(&ddp(&hosts, 4048), Sharing::Refused, Duration::ZERO);
                        // Held until all have tried.
                        start.wait();
                        taken.is_ok()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|&ok| ok).count()
        });
        // One that only looks whether a place is free may be in the way of all others for that moment.
        assert!(taken <= 1, "{taken} have the lights");
        assert_eq!(refused(&ddp(&hosts, 4048)), None);
    }
}

#[test]
fn the_terminal_is_everybodys_own() {
    let outputs = parse("[[output]]\nkind = \"terminal\"\n");
    let _first = take(&outputs, Sharing::Refused).unwrap();
    assert_eq!(refused(&outputs), None);
}

#[test]
fn a_file_is_a_lock_where_there_are_no_abstract_names() {
    let key = key("a test of files", std::process::id() as usize);
    let first = file::take(&key).unwrap();
    assert!(matches!(file::take(&key), Err(Refusal::Held)));
    assert_eq!(file::holder(&key), Some(std::process::id()));
    drop(first);
    assert!(file::take(&key).is_ok());
    for ending in ["lock", "pid"] {
        let name = format!("hashtug-lights-{key}.{ending}");
        std::fs::remove_file(std::env::temp_dir().join(name)).unwrap();
    }
}

#[test]
fn a_command_line_that_would_act_on_the_terminal_is_shown_escaped() {
    assert_eq!(program(None), "another program");
    // None has this number.
    assert_eq!(program(Some(u32::MAX)), format!("process {}", u32::MAX));
    assert!(program(Some(std::process::id())).contains(" (`"));
}

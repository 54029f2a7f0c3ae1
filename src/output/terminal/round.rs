//! The round, as a line under the strip: its phase and what is left of its time. How it stands is not
//! said here before it is revealed.

use crate::snapshot::{Phase, RoundResult, RoundStatus, Snapshot};
use crate::timer;

use super::{RESET, plain};

/// What there is to say of a round, if there are rounds.
pub(super) fn line(snapshot: &Snapshot) -> Option<String> {
    let round = snapshot.round.as_ref()?;
    let held = if round.paused { "  \x1b[7m HELD \x1b[0m" } else { "" };
    let series = match round.best_of {
        0 | 1 => String::new(),
        best_of => format!(", best of {best_of}"),
    };
    let (phase, more) = phase(snapshot.phase, round);
    Some(format!("\x1b[1m{phase}{RESET}{more}{held}  \x1b[2mround {}{series}{RESET}", round.number))
}

/// Whether viewers are not to see how it stands.
pub(super) fn is_hidden(snapshot: &Snapshot) -> bool {
    let shown = snapshot.phase == Phase::Revealed;
    snapshot.round.as_ref().is_some_and(|round| round.hidden || round.secret && !shown)
}

fn phase(phase: Phase, round: &RoundStatus) -> (&'static str, String) {
    let left = |what: &str| match round.left {
        Some(left) => format!(", {}{what}", timer::clock(left)),
        None => String::new(),
    };
    match phase {
        Phase::Armed => ("armed", left(" once it is open")),
        Phase::Countdown => {
            let opens_in = round.opens_in.unwrap_or_default();
            ("countdown", format!(", opens in {}", timer::clock(opens_in)))
        }
        Phase::Open => ("open", left(" left")),
        Phase::Locked => ("locked", ", posts under way still count".to_owned()),
        Phase::Sealed => ("sealed", String::new()),
        Phase::Revealed => {
            let result = round.result.as_deref().filter(|_| !round.hidden);
            ("revealed", result.map(outcome).unwrap_or_default())
        }
    }
}

fn outcome(result: &RoundResult) -> String {
    let Some(winner) = &result.winner else { return ", a tie".to_owned() };
    let close = if result.photo_finish { " in a photo finish" } else { "" };
    format!(", {} wins{close}", plain(winner))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::picture;
    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::round::Counts;
    use crate::timestamp::Timestamp;

    fn round() -> RoundStatus {
        RoundStatus {
            number: 2,
            best_of: 1,
            wins: vec![0, 0],
            opened_at: None,
            ends_at: None,
            since: None,
            opens_in: None,
            left: Some(Duration::from_millis(41_200)),
            length: Some(Duration::from_mins(2)),
            counts: Counts::Round,
            paused: false,
            secret: false,
            hidden: false,
            grace: Duration::from_secs(3),
            held: 0,
            result: None,
        }
    }

    fn result(winner: Option<&str>, photo_finish: bool) -> RoundResult {
        let at = Timestamp::from_millis(0).unwrap();
        RoundResult {
            number: 2,
            question: 1,
            title: "A test".to_owned(),
            opened_at: at,
            closed_at: at,
            teams: Vec::new(),
            voices: 0,
            winner: winner.map(str::to_owned),
            margin: 0,
            photo_finish,
            partial: false,
            course: Vec::new(),
        }
    }

    /// What stands on the terminal, without colours.
    fn shown(phase: Phase, round: RoundStatus) -> String {
        let mut snapshot = snapshot_of(&[(Rgb::BLACK, 0.7), (Rgb::BLACK, 0.3)]);
        snapshot.teams[0].votes = 77;
        let snapshot = Snapshot { phase, round: Some(round), ..snapshot };
        let lines = picture(&[Rgb::BLACK; 4], Some(&snapshot), 80);
        console::strip_ansi_codes(&lines.join("\n")).into_owned()
    }

    #[track_caller]
    fn check(phase: Phase, round: RoundStatus, expected: &str) {
        let shown = shown(phase, round);
        let line =
            shown.lines().find(|line| line.contains("round 2")).expect("a line of the round");
        assert_eq!(line.trim(), expected);
    }

    #[test]
    fn a_line_says_the_phase_and_what_is_left() {
        check(Phase::Armed, round(), "armed, 0:42 once it is open  round 2");
        let opens_in = Some(Duration::from_millis(2001));
        let countdown = RoundStatus { opens_in, best_of: 3, ..round() };
        check(Phase::Countdown, countdown, "countdown, opens in 0:03  round 2, best of 3");
        check(Phase::Open, round(), "open, 0:42 left  round 2");
        check(Phase::Open, RoundStatus { left: None, ..round() }, "open  round 2");
        let paused = RoundStatus { paused: true, ..round() };
        check(Phase::Open, paused, "open, 0:42 left   HELD   round 2");
        check(Phase::Locked, round(), "locked, posts under way still count  round 2");
        check(Phase::Sealed, round(), "sealed  round 2");
        let won = RoundStatus { result: Some(Arc::new(result(Some("Tabs"), false))), ..round() };
        check(Phase::Revealed, won, "revealed, Tabs wins  round 2");
        let close = RoundStatus { result: Some(Arc::new(result(Some("Tabs"), true))), ..round() };
        check(Phase::Revealed, close, "revealed, Tabs wins in a photo finish  round 2");
        let tie = RoundStatus { result: Some(Arc::new(result(None, false))), ..round() };
        check(Phase::Revealed, tie, "revealed, a tie  round 2");
    }

    #[test]
    fn a_secret_round_shows_no_share_and_no_vote_before_it_is_revealed() {
        let secret = RoundStatus {
            secret: true,
            result: Some(Arc::new(result(Some("Tabs"), false))),
            ..round()
        };
        for phase in [Phase::Armed, Phase::Countdown, Phase::Open, Phase::Locked, Phase::Sealed] {
            let shown = shown(phase, secret.clone());
            assert!(!shown.contains('%') && !shown.contains("vote"), "{shown}");
            assert!(shown.contains("team 0") && !shown.contains("Tabs"), "{shown}");
        }
        let hidden = RoundStatus { hidden: true, ..secret.clone() };
        let shown_late = shown(Phase::Revealed, hidden);
        assert!(!shown_late.contains('%'), "{shown_late}");
        let revealed = shown(Phase::Revealed, secret);
        assert!(revealed.contains("70.0 %") && revealed.contains("77 votes"), "{revealed}");
    }
}

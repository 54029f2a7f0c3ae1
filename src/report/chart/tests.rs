use std::time::Duration;

use super::super::tests::{read, result};
use super::*;

/// A piece of text in a picture, in pixels.
#[derive(Clone, Debug, PartialEq)]
struct Box {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// The boxes of all texts of a picture, as wide as their letters are taken to be.
fn boxes(svg: &str) -> Vec<Box> {
    let document = read(svg);
    let text = |node: roxmltree::Node| {
        let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap() / drawing::UNIT;
        let (x, y, size) = (number("x"), number("y"), number("font-size"));
        let text = node.text().unwrap_or_default().trim().to_owned();
        let width = width(&text, size);
        let left = match node.attribute("text-anchor") {
            Some("end") => x - width,
            Some("middle") => x - width / 2.0,
            _ => x,
        };
        // Letters reach from 0.76 above their line to 0.24 below.
        let line = match node.attribute("dy") {
            Some("0.76em") => y + 0.76 * size,
            Some("0.5ex") => y + 0.26 * size,
            _ => y - 0.26 * size,
        };
        let (top, bottom) = (line - 0.76 * size, line + 0.24 * size);
        Box { text, left, top, right: left + width, bottom }
    };
    document.descendants().filter(|node| node.tag_name().name() == "text").map(text).collect()
}

#[track_caller]
fn check_apart(boxes: &[Box], height: f64) {
    for (place, one) in boxes.iter().enumerate() {
        let inside =
            one.left >= 0.0 && one.right <= WIDTH && one.top >= 0.0 && one.bottom <= height;
        assert!(inside, "{one:?} is cut off");
        for other in &boxes[place + 1..] {
            let meet = one.left < other.right
                && other.left < one.right
                && one.top < other.bottom
                && other.top < one.bottom;
            assert!(!meet, "{one:?} lies on {other:?}");
        }
    }
}

#[test]
fn no_text_lies_on_another_whatever_has_come_of_a_round() {
    let long = "The very long name of a team that nobody can remember";
    let names =
        ["Vim", "Emacs", long, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "日本語のとても長い名前です"];
    let check = |teams: usize, votes: fn(usize) -> u64, seconds| {
        let teams: Vec<(&str, u64)> =
            (0..teams).map(|place| (names[place % names.len()], votes(place))).collect();
        let result =
            RoundResult { title: long.repeat(3), ..result(&teams, Duration::from_secs(seconds)) };
        for place in [Words::Within, Words::Around] {
            check_apart(&boxes(&one(&result, place)), Plan::new(&result, place).height);
        }
    };
    for teams in (2..=8).chain([12, 13, 64]) {
        check(teams, |_| 0, 120);
        check(teams, |_| 7, 120);
        check(teams, |place| if place == 0 { 100 } else { 0 }, 120);
        check(teams, |place| if place == 0 { 101 } else { 100 }, 120);
        check(teams, |place| place as u64 * 3, 120);
        check(teams, |place| 1 << (place % 50), 120);
    }
    for seconds in [0, 1, 5, 61, 3599, 3600, 86_400, 40 * 86_400] {
        check(8, |place| place as u64 * 3, seconds);
    }
}

#[test]
fn a_picture_says_the_question_the_shares_the_times_and_the_bell() {
    let result = result(&[("Vim", 40), ("Emacs", 24)], Duration::from_mins(2));
    let svg = one(&result, Words::Within);
    let texts: Vec<String> = boxes(&svg).into_iter().map(|text| text.text).collect();
    let expected = "Which is it? | Vim has won with 62.5 %, 25.0 points ahead of Emacs. \
        16 more votes would have brought Emacs level. | \
        Round 1, opened on 27 November 2026 at 19:04:05 UTC, 64 voices | \
        since the opening (minutes:seconds) | 0 % | 25 % | 50 % | 75 % | 100 % | \
        0:00 | 0:10 | 0:20 | 0:30 | 0:40 | 0:50 | 1:00 | 1:10 | 1:20 | 1:30 | 1:40 | 1:50 | 2:00 | \
        bell after 2:00 | 37.5 % | Emacs | 62.5 % | Vim";
    assert_eq!(texts.join(" | "), expected);
    let document = read(&svg);
    let of = |name: &str| {
        let node = document.descendants().find(|node| node.tag_name().name() == name).unwrap();
        (node.attribute("id").unwrap(), node.text().unwrap())
    };
    assert_eq!(of("title"), ("round-1-title", "The course of round 1: Which is it?"));
    assert_eq!(
        of("desc"),
        (
            "round-1-desc",
            "Vim has won with 62.5 %, 25.0 points ahead of Emacs. \
             16 more votes would have brought Emacs level. Vim: 62.5 %. Emacs: 37.5 %. \
             Round 1, opened on 27 November 2026 at 19:04:05 UTC, 64 voices; the bell fell after 2:00."
        )
    );
    let labelled = document.root_element().attribute("aria-labelledby");
    assert_eq!(labelled, Some("round-1-title round-1-desc"));
    // The policy of the pages lets no style in.
    assert!(!svg.contains("style"), "{svg}");
}

#[test]
fn the_lines_of_two_teams_go_from_the_middle_at_the_opening_to_their_shares_at_the_bell() {
    let result = result(&[("Vim", 40), ("Emacs", 24)], Duration::from_mins(2));
    let lines = axis::lines(&result, 600.0);
    for (line, share) in lines.iter().zip([0.625, 0.375]) {
        assert_eq!(line[0], (0.0, 0.5));
        assert_eq!(*line.last().unwrap(), (120.0, share));
        assert!(line.is_sorted_by(|a, b| a.0 <= b.0), "{line:?}");
    }
}

#[test]
fn what_came_in_the_grace_is_a_step_at_the_bell() {
    let mut result = result(&[("Vim", 3), ("Emacs", 1)], Duration::from_secs(100));
    result.course.truncate(6);
    result.course[5].shares = vec![0.6, 0.4];
    let lines = axis::lines(&result, 600.0);
    assert_eq!(lines[0][lines[0].len() - 3..], [(50.0, 0.6), (100.0, 0.6), (100.0, 0.75)]);
}

#[test]
fn a_course_without_end_has_no_more_points_than_the_picture_has_columns() {
    let mut result = result(&[("Vim", 3), ("Emacs", 1)], Duration::from_hours(24));
    let point = result.course[3].clone();
    result.course = (0..86_400)
        .map(|second| crate::snapshot::CoursePoint {
            at: result.opened_at.saturating_add(Duration::from_secs(second)),
            ..point.clone()
        })
        .collect();
    let lines = axis::lines(&result, 600.0);
    assert!(lines[0].len() < 610, "{}", lines[0].len());
    assert!(one(&result, Words::Within).len() < 60_000, "{}", one(&result, Words::Within).len());
}

#[test]
fn a_round_whose_course_is_not_known_has_a_picture_of_its_result() {
    let mut result = result(&[("Vim", 3), ("Emacs", 1)], Duration::from_secs(100));
    result.course.clear();
    let texts = boxes(&one(&result, Words::Within));
    assert!(texts.iter().any(|text| text.text == "The course of this round was not kept."));
    assert!(texts.iter().any(|text| text.text == "75.0 %"));
}

#[test]
fn several_rounds_stand_below_each_other() {
    let first = result(&[("Vim", 3), ("Emacs", 1)], Duration::from_secs(100));
    let second = RoundResult { number: 2, ..first.clone() };
    let svg = all(&[&first, &second]);
    let document = read(&svg);
    let inner: Vec<_> =
        document.root_element().children().filter(|node| node.tag_name().name() == "svg").collect();
    let number =
        |node: &roxmltree::Node, name| node.attribute(name).unwrap().parse::<u32>().unwrap();
    let [first, second] =
        [0, 1].map(|place| [number(&inner[place], "y"), number(&inner[place], "height")]);
    assert_eq!([first[0], second[0]], [0, first[1]]);
    let height = number(&document.root_element(), "height");
    assert_eq!(height, second[0] + second[1]);
}

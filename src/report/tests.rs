use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::contest::PALETTE;
use crate::snapshot::{CoursePoint, TeamResult};

/// A result of teams with these names and votes, and a course that goes to it in a straight line.
pub(super) fn result(teams: &[(&str, u64)], length: Duration) -> RoundResult {
    let opened_at = Timestamp::parse_rfc3339("2026-11-27T19:04:05Z").unwrap();
    let sum: u64 = teams.iter().map(|(_, votes)| votes).sum();
    let equal = 1.0 / teams.len() as f64;
    let share = |votes: u64| if sum == 0 { equal } else { votes as f64 / sum as f64 };
    let most = teams.iter().map(|(_, votes)| *votes).max().unwrap();
    let first: Vec<_> = teams.iter().filter(|(_, votes)| *votes == most).collect();
    let second = teams.iter().map(|(_, votes)| *votes).filter(|votes| *votes < most).max();
    let course = (0..=10_u32).map(|step| CoursePoint {
        at: opened_at.saturating_add(length * step / 10),
        shares: teams
            .iter()
            .map(|(_, votes)| equal + (share(*votes) - equal) * f64::from(step) / 10.0)
            .collect(),
    });
    RoundResult {
        number: 1,
        question: 1,
        title: "Which is it?".to_owned(),
        opened_at,
        closed_at: opened_at.saturating_add(length),
        teams: teams
            .iter()
            .zip(PALETTE.into_iter().cycle())
            .map(|((name, votes), color)| TeamResult {
                name: (*name).to_owned(),
                votes: *votes,
                share: share(*votes),
                total: votes + 2,
                voices: *votes,
                color,
            })
            .collect(),
        voices: sum,
        winner: (first.len() == 1).then(|| first[0].0.to_owned()),
        margin: second.filter(|_| first.len() == 1).map_or(0, |second| most - second),
        photo_finish: false,
        partial: false,
        course: course.collect(),
    }
}

/// An evening of these rounds, with something of everything.
fn evening(results: Vec<RoundResult>) -> Evening {
    let posts =
        Posts { matched: 64, unmatched: 8123, both: 2, closed: 11, late: 1, ..Posts::default() };
    let (from, to) = (results[0].opened_at, results[results.len() - 1].closed_at);
    let gap = Gap { from, length: Duration::from_millis(4200) };
    Evening {
        title: "Friday".to_owned(),
        rounds: results
            .into_iter()
            .map(|result| Round { result: Arc::new(result), posts })
            .collect(),
        posts,
        gaps: vec![("fediverse".to_owned(), gap)],
        partial: Some("line 118 is torn".to_owned()),
        from: Some(from),
        to: Some(to),
    }
}

/// Reads a document strictly.
#[track_caller]
pub(super) fn read(document: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    match roxmltree::Document::parse_with_options(document, options) {
        Ok(read) => read,
        Err(error) => panic!("{error}\n{document}"),
    }
}

#[test]
fn the_name_of_a_file_says_its_form() {
    for form in Form::ALL {
        assert_eq!(Form::of(format!("a.b.{}", form.extension()).as_ref()), Some(form));
    }
    for name in ["report", "report.txt", ".html", "html", ""] {
        assert_eq!(Form::of(name.as_ref()), None, "{name}");
    }
}

#[test]
fn results_are_a_row_for_each_team_of_each_round() {
    let first = result(&[("Vim", 40), ("Emacs", 24)], Duration::from_mins(2));
    let second = RoundResult {
        number: 2,
        partial: true,
        ..result(&[("Tea", 3), ("Coffee", 3)], Duration::from_secs(5))
    };
    insta::assert_snapshot!(csv([&first, &second].into_iter()), @r"
    number,question,title,opened_at,closed_at,team,votes,share,total,voices,winner,margin,photo_finish,partial,round_voices
    1,1,Which is it?,2026-11-27T19:04:05.000Z,2026-11-27T19:06:05.000Z,Vim,40,0.625,42,40,Vim,16,false,false,64
    1,1,Which is it?,2026-11-27T19:04:05.000Z,2026-11-27T19:06:05.000Z,Emacs,24,0.375,26,24,Vim,16,false,false,64
    2,1,Which is it?,2026-11-27T19:04:05.000Z,2026-11-27T19:04:10.000Z,Tea,3,0.5,5,3,,0,false,true,6
    2,1,Which is it?,2026-11-27T19:04:05.000Z,2026-11-27T19:04:10.000Z,Coffee,3,0.5,5,3,,0,false,true,6
    ");
}

#[test]
fn results_in_json_are_the_list_of_a_snapshot() {
    let first = result(&[("Vim", 3), ("Emacs", 1)], Duration::from_mins(2));
    assert_eq!(json([&first].into_iter()), format!("[{}]", serde_json::to_string(&first).unwrap()));
    assert_eq!(json(std::iter::empty()), "[]");
}

#[test]
fn no_cell_is_a_formula() {
    let begin = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\u{feff}=1"];
    for name in begin {
        let result = RoundResult {
            title: name.to_owned(),
            ..result(&[(name, 2), ("other", 1)], Duration::from_secs(5))
        };
        let written = csv([&result].into_iter());
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        for column in [2, 5, 10] {
            assert_eq!(&row[column], format!("'{name}"), "column {column}");
        }
    }
}

#[test]
fn the_words_of_a_result_say_who_has_won_and_how_narrowly() {
    let minute = Duration::from_mins(1);
    let check = |result: RoundResult, expected: &str| {
        assert_eq!(words::verdict(&result), expected);
    };
    check(
        result(&[("Vim", 40), ("Emacs", 24)], minute),
        "Vim has won with 62.5 %, 25.0 points ahead of Emacs. \
         16 more votes would have brought Emacs level.",
    );
    check(
        result(&[("A", 2), ("B", 1), ("C", 1)], minute),
        "A has won with 50.0 %, 25.0 points ahead of B and C. \
         1 more vote would have brought the second level.",
    );
    check(
        RoundResult { photo_finish: true, ..result(&[("A", 50_010), ("B", 49_990)], minute) },
        "Photo finish! A has won with 50.01 %, 0.02 points ahead of B. \
         20 more votes would have brought B level.",
    );
    check(result(&[("A", 0), ("B", 0)], minute), "Nobody has voted.");
    check(result(&[("A", 3), ("B", 3)], minute), "A tie: A and B have 50.0 % each.");
    check(
        result(&[("A", 3), ("B", 3), ("C", 3), ("D", 1)], minute),
        "A tie: A, B and C have 30.0 % each.",
    );
    check(result(&[("A", 1); 6], minute), "A tie: 6 teams have 16.7 % each.");
    // A result of a journal that names a winner which it has not.
    let odd = RoundResult { winner: Some("Z".to_owned()), ..result(&[("A", 2), ("B", 1)], minute) };
    check(odd, "A tie: A have 66.7 % each.");
}

#[test]
fn a_line_says_what_was_asked_and_how_it_has_ended() {
    let tied = || result(&[("Vim", 1010), ("Emacs", 1010)], Duration::from_mins(1));
    let check = |title: &str, partial, expected: &str| {
        let said = sentence(&RoundResult { title: title.to_owned(), partial, ..tied() });
        assert_eq!(said, format!("round 1{expected}"));
    };
    let votes = "Vim 1,010, Emacs 1,010. A tie: Vim and Emacs have 50.0 % each.";
    check("Vim or Emacs?", false, &format!(", Vim or Emacs? {votes}"));
    let won = sentence(&result(&[("Vim", 40), ("Emacs", 24)], Duration::from_mins(1)));
    let verdict = "Vim has won with 62.5 %, 25.0 points ahead of Emacs. \
                   16 more votes would have brought Emacs level.";
    assert_eq!(won, format!("round 1, Which is it? Vim 40, Emacs 24. {verdict}"));
    check("Editors", false, &format!(", Editors: {votes}"));
    check("", true, &format!(": {votes} It is partial: posts were lost."));
    // Nothing of it moves the cursor of a terminal.
    check("Edit\u{1b}[2J\n?", false, &format!(", Edit [2J ? {votes}"));
}

#[test]
fn times_and_numbers_are_written_as_people_read_them() {
    let clock = |seconds| words::clock(Duration::from_secs(seconds));
    assert_eq!([clock(0), clock(125), clock(86_400)], ["0:00", "2:05", "24:00:00"]);
    let counts = [0, 999, 1000, 1_234_567].map(words::count);
    assert_eq!(counts, ["0", "999", "1,000", "1,234,567"]);
    let at = Timestamp::parse_rfc3339("2026-02-03T04:05:06.789Z").unwrap();
    assert_eq!((&*words::day(at), &*words::time_of_day(at)), ("3 February 2026", "04:05:06"));
}

#[test]
fn the_page_says_all_there_is_to_an_evening() {
    let close = RoundResult {
        number: 2,
        title: "Tea or coffee?".to_owned(),
        photo_finish: true,
        partial: true,
        ..result(&[("Tea", 1000), ("Coffee", 990)], Duration::from_mins(5))
    };
    let page = write(
        &evening(vec![result(&[("Vim", 40), ("Emacs", 24)], Duration::from_mins(2)), close]),
        Form::Html,
    );
    let document = read(&page);
    let root = document.root_element();
    let said: Vec<&str> = root
        .descendants()
        .filter(|node| node.tag_name().name() != "style")
        .filter_map(|node| node.text().map(str::trim).filter(|text| !text.is_empty()))
        .collect();
    let all = said.join(" | ");
    for words in [
        "Friday",
        "27 November 2026",
        "line 118 is torn",
        "Vim has won with 62.5 %",
        "Photo finish! Tea has won with 50.3 %",
        "posts were lost to the bound of memory",
        "1,990 voices",
        "named two teams or more, and counted for none",
        "8,123",
        "fediverse",
        "4.2 s",
        "24",
    ] {
        assert!(all.contains(words), "{words} in {all}");
    }
    let named = |name: &str| root.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!(named("script"), 0);
    assert_eq!(root.attribute("lang"), Some("en"));
    let svg = ("http://www.w3.org/2000/svg", "svg");
    assert_eq!(root.descendants().filter(|node| node.has_tag_name(svg)).count(), 2);
    // Nothing is fetched: what names an address is a place in the page, or the name of a language of markup.
    for node in root.descendants() {
        for attribute in node.attributes() {
            let fetching = ["href", "src", "action", "data", "poster", "srcset", "style"];
            let is_place = attribute.value().starts_with("#round-");
            assert!(!fetching.contains(&attribute.name()) || is_place, "{attribute:?}");
        }
    }
    assert!(!page.contains("url("), "the style loads something");
    assert!(!page.contains("@import"), "the style loads something");
}

#[test]
fn an_evening_without_a_round_is_a_page_too() {
    let nothing = Evening::default();
    let page = write(&nothing, Form::Html);
    read(&page);
    assert!(page.contains("No round has a result."));
    assert_eq!(write(&nothing, Form::Json), "[]\n");
    assert_eq!(write(&nothing, Form::Csv).lines().count(), 1);
    read(&write(&nothing, Form::Svg));
}

/// Names that are markup, that turn the writing, that hide, or that have no end.
fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".to_owned(),
        "\"' onload='alert(1)' x=\"".to_owned(),
        "]]> <!-- --> <![CDATA[ ?>".to_owned(),
        "&lt;b&gt; &amp; &#60;".to_owned(),
        "\u{202e}drowssap\u{2066}".to_owned(),
        "\u{0}\u{1}\u{b}\u{1b}[31m\u{7f}\u{85}\u{fffe}\u{ffff}\u{1fffe}".to_owned(),
        "</title></svg></style><img src=x onerror=alert(1)>".to_owned(),
        "שלום עולם ومرحبا".to_owned(),
        "👩‍👩‍👧‍👦🏳️‍🌈".repeat(20),
        "W".repeat(200),
        "long words ".repeat(40),
        "{{ 7 * 7 }} ${x} `y`".to_owned(),
        "a\r\nb\tc".to_owned(),
    ]
}

#[test]
fn hostile_names_and_titles_are_text_in_pages_and_pictures_and_data_elsewhere() {
    let minute = Duration::from_mins(1);
    let plain = {
        let plain = evening(vec![result(&[("A", 2), ("B", 1)], minute)]);
        let page = write(&plain, Form::Html);
        elements(&read(&page))
    };
    for name in hostile() {
        let result = RoundResult { title: name.clone(), ..result(&[(&name, 2), ("B", 1)], minute) };
        let mut evening = evening(vec![result]);
        evening.title.clone_from(&name);
        evening.gaps[0].0.clone_from(&name);
        evening.partial = Some(name.clone());
        let page = write(&evening, Form::Html);
        let document = read(&page);
        // A longer title has more lines, and nothing else is more.
        assert_eq!(elements(&document), plain, "{name}");
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\0', '\u{1b}', '\u{ffff}']), "{name}");
        let heading = document.descendants().find(|node| node.has_tag_name("h1")).unwrap();
        let shown = markup::shown(&name);
        if !shown.is_empty() {
            assert_eq!(heading.text(), Some(&*shown));
        }
        read(&write(&evening, Form::Svg));
        let json: serde_json::Value = serde_json::from_str(&write(&evening, Form::Json)).unwrap();
        assert_eq!(json[0]["title"], *name);
    }
}

/// How often each element of a page is there, but for letters and what an axis and dashes are made of.
fn elements(document: &roxmltree::Document) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        if !["text", "line", "polyline"].contains(&name) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Any text: letters of all kinds, controls, markup.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![".{0,30}", "[<>&\"'=@,;\n\t\r -]{0,20}", prop::sample::select(hostile())]
}

prop_compose! {
    fn any_result()(
        teams in prop::collection::vec((any_name(), 0..200_u64), 2..12),
        title in any_name(),
        millis in 0..90_000_000_u64,
        points in prop::collection::vec((0..100_000_000_u64, -0.5..1.5f64), 0..30),
        number in 1..1000_u32,
        photo_finish: bool,
        partial: bool,
    ) -> RoundResult {
        let named: Vec<(&str, u64)> =
            teams.iter().map(|(name, votes)| (&**name, *votes)).collect();
        let result = result(&named, Duration::from_millis(millis));
        let course = points.into_iter().map(|(millis, share)| CoursePoint {
            at: result.opened_at.saturating_add(Duration::from_millis(millis)),
            // Fewer than there are teams, and not in order.
            shares: vec![share, f64::NAN],
        });
        RoundResult { title, number, photo_finish, partial, course: course.collect(), ..result }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn csv_reads_back_as_it_was(results in prop::collection::vec(any_result(), 0..4)) {
        let written = csv(results.iter());
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let mut rows = reader.records();
        for result in &results {
            for team in &result.teams {
                let row = rows.next().unwrap().unwrap();
                let is = |cell: &str, text: &str| cell == text || cell.strip_prefix('\'') == Some(text);
                prop_assert_eq!(&row[0], result.number.to_string());
                prop_assert!(is(&row[2], &result.title), "{:?}", &row);
                prop_assert!(is(&row[5], &team.name), "{:?}", &row);
                prop_assert_eq!(row[6].parse(), Ok(team.votes));
                prop_assert_eq!(row[7].parse(), Ok(team.share));
                prop_assert!(is(&row[10], result.winner.as_deref().unwrap_or_default()), "{:?}", &row);
                prop_assert_eq!(row[14].parse(), Ok(result.voices));
                for cell in &row {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", &row);
                }
            }
        }
        prop_assert!(rows.next().is_none());
    }

    #[test]
    fn pages_and_pictures_of_anything_are_well_formed(
        results in prop::collection::vec(any_result(), 1..3),
    ) {
        let evening = evening(results);
        read(&write(&evening, Form::Html));
        read(&write(&evening, Form::Svg));
        read(&svg(&evening.rounds[0].result));
    }
}

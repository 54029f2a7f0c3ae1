//! The report of an evening, byte for byte: `fixtures/report/evening.html` is what `tests/browser` opens.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use hashtug::report::{self, Evening, Form, Round};
use hashtug::snapshot::{Gap, Posts, RoundResult};

use crate::support::path;
use crate::support::results::result;

const GOLDEN: &str = "fixtures/report/evening.html";

/// With this variable set the golden file is written anew.
const UPDATE: &str = "HASHTUG_UPDATE";

#[test]
fn the_report_of_an_evening_is_the_golden_page_to_the_byte() {
    let page = report::write(&evening(), Form::Html);
    let golden = path(GOLDEN);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&golden, &page).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    let differs = page.lines().zip(expected.lines()).find(|(line, golden)| line != golden);
    assert!(
        page == expected,
        "{GOLDEN} is not what a report looks like, {differs:?}\n\
         hint: if the change is meant, renew the file with {UPDATE}=1 and look at it in a browser"
    );
}

/// A photo finish, a tie between names that are markup, a gap, and posts of every fate.
fn evening() -> Evening {
    let hostile = "<img src=x onerror=alert(1)>\"'\u{202e}&lt;";
    let partial = RoundResult {
        partial: true,
        ..result(2, hostile, ["</svg><script>alert(1)</script>", "קשקוש"], [30, 30])
    };
    let results = [result(1, "Vim or Emacs?", ["Vim", "Emacs"], [1010, 990]), partial];
    let posts = Posts {
        matched: 2060,
        unmatched: 81_233,
        ignored: 4,
        both: 14,
        duplicate: 210,
        late: 3,
        closed: 12,
        revised: 25,
        malformed: 2,
        dropped: 7,
    };
    let (from, to) = (results[0].opened_at, results[1].closed_at);
    let of_round = Posts { matched: 60, closed: 2, late: 1, ..Posts::default() };
    Evening {
        title: "Friday".to_owned(),
        rounds: results.map(|result| Round { result: Arc::new(result), posts: of_round }).into(),
        posts,
        gaps: vec![("fediverse".to_owned(), Gap { from, length: Duration::from_millis(4200) })],
        partial: Some("7 posts were dropped".to_owned()),
        from: Some(from),
        to: Some(to),
    }
}

//! Teams that look alike: names or hashtags that are not the same and that no eye tells apart.
//!
//! `cat` in Latin and in Cyrillic letters are two hashtags, and a post with the one is no vote for the
//! other. What looks alike is said by Unicode's table of confusable characters (UTS 39): two texts do if
//! their skeletons are the same. Nobody is refused for it; it is said before the show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;

use crate::contest::Contest;

/// More pairs than this are counted, and not named.
const MAX_NAMED: usize = 20;

/// Two teams whose names or hashtags look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookAlike {
    what: What,
    one: Text,
    other: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Name,
    Hashtag,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    team: String,
    text: String,
}

impl fmt::Display for LookAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LookAlike { what, one, other } = self;
        let scripts = (scripts(&one.text), scripts(&other.text));
        match what {
            What::Name => write!(
                f,
                "the teams `{}` (in {}) and `{}` (in {}) have names that look alike",
                one.text, scripts.0, other.text, scripts.1
            ),
            What::Hashtag => write!(
                f,
                "the hashtags `{}` (in {}) of team `{}` and `{}` (in {}) of team `{}` look alike, \
                 and are counted apart",
                one.text, scripts.0, one.team, other.text, scripts.1, other.team
            ),
        }
    }
}

/// What is said of all teams that look alike, a line each.
#[must_use]
pub fn warnings(contest: &Contest) -> Vec<String> {
    let found = look_alikes(contest);
    let more = found.len().saturating_sub(MAX_NAMED);
    let mut lines: Vec<String> = found.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    if more > 0 {
        lines.push(format!("{more} more names and hashtags of teams look alike"));
    }
    lines
}

/// All pairs, each text with the first of another team that looks like it.
fn look_alikes(contest: &Contest) -> Vec<LookAlike> {
    let teams = contest.teams();
    let names = teams.iter().map(|team| (What::Name, &team.name, &team.name));
    let hashtags = teams
        .iter()
        .flat_map(|team| team.hashtags.iter().map(|hashtag| (What::Hashtag, hashtag, &team.name)));
    let mut first: BTreeMap<(What, String), (&String, &String)> = BTreeMap::new();
    let mut found = Vec::new();
    for (what, text, team) in names.chain(hashtags) {
        // Letters that differ when they are small may look alike when they are large.
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let looks = [words.to_lowercase(), words.to_uppercase()];
        let looks: BTreeSet<String> = looks.iter().map(|text| skeleton(text).collect()).collect();
        let mut is_told = false;
        for look in looks {
            let (other, others_team) = *first.entry((what, look)).or_insert((text, team));
            if others_team != team && !is_told {
                is_told = true;
                let one = Text { team: others_team.clone(), text: other.clone() };
                let other = Text { team: team.clone(), text: text.clone() };
                found.push(LookAlike { what, one, other });
            }
        }
    }
    found
}

/// The scripts of the letters in a text.
fn scripts(text: &str) -> String {
    let is_letter = |script: &Script| !matches!(script, Script::Common | Script::Inherited);
    let scripts: BTreeSet<&str> =
        text.chars().map(|char| char.script()).filter(is_letter).map(Script::full_name).collect();
    match scripts.into_iter().collect::<Vec<_>>().join(" and ") {
        none if none.is_empty() => "no letters".to_owned(),
        scripts => scripts,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contest::{PALETTE, Reposts, Team, Vote};

    #[track_caller]
    fn check(teams: [(&str, &[&str]); 2], expected: &[&str]) {
        let teams = teams.into_iter().zip(PALETTE).map(|((name, hashtags), color)| Team {
            name: name.to_owned(),
            hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
            color,
            size: 1.0,
        });
        let (minute, vote) = (Duration::from_mins(1), Vote::Latest);
        let contest =
            Contest::new(String::new(), minute, vote, Reposts::Ignore, teams.collect()).unwrap();
        assert_eq!(warnings(&contest), expected);
    }

    #[test]
    fn hashtags_of_two_scripts_that_look_alike_are_told() {
        check(
            [("Cats", &["cat", "kitten"]), ("Dogs", &["dog", "с\u{430}t"])],
            &[
                "the hashtags `cat` (in Latin) of team `Cats` and `саt` (in Cyrillic and Latin) of team \
               `Dogs` look alike, and are counted apart",
            ],
        );
    }

    #[test]
    fn names_that_look_alike_are_told_also_when_only_their_capitals_do() {
        check(
            [("BOT", &["one"]), ("\u{412}\u{41e}\u{422}", &["two"])],
            &["the teams `BOT` (in Latin) and `ВОТ` (in Cyrillic) have names that look alike"],
        );
        check(
            [("one", &["bot"]), ("two", &["\u{432}\u{43e}\u{442}"])],
            &[
                "the hashtags `bot` (in Latin) of team `one` and `вот` (in Cyrillic) of team `two` look \
               alike, and are counted apart",
            ],
        );
        check(
            [("one", &["10"]), ("two", &["l0"])],
            &[
                "the hashtags `10` (in no letters) of team `one` and `l0` (in Latin) of team `two` look \
               alike, and are counted apart",
            ],
        );
    }

    #[test]
    fn spaces_accents_and_capitals_are_looked_through() {
        check(
            [("Cafe\u{301} one", &["a"]), ("CAF\u{c9}\u{a0} one ", &["b"])],
            &["the teams `Cafe\u{301} one` (in Latin) and `CAF\u{c9}\u{a0} one ` (in Latin) have \
               names that look alike"],
        );
    }

    #[test]
    fn teams_that_are_told_apart_are_not_warned_of() {
        check([("Tabs", &["tabs", "teamtabs"]), ("Spaces", &["spaces"])], &[]);
        check([("Tea", &["cat", "с\u{430}t"]), ("Leaf", &["dog"])], &[]);
        check([("日本", &["日本"]), ("한국", &["한국"])], &[]);
    }
}

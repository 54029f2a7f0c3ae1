//! The hashtags to ask relays for. They compare byte by byte, and people do not.

use std::collections::BTreeSet;

use crate::questions::Questions;

/// Relays refuse filters with more values than some number; this is below those that are known.
const MAX: usize = 200;

/// How the hashtags of all questions may be written: in small letters, as they should be, as in the
/// config, with a capital, in capitals. The likeliest come first, should there be too many.
pub(super) fn variants(questions: &Questions) -> Vec<String> {
    let (folded, written) = (questions.hashtags(), questions.spellings());
    let all = || folded.iter().chain(written);
    let lower = all().map(|hashtag| hashtag.to_lowercase());
    let title = all().map(|hashtag| capitalised(hashtag));
    let upper = all().map(|hashtag| hashtag.to_uppercase());
    let mut variants: Vec<String> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for hashtag in
        folded.iter().cloned().chain(lower).chain(written.iter().cloned()).chain(title).chain(upper)
    {
        if known.insert(hashtag.clone()) {
            variants.push(hashtag);
        }
    }
    if variants.len() > MAX {
        let left_out = variants.len() - MAX;
        tracing::warn!(left_out, "relays are not asked for all ways to write the hashtags");
        variants.truncate(MAX);
    }
    variants
}

fn capitalised(hashtag: &str) -> String {
    let mut letters = hashtag.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &letters.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};

    use super::*;

    fn contest(hashtags: [Vec<String>; 2]) -> Contest {
        let teams =
            hashtags.into_iter().zip(PALETTE).enumerate().map(|(place, (hashtags, color))| Team {
                name: place.to_string(),
                hashtags,
                color,
                size: 1.0,
            });
        let minute = Duration::from_mins(1);
        let (vote, reposts) = (Vote::Latest, Reposts::Ignore);
        Contest::new(String::new(), minute, vote, reposts, teams.collect()).unwrap()
    }

    #[test]
    fn hashtags_are_asked_for_as_people_write_them() {
        let contest = contest([vec!["#TeamTabs".into()], vec!["Straße".into()]]);
        let expected = [
            "teamtabs", "strasse", "straße", "TeamTabs", "Straße", "Teamtabs", "Strasse",
            "TEAMTABS", "STRASSE",
        ];
        assert_eq!(variants(&contest.into()), expected);
    }

    #[test]
    fn of_too_many_the_likeliest_are_asked_for() {
        let many = (0..150).map(|n| format!("tag{n}")).collect();
        let variants = variants(&contest([many, vec!["spaces".into()]]).into());
        assert_eq!(variants.len(), 200);
        assert!(variants.contains(&"tag149".to_owned()) && variants.contains(&"spaces".to_owned()));
    }
}

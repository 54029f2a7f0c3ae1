//! Teams whose colours some eyes mix up, where they meet on the strip.

use crate::contest::Contest;
use crate::finding::Finding;
use crate::questions::Questions;
use crate::render::sight;

/// Neighbours on the strip that some eyes cannot tell apart.
pub(super) fn colours(questions: &Questions) -> Vec<Finding> {
    let close: Vec<String> = questions.iter().flat_map(|contest| close_colours(contest)).collect();
    if close.is_empty() {
        return vec![Finding::ok("colours", "all eyes tell neighbours apart")];
    }
    let hint = "amber #ff8000 and blue #0040ff are told apart by all; or leave `color` out";
    close.iter().map(|said| Finding::warn("colours", said, hint)).collect()
}

/// In words, each pair of neighbours that is hard to tell apart.
#[must_use]
pub fn close_colours(contest: &Contest) -> Vec<String> {
    let pairs = contest.teams().windows(2).filter_map(|pair| {
        let [one, other] = pair else { return None };
        let (distance, sight) = sight::least(one.color, other.color);
        (distance < sight::CLOSE).then(|| {
            format!(
                "`{}` {} and `{}` {} look much alike {}",
                one.name,
                one.color,
                other.name,
                other.color,
                sight.name()
            )
        })
    });
    pairs.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contest::{PALETTE, Reposts, Team, Vote};
    use crate::finding::Verdict;
    use crate::rgb::Rgb;

    /// A team `A` and a team `B`.
    pub(in crate::output::doctor) fn contest(a: Rgb, b: Rgb) -> Contest {
        let team = |name: &str, color| Team {
            name: name.to_owned(),
            hashtags: vec![name.to_lowercase()],
            color,
            size: 1.0,
        };
        let (minute, teams) = (Duration::from_mins(1), vec![team("A", a), team("B", b)]);
        Contest::new(String::new(), minute, Vote::Latest, Reposts::Ignore, teams).unwrap()
    }

    #[test]
    fn colours_that_some_eyes_mix_up_are_named() {
        let contest = tests::contest(Rgb::new(0xff, 0, 0), Rgb::new(0, 0x80, 0));
        assert_eq!(
            close_colours(&contest),
            ["`A` #ff0000 and `B` #008000 look much alike to eyes without red"]
        );
        let contest = tests::contest(PALETTE[0], PALETTE[1]);
        assert_eq!(colours(&contest.into())[0].verdict, Verdict::Ok);
    }
}

//! Teams whose colours some eyes mix up, where they meet on the strip.

use crate::contest::Contest;
use crate::finding::Finding;
use crate::render::sight;

/// Neighbours on the strip that some eyes cannot tell apart.
pub(super) fn colours(contest: &Contest) -> Vec<Finding> {
    let close = close_colours(contest);
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
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::finding::Verdict;

    const TEAMS: &str = "[[team]]\nname = \"A\"\nhashtags = [\"a\"]\n\
                         [[team]]\nname = \"B\"\nhashtags = [\"b\"]\n";

    #[test]
    fn colours_that_some_eyes_mix_up_are_named() {
        let text = TEAMS.replace("hashtags = [\"a\"]", "hashtags = [\"a\"]\ncolor = \"#ff0000\"");
        let text = text.replace("hashtags = [\"b\"]", "hashtags = [\"b\"]\ncolor = \"#008000\"");
        let config = Config::parse(&text, Path::new("test.toml")).unwrap();
        assert_eq!(
            close_colours(&config.contest),
            ["`A` #ff0000 and `B` #008000 look much alike to eyes without red"]
        );
        let config = Config::parse(TEAMS, Path::new("test.toml")).unwrap();
        assert_eq!(colours(&config.contest)[0].verdict, Verdict::Ok);
    }
}

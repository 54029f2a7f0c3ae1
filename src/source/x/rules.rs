//! The rules that lie with X and say which posts it streams.
//!
//! They belong to the app and stay when the program ends, so that those of an earlier show are
//! found again: ours carry our name as their tag. Rules with another tag are somebody else's, and
//! are left alone, though their posts come to us too.
//! Source: X API v2, "Filtered stream", "Build a rule".

use serde::Deserialize;
use tracing::{info, warn};

use crate::contest::Reposts;
use crate::hashtag::{extract, fold};
use crate::questions::Questions;
use crate::source::link::Link;
use crate::source::link::failure::Failure;

use super::api::Api;
use super::explain::{self, Problem};
use super::refused;

/// Where the rules are.
pub(super) const PATH: &str = "/2/tweets/search/stream/rules";

/// The tag of our rules.
const TAG: &str = "hashtug";

/// Characters of a rule, and rules of an app: X refuses more.
const MAX_RULE: usize = 1024;
const MAX_RULES: usize = 1000;

/// Rules come in pages of a thousand.
const MAX_PAGES: usize = 8;

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Rule {
    id: String,
    value: String,
    tag: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    data: Vec<Rule>,
    meta: Meta,
    errors: Vec<Problem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    next_token: Option<String>,
}

/// What has to be done about the rules.
#[derive(Debug, Default, PartialEq)]
struct Plan {
    add: Vec<String>,
    /// The ids of rules of ours that are of no use any more.
    delete: Vec<String>,
    /// How many rules are somebody else's.
    foreign: usize,
}

/// Sees to it that the rules are those of all questions.
pub(super) async fn set_up(api: &Api, link: &mut Link) -> Result<(), Failure> {
    let wanted = queries(link.questions(), MAX_RULE);
    if wanted.is_empty() {
        return Err(refused(
            "none of the hashtags can be one on X",
            "a hashtag of X has letters, digits and `_`, and at least one letter",
        ));
    }
    let url = api.url(PATH);
    let present = present(api, link).await?;
    let plan = plan(&present, &wanted);
    for team in left_out(link.questions()) {
        if link.may_log() {
            warn!(team, "no hashtag of the team can be one on X");
        }
    }
    if plan.foreign > 0 && link.may_log() {
        let foreign = plan.foreign;
        warn!(foreign, "the app has rules of others: their posts are read, and paid for, too");
    }
    if present.len() - plan.delete.len() + plan.add.len() > MAX_RULES {
        return Err(refused(
            format!("the app has {} rules of others, which leaves no room", plan.foreign),
            "delete some of them, or make an app of its own for the show",
        ));
    }
    if !plan.delete.is_empty() {
        let body = serde_json::json!({"delete": {"ids": plan.delete}}).to_string();
        let _: Answer = api.document(link, api.post(&url, body)).await?;
        if link.may_log() {
            info!(rules = plan.delete.len(), "deleted the rules of an earlier show");
        }
    }
    if !plan.add.is_empty() {
        let rules = plan.add.iter().map(|value| serde_json::json!({"value": value, "tag": TAG}));
        let body = serde_json::json!({"add": rules.collect::<Vec<_>>()}).to_string();
        let answer: Answer = api.document(link, api.post(&url, body)).await?;
        if let Some(failure) = explain::rules(&answer.errors) {
            return Err(failure);
        }
        if link.may_log() {
            info!(rules = plan.add.len(), "added rules");
        }
    }
    Ok(())
}

/// The rules that X has of the app.
async fn present(api: &Api, link: &mut Link) -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut url = api.url(PATH);
        if let Some(token) = &next {
            url.query_pairs_mut().append_pair("pagination_token", token);
        }
        let answer: Answer = api.document(link, api.get(&url)).await?;
        rules.extend(answer.data);
        next = answer.meta.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(rules)
}

fn plan(present: &[Rule], wanted: &[String]) -> Plan {
    let mut plan = Plan::default();
    let mut there: Vec<&str> = Vec::new();
    for rule in present {
        let is_ours = rule.tag.as_deref() == Some(TAG);
        let is_wanted = wanted.contains(&rule.value) && !there.contains(&&*rule.value);
        if is_wanted {
            // X takes no rule twice, so that another's is as good as ours.
            there.push(&rule.value);
        } else if is_ours {
            plan.delete.push(rule.id.clone());
        } else {
            plan.foreign += 1;
        }
    }
    plan.add = wanted.iter().filter(|value| !there.contains(&&***value)).cloned().collect();
    plan
}

/// The hashtags of all questions in the language of rules and searches, in as few texts of at most
/// `max` characters as possible.
pub(super) fn queries(questions: &Questions, max: usize) -> Vec<String> {
    let end = match questions.reposts() {
        Reposts::Ignore => " -is:retweet",
        Reposts::Count => "",
    };
    let mut queries: Vec<String> = Vec::new();
    let mut terms: Vec<String> = Vec::new();
    let query = |terms: &[String]| match terms {
        [one] => format!("{one}{end}"),
        several => format!("({}){end}", several.join(" OR ")),
    };
    for hashtag in hashtags(questions) {
        terms.push(format!("#{hashtag}"));
        if query(&terms).chars().count() > max {
            let last = terms.pop();
            queries.push(query(&terms));
            terms = last.into_iter().collect();
        }
    }
    if !terms.is_empty() {
        queries.push(query(&terms));
    }
    queries
}

/// The hashtags that X can have, each once: it compares them without regard to capitals, and to
/// nothing else.
fn hashtags(questions: &Questions) -> Vec<String> {
    let mut hashtags: Vec<String> = Vec::new();
    for hashtag in questions.hashtags().iter().chain(questions.spellings()) {
        let hashtag = hashtag.to_lowercase();
        if is_hashtag(&hashtag) && !hashtags.contains(&hashtag) {
            hashtags.push(hashtag);
        }
    }
    hashtags
}

/// The teams of which X can have no hashtag.
fn left_out(questions: &Questions) -> impl Iterator<Item = &str> {
    let hashtags: Vec<String> = hashtags(questions).iter().map(|hashtag| fold(hashtag)).collect();
    let teams = questions.iter().flat_map(|contest| contest.teams());
    let left_out =
        teams.filter(move |team| !hashtags.iter().any(|hashtag| team.hashtags.contains(hashtag)));
    left_out.map(|team| team.name.as_str())
}

fn is_hashtag(text: &str) -> bool {
    let written = format!("#{text}");
    let mut found = extract(&written);
    found.next().is_some_and(|found| found == text) && found.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::contest::{Contest, PALETTE, Team, Vote};

    use super::*;

    fn contest(reposts: Reposts, hashtags: [&[&str]; 2]) -> Contest {
        let team = |place: usize| Team {
            name: place.to_string(),
            hashtags: hashtags[place].iter().map(|&tag| tag.to_owned()).collect(),
            color: PALETTE[place],
            size: 1.0,
        };
        let minute = Duration::from_mins(1);
        Contest::new(String::new(), minute, Vote::Latest, reposts, vec![team(0), team(1)]).unwrap()
    }

    fn rule(id: &str, value: &str, tag: Option<&str>) -> Rule {
        Rule { id: id.to_owned(), value: value.to_owned(), tag: tag.map(str::to_owned) }
    }

    #[test]
    fn all_hashtags_fit_one_rule_where_they_can() {
        let few = contest(Reposts::Ignore, [&["tabs", "#TeamTabs"], &["spaces"]]);
        assert_eq!(
            queries(&few.clone().into(), 1024),
            ["(#tabs OR #teamtabs OR #spaces) -is:retweet"]
        );
        let few = contest(Reposts::Count, [&["tabs"], &["spaces"]]);
        assert_eq!(queries(&few.clone().into(), 1024), ["(#tabs OR #spaces)"]);
        assert_eq!(queries(&few.clone().into(), 14), ["#tabs", "#spaces"]);
    }

    #[test]
    fn no_rule_is_longer_than_x_allows_and_none_of_many_hashtags_is_lost() {
        let many: Vec<String> = (0..300).map(|n| format!("aratherlonghashtag{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let contest = contest(Reposts::Ignore, [&many, &["spaces"]]);
        let queries = queries(&contest.into(), 512);
        assert!(queries.iter().all(|query| query.chars().count() <= 512));
        assert!(queries.iter().all(|query| query.ends_with(") -is:retweet")));
        let all = queries.concat();
        for hashtag in many {
            let term = format!("#{hashtag}");
            let found = all.split([' ', '(', ')']).filter(|&part| part == term).count();
            assert_eq!(found, 1, "{term}");
        }
    }

    #[test]
    fn x_is_asked_for_hashtags_as_people_write_them() {
        let contest = contest(Reposts::Count, [&["Straße"], &["c++", "seeplus"]]);
        assert_eq!(queries(&contest.into(), 1024), ["(#strasse OR #seeplus OR #straße)"]);
    }

    #[test]
    fn rules_of_others_are_left_alone_and_our_old_ones_deleted() {
        let present = [
            rule("1", "#cats -is:retweet", Some("hashtug")),
            rule("2", "#tabs", Some("hashtug")),
            rule("3", "#tabs lang:de", Some("somebody")),
            rule("4", "#dogs", None),
            rule("5", "#tabs", Some("hashtug")),
        ];
        let wanted = ["#tabs".to_owned(), "#spaces".to_owned()];
        let plan = plan(&present, &wanted);
        assert_eq!(plan.add, ["#spaces"]);
        assert_eq!(plan.delete, ["1", "5"]);
        assert_eq!(plan.foreign, 2);
    }

    #[test]
    fn what_another_asks_for_already_is_not_added() {
        let plan = plan(&[rule("1", "#tabs", Some("theirs"))], &["#tabs".to_owned()]);
        assert_eq!(plan, Plan::default());
    }
}

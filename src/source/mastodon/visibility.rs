//! Whether the server, and the account of the token, see the posts that a show needs: found out before
//! it, since neither says so by itself.

use crate::finding::{Finding, Verdict};

use super::super::link::Link;
use super::api::{self, Api};
use super::mark;
use super::pages::{self, Cursor};
use super::server::{Access, Facts};

/// What to say of a server that does not show everybody's posts with a hashtag.
pub(super) fn hidden_feeds(facts: &Facts, has_account: bool) -> Option<Finding> {
    let (local, remote) = facts.feeds();
    let is_shut =
        |access| access == Access::Disabled || access == Access::Authenticated && !has_account;
    let whose = match (is_shut(local), is_shut(remote)) {
        (false, false) => return None,
        (true, true) => "any posts",
        (true, false) => "the posts of its own people",
        (false, true) => "the posts of other servers",
    };
    let (why, hint) = if local == Access::Disabled || remote == Access::Disabled {
        (", its owner has switched that off", "use another server, or ask its owner")
    } else {
        (
            " without an account: it shows hashtag timelines to its users alone",
            "make an access token there with the scope `read:statuses`, and name its variable with \
             `token_env`",
        )
    };
    let is_all = is_shut(local) && is_shut(remote);
    Some(Finding {
        what: "hashtags",
        verdict: if is_all { Verdict::Fail } else { Verdict::Warn },
        said: format!("the server does not show {whose} with a hashtag{why}"),
        hint: Some(hint.to_owned()),
    })
}

/// What to say if the token's account sees less than anybody does: its languages, blocks and mutes
/// apply to streams too, and no answer of the server names them.
pub(super) async fn hidden_from_account(
    link: &mut Link,
    api: &Api,
    facts: &Facts,
    tags: &[String],
) -> Option<Finding> {
    if facts.feeds() != (Access::Public, Access::Public) {
        return None;
    }
    let (mut all, mut hidden) = (0, 0);
    for tags in tags.chunks(pages::tags_at_once(facts.software)) {
        let url = pages::url(api, tags, &Cursor::Newest);
        let mut pages = Vec::new();
        // Theirs is asked for last, so that it has whatever comes meanwhile.
        for request in [api.get_anonymously(&url), api.get(&url)] {
            // What is wrong here is shown when it matters.
            let document = api::ask(link, request).await;
            let dated = document.dated(link.now());
            let body = pages::list(document).ok()?;
            link.observe_date(dated);
            let ids = mark::page(&body)?.into_iter().filter_map(|(head, _)| head);
            pages.push(ids.map(|head| (head.created_at, head.id.into_owned())).collect::<Vec<_>>());
        }
        let (theirs, everybodys) = (pages.pop()?, pages.pop()?);
        // A full page may end before the other does.
        let last =
            theirs.iter().map(|&(at, _)| at).min().filter(|_| theirs.len() >= pages::MAX_POSTS);
        let comparable = everybodys.iter().filter(|&&(at, _)| last.is_none_or(|last| at > last));
        for (_, id) in comparable {
            all += 1;
            hidden += u32::from(theirs.iter().all(|(_, known)| known != id));
        }
    }
    (hidden > 0).then(|| {
        Finding::warn(
            "account",
            format!(
                "the account of the token does not see {hidden} of the {all} newest posts that \
                 anybody sees"
            ),
            "it may have chosen languages, or muted or blocked people; use an account of its own \
             without any of that",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(local: &str, remote: &str) -> Facts {
        let mut facts = Facts::default();
        let feeds = format!(r#"{{"hashtag_feeds":{{"local":"{local}","remote":"{remote}"}}}}"#);
        let document = format!(r#"{{"configuration":{{"timelines_access":{feeds}}}}}"#);
        facts.add("", document.as_bytes());
        facts
    }

    #[test]
    fn a_show_without_posts_fails_and_one_with_some_is_warned_of() {
        let (off, closed, open) = ("disabled", "authenticated", "public");
        for (local, remote, has_account, expected) in [
            (open, open, false, None),
            (closed, closed, true, None),
            (closed, closed, false, Some((Verdict::Fail, "any posts with a hashtag without an"))),
            (off, off, true, Some((Verdict::Fail, "any posts with a hashtag, its owner"))),
            (closed, off, false, Some((Verdict::Fail, "any posts with a hashtag, its owner"))),
            (closed, off, true, Some((Verdict::Warn, "the posts of other servers"))),
            (closed, open, false, Some((Verdict::Warn, "the posts of its own people"))),
        ] {
            let found = hidden_feeds(&facts(local, remote), has_account);
            assert_eq!(found.as_ref().map(|f| f.verdict), expected.map(|(verdict, _)| verdict));
            if let (Some(found), Some((_, said))) = (found, expected) {
                assert!(found.said.contains(said), "{}", found.said);
            }
        }
    }
}

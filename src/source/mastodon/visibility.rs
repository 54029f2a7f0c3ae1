//! Whether the server, and the account of the token, see the posts that a show needs: found out before
//! it, since neither says so by itself.

use super::super::link::Link;
use super::api::{self, Api};
use super::mark;
use super::pages::{self, Cursor};
use super::server::{Access, Facts};

/// What to say of a server that does not show everybody's posts with a hashtag.
pub(super) fn hidden_feeds(facts: &Facts, has_account: bool) -> Option<String> {
    let is_shut =
        |access| access == Access::Disabled || access == Access::Authenticated && !has_account;
    let whose = match (is_shut(facts.local), is_shut(facts.remote)) {
        (false, false) => return None,
        (true, true) => "any posts",
        (true, false) => "the posts of its own people",
        (false, true) => "the posts of other servers",
    };
    let is_disabled = facts.local == Access::Disabled || facts.remote == Access::Disabled;
    let (cause, mend) = if is_disabled {
        ("its owner has switched that off", "use another server, or ask its owner")
    } else {
        ("without an account", "make an access token there and name its variable with `token_env`")
    };
    Some(format!("the server does not show {whose} with a hashtag, {cause}: {mend}"))
}

/// What to say if the token's account sees less than anybody does: its languages, blocks and mutes
/// apply to streams too, and no answer of the server names them.
pub(super) async fn hidden_from_account(
    link: &mut Link,
    api: &Api,
    facts: &Facts,
    tags: &[String],
) -> Option<String> {
    if api.token().is_none() || facts.local != Access::Public || facts.remote != Access::Public {
        return None;
    }
    let (mut all, mut hidden) = (0, 0);
    for tags in tags.chunks(pages::tags_at_once(facts.is_mastodon)) {
        let url = pages::url(api, tags, &Cursor::Newest);
        let mut pages = Vec::new();
        // Theirs is asked for last, so that it has whatever comes meanwhile.
        for request in [api.get_anonymously(&url), api.get(&url)] {
            // What is wrong here is shown when it matters.
            let body = api::ask(link, request).await.ok()?;
            let heads = mark::page(std::str::from_utf8(&body).ok()?).ok()?;
            let ids = heads.into_iter().filter_map(|(head, _)| head);
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
        format!(
            "the account of the token does not see {hidden} of the {all} newest posts that anybody \
             sees: it may have chosen languages, or muted or blocked people; use an account of its \
             own without any of that"
        )
    })
}

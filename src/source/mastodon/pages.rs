//! Pages of hashtag timelines: where they are, what they hold, and which hashtags share them.
//! Source: the Mastodon documentation, methods/timelines; `app/models/tag_feed.rb`.

use reqwest::header::CONTENT_TYPE;
use url::Url;

use crate::decode::loose;
use crate::decode::verdict::is_one;

use super::super::link::failure::Failure;
use super::super::link::http::Document;
use super::api::{self, Api};
use super::server::Software;

/// Hashtags of one timeline at the most.
const MAX_TAGS: usize = 4;

/// Posts of a page at the most.
pub(super) const MAX_POSTS: usize = 40;

/// A page with fewer posts is the last one. Servers leave posts out of full pages.
pub(super) const FEW_POSTS: usize = MAX_POSTS / 2;

/// Which page of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// The newest one.
    Newest,
    /// The one that comes after this id.
    After(String),
    /// The one that comes before this id.
    Before(String),
}

/// Where a page of the timeline of several hashtags at once is.
pub(super) fn url(api: &Api, tags: &[String], cursor: &Cursor) -> Url {
    let (first, others) = tags.split_first().expect("a group has a hashtag");
    let mut url = api.url("/api/v1/timelines/tag");
    url.path_segments_mut().expect("http has paths").push(first);
    let mut query = url.query_pairs_mut();
    query.append_pair("limit", &MAX_POSTS.to_string());
    for other in others {
        query.append_pair("any[]", other);
    }
    match cursor {
        Cursor::Newest => {}
        Cursor::After(id) => drop(query.append_pair("min_id", id)),
        Cursor::Before(id) => drop(query.append_pair("max_id", id)),
    }
    drop(query);
    url
}

/// How many hashtags one request may ask for: other servers pass over those after the first.
pub(super) fn tags_at_once(software: Software) -> usize {
    if software == Software::Mastodon { MAX_TAGS } else { 1 }
}

/// The list of posts in an answer. One that is a list is read, whatever the server calls it.
pub(super) fn list(document: Document) -> Result<Vec<u8>, Failure> {
    let body = document.body?;
    if loose::is_array(&body) {
        return Ok(body);
    }
    if document.headers.contains_key(CONTENT_TYPE) {
        api::expect(&document.headers, "JSON", |kind| kind.ends_with("json"))?;
    }
    if !body.trim_ascii().is_empty() && !is_one(&body) {
        return Err(Failure::no_json(&body));
    }
    Err(Failure::Protocol("a timeline is no list of posts".to_owned()))
}

/// The hashtags of `all`, without `#` and each once, that a stream can bring, and those that it
/// cannot: Mastodon's streaming server drops these characters from the names that it listens for,
/// and its other half does not.
pub(super) fn split_by_stream(all: impl IntoIterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let mut tags: Vec<String> = Vec::new();
    for tag in all {
        let tag = tag.trim_start_matches(['#', '＃', '﹟']).to_owned();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.into_iter().partition(|tag| !tag.contains(is_dropped_by_streams))
}

fn is_dropped_by_streams(c: char) -> bool {
    matches!(c, '\u{30fb}' | '\u{e47}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hashtags_of_a_page_are_in_its_address() {
        let tags: Vec<String> = ["a b", "ö", "c", "d"].map(str::to_owned).into();
        let api = Api::new(&"http://localhost/".parse().unwrap(), None).unwrap();
        assert_eq!(
            url(&api, &tags, &Cursor::After("7".to_owned())).as_str(),
            "http://localhost/api/v1/timelines/tag/a%20b?limit=40&any%5B%5D=%C3%B6&any%5B%5D=c&any%5B%5D=d&min_id=7"
        );
        assert_eq!(
            url(&api, &tags[2..3], &Cursor::Newest).as_str(),
            "http://localhost/api/v1/timelines/tag/c?limit=40"
        );
    }

    #[test]
    fn hashtags_that_no_stream_brings_are_set_apart() {
        let tags = ["#tabs", "tabs", "テスト・タグ", "คำถามเก่ง", "ไทย"].map(str::to_owned);
        let (streamed, unstreamed) = split_by_stream(tags);
        assert_eq!(streamed, ["tabs", "ไทย"]);
        assert_eq!(unstreamed, ["テスト・タグ", "คำถามเก่ง"]);
    }
}

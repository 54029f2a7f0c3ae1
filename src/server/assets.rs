//! The files of `web/`, embedded; read from disk in debug builds.
//!
//! Pages name their files below `/assets/@/`, where `@` is replaced by a hash of all of them: one
//! page never mixes files of two versions, and browsers may keep them for ever.

use std::borrow::Cow;
use std::io::Write;

use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

use super::Stage;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Web;

/// A page, which is asked for anew each time.
pub(super) fn page(name: &'static str) -> Response {
    text(name).map_or_else(missing, IntoResponse::into_response)
}

/// The page for the projector, which learns by its first line whether it has sounds.
pub(super) async fn stage(stage: Option<Extension<Stage>>) -> Response {
    let Some(mut page) = text("stage.html") else { return missing() };
    if stage.is_some_and(|Extension(stage)| stage.sounds) {
        page = page.replacen("data-sounds=\"off\"", "data-sounds=\"on\"", 1);
    }
    page.into_response()
}

fn text(name: &str) -> Option<String> {
    let page = Web::get(name)?;
    let assets = format!("/assets/{}/", hash());
    Some(String::from_utf8_lossy(&page.data).replace("/assets/@/", &assets))
}

/// A file that a page names, by its path below `web/`.
pub(super) async fn file(
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(kind) = kind(&name) else { return missing() };
    let Some(file) = Web::get(&name) else { return missing() };
    // A page from before a restart may ask for files by an older hash, and gets the new ones.
    let keep = if version == hash() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let answer = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, keep),
        (header::VARY, "accept-encoding"),
    ];
    let gzip = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    if gzip.is_some_and(|accepted| accepted.contains("gzip")) {
        let headers = [(header::CONTENT_ENCODING, "gzip")];
        return (answer, headers, compressed(&name, &file.data)).into_response();
    }
    (answer, without_comments(&String::from_utf8_lossy(&file.data))).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// The types of what is served; pages have routes of their own.
fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}

/// The files change with the program only, except while it is being written.
#[cfg(not(debug_assertions))]
fn hash() -> Cow<'static, str> {
    static HASH: std::sync::LazyLock<String> = std::sync::LazyLock::new(hash_of_all);
    Cow::Borrowed(&HASH)
}

#[cfg(debug_assertions)]
fn hash() -> Cow<'static, str> {
    Cow::Owned(hash_of_all())
}

fn hash_of_all() -> String {
    let mut names: Vec<Cow<'static, str>> = Web::iter().collect();
    names.sort_unstable();
    let mut crc = flate2::Crc::new();
    for name in names {
        crc.update(name.as_bytes());
        if let Some(file) = Web::get(&name) {
            crc.update(&file.metadata.sha256_hash());
        }
    }
    format!("{:08x}", crc.sum())
}

#[cfg(not(debug_assertions))]
fn compressed(name: &str, _: &[u8]) -> Vec<u8> {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;
    static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
        let file = |name: Cow<'static, str>| {
            let data = Web::get(&name)?.data;
            Some((name.into_owned(), gzip(&data)))
        };
        Web::iter().filter_map(file).collect()
    });
    FILES.get(name).cloned().unwrap_or_default()
}

#[cfg(debug_assertions)]
fn compressed(_: &str, data: &[u8]) -> Vec<u8> {
    gzip(data)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let text = without_comments(&String::from_utf8_lossy(data));
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.expect("a vector takes everything")
}

/// Scripts and styles without the comments that fill whole lines: a third of their bytes, which no
/// browser reads. Lines stay where they are, so that an error in a page names the line of the file.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_inside = false;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let begins = !is_inside && code.starts_with("/*");
        // Code may follow a comment on its line, such as a value after its type.
        let is_alone = !begins || code.find("*/").is_none_or(|end| end + 2 == code.len());
        if is_alone && (is_inside || begins || code.starts_with("//")) {
            is_inside = (is_inside || begins) && !code.ends_with("*/");
            kept.push_str(if line.ends_with('\n') { "\n" } else { "" });
        } else {
            kept.push_str(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_stage_learns_whether_it_has_sounds() {
        let page = async |stage| {
            let answer = super::stage(stage).await;
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        };
        let quiet = page(None).await;
        assert_eq!(quiet, page(Some(Extension(Stage { sounds: false }))).await);
        let loud = page(Some(Extension(Stage { sounds: true }))).await;
        assert_eq!(loud, quiet.replacen("data-sounds=\"off\"", "data-sounds=\"on\"", 1));
        assert_ne!(loud, quiet);
    }

    #[test]
    fn comments_of_whole_lines_go_and_every_line_of_code_stays_in_its_place() {
        let text = "// One.\nlet a = 1; // kept\n  /** Two. */\n/**\n * Three.\n */\n/** @type {B} */ (b);\nc";
        let kept = "\nlet a = 1; // kept\n\n\n\n\n/** @type {B} */ (b);\nc";
        assert_eq!(without_comments(text), kept);
    }

    #[test]
    fn no_comment_of_the_pages_has_code_after_its_last_line() {
        for name in Web::iter().filter(|name| name.ends_with(".js") || name.ends_with(".css")) {
            let file = Web::get(&name).expect("it was listed");
            let text = String::from_utf8(file.data.into_owned()).expect("pages are UTF-8");
            for line in text.lines().filter(|line| !line.trim().starts_with("/*")) {
                let after = line.split_once("*/").filter(|(before, _)| !before.contains("/*"));
                assert!(after.is_none_or(|(_, code)| code.trim().is_empty()), "{name}: {line}");
            }
        }
    }
}

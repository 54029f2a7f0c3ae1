//! An evening as one page: it needs no network, no script and no other file, and can be printed.
//!
//! It is well formed XML too, so that a test can read it strictly.

use std::fmt::Write;

use crate::snapshot::{Gap, Posts, RoundResult};
use crate::timestamp::Timestamp;

use super::markup::{escaped, text};
use super::{Evening, Round, chart, words};

const STYLE: &str = include_str!("page.css");

/// What the page may load: nothing. It holds if somebody serves the file, too.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page.
pub(super) fn html(evening: &Evening) -> String {
    let mut page = String::new();
    let title = match text(&evening.title) {
        title if title.is_empty() => "The evening".to_owned(),
        title => title,
    };
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p>{}</p>\n",
        when(evening)
    );
    if let Some(why) = &evening.partial {
        let why = text(why);
        let _ = writeln!(page, "<p class=\"partial\"><strong>Partial:</strong> {why}</p>");
    }
    page += "</header>\n";
    write_contents(&mut page, evening);
    for round in &evening.rounds {
        write_round(&mut page, round);
    }
    page += "<section>\n<h2>The whole evening</h2>\n";
    write_posts(&mut page, &evening.posts, "What became of all messages");
    write_gaps(&mut page, &evening.gaps);
    page += "</section>\n</main>\n";
    let _ = write!(
        page,
        "<footer>\n<p>Times are in UTC. A share is the votes of a team over its size, as a part of \
         the sum of all teams’. Made by hashtug {}.</p>\n</footer>\n</body>\n</html>\n",
        escaped(env!("CARGO_PKG_VERSION"))
    );
    page
}

/// The day, and from when to when.
fn when(evening: &Evening) -> String {
    match (evening.from, evening.to) {
        (Some(from), Some(to)) if words::day(from) == words::day(to) => {
            format!("{}, {} to {} UTC", time(from, words::day), short(from), short(to))
        }
        (Some(from), Some(to)) => format!("{} to {} UTC", long(from), long(to)),
        (Some(at), None) | (None, Some(at)) => format!("{} UTC", long(at)),
        (None, None) => "Nothing is known of its time.".to_owned(),
    }
}

fn long(at: Timestamp) -> String {
    time(at, |at| format!("{}, {}", words::day(at), words::time_of_day(at)))
}

fn short(at: Timestamp) -> String {
    time(at, words::time_of_day)
}

fn time(at: Timestamp, shown: impl Fn(Timestamp) -> String) -> String {
    format!("<time datetime=\"{at}\">{}</time>", shown(at))
}

fn write_contents(page: &mut String, evening: &Evening) {
    if evening.rounds.is_empty() {
        *page += "<p>No round has a result.</p>\n";
        return;
    }
    *page += "<section>\n<h2 id=\"results\">Results</h2>\n\
              <div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"results\">\n<table>\n\
              <thead><tr><th scope=\"col\" class=\"number\">Round</th><th scope=\"col\">Question</th>\
              <th scope=\"col\">Winner</th><th scope=\"col\" class=\"number\">Share</th>\
              <th scope=\"col\" class=\"number\">Voices</th></tr></thead>\n<tbody>\n";
    for Round { result, .. } in &evening.rounds {
        let winner = match &result.winner {
            Some(winner) => text(winner),
            None if result.teams.iter().all(|team| team.votes == 0) => {
                "nobody has voted".to_owned()
            }
            None => "a tie".to_owned(),
        };
        let most = result.teams.iter().map(|team| team.share).fold(0.0, f64::max);
        let _ = writeln!(
            page,
            "<tr><td class=\"number\"><a href=\"#round-{0}\">{0}</a></td><td>{1}</td><td>{winner}{2}\
             </td><td class=\"number\">{3}</td><td class=\"number\">{4}</td></tr>",
            result.number,
            text(&result.title),
            if result.photo_finish { ", photo finish" } else { "" },
            words::percent(most, words::decimals(result)),
            words::count(result.voices),
        );
    }
    *page += "</tbody>\n</table>\n</div>\n</section>\n";
}

fn write_round(page: &mut String, Round { result, posts }: &Round) {
    let _ = write!(
        page,
        "<section class=\"round\" id=\"round-{0}\">\n<h2><span>Round {0}</span> {1}</h2>\n\
         <p class=\"verdict\">{2}</p>\n",
        result.number,
        text(&result.title),
        escaped(&words::verdict(result)),
    );
    if result.partial {
        *page += "<p class=\"partial\"><strong>Partial:</strong> posts were lost to the bound of memory, \
                  so that there were more votes than these.</p>\n";
    }
    let _ = write!(
        page,
        "<figure tabindex=\"0\" aria-labelledby=\"round-{}-title\">\n{}</figure>\n",
        result.number,
        chart::one(result, chart::Words::Around)
    );
    write_teams(page, result);
    let length = words::clock(result.closed_at.saturating_since(result.opened_at));
    let _ = writeln!(
        page,
        "<p>Question {}. {}: opened at {}, the bell fell at {}, after {length}. {} in all.</p>",
        result.question,
        time(result.opened_at, words::day),
        short(result.opened_at),
        short(result.closed_at),
        match result.voices {
            1 => "One voice".to_owned(),
            voices => format!("{} voices", words::count(voices)),
        },
    );
    write_posts(page, posts, "What became of the messages of this round");
    *page += "</section>\n";
}

fn write_teams(page: &mut String, result: &RoundResult) {
    let _ = writeln!(
        page,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Teams of round {}\">",
        result.number
    );
    *page += "<table>\n<thead><tr><th scope=\"col\">Team</th>\
              <th scope=\"col\" class=\"number\">Share</th><th scope=\"col\" class=\"number\">Votes</th>\
              <th scope=\"col\" class=\"number\">Posts</th>\
              <th scope=\"col\" class=\"number\">Voices</th></tr></thead>\n<tbody>\n";
    for team in &result.teams {
        let has_won = result.winner.as_ref() == Some(&team.name);
        let _ = writeln!(
            page,
            "<tr{}><th scope=\"row\">{}{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            if has_won { " class=\"winner\"" } else { "" },
            text(&team.name),
            if has_won { " <em>has won</em>" } else { "" },
            words::percent(team.share, words::decimals(result)),
            words::count(team.votes),
            words::count(team.total),
            words::count(team.voices),
        );
    }
    *page += "</tbody>\n</table>\n</div>\n";
}

/// What became of messages, those that counted and those that did not.
fn write_posts(page: &mut String, posts: &Posts, caption: &str) {
    if posts.received() == 0 {
        *page += "<p>No message came.</p>\n";
        return;
    }
    let _ = write!(
        page,
        "<table class=\"posts\">\n<caption>{caption}</caption>\n<tbody>\n\
         <tr><td class=\"number\">{}</td><th scope=\"row\">received</th></tr>\n",
        words::count(posts.received())
    );
    for (count, meaning) in words::fates(posts).filter(|(count, _)| *count > 0) {
        let count = words::count(count);
        let _ = writeln!(
            page,
            "<tr><td class=\"number\">{count}</td><th scope=\"row\">{meaning}</th></tr>"
        );
    }
    *page += "</tbody>\n</table>\n";
}

fn write_gaps(page: &mut String, gaps: &[(String, Gap)]) {
    if gaps.is_empty() {
        *page += "<p>No source has told of a gap.</p>\n";
        return;
    }
    *page += "<table>\n<caption>Spans of time whose posts may be missing</caption>\n<thead><tr>\
              <th scope=\"col\">Source</th><th scope=\"col\">From</th>\
              <th scope=\"col\" class=\"number\">Length</th></tr></thead>\n<tbody>\n";
    for (source, gap) in gaps {
        let seconds = gap.length.as_secs_f64();
        let length =
            if seconds < 60.0 { format!("{seconds:.1} s") } else { words::clock(gap.length) };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{length}</td></tr>",
            text(source),
            long(gap.from),
        );
    }
    *page += "</tbody>\n</table>\n";
}

//! Any service over HTTP as a kind of source: its keys, and what the rest of the program asks of it.

use std::time::Duration;

use crate::decode::{Feed, Shape};
use crate::finding::Finding;
use crate::keys::duration;
use crate::keys::endpoint::{self, HTTP};
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::value;
use crate::questions::Questions;
use crate::source::kind::Source;
use crate::source::link::{Link, net};
use crate::source::probe::{ProbeContext, Prober};
use crate::source::secret::Variable;
use crate::source::{SourceContext, documents};

use super::{EVERY, MAX_EVERY, MIN_EVERY, Mode, Service, Settings, events, headers, poll, stream};

impl Source for Settings {
    const KIND: &'static str = "http";

    fn read(table: &Table<'_>, questions: Option<&Questions>) -> Option<Settings> {
        let every = every(table);
        if !table.has("url") {
            let hint = "add where the posts are: `url = \"https://example.org/posts\"`";
            table.report_missing("url", hint.to_owned());
        }
        let url = endpoint::one(table, "url", HTTP);
        let headers = headers::read(table);
        let modes = [("stream", Mode::Stream), ("sse", Mode::Sse), ("poll", Mode::Poll(every))];
        let mode = table.choice("mode", &modes);
        if table.has("every") && matches!(mode, Some(Mode::Stream | Mode::Sse) | None) {
            let message = "`every` has a meaning only for `mode = \"poll\"`";
            table.report(Problem::new(table.place("every"), message));
        }
        let shape = documents::read(table, questions);
        if matches!(mode, Some(Mode::Poll(_)))
            && matches!(&shape, Shape::Posts(map) if map.id.is_none())
        {
            // Without ids each request would bring the same posts as new ones.
            let message = "`mode = \"poll\"` needs an `id` in `[source.map]`";
            let hint = "a post is there at each request, and its id tells that it is the same: \
                        `id = \"/id\"`";
            table.report(Problem::new(table.place("map"), message).hint(hint));
        }
        Some(Settings { url: url?, headers, mode: mode.unwrap_or(Mode::Stream), shape })
    }

    fn is_live(&self) -> bool {
        true
    }

    fn cycle(&self, _: &Questions) -> Duration {
        match self.mode {
            Mode::Poll(every) => every,
            Mode::Stream | Mode::Sse => Duration::ZERO,
        }
    }

    fn variables(&self) -> Vec<&Variable> {
        headers::variables(&self.headers).collect()
    }

    /// Only the config tells what its documents hold.
    fn feed(&self) -> Option<Feed> {
        None
    }

    fn describe(&self) -> String {
        let how = match self.mode {
            Mode::Stream => "a stream of lines".to_owned(),
            Mode::Sse => "a stream of events".to_owned(),
            Mode::Poll(every) => format!("asked for every {every:?}"),
        };
        let shape = documents::describe(&self.shape);
        format!("http at {}, {how}, {shape}", net::host(&self.url))
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let mut prober = context.prober_of_documents(&self.shape);
        let _ended_early = probe(&mut prober, self).await;
        prober.end()
    }

    async fn run(self, name: &str, context: SourceContext) {
        super::run(name, self, context).await;
    }
}

/// The time between two requests.
fn every(table: &Table<'_>) -> Duration {
    let every = table.read("every", |value| {
        let text = value::string("every", value, Some("5s"))?;
        let problem = |message: String| Problem::new(value.span(), message);
        let every = duration(text).map_err(|error| problem(error.to_string()))?;
        if (MIN_EVERY..=MAX_EVERY).contains(&every) {
            return Ok(every);
        }
        let (from, to) = (MIN_EVERY, MAX_EVERY);
        Err(problem(format!("`every` must be from {from:?} to {to:?}, not {every:?}")))
    });
    every.unwrap_or(EVERY)
}

/// Does the service answer, and can what it sends be read?
async fn probe(prober: &mut Prober, settings: &Settings) -> Option<()> {
    prober.keep("headers", headers::filled(&settings.headers))?;
    prober.reach(&settings.url).await?;
    let request = Service::new(settings.clone()).get(&settings.url);
    let mut request = prober.keep("answer", request)?;
    if settings.mode == Mode::Sse {
        request = request.headers(events::headers());
    }
    let answer = prober.ask(request).await;
    let answer = prober.keep("answer", answer)?;
    prober.ok("answer", format!("the server answers {}", answer.status().as_u16()));
    let headers = answer.headers().clone();
    match settings.mode {
        Mode::Poll(_) => {
            let read = async |link: &mut Link, limit| poll::read(link, answer, limit).await;
            prober.read(read).await?;
        }
        Mode::Stream => {
            let mut lines = prober.keep("answer", stream::Answer::new(&headers))?;
            let take = |link: &mut Link, chunk: Option<&[u8]>| match chunk {
                Some(chunk) => lines.push(link, chunk),
                None => lines.end(link),
            };
            prober.follow(answer, take).await;
        }
        Mode::Sse => {
            let mut events = prober.keep("answer", events::Stream::new(&headers, ""))?;
            let take = |link: &mut Link, chunk: Option<&[u8]>| {
                chunk.map_or(Ok(()), |chunk| events.push(link, chunk).map(drop))
            };
            prober.follow(answer, take).await;
        }
    }
    prober.room(&headers);
    Some(())
}

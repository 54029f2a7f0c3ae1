//! The results of past rounds: as a list, as rows, and the course of each as a picture.
//!
//! What is made comes from the newest snapshot for viewers, which has no secret result, and is made once
//! for all who ask: it is kept for as long as snapshots list the same results.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::OnceCell;

use crate::panics::Panic;
use crate::report;
use crate::snapshot::{MAX_RESULTS, Phase, RoundResult, Snapshot};

use super::View;

/// The results that a snapshot lists, and what is made of them.
#[derive(Default)]
pub(super) struct Results {
    listed: Vec<Arc<Listed>>,
    json: OnceLock<Bytes>,
    csv: OnceLock<Bytes>,
}

/// A result, and its picture once somebody has asked for it.
struct Listed {
    result: Arc<RoundResult>,
    picture: OnceCell<Bytes>,
}

/// Why a round has no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    /// No such round has a result that is listed.
    None,
    /// It has one that nobody has seen.
    Sealed,
}

impl Results {
    /// Those of a snapshot. What was made of the same ones before is kept.
    pub(super) fn new(snapshot: &Snapshot, before: &Arc<Results>) -> Arc<Results> {
        let results = &snapshot.results;
        let is_same = |(result, listed): (&Arc<RoundResult>, &Arc<Listed>)| {
            Arc::ptr_eq(result, &listed.result)
        };
        if results.len() == before.listed.len() && results.iter().zip(&before.listed).all(is_same) {
            return Arc::clone(before);
        }
        let listed = results.iter().map(|result| {
            let known = before.listed.iter().find(|listed| is_same((result, listed)));
            known.map_or_else(
                || Arc::new(Listed { result: Arc::clone(result), picture: OnceCell::new() }),
                Arc::clone,
            )
        });
        Arc::new(Results { listed: listed.collect(), ..Results::default() })
    }

    fn results(&self) -> impl Iterator<Item = &RoundResult> {
        self.listed.iter().map(|listed| &*listed.result)
    }
}

impl Listed {
    /// The picture, which is drawn where it keeps nobody waiting who does not want it.
    async fn picture(&self) -> Result<Bytes, Option<Panic>> {
        let draw = async || {
            let result = Arc::clone(&self.result);
            let drawn = tokio::task::spawn_blocking(move || report::svg(&result)).await;
            // A show that ends draws no more.
            drawn.map(Bytes::from).map_err(|error| error.try_into_panic().ok())
        };
        self.picture.get_or_try_init(draw).await.cloned()
    }
}

pub(in crate::server) async fn json(State(view): State<View>) -> Bytes {
    let results = Arc::clone(&view.latest.borrow().results);
    results.json.get_or_init(|| report::json(results.results()).into()).clone()
}

pub(in crate::server) async fn csv(State(view): State<View>) -> Response {
    let results = Arc::clone(&view.latest.borrow().results);
    let rows = results.csv.get_or_init(|| report::csv(results.results()).into()).clone();
    named("attachment", "results.csv", rows)
}

/// The picture of the round whose number stands before `.svg`.
pub(in crate::server) async fn picture(
    State(view): State<View>,
    Path(name): Path<String>,
) -> Response {
    let Some(number) = number(&name) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let latest = Arc::clone(&view.latest.borrow());
    let listed = latest.results.listed.iter().find(|listed| listed.result.number == number);
    let Some(listed) = listed else { return missing(&latest.snapshot, number).into_response() };
    match listed.picture().await {
        Ok(picture) => named("inline", &format!("round-{number}.svg"), picture),
        Err(panic) => {
            view.bugs.lost.note(panic.map_or(Ok(()), Err));
            (StatusCode::INTERNAL_SERVER_ERROR, "the picture could not be drawn\n").into_response()
        }
    }
}

/// An answer that says what a file of it is called.
fn named(disposition: &str, name: &str, body: Bytes) -> Response {
    let value = format!("{disposition}; filename=\"{name}\"");
    ([(header::CONTENT_DISPOSITION, value)], body).into_response()
}

/// The number in `3.svg`, in the one way to write it.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".svg")?;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// Why a round is not listed. Numbers are used up by results, so that one before the round that is on has
/// a result: it was sealed, or there are too many that are newer.
fn missing(snapshot: &Snapshot, number: u32) -> Missing {
    let Some(round) = &snapshot.round else { return Missing::None };
    let has_result =
        number < round.number || number == round.number && snapshot.phase == Phase::Sealed;
    let first = snapshot.results.iter().map(|result| result.number).min();
    let is_gone =
        snapshot.results.len() >= MAX_RESULTS && first.is_some_and(|first| number < first);
    if number > 0 && has_result && !is_gone { Missing::Sealed } else { Missing::None }
}

impl IntoResponse for Missing {
    fn into_response(self) -> Response {
        let answer = match self {
            Missing::None => (StatusCode::NOT_FOUND, "no such round has a result that is listed\n"),
            Missing::Sealed => {
                (StatusCode::CONFLICT, "the result of this round is sealed until it is revealed\n")
            }
        };
        answer.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::snapshot::TeamResult;
    use crate::timestamp::Timestamp;

    fn result(number: u32) -> Arc<RoundResult> {
        let at = Timestamp::from_secs(1_795_288_500).unwrap();
        let team = |name: &str| TeamResult {
            name: name.to_owned(),
            votes: 1,
            share: 0.5,
            total: 1,
            voices: 1,
            color: Rgb::BLACK,
        };
        Arc::new(RoundResult {
            number,
            question: 1,
            title: "Which?".to_owned(),
            opened_at: at,
            closed_at: at,
            teams: vec![team("A"), team("B")],
            voices: 2,
            winner: None,
            margin: 0,
            photo_finish: false,
            partial: false,
            course: Vec::new(),
        })
    }

    fn snapshot(results: &[&Arc<RoundResult>]) -> Snapshot {
        let results = results.iter().map(|result| Arc::clone(result)).collect();
        Snapshot { results, ..snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]) }
    }

    #[tokio::test]
    async fn what_was_made_of_a_result_is_kept_while_it_is_listed() {
        let (first, second, third) = (result(1), result(2), result(3));
        let before = Results::new(&snapshot(&[&first, &second]), &Arc::default());
        let picture = before.listed[1].picture().await.unwrap();
        let same = Results::new(&snapshot(&[&first, &second]), &before);
        assert!(Arc::ptr_eq(&same, &before));
        let later = Results::new(&snapshot(&[&second, &third]), &same);
        let kept = later.listed[0].picture().await.unwrap();
        assert_eq!(kept.as_ptr(), picture.as_ptr(), "drawn again");
        assert!(later.listed[1].picture.get().is_none(), "drawn before anybody asks");
        // A round that was played again has a result of its own.
        let again = result(2);
        let anew = Results::new(&snapshot(&[&again, &third]), &later);
        assert!(anew.listed[0].picture.get().is_none());
    }
}

//! Requests to X: to its one server, with the token, refusals explained.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;
use url::Url;

use crate::source::link::Link;
use crate::source::link::failure::{self, Failure, expect_json};
use crate::source::link::http::{self, Document, Http};
use crate::source::secret::{Missing, Secret, Variable};
use crate::source::token;
use crate::timestamp::Timestamp;

use super::{Settings, explain, refused};

/// For the head of an answer, and for a whole page.
const LIMIT: Duration = Duration::from_secs(10);

/// More than all rules of an app, or a page of a hundred posts, with what they refer to.
const MAX_PAGE: usize = 8 << 20;

/// The bearer token of the app. X alone says what one may hold: of several words it is the judge.
pub(super) fn token(variable: &Variable) -> Result<Secret, Missing> {
    match variable.read_token() {
        Err(Missing::NotAToken(_, token::WORDS)) => variable.read(),
        read => read,
    }
}

pub(super) struct Api {
    http: Http,
    endpoint: Url,
    authorization: HeaderValue,
    /// What the token looks like, if that is no bearer token of an app.
    looks: Option<&'static str>,
}

impl Api {
    /// Reads the token.
    pub(super) fn new(settings: &Settings) -> Result<Api, Failure> {
        let token = token(&settings.token).map_err(|missing| {
            refused(missing.to_string(), "set it to the bearer token of the app, and start again")
        })?;
        let value = HeaderValue::try_from(format!("Bearer {}", token.reveal()));
        let mut authorization = value.map_err(|_| {
            let message = format!("what is in `{}` cannot be a token", settings.token);
            refused(message, "set it to the bearer token of the app, and start again")
        })?;
        authorization.set_sensitive(true);
        let endpoint = settings.endpoint.clone();
        let looks = explain::looks(token.reveal());
        Ok(Api { http: Http::new(&endpoint)?, endpoint, authorization, looks })
    }

    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url
    }

    pub(super) fn get(&self, url: &Url) -> RequestBuilder {
        self.http.get(url).header(AUTHORIZATION, self.authorization.clone())
    }

    pub(super) fn post(&self, url: &Url, body: String) -> RequestBuilder {
        let request = self.http.post(url).header(AUTHORIZATION, self.authorization.clone());
        request.header("content-type", "application/json").body(body)
    }

    /// Sends a request, and explains a refusal.
    pub(super) async fn ask(
        &self,
        link: &Link,
        request: RequestBuilder,
    ) -> Result<Response, Failure> {
        let answer = http::exchange(request, LIMIT).await?;
        if http::is_good(answer.status()) {
            return Ok(answer);
        }
        let url = answer.url().clone();
        let refusal = http::refusal(answer, LIMIT).await;
        Err(explain::refusal(&refusal, self.looks, || link.now()).asked(&url))
    }

    /// The same, for a document.
    pub(super) async fn document<T: DeserializeOwned>(
        &self,
        link: &Link,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let answer = self.ask(link, request).await?;
        expect_json(answer.headers())?;
        let body = http::body(answer, MAX_PAGE, LIMIT).await?;
        failure::json(&body)
    }

    /// Reads a page beside the stream.
    pub(super) async fn fetch(request: RequestBuilder, now: Timestamp) -> Document {
        http::document(request, MAX_PAGE, LIMIT, now).await
    }
}

//! Long work shows progress: a page that takes its time is answered with how far it is, and asked for again.

use super::address::Address;
use super::page;
use super::session::Theme;
use crate::app::App;
use crate::http::query::Query as Parameters;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use touchline_domain::SiteId;

/// How long a page may take the first time; each time that it is asked for again, twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(1_500);

/// The parameter that counts how often it was asked for again.
const AGAIN: &str = "again";

const AGAIN_MAX: u32 = 4;

const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// Lets browsers see how far a page is when it takes long, as the first report of a large site does. The work goes on; what
/// was read stays in memory, so that asking again is soon answered.
pub(super) async fn shown(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if !is_for_people(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let Some((uri, again)) = without_count(request.uri()) else { return next.run(request).await };
    let address = uri.clone();
    *request.uri_mut() = uri;
    let theme = Theme::of(request.headers());
    let wait = FIRST_WAIT * 2_u32.pow(again);
    match within(wait, tokio::spawn(next.run(request))).await {
        Some(response) => response,
        None => so_far(&app, &address, again, theme),
    }
}

/// What a task answers, if it does in time; it goes on otherwise.
async fn within(wait: Duration, mut task: JoinHandle<Response>) -> Option<Response> {
    match tokio::time::timeout(wait, &mut task).await {
        Ok(Ok(response)) => Some(response),
        Ok(Err(_)) => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Err(_) => None,
    }
}

fn is_for_people(method: &Method, headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    method == Method::GET
        && accepts.contains("text/html")
        && headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

/// The address as it was asked for first, and how often it was since.
fn without_count(uri: &Uri) -> Option<(Uri, u32)> {
    let Some(query) = uri.query().filter(|query| query.contains(AGAIN)) else {
        return Some((uri.clone(), 0));
    };
    let address = Address::with_pairs(uri.path(), Parameters::read(Some(query)).ok()?.into_pairs());
    let again = address.get(AGAIN).and_then(|raw| raw.parse::<u32>().ok()).unwrap_or(0).min(AGAIN_MAX);
    Some((address.without(&[AGAIN]).to_string().parse().ok()?, again))
}

fn so_far(app: &App, uri: &Uri, again: u32, theme: Option<Theme>) -> Response {
    let pairs = Parameters::read(uri.query()).map(Parameters::into_pairs).unwrap_or_default();
    let next = Address::with_pairs(uri.path(), pairs).with(AGAIN, (again + 1).min(AGAIN_MAX).to_string());
    let site = uri.path().split('/').nth(2).and_then(|id| SiteId::parse(id).ok());
    let journeys = site.map_or(0, |site| app.reports.journeys_read(&site));
    let body = html! {
        main.alone #main {
            p.mark { "Touchline" }
            h1 { "One moment" }
            progress aria-label="The page is being made" {}
            p role="status" {
                @if journeys > 0 { "Reading the site's journeys: " (journeys) " so far. " }
                "The page shows itself when it is ready; the next time it is there at once."
            }
            p.actions { a.button href=(next) { "Show it now" } }
        }
    };
    let refresh = HeaderValue::from_str(&format!("0; url={next}"));
    let refresh = refresh.unwrap_or(HeaderValue::from_static("1"));
    (StatusCode::ACCEPTED, [(REFRESH, refresh)], page::document("One moment", theme, &body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_taken_off_and_nothing_else() {
        let read =
            |raw: &str| without_count(&raw.parse().unwrap()).map(|(uri, again)| (uri.to_string(), again));
        assert_eq!(read("/sites/s/overview?period=7d"), Some(("/sites/s/overview?period=7d".into(), 0)));
        assert_eq!(
            read("/sites/s/overview?where=channel:Email&again=2"),
            Some(("/sites/s/overview?where=channel:Email".into(), 2))
        );
        assert_eq!(read("/sites/s/overview?again=99"), Some(("/sites/s/overview".into(), AGAIN_MAX)));
    }

    #[tokio::test]
    async fn what_takes_longer_goes_on() {
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let (done, is_done) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let _ = finished.await;
            let _ = done.send(());
            StatusCode::OK.into_response()
        });
        assert!(within(Duration::ZERO, task).await.is_none());
        finish.send(()).unwrap();
        is_done.await.unwrap();
        let quick = tokio::spawn(async { StatusCode::OK.into_response() });
        assert!(within(Duration::from_mins(1), quick).await.is_some());
    }
}

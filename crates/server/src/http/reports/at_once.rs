//! What is answered while as many reports are worked out as may be.
//!
//! The test is in here and not with those of the binary, because nobody outside can make a report take exactly as long as
//! a test needs it to.

use crate::app::App;
use crate::app::first_start::first_start;
use crate::app::reports::Asked;
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::http::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use futures_util::future::join_all;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::mpsc;
use tokio::sync::oneshot;
use touchline_store::Store;
use touchline_store::sqlite::{SqliteOptions, SqliteStore};
use tower::ServiceExt;

struct Served {
    app: Arc<App>,
    router: Router,
    site: String,
    token: String,
    _data: tempfile::TempDir,
}

async fn served(settings: &[(&str, &str)]) -> Served {
    let data = tempfile::tempdir().unwrap();
    let setting =
        |name: &str| settings.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).into());
    let config = Config::load(None, setting, Flags::default()).unwrap();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&data.path().join("t.db"), &SqliteOptions::default()).unwrap());
    let first = first_start(store.as_ref(), &SystemClock).await.unwrap();
    let app = App::new(store, Arc::new(SystemClock), config.limits).await.unwrap();
    Served {
        router: router(Arc::clone(&app), Router::new()),
        app,
        site: first.site.id.to_string(),
        token: first.token.unwrap(),
        _data: data,
    }
}

impl Served {
    async fn get(&self, path: &str) -> Response {
        let request = Request::get(format!("/api/v1/sites/{}/{path}", self.site))
            .header("Authorization", format!("Bearer {}", self.token));
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }
}

const REPORTS: [&str; 6] = [
    "report",
    "report?format=csv",
    "report?asOf=2024-01-01",
    "report/records",
    "report/paths",
    "report/changes?since=2024-01-01",
];

#[tokio::test(flavor = "multi_thread")]
async fn reports_beyond_those_at_once_are_refused_and_nothing_else_is() {
    let served = served(&[
        ("TOUCHLINE_LIMITS_REPORTS_AT_ONCE", "1"),
        // They wait for half of it, and must be answered before it is over.
        ("TOUCHLINE_LIMITS_REQUEST_SECONDS", "4"),
    ])
    .await;
    let (began, has_begun) = oneshot::channel();
    let (end, ends) = mpsc::channel();
    let (app, site) = (Arc::clone(&served.app), served.site.clone());
    let held = tokio::spawn(async move {
        let directory = app.store.directory().await.unwrap();
        let site = directory.sites.into_iter().find(|one| one.id.to_string() == site).unwrap();
        let work = move |_: &_| {
            began.send(()).unwrap();
            ends.recv().unwrap()
        };
        app.report(&Arc::new(site), Asked::default(), work).await
    });
    has_begun.await.unwrap();

    let replies = join_all(REPORTS.map(|path| served.get(path))).await;
    for (reply, path) in replies.into_iter().zip(REPORTS) {
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(reply.headers()["retry-after"], "1", "{path}");
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "overloaded", "{path}");
        assert!(problem["detail"].as_str().unwrap().contains("limits.reports_at_once"), "{path}: {problem}");
    }
    assert_eq!(served.get("opportunities").await.status(), StatusCode::OK, "all else goes on");

    end.send("done").unwrap();
    assert_eq!(held.await.unwrap().unwrap(), "done", "what was begun is answered");
    for path in REPORTS {
        assert_eq!(served.get(path).await.status(), StatusCode::OK, "{path}: there is a place again");
    }
    served.app.store.close().await.unwrap();
}

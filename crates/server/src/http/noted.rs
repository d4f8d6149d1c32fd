//! What is noted of uploads and reports that were refused: where and why, and nothing of what was sent but the name.

use super::error::{ApiError, Code, Problem};
use super::json::{Object, Problems, scalar};
use super::upload::validate_only;
use crate::app::App;
use axum::http::{Method, Uri};
use serde_json::value::RawValue;
use touchline_domain::record::UploadOutcome;
use touchline_domain::{Instant, Site, SiteId, Text};
use touchline_store::{BatchCounts, IntakeContent, IntakeEntry, IntakeKind, IntakeProblem};

/// The longest part of a pointer that is kept, and the most digits in it: a telephone number has more.
const PART_MAX: usize = 64;
const DIGITS_MAX: usize = 4;

/// Takes note of a refused upload or report. A caller who has no right to send is no one's mistake to look at: their
/// failures are others than these.
pub(super) fn refused(app: &App, route: &str, method: &Method, uri: &Uri, error: &ApiError) {
    let is_report = route.starts_with("/tag/");
    let is_upload = route.starts_with("/v1/") || route.ends_with("/visits") || route.ends_with("/batch");
    let is_sent = matches!(*method, Method::PUT | Method::POST) && (is_upload || is_report);
    let is_tried = validate_only(uri.query()).is_ok_and(|only| only);
    // A batch that broke off was noted as one.
    if !is_sent || is_tried || error.results.is_some() || !is_about_content(error.code) {
        return;
    }
    let named = || named_in(route, uri.path()).and_then(|id| SiteId::parse(id).ok());
    let Some(site) = error.about.as_ref().map(|about| about.site.clone()).or_else(named) else { return };
    let entry = IntakeEntry {
        site,
        kind: if is_report { IntakeKind::Report } else { IntakeKind::Refusal },
        at: app.clock.now(),
        route: route.to_owned(),
        reference: error.about.as_ref().and_then(|about| Text::parse(about.reference.as_deref()?).ok()),
        content: IntakeContent {
            code: Some(error.code.name().to_owned()),
            problems: problems(&error.problems),
            item: None,
            counts: None,
        },
    };
    app.intake_log.note(entry, &app.metrics);
}

/// Takes note of many costs that were sent at once, `began` being when.
pub(super) fn costs(app: &App, site: &Site, route: &str, began: Instant, outcomes: &[UploadOutcome]) {
    let at = app.clock.now();
    let of = |outcome| outcomes.iter().filter(|one| **one == outcome).count() as u64;
    let counts = BatchCounts {
        took: at.as_micros().abs_diff(began.as_micros()),
        accepted: outcomes.len() as u64,
        created: of(UploadOutcome::Created),
        updated: of(UploadOutcome::Updated),
        unchanged: of(UploadOutcome::Unchanged),
        refused: 0,
    };
    let content = IntakeContent { code: None, problems: Vec::new(), item: None, counts: Some(counts) };
    let (site, route) = (site.id.clone(), route.to_owned());
    let entry = IntakeEntry { site, kind: IntakeKind::Batch, at, route, reference: None, content };
    app.intake_log.note(entry, &app.metrics);
}

/// Problems as they are kept.
pub(super) fn problems(problems: &[Problem]) -> Vec<IntakeProblem> {
    problems.iter().take(IntakeContent::PROBLEMS_MAX).map(problem).collect()
}

/// A member may have been given any name, somebody's own too: then neither it nor the sentence with it is kept. What is filled
/// in in a form is named by whoever made the form.
fn problem(problem: &Problem) -> IntakeProblem {
    let is_plain = |part: &&str| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let is_of_names = part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        part.len() <= PART_MAX && digits <= DIGITS_MAX && is_of_names
    };
    let is_telling =
        problem.pointer.split('/').all(|part| is_plain(&part)) && !problem.pointer.starts_with("/payload/");
    let code = problem.code.to_owned();
    if is_telling {
        return IntakeProblem { pointer: problem.pointer.clone(), code, detail: problem.detail.clone() };
    }
    let of_form = problem.pointer.starts_with("/payload/").then_some(2);
    let plain = problem.pointer.split('/').take(of_form.unwrap_or(usize::MAX)).take_while(is_plain);
    let pointer = format!("{}/…", plain.collect::<Vec<_>>().join("/"));
    IntakeProblem { pointer, code, detail: "A member is not as it must be.".to_owned() }
}

/// Failures that only who may send meets.
fn is_about_content(code: Code) -> bool {
    matches!(
        code,
        Code::MalformedJson
            | Code::IncompleteBody
            | Code::InvalidBody
            | Code::InvalidQuery
            | Code::BodyTimeout
            | Code::BodyTooLarge
            | Code::UnsupportedMediaType
    )
}

/// The part of a path where its route has the site's id.
fn named_in<'a>(route: &str, path: &'a str) -> Option<&'a str> {
    route.split('/').zip(path.split('/')).find(|(pattern, _)| *pattern == "{siteId}").map(|(_, part)| part)
}

/// The name that a body gives what it is about, when it can be read.
pub(super) fn reference(raw: &RawValue) -> Option<String> {
    let mut unread = Problems::default();
    let mut object = Object::read(raw, String::new(), "body", &mut unread)?;
    let text = scalar(object.take("Reference")?)?;
    Text::<255>::parse(&text).ok().map(|text| text.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_is_called_is_kept_unless_it_may_name_somebody() {
        let told = |pointer: &str| {
            let detail = format!("'{pointer}' must be text.");
            let kept = problem(&Problem { pointer: pointer.to_owned(), code: "wrong_type", detail });
            (kept.pointer, kept.detail.contains(pointer))
        };
        assert_eq!(told("/Labels/3"), ("/Labels/3".to_owned(), true));
        for somebody in ["ann@example.com", "07700 900123", "07700900123", "Ann Smith"] {
            assert_eq!(told(&format!("/Labels/{somebody}")), ("/Labels/…".to_owned(), false));
        }
        assert_eq!(told("/payload/Smith"), ("/payload/…".to_owned(), false));
        assert_eq!(told(&format!("/{}", "x".repeat(65))), ("/…".to_owned(), false));
    }

    #[test]
    fn the_site_stands_where_the_route_has_it() {
        assert_eq!(named_in("/v1/{siteId}/adcosts", "/v1/shop/adcosts"), Some("shop"));
        assert_eq!(named_in("/v1/revenue/upload", "/v1/revenue/upload"), None);
    }
}

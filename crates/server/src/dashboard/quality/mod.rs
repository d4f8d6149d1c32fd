//! Data quality: what is missing, misspelt, shared or refused, and what to do about it.

mod campaigns;
mod figures;
mod guarded;
mod matched;
mod near;
mod refused;
mod sources;
mod untagged;

use super::asked::Asked;
use super::page::page;
use super::parts::{change, heading};
use super::session::{Change, Viewer};
use crate::app::App;
use crate::app::reports;
use crate::http::error::ApiError;
use axum::extract::State;
use axum::response::Redirect;
use figures::Figures;
use guarded::GuardedPage;
use maud::{Markup, html};
use refused::Refused;
use std::sync::Arc;
use touchline_store::Seen;

/// What a notice in the address stands for.
const DONE: [(&str, &str); 2] = [
    ("allowed", "It joins again. Records that it leads to are matched anew."),
    ("disallowed", "Guards decide about it again."),
];

/// All that the page shows.
struct Quality {
    figures: Figures,
    seen: Vec<Seen>,
    guarded: GuardedPage,
    refused: Refused,
}

/// `GET /sites/{siteId}/quality`.
pub(super) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Markup, ApiError> {
    let (asked, (after, before)) = Asked::read(&app, &viewer, |parameters| {
        let after = parameters.optional("guarded", guarded::after);
        let before = parameters.optional("refused", refused::before);
        parameters.optional("done", |_| Ok(()));
        (after, before)
    })?;
    let (query, compared) = (asked.query.clone(), asked.compared);
    let with_traffic = reports::Asked { traffic: true, ..reports::Asked::default() };
    let figures =
        app.report(&viewer.site, with_traffic, move |engine| Figures::of(engine, &query, compared)).await??;
    app.write_intake().await;
    let quality = Quality {
        figures,
        seen: app.seen(&viewer.site.id).await?,
        guarded: GuardedPage::read(&app, &viewer, after).await?,
        refused: Refused::read(&app, &viewer, before).await?,
    };
    Ok(quality.draw(&app, &viewer, &asked))
}

/// `POST /sites/{siteId}/quality/allowed`: lets an identifier join, or no longer.
pub(super) async fn allow(
    State(app): State<Arc<App>>,
    Change { viewer, form }: Change,
) -> Result<Redirect, ApiError> {
    let (identifier, is_allowed) = guarded::decision(&viewer, &form)?;
    app.store.set_allowed(viewer.site.id.clone(), identifier, is_allowed, app.clock.now()).await?;
    let done = if is_allowed { "allowed" } else { "disallowed" };
    Ok(Redirect::to(&format!("{}#guarded", viewer.page("quality").with("done", done))))
}

impl Quality {
    fn draw(&self, app: &App, viewer: &Viewer, asked: &Asked) -> Markup {
        let done = viewer.address.get("done");
        let done = DONE.iter().find(|(name, _)| Some(*name) == done);
        page(
            viewer,
            "quality",
            "Data quality",
            &html! {
                (heading("Data quality", asked.period_title(viewer), asked.controls(viewer)))
                (asked.chips())
                @if let Some((_, told)) = done { p.done role="status" { (told) } }
                (self.tiles(viewer))
                (matched::section(viewer, asked, &self.figures))
                (sources::section(app, viewer, &self.seen))
                (untagged::section(viewer, &self.figures))
                (campaigns::section(viewer, asked, &self.figures))
                (self.guarded.draw(viewer))
                (self.refused.draw(viewer))
            },
        )
    }

    fn tiles(&self, viewer: &Viewer) -> Markup {
        let locale = &viewer.locale;
        let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| locale.percent(share));
        let figures = &self.figures;
        let against = |now: Option<f64>, before: Option<f64>, more_is_better: bool| {
            change(viewer, now, before, Some(more_is_better))
        };
        let matched = against(figures.match_rate(), figures.before.0, true);
        let untagged = against(figures.untagged_share(), figures.before.1, false);
        let nothing = || html! {};
        html! {
            section.tiles aria-label="Key figures" {
                (tile("Match rate", &share(figures.match_rate()), matched, "of records", "#matched"))
                (tile("Unmatched", &locale.count(figures.unmatched()), nothing(), "records", "#matched"))
                (tile("Untagged visits", &share(figures.untagged_share()), untagged, "where tags could be", "#untagged"))
                (tile("Similar campaigns", &locale.count(figures.near.len() as u64), nothing(), "groups of names", "#campaigns"))
                (tile("Guarded", &self.guarded.told(viewer), nothing(), "to review", "#guarded"))
                (tile("Refused", &self.refused.told(viewer), nothing(), "uploads to review", "#refused"))
            }
        }
    }
}

fn tile(title: &str, figure: &str, change: Markup, about: &str, anchor: &str) -> Markup {
    html! {
        a.tile href=(anchor) {
            span.tile-title { (title) }
            span.figure { (figure) }
            span.tile-foot { (change) " " span.quiet { (about) } }
        }
    }
}

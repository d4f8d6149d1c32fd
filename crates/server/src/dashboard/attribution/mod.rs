//! Which marketing brought the revenue: one table, models side by side.

mod choices;
mod csv;
mod draw;
mod explained;
mod forms;
mod rows;
mod sent;
mod table;

use super::address::Address;
use super::asked::Asked;
use super::page::page;
use super::session::Viewer;
use crate::app::App;
use crate::app::reports;
use crate::http::error::{ApiError, Code};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use choices::{Choices, default_models};
use draw::Page;
use sent::{Refused, Sent};
use std::sync::Arc;
use table::Table;

/// `GET /sites/{siteId}/attribution`. What a form sent is answered with the address that says the same as a link would.
pub(super) async fn show(State(app): State<Arc<App>>, mut viewer: Viewer) -> Result<Response, ApiError> {
    let filled_in = viewer.address.clone();
    let refused = match Sent::of(&viewer.address) {
        None => None,
        Some(sent) => match understood(&app, &mut viewer, sent) {
            Ok(address) => return Ok(Redirect::to(&address.to_string()).into_response()),
            Err(refused) => Some(refused),
        },
    };
    let (asked, choices) = read(&app, &viewer)?;
    let (table, choices) = answer(&app, &viewer, &asked, choices).await?;
    let now = app.clock.now();
    let drawn = Page {
        viewer: &viewer,
        asked: &asked,
        choices: &choices,
        table: &table,
        refused: refused.as_ref(),
        filled_in: &filled_in,
        now,
    };
    let page = page(&viewer, "attribution", "Attribution", &drawn.draw());
    Ok(match refused {
        Some(_) => (Code::InvalidQuery.status(), page).into_response(),
        None => page.into_response(),
    })
}

/// `GET /sites/{siteId}/attribution.csv`: what the page shows under the same parameters, all pages of it.
pub(super) async fn download(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Response, ApiError> {
    let (asked, choices) = read(&app, &viewer)?;
    let (table, choices) = answer(&app, &viewer, &asked, choices).await?;
    csv::respond(&asked.query, &choices, &table)
}

fn read(app: &App, viewer: &Viewer) -> Result<(Asked, Choices), ApiError> {
    let names_models = viewer.address.all("model").any(|raw| !raw.trim().is_empty());
    let (mut asked, choices) = Asked::read(app, viewer, Choices::read)?;
    if !names_models {
        asked.query.models = default_models();
    }
    Ok((asked, choices))
}

async fn answer(
    app: &App,
    viewer: &Viewer,
    asked: &Asked,
    choices: Choices,
) -> Result<(Table, Choices), ApiError> {
    let (query, compared) = (asked.query.clone(), asked.compared);
    let work =
        move |engine: &reports::Engine| Table::of(engine, &query, compared, &choices).map(|it| (it, choices));
    Ok(app.report(&viewer.site, reports::Asked::default(), work).await??)
}

/// The address that a form asks for. Where that cannot be asked, the viewer is left where they were, and told why.
fn understood(app: &App, viewer: &mut Viewer, sent: Sent) -> Result<Address, Refused> {
    let Sent { before, form, asked } = sent;
    let refused = match asked {
        Ok(address) => {
            viewer.address = address;
            match read(app, viewer) {
                Ok(_) => return Ok(viewer.address.clone()),
                Err(error) => {
                    let told: Vec<_> = error.problems.iter().map(|problem| problem.detail.as_ref()).collect();
                    Refused { form, must: told.join(" ") }
                }
            }
        }
        Err(refused) => refused,
    };
    viewer.address = before;
    Err(refused)
}

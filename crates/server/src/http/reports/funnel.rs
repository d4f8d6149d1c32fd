//! `GET …/report/funnel`: how records go through the stages, and how fast.

use super::super::auth::{Caller, Read};
use super::super::error::ApiError;
use super::super::query::Query as Parameters;
use super::super::record_out::MoneyOut;
use super::super::schema::SiteIdParam;
use super::query_in::{self, AsOfParams, ReportParams};
use super::report_out::{DataOut, QueryOut};
use crate::app::App;
use crate::app::reports::Asked;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::report::{FunnelStage, TooMuch};
use touchline_domain::{Milestone, format_minor};
use utoipa::ToSchema;

/// The stages of the pipeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct FunnelOut {
    query: QueryOut,
    /// In the order in which the site lists them; others after them.
    stages: Vec<FunnelStageOut>,
    data: DataOut,
}

/// A stage of the pipeline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunnelStageOut {
    #[schema(example = "Proposal")]
    stage: String,
    /// What the site has configured it to mean, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    milestone: Option<&'static str>,
    /// How many records ever were in it.
    reached: u64,
    /// How many of those went on to another stage that is not lost; of a won stage, all.
    went_on: u64,
    /// How many are in it now.
    current: u64,
    /// What those are worth, by currency.
    values: Vec<MoneyOut>,
    /// Half of the records that left it had spent at most so many days in it; null while none has left.
    median_days: Option<u64>,
    /// The days on average.
    #[schema(example = 8.25)]
    mean_days: Option<f64>,
}

/// Show how records go through the stages
///
/// Of the records that were dated in the period and meet the filters: how many came to each stage, went on and are there
/// now, and how long they stayed.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/report/funnel", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ReportParams, AsOfParams),
    responses((status = 200, description = "The stages", body = FunnelOut)))]
pub(crate) async fn get_funnel(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    RawQuery(raw): RawQuery,
) -> Result<Json<FunnelOut>, ApiError> {
    let mut parameters = Parameters::read(raw.as_deref())?;
    let query = query_in::read(&mut parameters);
    let as_of = query_in::moment(&mut parameters, "asOf", app.clock.now());
    parameters.finish()?;
    let now = as_of.unwrap_or(app.clock.now()).to_string();
    let answer = app.report(&caller.site, Asked { as_of, ..Asked::default() }, move |engine| {
        let stages = query.funnel(&engine.columns, &engine.view)?;
        Ok::<_, TooMuch>(FunnelOut {
            query: QueryOut::new(&query, engine, None),
            stages: stages.into_iter().map(FunnelStageOut::from).collect(),
            data: DataOut::new(engine, now),
        })
    });
    Ok(Json(answer.await??))
}

impl From<FunnelStage> for FunnelStageOut {
    #[expect(clippy::cast_precision_loss, reason = "an average for people")]
    fn from(stage: FunnelStage) -> Self {
        let money = |(currency, minor): (touchline_domain::Currency, i128)| MoneyOut {
            amount: format_minor(minor, currency),
            currency: currency.code(),
        };
        Self {
            stage: stage.stage,
            milestone: stage.milestone.map(Milestone::name),
            reached: stage.reached,
            went_on: stage.went_on,
            current: stage.current,
            values: stage.values.into_iter().map(money).collect(),
            median_days: stage.median_days,
            mean_days: stage.mean_days_hundredths.map(|hundredths| hundredths as f64 / 100.0),
        }
    }
}

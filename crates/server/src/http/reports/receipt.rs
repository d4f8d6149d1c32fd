//! `GET …/{reference}/receipt`: how one record's value is shared, and why.

use super::super::auth::{Caller, Read};
use super::super::classification_out::ClassificationOut;
use super::super::error::{ApiError, Code, ProblemDetails};
use super::super::people::MatchOut;
use super::super::query::Query as Parameters;
use super::super::record_out::MoneyOut;
use super::super::records;
use super::super::schema::{ReferenceParam, SiteIdParam};
use super::drill::{RecordCreditOut, money};
use super::query_in::{self, ReportParams};
use super::report_out::{DataOut, QueryOut};
use crate::app::App;
use crate::app::receipt::{ReceiptError, RecordReceipt};
use crate::app::reports::Engine;
use axum::Json;
use axum::extract::{RawPathParams, RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use touchline_domain::attribution::Model;
use touchline_domain::channel::Arrival;
use touchline_domain::journey::{Journey, Touch};
use touchline_domain::record::{RecordKey, RecordKind};
use touchline_domain::report::{Query, ReceiptTouch, Share};
use touchline_domain::{Currency, Milestone, Site, Text};
use touchline_store::RecordMatch;
use utoipa::ToSchema;

/// How one record's value is shared, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptOut {
    query: QueryOut,
    /// What the record is and what it is counted as; its credit under each model is what touches get together, the rest is
    /// unattributed.
    record: RecordCreditOut,
    /// When it reached what.
    milestones: Vec<MilestoneOut>,
    /// In order of time, up to the record's date.
    touches: Vec<ReceiptTouchOut>,
    /// How shares become whole pennies.
    #[schema(
        example = "Each share is rounded down to the penny; the pennies that are left go to the largest fractions, of equal ones to the earliest touch."
    )]
    rounding: &'static str,
    /// Whom the record is about, and the evidence.
    r#match: MatchOut,
    data: DataOut,
}

const ROUNDING: &str = "Each share is cut to the currency's smallest unit; the units that are left go to the largest fractions, of \
                        equal ones to the earliest touch.";

/// Something that a record reached.
#[derive(Serialize, ToSchema)]
pub(crate) struct MilestoneOut {
    /// `first touch`, `lead`, `created`, `opportunity`, `won` or `lost`.
    #[schema(example = "lead")]
    pub(crate) name: &'static str,
    /// When: a date, or a time in UTC.
    #[schema(example = "2024-01-15T09:30:00Z")]
    pub(crate) at: String,
}

/// A touch, why it is what it is, and what it gets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptTouchOut {
    /// When it began, in UTC.
    #[schema(example = "2024-01-15T09:30:00Z")]
    at: String,
    /// The number of the fact that began it.
    fact: u64,
    /// `visit` or `conversion`.
    #[schema(example = "visit")]
    kind: &'static str,
    /// The page's address as it was visited; absent for a conversion that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    landing_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<String>,
    /// What marketing it came from, and which rule said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<ClassificationOut>,
    /// Why, in two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// Whether no marketing is known of it.
    is_direct: bool,
    /// Under each model.
    credit: Vec<ShareOut>,
}

/// What a model gives a touch.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShareOut {
    #[schema(example = "position-based:first=40,last=40")]
    model: String,
    /// Whether the model gets to see the touch: not when it is older than the lookback, or direct and passed over.
    seen: bool,
    /// Its weight as a part of all weights.
    #[schema(example = 0.4)]
    weight: f64,
    amount: MoneyOut,
}

/// Show how an opportunity's value is shared
///
/// Its touches with the rule that named each channel, the evidence that found them, and under each model (every one, when none
/// is named) weights and shares to the minor unit.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/opportunities/{reference}/receipt", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it"), ReportParams),
    responses((status = 200, description = "The receipt", body = ReceiptOut), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_opportunity_receipt(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
    RawQuery(raw): RawQuery,
) -> Result<Json<ReceiptOut>, ApiError> {
    let key = records::key(&caller.site, RecordKind::Opportunity, &params)?;
    receipt(&app, &caller.site, key, raw.as_deref()).await
}

/// Show how a revenue item's value is shared
///
/// As of an opportunity.
#[utoipa::path(get, path = "/api/v1/sites/{siteId}/revenue/{reference}/receipt", tag = "Reports",
    params(("siteId" = SiteIdParam, Path, description = "The site"), ("reference" = ReferenceParam, Path, description = "The CRM's own name for it"), ReportParams),
    responses((status = 200, description = "The receipt", body = ReceiptOut), (status = 404, description = "There is none", body = inline(ProblemDetails<'static>), content_type = "application/problem+json")))]
pub(crate) async fn get_revenue_receipt(
    State(app): State<Arc<App>>,
    caller: Caller<Read>,
    params: RawPathParams,
    RawQuery(raw): RawQuery,
) -> Result<Json<ReceiptOut>, ApiError> {
    let key = records::key(&caller.site, RecordKind::Revenue, &params)?;
    receipt(&app, &caller.site, key, raw.as_deref()).await
}

async fn receipt(
    app: &App,
    site: &Arc<Site>,
    key: RecordKey,
    raw: Option<&str>,
) -> Result<Json<ReceiptOut>, ApiError> {
    let mut parameters = Parameters::read(raw)?;
    let mut query = query_in::read_with(&mut parameters, every_model());
    parameters.finish()?;
    query.kind = key.kind;
    let (asked, now) = (query.clone(), app.clock.now().to_string());
    let basis =
        move |engine: &Engine| (QueryOut::new(&asked, engine, None), DataOut::new(engine, now.clone()));
    let receipt = app.receipt(site, &key, &query, basis).await?;
    Ok(Json(ReceiptOut::new(site, &query, receipt)))
}

/// The models under which one record is shown, when none is named: every one that shares it by itself.
pub(crate) fn every_model() -> Vec<Model> {
    Model::all().filter(|model| !model.shares_the_total()).collect()
}

impl From<ReceiptError> for ApiError {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::NoSuchRecord => records::not_found(),
            ReceiptError::TooBusy => {
                Self::new(Code::Overloaded, "Facts about this record come in faster than it can be told.")
            }
            ReceiptError::TooMuch(too_much) => too_much.into(),
            ReceiptError::Report(error) => error.into(),
        }
    }
}

impl ReceiptOut {
    fn new(site: &Site, query: &Query, whole: RecordReceipt<(QueryOut, DataOut)>) -> Self {
        let RecordReceipt { versions, found, journey, receipt, more: (query_out, data) } = whole;
        let currency = receipt.record.currency;
        let touches = journey.touches.iter().zip(&receipt.touches);
        Self {
            query: query_out,
            data,
            touches: touches
                .map(|(touch, credited)| ReceiptTouchOut::new(site, query, touch, credited, &found, currency))
                .collect(),
            record: RecordCreditOut::new(query, receipt.record),
            milestones: milestones(site, &journey),
            rounding: ROUNDING,
            r#match: MatchOut::new(site, &versions, &found),
        }
    }
}

pub(crate) fn milestones(site: &Site, journey: &Journey) -> Vec<MilestoneOut> {
    let mut reached = Vec::new();
    if let Some(first) = journey.touches.first() {
        reached.push((first.at, MilestoneOut { name: "first touch", at: first.at.to_string() }));
    }
    if let Some(lead) = journey.lead {
        reached.push((lead, MilestoneOut { name: Milestone::Lead.name(), at: lead.to_string() }));
    }
    let created = journey.created;
    reached.push((created.at, MilestoneOut { name: "created", at: created.to_string() }));
    for milestone in Milestone::ALL {
        let is_told = milestone == Milestone::Lead && journey.lead.is_some();
        let mut spells =
            journey.stages.iter().filter(|spell| site.milestone(&spell.stage) == Some(milestone));
        if let Some(spell) = spells.next().filter(|_| !is_told) {
            let told = MilestoneOut { name: milestone.name(), at: spell.entered.to_string() };
            reached.push((spell.entered.at, told));
        }
    }
    reached.sort_by_key(|(at, _)| *at);
    reached.into_iter().map(|(_, milestone)| milestone).collect()
}

/// What a touch is, as its fact tells.
pub(crate) struct TouchTold {
    pub(crate) is_visit: bool,
    pub(crate) landing_page: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) classification: Option<ClassificationOut>,
    pub(crate) because: Option<String>,
}

impl TouchTold {
    pub(crate) fn of(site: &Site, touch: &Touch, found: &RecordMatch) -> Self {
        let visit =
            found.visits.iter().find(|stored| stored.change == touch.fact).map(|stored| &stored.visit);
        let conversion = found.conversions.iter().find(|stored| stored.change == touch.fact);
        let arrival = visit.map(|visit| Arrival {
            landing_page: visit.landing_page.as_str(),
            referrer: visit.referrer.as_ref().map(Text::as_str),
        });
        let overrides = conversion.map(|stored| &stored.conversion.overrides);
        let of_overrides = || ClassificationOut::of_overrides(&site.channels, overrides?);
        let of_visit = arrival
            .as_ref()
            .map(|arrival| ClassificationOut::of(&site.channels, arrival.landing_page, arrival.referrer));
        let page = overrides.and_then(|overrides| overrides.landing_page.as_ref()).map(ToString::to_string);
        Self {
            is_visit: visit.is_some(),
            landing_page: visit.map(|visit| visit.landing_page.to_string()).or(page),
            referrer: visit.and_then(|visit| visit.referrer.as_ref()).map(ToString::to_string),
            classification: of_visit.or_else(of_overrides),
            because: arrival.map(|arrival| site.channels.because(&arrival)),
        }
    }
}

impl ReceiptTouchOut {
    fn new(
        site: &Site,
        query: &Query,
        touch: &Touch,
        credited: &ReceiptTouch,
        found: &RecordMatch,
        currency: Currency,
    ) -> Self {
        let told = TouchTold::of(site, touch, found);
        let shares = query.models.iter().zip(&credited.shares);
        Self {
            at: touch.at.to_string(),
            fact: touch.fact,
            kind: if told.is_visit { "visit" } else { "conversion" },
            landing_page: told.landing_page,
            referrer: told.referrer,
            classification: told.classification,
            because: told.because,
            is_direct: credited.is_direct,
            credit: shares.map(|(model, share)| ShareOut::new(model, share.as_ref(), currency)).collect(),
        }
    }
}

impl ShareOut {
    #[expect(clippy::cast_precision_loss, reason = "a part for people; amounts are exact")]
    fn new(model: &Model, share: Option<&Share>, currency: Currency) -> Self {
        let weight = share.map_or(0.0, |share| share.weight as f64 / share.of.max(1) as f64);
        Self {
            model: model.to_string(),
            seen: share.is_some(),
            weight: (weight * 1e9).round() / 1e9,
            amount: money(share.map_or(0, |share| share.minor), currency),
        }
    }
}

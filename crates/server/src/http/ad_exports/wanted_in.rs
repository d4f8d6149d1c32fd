//! Which conversions are wanted, from a request's parameters.

use crate::app::ad_exports::{ActionSource, OrderId, Wanted};
use crate::http::error::ApiError;
use crate::http::query::Query;
use touchline_domain::ad_export::{ExportPlatform, ExportQuery, ExportedValue};
use touchline_domain::channel::ClickIdKind;
use touchline_domain::record::RecordKind;
use touchline_domain::{Invalid, Milestone, Text};
use utoipa::IntoParams;

/// Which conversions are wanted, for whichever platform.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read`")]
pub(crate) struct WantedParams {
    /// Of which records: `opportunity` or `revenue`.
    #[param(required = false, default = "opportunity", pattern = "^(opportunity|revenue)?$")]
    kind: String,
    /// What an opportunity must have reached: `lead`, `opportunity` or `won`. Revenue always is `won`.
    #[param(required = false, default = "won", pattern = "^(lead|opportunity|won)?$")]
    milestone: String,
    /// What a conversion is said to be worth: `whole`, what the record is worth; `none`, nothing is said; or a model such as
    /// `linear`, what that gives to the platform's clicks.
    #[param(required = false, default = "whole", format = "touchline-export-value")]
    value: String,
    /// How many days ago the click may have been.
    #[param(minimum = 1, maximum = 90, default = 90, required = false)]
    click_days: u32,
    /// By what the platform knows a conversion again: `key`, a hash that is the same in every export; `reference`, the record's;
    /// or `none`.
    #[param(required = false, default = "key", pattern = "^(key|reference|none)?$")]
    order_id: String,
    /// Whether what was exported before is exported again.
    #[param(required = false, default = false)]
    again: bool,
}

/// What only Google's file takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read`")]
pub(crate) struct GoogleParams {
    /// The conversion action's name, exactly as in the Google Ads account.
    #[param(max_length = 100, format = "touchline-text", example = "CRM sale")]
    name: String,
    /// Which click ids, separated by commas, out of `gclid`, `wbraid` and `gbraid`; all of them when absent.
    #[param(
        required = false,
        default = "gclid,wbraid,gbraid",
        pattern = "^((gclid|wbraid|gbraid)(,(gclid|wbraid|gbraid))*)?$"
    )]
    click_ids: String,
    /// At most this many, the oldest first.
    #[param(minimum = 1, maximum = 10000, default = 2000, required = false)]
    limit: u32,
}

/// What only Meta's file takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; read by `read`")]
pub(crate) struct MetaParams {
    /// The event's name. Without it `Purchase` for what is won and `Lead` for a lead; an opportunity needs one.
    #[param(max_length = 100, required = false, format = "touchline-event-name", example = "Purchase")]
    name: String,
    /// How many days ago the conversion may have happened; over 7 only with the action source `physical_store`.
    #[param(minimum = 1, maximum = 62, default = 7, required = false)]
    event_days: u32,
    /// Where conversions happen, as Meta puts it.
    #[param(
        required = false,
        default = "system_generated",
        pattern = "^(system_generated|physical_store|phone_call|chat|email|other)?$"
    )]
    action_source: String,
    /// At most this many, the oldest first.
    #[param(minimum = 1, maximum = 1000, default = 1000, required = false)]
    limit: u32,
}

/// Reads everything that a platform's file takes.
pub(super) fn read(platform: ExportPlatform, raw: Option<&str>) -> Result<Wanted, ApiError> {
    let mut parameters = Query::read(raw)?;
    let kind = parameters.optional("kind", |raw| {
        let found = RecordKind::ALL.into_iter().find(|kind| kind.name() == raw.trim());
        found.ok_or_else(|| Invalid::new("unknown_kind", "must be opportunity or revenue"))
    });
    let milestone = parameters.optional("milestone", Milestone::parse).unwrap_or(Milestone::Won);
    let name = match platform.conversion_name(milestone) {
        Some(usual) => {
            Text::parse(parameters.optional("name", name).as_ref().map_or(usual, Text::as_str)).ok()
        }
        None => parameters.required("name", name),
    };
    let mut wanted = match name {
        Some(name) => Wanted::new(ExportQuery { milestone, ..ExportQuery::new(platform, name) }),
        None => {
            parameters.finish()?;
            return Err(crate::http::query::invalid("name", "required", "must be given"));
        }
    };
    let query = &mut wanted.query;
    query.kind = kind.unwrap_or(query.kind);
    query.value = parameters.optional("value", ExportedValue::parse).unwrap_or(ExportedValue::Whole);
    let days_max = ExportQuery::CLICK_DAYS_MAX;
    query.click_days = parameters.optional("clickDays", |raw| number(raw, days_max)).unwrap_or(days_max);
    query.again = parameters.optional("again", boolean).unwrap_or(false);
    let limit_max = u32::try_from(platform.limit_max()).unwrap_or(u32::MAX);
    let limit = parameters.optional("limit", |raw| number(raw, limit_max));
    query.limit = limit.map_or(query.limit, |limit| limit as usize);
    match platform {
        ExportPlatform::GoogleAds => {
            let click_ids = parameters.optional("clickIds", |raw| click_ids(platform, raw));
            query.click_ids = click_ids.unwrap_or_else(|| platform.click_ids().to_vec());
        }
        ExportPlatform::Meta => {
            let days = parameters.optional("eventDays", |raw| number(raw, ExportQuery::EVENT_DAYS_MAX));
            query.event_days = days.or(query.event_days);
            wanted.action_source =
                parameters.optional("actionSource", ActionSource::parse).unwrap_or(ActionSource::CRM);
        }
    }
    wanted.order_id = parameters.optional("orderId", OrderId::parse).unwrap_or(OrderId::Key);
    if let Err((parameter, invalid)) = wanted.check() {
        parameters.refuse(parameter, &invalid);
    }
    parameters.finish()?;
    Ok(wanted)
}

fn name(raw: &str) -> Result<Text<100>, Invalid> {
    Text::parse(raw)
}

fn number(raw: &str, max: u32) -> Result<u32, Invalid> {
    let number = raw.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| Invalid::new("out_of_range", format!("must be a whole number from 1 to {max}")))
}

fn boolean(raw: &str) -> Result<bool, Invalid> {
    match raw {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Invalid::new("not_a_boolean", "must be true or false")),
    }
}

/// Those that are named, in the platform's order of preference. Also what `--click-ids` takes.
pub(crate) fn click_ids(platform: ExportPlatform, raw: &str) -> Result<Vec<ClickIdKind>, Invalid> {
    let named: Vec<ClickIdKind> = raw.split(',').map(ClickIdKind::parse).collect::<Result<_, _>>()?;
    let known = platform.click_ids();
    if named.iter().any(|kind| !known.contains(kind)) {
        let names: Vec<_> = known.iter().map(|kind| kind.name()).collect();
        return Err(Invalid::new(
            "unknown_click_id",
            format!("must name click ids out of {}", names.join(", ")),
        ));
    }
    Ok(known.iter().copied().filter(|kind| named.contains(kind)).collect())
}

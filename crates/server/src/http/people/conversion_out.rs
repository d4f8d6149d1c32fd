//! Conversions as they are answered.

use crate::http::classification_out::ClassificationOut;
use crate::http::record_out::{IdentifierOut, PropertyOut};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use touchline_domain::record::{Property, Reference};
use touchline_domain::{Call, ConversionKind, Identifier, Overrides, Site, StoredConversion};
use utoipa::ToSchema;

/// A form, a call or another lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldConversionOut {
    /// The fact's number: of the report that was received last.
    pub(crate) fact: u64,
    /// `webConversion` or `inboundCall`.
    #[schema(example = "webConversion")]
    pub(crate) kind: &'static str,
    #[schema(example = "form-1")]
    pub(crate) reference: String,
    /// When: a date, or a time in UTC; of a call, its start.
    #[schema(example = "2024-01-15T09:31:00Z")]
    pub(crate) at: String,
    /// When the report was received, in UTC.
    pub(crate) received_at: String,
    /// What the page calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The page that it happened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
    /// What was filled in.
    pub(crate) payload: Vec<PropertyOut>,
    /// What its sender says of its origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overrides: Option<OverridesOut>,
    /// What marketing that makes it; absent when its visitor's journey counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) classification: Option<ClassificationOut>,
    /// What only a call has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<CallOut>,
    /// Whom it names.
    pub(crate) identifiers: Vec<IdentifierOut>,
    /// How many reports there are of it; absent where reports are listed one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reports: Option<usize>,
}

/// What a conversion's sender says of its origin.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OverridesOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) marketing_channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) landing_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) referrer: Option<String>,
}

/// What only a call has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallOut {
    pub(crate) ended_at: String,
    /// As written.
    pub(crate) called_number: String,
    /// As written.
    pub(crate) caller_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) referrer_label: Option<String>,
    /// As written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer_time: Option<String>,
    /// Such as `Answered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<String>,
}

impl From<&Call> for CallOut {
    fn from(call: &Call) -> Self {
        Self {
            ended_at: call.ended.to_string(),
            called_number: call.called.to_string(),
            caller_number: call.caller.to_string(),
            referrer_label: call.referrer_label.as_ref().map(ToString::to_string),
            answer_time: call.answer_time.as_ref().map(ToString::to_string),
            result: call.result.as_ref().map(ToString::to_string),
        }
    }
}

impl OverridesOut {
    fn of(overrides: &Overrides) -> Option<Self> {
        (*overrides != Overrides::default()).then(|| Self {
            marketing_channel: overrides.marketing_channel.as_ref().map(ToString::to_string),
            source_category: overrides.source_category.as_ref().map(ToString::to_string),
            landing_page: overrides.landing_page.as_ref().map(ToString::to_string),
            referrer: overrides.referrer.as_ref().map(ToString::to_string),
        })
    }
}

impl HeldConversionOut {
    fn new<'a>(
        site: &Site,
        stored: &StoredConversion,
        identifiers: impl IntoIterator<Item = &'a Identifier>,
        reports: Option<usize>,
    ) -> Self {
        let conversion = &stored.conversion;
        let property = |p: &Property| PropertyOut { name: p.name.to_string(), value: p.value.clone() };
        Self {
            fact: stored.change,
            kind: conversion.kind.name(),
            reference: conversion.reference.to_string(),
            at: conversion.occurred.to_string(),
            received_at: stored.received_at.to_string(),
            name: conversion.name.as_ref().map(ToString::to_string),
            page: conversion.page.as_ref().map(ToString::to_string),
            payload: conversion.payload.iter().map(property).collect(),
            overrides: OverridesOut::of(&conversion.overrides),
            classification: ClassificationOut::of_overrides(&site.channels, &conversion.overrides),
            call: conversion.call.as_ref().map(Into::into),
            identifiers: identifiers.into_iter().map(Into::into).collect(),
            reports,
        }
    }

    /// Conversions, in order of time: of several reports under one reference the one received last, with everybody that
    /// any of them names.
    pub(super) fn folded(site: &Site, reports: &[StoredConversion]) -> Vec<Self> {
        let mut by_name: BTreeMap<(ConversionKind, &Reference), Vec<&StoredConversion>> = BTreeMap::new();
        for report in reports {
            let conversion = &report.conversion;
            by_name.entry((conversion.kind, &conversion.reference)).or_default().push(report);
        }
        let mut folded: Vec<_> = by_name
            .into_values()
            .filter_map(|reports| {
                let last = reports.iter().copied().max_by_key(|report| report.change)?;
                let named: BTreeSet<_> = reports.iter().flat_map(|r| &r.conversion.identifiers).collect();
                Some((last, named, reports.len()))
            })
            .collect();
        folded.sort_by_key(|(last, _, _)| (last.conversion.occurred.at, last.change));
        folded.into_iter().map(|(last, named, reports)| Self::new(site, last, named, Some(reports))).collect()
    }

    /// Every report, as it is stored.
    pub(super) fn unfolded(site: &Site, reports: &[StoredConversion]) -> Vec<Self> {
        reports.iter().map(|report| Self::new(site, report, &report.conversion.identifiers, None)).collect()
    }
}

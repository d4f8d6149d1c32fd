//! Parsing one upload of a record: the wire's fields in, a domain version or every problem out.
//!
//! Fields and formats: <https://docs.rulerapi.com/store-opportunity>, <https://docs.rulerapi.com/store-revenue>.

use super::error::Problem;
use super::identifiers_in;
use super::json::{Object, Problems, scalar};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use touchline_domain::record::{Particulars, Property, RecordKey, RecordKind, Reference, Version};
use touchline_domain::{Currency, IdentifierKind, Instant, Invalid, Moment, Money, Site, StageMatch, Text};
use touchline_store::Upload;
use utoipa::ToSchema;

/// An upload that can be stored, and what its sender should know.
#[derive(Debug)]
pub(crate) struct RecordIn {
    pub(crate) upload: Upload,
    pub(crate) notes: Notes,
}

/// What is worth telling the sender of an upload that was accepted.
#[derive(Debug, Default, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notes {
    /// The upload carried no reference and was given this record's, computed from what it says.
    pub(crate) reference_generated: bool,
    /// What was accepted but looks like a mistake.
    pub(crate) warnings: Vec<Problem>,
    /// JSON pointers to members that Touchline does not know and did not store.
    pub(crate) ignored: Vec<String>,
}

/// What an upload is read against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) kind: RecordKind,
    pub(crate) site: &'a Site,
    pub(crate) now: Instant,
    /// The currency of an upload that names none; only the oldest clients may leave it out.
    pub(crate) default_currency: Option<Currency>,
}

/// The wire's names for what both kinds of record have.
struct Names {
    value: &'static str,
    occurred: &'static str,
}

fn names(kind: RecordKind) -> Names {
    match kind {
        RecordKind::Opportunity => Names { value: "OpportunityValue", occurred: "OpportunityDateTime" },
        RecordKind::Revenue => Names { value: "Value", occurred: "RevenueClosedDate" },
    }
}

const CURRENCY: &str = "CurrencyCode";
const STAGE: &str = "PipelineStage";
const LEAD: &str = "LeadDate";
const LABELS: &str = "Labels";
const REFERENCE: &str = "Reference";
const PROPERTIES: &str = "AdditionalDataProperties";

impl RecordIn {
    /// Reads one upload that stands at `pointer`. The error holds every problem that it has.
    pub(crate) fn parse(raw: &RawValue, pointer: &str, context: Context<'_>) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let parsed = Object::read(raw, pointer.to_owned(), "body", &mut problems)
            .and_then(|object| parse(object, context, &mut problems));
        match parsed {
            Some(parsed) if problems.is_empty() => Ok(parsed),
            _ => Err(problems.into_vec()),
        }
    }
}

fn parse(mut object: Object<'_>, context: Context<'_>, problems: &mut Problems) -> Option<RecordIn> {
    let mut notes = Notes::default();
    let names = names(context.kind);
    let not_after_now = |raw: &str| Moment::parse(raw).and_then(|moment| moment.not_after(context.now));
    let value = money(&mut object, names.value, context.default_currency, problems);
    let occurred = object.required(names.occurred, problems, not_after_now);
    let particulars = match context.kind {
        RecordKind::Opportunity => stage(&mut object, context.site, &mut notes, problems)
            .map(|stage| Particulars::Opportunity { stage }),
        RecordKind::Revenue => {
            Some(Particulars::Revenue { lead: object.optional(LEAD, problems, not_after_now) })
        }
    };
    let identifiers = identifiers_in::required(&mut object, context.site, &IdentifierKind::ALL, problems);
    let labels = labels(&mut object, context.kind, problems);
    let properties = properties(&mut object, problems);
    let reference = object.optional(REFERENCE, problems, Reference::parse);
    // Only the oldest clients send it in the body; elsewhere the path names the site.
    object.take("SiteId");
    notes.ignored = object.ignored();
    if !problems.is_empty() {
        return None;
    }
    let version = Version {
        occurred: occurred?,
        value: value?,
        particulars: particulars?,
        identifiers: identifiers?,
        labels,
        properties,
    };
    notes.reference_generated = reference.is_none();
    let reference = reference.unwrap_or_else(|| Reference::generated(&version));
    let key = RecordKey { site: context.site.id.clone(), kind: context.kind, reference };
    Some(RecordIn { upload: Upload { key, received_at: context.now, version }, notes })
}

/// The value needs its currency to be read, but what is wrong with each is told apart.
fn money(
    object: &mut Object<'_>,
    name: &str,
    default: Option<Currency>,
    problems: &mut Problems,
) -> Option<Money> {
    let currency = match default {
        Some(default) => object.optional(CURRENCY, problems, Currency::parse).or(Some(default)),
        None => object.required(CURRENCY, problems, Currency::parse),
    };
    match currency {
        Some(currency) => object.required(name, problems, |raw| Money::parse(raw, currency)),
        None => {
            object.required(name, problems, Money::check_number);
            None
        }
    }
}

fn stage(
    object: &mut Object<'_>,
    site: &Site,
    notes: &mut Notes,
    problems: &mut Problems,
) -> Option<Text<255>> {
    let stage = object.required(STAGE, problems, |raw| {
        let stage = Text::<255>::parse(raw)?;
        if site.strict_stages && site.stage(stage.as_str()) == StageMatch::Unknown {
            return Err(Invalid::new("unknown_stage", "must be one of the site's configured stages"));
        }
        Ok(stage)
    })?;
    if let StageMatch::OtherCase(configured) = site.stage(stage.as_str()) {
        notes.warnings.push(Problem {
            pointer: object.pointer_to(STAGE),
            code: "stage_case",
            detail: format!("'{STAGE}' is configured as '{}'.", configured.name),
        });
    }
    Some(stage)
}

fn labels(object: &mut Object<'_>, kind: RecordKind, problems: &mut Problems) -> Option<Vec<Text<255>>> {
    let problems_before = problems.count();
    let elements = object.array(LABELS, Version::LABELS_MAX, problems);
    let mut labels = Vec::new();
    for (index, raw) in elements.iter().flatten().enumerate() {
        let text = match scalar(raw) {
            Some(text) => text,
            None if super::json::is_null(raw) => Cow::Borrowed(""),
            None => {
                let pointer = format!("{}/{index}", object.pointer_to(LABELS));
                problems.add(&pointer, LABELS, &Invalid::new("wrong_type", "must be text"));
                continue;
            }
        };
        if text.trim().is_empty() {
            continue;
        }
        match Text::parse(&text) {
            Ok(label) => labels.push(label),
            Err(invalid) => problems.add(&format!("{}/{index}", object.pointer_to(LABELS)), LABELS, &invalid),
        }
    }
    labels.sort();
    labels.dedup();
    if kind == RecordKind::Revenue && labels.is_empty() && problems.count() == problems_before {
        problems.add(
            &object.pointer_to(LABELS),
            LABELS,
            &Invalid::new("required", "must hold at least one label, because this is revenue"),
        );
    }
    elements.map(|_| labels)
}

fn properties(object: &mut Object<'_>, problems: &mut Problems) -> Option<Vec<Property>> {
    let elements = object.array(PROPERTIES, Version::PROPERTIES_MAX, problems)?;
    let pointer = object.pointer_to(PROPERTIES);
    let mut properties = Vec::new();
    for (index, raw) in elements.into_iter().enumerate() {
        let Some(mut pair) = Object::read(raw, format!("{pointer}/{index}"), PROPERTIES, problems) else {
            continue;
        };
        let name = pair.required("Name", problems, Text::<255>::parse);
        let value = pair.optional("Value", problems, |raw| {
            Text::<{ Version::PROPERTY_LENGTH_MAX }>::parse(raw).map(|text| text.as_str().to_owned())
        });
        if let Some(name) = name {
            properties.push(Property { name, value: value.unwrap_or_default() });
        }
    }
    properties.sort();
    properties.dedup();
    Some(properties)
}

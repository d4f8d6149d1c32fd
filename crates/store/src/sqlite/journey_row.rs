//! How a journey looks in the database. Names are short because every row repeats them.

use super::rows::{self, corrupt};
use crate::StoreError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use touchline_domain::identity::Unmatched;
use touchline_domain::journey::{Found, Journey, Origin, Touch};
use touchline_domain::record::{RecordKind, Reference, StageSpell};
use touchline_domain::{Currency, IdentifierKind, Instant, Moment, Money};

const TABLE: &str = "journey";

type MomentRow = (i64, bool);
type TouchRow = (i64, u64, usize, i64);

#[derive(Serialize, Deserialize)]
struct JourneyRow<'a> {
    #[serde(rename = "d")]
    occurred: MomentRow,
    #[serde(rename = "c")]
    created: MomentRow,
    #[serde(rename = "v", borrow)]
    value: (i64, Cow<'a, str>),
    /// Stage, when it was entered, and what the record was worth then.
    #[serde(rename = "s", borrow, default, skip_serializing_if = "Vec::is_empty")]
    stages: Vec<(Cow<'a, str>, MomentRow, i64, Cow<'a, str>)>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    lead: Option<i64>,
    #[serde(rename = "b", borrow, default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Cow<'a, str>>,
    #[serde(rename = "p", borrow, default, skip_serializing_if = "Vec::is_empty")]
    properties: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// An identifier's kind, or 10 and the place of the reason why there is none.
    #[serde(rename = "f")]
    found: u8,
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    conversions: u32,
    /// The origins of the touches, each once.
    #[serde(rename = "o", borrow, default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<OriginRow<'a>>,
    /// When, the fact, the place of the origin, and how many microseconds later it was received.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    touches: Vec<TouchRow>,
}

/// Landing page, referrer, device, and the words of an override.
#[derive(Serialize, Deserialize)]
struct OriginRow<'a>(
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    u8,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")] Option<WordsRow<'a>>,
);

type WordsRow<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

const NOBODY: u8 = 10;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The `body` column of a journey. The same journey always has the same one.
pub(super) fn encode(journey: &Journey) -> Result<String, StoreError> {
    let moment = |moment: Moment| (moment.at.as_micros(), moment.date_only);
    let money = |money: Money| (money.minor, Cow::Borrowed(money.currency.code()));
    let mut origins: Vec<&Origin> = Vec::new();
    let mut touches = Vec::new();
    for touch in &journey.touches {
        let place = origins.iter().position(|origin| **origin == touch.origin).unwrap_or_else(|| {
            origins.push(&touch.origin);
            origins.len() - 1
        });
        let received_after = touch.received_at.as_micros() - touch.at.as_micros();
        touches.push((touch.at.as_micros(), touch.fact, place, received_after));
    }
    let row = JourneyRow {
        occurred: moment(journey.occurred),
        created: moment(journey.created),
        value: money(journey.value),
        stages: journey
            .stages
            .iter()
            .map(|spell| {
                let (minor, currency) = money(spell.value);
                (Cow::Borrowed(spell.stage.as_str()), moment(spell.entered), minor, currency)
            })
            .collect(),
        lead: journey.lead.map(Instant::as_micros),
        labels: journey.labels.iter().map(|label| Cow::Borrowed(label.as_str())).collect(),
        properties: journey.properties.iter().map(rows::property_row).collect(),
        found: found_number(journey.found),
        conversions: journey.conversions,
        origins: origins.into_iter().map(origin_row).collect(),
        touches,
    };
    serde_json::to_string(&row).map_err(|error| corrupt(TABLE, error))
}

fn origin_row(origin: &Origin) -> OriginRow<'_> {
    fn word(word: Option<&String>) -> Option<Cow<'_, str>> {
        word.map(|word| Cow::Borrowed(word.as_str()))
    }
    let words =
        origin.words.as_ref().map(|(channel, category)| (word(channel.as_ref()), word(category.as_ref())));
    let device = origin.device.map_or(0, rows::device_number);
    OriginRow(Cow::Borrowed(&origin.landing_page), word(origin.referrer.as_ref()), device, words)
}

fn found_number(found: Found) -> u8 {
    match found {
        Found::By(kind) => rows::identifier_number(kind),
        Found::Nobody(reason) => {
            let place = Unmatched::ALL.iter().position(|known| *known == reason).unwrap_or(0);
            NOBODY + u8::try_from(place).unwrap_or(0)
        }
    }
}

/// Reads a journey of a record from its `body`.
pub(super) fn decode(kind: RecordKind, reference: Reference, body: &str) -> Result<Journey, StoreError> {
    let bad = |error: serde_json::Error| corrupt(TABLE, error);
    let row: JourneyRow<'_> = serde_json::from_str(body).map_err(bad)?;
    let moment = |(micros, date_only)| Moment { at: Instant::from_micros(micros), date_only };
    let money = |minor, code: &str| {
        let currency = Currency::parse(code).map_err(|error| corrupt(TABLE, error))?;
        Ok::<_, StoreError>(Money { minor, currency })
    };
    let mut stages: Vec<StageSpell> = Vec::with_capacity(row.stages.len());
    for (stage, entered, minor, code) in row.stages {
        let entered = moment(entered);
        if let Some(previous) = stages.last_mut() {
            previous.left = Some(entered);
        }
        let value = money(minor, &code)?;
        stages.push(StageSpell { stage: stage.into_owned(), entered, left: None, value });
    }
    let origins = row.origins.into_iter().map(origin).collect::<Result<Vec<_>, _>>()?;
    let touch = |(micros, fact, place, received_after): TouchRow| {
        let origin = origins.get(place).ok_or_else(|| corrupt(TABLE, format!("origin {place}")))?;
        let received_at = Instant::from_micros(micros + received_after);
        Ok(Touch { at: Instant::from_micros(micros), received_at, fact, origin: origin.clone() })
    };
    Ok(Journey {
        kind,
        reference,
        occurred: moment(row.occurred),
        value: money(row.value.0, &row.value.1)?,
        stages,
        lead: row.lead.map(Instant::from_micros),
        created: moment(row.created),
        labels: row.labels.iter().map(|label| rows::text(label)).collect::<Result<_, _>>()?,
        properties: row.properties.into_iter().map(rows::property).collect::<Result<_, _>>()?,
        found: found(row.found)?,
        conversions: row.conversions,
        touches: row.touches.into_iter().map(touch).collect::<Result<_, StoreError>>()?,
    })
}

fn origin(OriginRow(landing_page, referrer, device, words): OriginRow<'_>) -> Result<Origin, StoreError> {
    let owned = |word: Option<Cow<'_, str>>| word.map(Cow::into_owned);
    let device = match device {
        0 => None,
        number => Some(rows::device(number)?),
    };
    Ok(Origin {
        landing_page: landing_page.into_owned(),
        referrer: owned(referrer),
        words: words.map(|(channel, category)| (owned(channel), owned(category))),
        device,
    })
}

fn found(number: u8) -> Result<Found, StoreError> {
    if let Some(place) = number.checked_sub(NOBODY) {
        let reason = Unmatched::ALL.get(usize::from(place));
        return reason
            .map(|reason| Found::Nobody(*reason))
            .ok_or_else(|| corrupt(TABLE, format!("reason {place}")));
    }
    let kind: IdentifierKind = rows::identifier_kind(number)?;
    Ok(Found::By(kind))
}

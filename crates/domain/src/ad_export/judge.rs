use super::credit::{click_id, credit};
use super::{ConversionKey, ExportQuery, ExportedValue, LeftOut};
use crate::channel::ClickIdKind;
use crate::journey::{Found, Journey};
use crate::record::{RecordKey, RecordKind, StageSpell};
use crate::{Day, Instant, Milestone, Moment, Money, Site};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// A conversion that may be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdConversion {
    /// What names it for ever.
    pub key: ConversionKey,
    /// The record that it is.
    pub record: RecordKey,
    /// When it happened; of a date without a time, the end of that day in the site's zone.
    pub at: Instant,
    /// What the record is worth.
    pub worth: Money,
    /// What the platform is told.
    pub value: Option<Money>,
    /// The click that led to it: the last one before it.
    pub click: ClickIdKind,
    /// When that was.
    pub clicked_at: Instant,
    /// The change number of the visit whose landing page carries the click id.
    pub fact: u64,
}

impl ExportQuery {
    /// Whether a journey holds a conversion, and if it may not be handed over at `now`, why. `None` if the record has not
    /// reached the milestone, or is of another kind.
    pub fn judge(
        &self,
        site: &Arc<Site>,
        journey: &Journey,
        now: Instant,
    ) -> Option<Result<AdConversion, LeftOut>> {
        let at = self.reached(site, journey)?;
        Some(self.conversion(site, journey, at, now))
    }

    /// When a record reached the milestone, if it has. Won is what is won now, since it was; what reached something on the way
    /// has reached it whatever became of it, as in [attribution](crate::attribution).
    fn reached(&self, site: &Site, journey: &Journey) -> Option<Instant> {
        if journey.kind != self.kind {
            return None;
        }
        let zone = site.time_zone.zone();
        let is = |milestone| move |spell: &&StageSpell| site.milestone(&spell.stage) == Some(milestone);
        let first = |milestone| journey.stages.iter().find(is(milestone)).map(|spell| spell.entered);
        match (journey.kind, self.milestone) {
            (RecordKind::Revenue, Milestone::Won) => Some(ended(journey.occurred, &zone)),
            (RecordKind::Revenue, _) | (_, Milestone::Lost) => None,
            (RecordKind::Opportunity, Milestone::Won) => {
                let won = journey.stages.iter().rev().take_while(|spell| is(Milestone::Won)(spell)).last();
                won.map(|spell| ended(spell.entered, &zone))
            }
            (RecordKind::Opportunity, Milestone::Lead) => {
                journey.lead.or_else(|| first(Milestone::Lead).map(|entered| ended(entered, &zone)))
            }
            (RecordKind::Opportunity, Milestone::Opportunity) => {
                Some(ended(first(Milestone::Opportunity).unwrap_or(journey.created), &zone))
            }
        }
    }

    fn conversion(
        &self,
        site: &Arc<Site>,
        journey: &Journey,
        at: Instant,
        now: Instant,
    ) -> Result<AdConversion, LeftOut> {
        if matches!(journey.found, Found::Nobody(_)) {
            return Err(LeftOut::Unmatched);
        }
        let before = journey.touches.iter().rev().filter(|touch| touch.at <= at);
        let mut clicks = before.filter_map(|touch| Some((touch, click_id(touch, &self.click_ids)?)));
        let (touch, click) = clicks.next().ok_or(LeftOut::NoClick)?;
        let days_ago = |days: u32| now.plus_seconds(-i64::from(days) * 86_400);
        if touch.at < days_ago(self.click_days) {
            return Err(LeftOut::ClickExpired);
        }
        if self.event_days.is_some_and(|days| at < days_ago(days)) {
            return Err(LeftOut::TooOld);
        }
        if at > now || touch.at > now.plus_seconds(-self.platform.click_seconds_min()) {
            return Err(LeftOut::TooRecent);
        }
        if journey.value.minor < 0 {
            return Err(LeftOut::Refund);
        }
        let record =
            RecordKey { site: site.id.clone(), kind: journey.kind, reference: journey.reference.clone() };
        Ok(AdConversion {
            key: ConversionKey::of(&record, self.milestone),
            record,
            at,
            worth: journey.value,
            value: self.value(site, journey)?,
            click,
            clicked_at: touch.at,
            fact: touch.fact,
        })
    }

    fn value(&self, site: &Arc<Site>, journey: &Journey) -> Result<Option<Money>, LeftOut> {
        match &self.value {
            ExportedValue::Nothing => Ok(None),
            ExportedValue::Whole => Ok(Some(journey.value)),
            ExportedValue::Credit(model) => {
                let minor = credit(site, journey, model, self.platform.click_ids());
                if minor == 0 && journey.value.minor != 0 {
                    return Err(LeftOut::NoCredit);
                }
                Ok(Some(Money { minor, ..journey.value }))
            }
        }
    }
}

/// When something that happened was over: of a date without a time, with the last second of its day.
fn ended(moment: Moment, zone: &TimeZone) -> Instant {
    if !moment.date_only {
        return moment.at;
    }
    Day::of(moment.at).plus_days(1).begins_in(zone).plus_seconds(-1)
}

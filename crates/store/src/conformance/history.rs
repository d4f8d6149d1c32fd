//! Random histories: what a few people do, who share telephones, inboxes and devices.

use super::samples::{cookie, deal, email, form, phone, ra_id, site_id, text, visit};
use crate::dice::Dice;
use crate::{NewConversion, NewVisit, Store, Upload};
use std::sync::Arc;
use touchline_domain::identity::GuardSettings;
use touchline_domain::{Day, Identifier, Instant, Moment, Overrides};

/// What the times of everything are multiples of, in seconds: two of them are a visit's timeout and a bit.
const PACE: i64 = 1_000;

#[derive(Clone)]
pub(super) enum Report {
    Visit(NewVisit),
    Conversion(NewConversion),
    Record(Upload),
}

impl Report {
    pub(super) async fn send(self, store: &Arc<dyn Store>) {
        match self {
            Self::Visit(visit) => store.add_visits(vec![visit]).await.unwrap(),
            Self::Conversion(conversion) => drop(store.add_conversions(vec![conversion]).await.unwrap()),
            Self::Record(upload) => drop(store.upload(vec![upload]).await.unwrap()),
        }
    }

    /// The same on another site.
    pub(super) fn on(mut self, site: &str) -> Self {
        match &mut self {
            Self::Visit(visit) => visit.site = site_id(site),
            Self::Conversion(conversion) => conversion.site = site_id(site),
            Self::Record(upload) => upload.key.site = site_id(site),
        }
        self
    }

    /// The same, received at another time.
    pub(super) fn received(mut self, moment: Instant) -> Self {
        match &mut self {
            Self::Visit(visit) => visit.received_at = moment,
            Self::Conversion(conversion) => conversion.received_at = moment,
            Self::Record(upload) => upload.received_at = moment,
        }
        self
    }
}

pub(super) fn somebody(dice: &mut Dice) -> Identifier {
    match dice.roll(6) {
        0 | 1 => ra_id(&format!("v{}", dice.roll(12))),
        2 => cookie(&format!("{}.1", dice.roll(8))),
        3 => phone(&format!("020 7946 001{}", dice.roll(4))),
        _ => dice.pick(&[email("ann@x.com"), email("bob@x.com"), email("carl@x.com"), email("info@x.com")]),
    }
}

/// Something that has not happened before.
pub(super) fn report(dice: &mut Dice, n: u64) -> Report {
    let second = dice.roll(150).cast_signed() * PACE;
    let mut named: Vec<_> = (0..=dice.roll(2)).map(|_| somebody(dice)).collect();
    named.sort();
    named.dedup();
    match dice.roll(3) {
        0 => {
            let page = dice.pick(&["", "pricing", "?utm_source=a", "?utm_source=b", "?gclid=c"]);
            let mut visit = visit(&format!("v{}", dice.roll(12)), second, page);
            visit.visit.cookie = (dice.roll(2) == 0).then(|| cookie(&format!("{}.1", dice.roll(8))));
            visit.visit.crawler = (dice.roll(9) == 0).then(|| text("Googlebot"));
            Report::Visit(visit)
        }
        1 => {
            let mut form = form(&format!("form-{n}"), second, &named);
            let offline = || Overrides { marketing_channel: Some(text("Offline")), ..Overrides::default() };
            form.conversion.overrides = if dice.roll(4) == 0 { offline() } else { Overrides::default() };
            Report::Conversion(form)
        }
        _ => {
            let mut deal = deal(&format!("deal-{}", dice.roll(9)), n.cast_signed() * 2 * PACE, &named);
            if dice.roll(4) == 0 {
                let day = Day::of(deal.version.occurred.at).start();
                deal.version.occurred = Moment { at: day, date_only: true };
            }
            Report::Record(deal)
        }
    }
}

/// Guards that such a history meets.
pub(super) fn guards() -> GuardSettings {
    GuardSettings { visitors_max: 4, emails_max: 2, ..GuardSettings::default() }
}

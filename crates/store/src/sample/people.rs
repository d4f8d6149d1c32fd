//! What one of the sample's people does, from the first visit to the last invoice.

use super::SampleFact;
use super::marketing::{FIRST_NAMES, FIRST_WAYS, LAST_NAMES, LATER_WAYS, PAGES, STAGES};
use crate::dice::Dice;
use crate::{NewConversion, NewVisit, Upload};
use touchline_domain::record::{Particulars, Property, RecordKey, RecordKind, Reference, Version};
use touchline_domain::{
    Call, Conversion, ConversionKind, Country, Currency, DeviceClass, Identifier, IdentifierKind, Instant,
    Invalid, Moment, Money, Overrides, PageUrl, Screen, SiteId, Text, Visit,
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A person while its life is told.
pub(super) struct Life<'a> {
    number: u64,
    site: &'a SiteId,
    dice: Dice,
    until: Instant,
    days: i64,
    told: Vec<SampleFact>,
}

/// One browser of a person.
struct Device {
    visitor: Identifier,
    cookie: Option<Identifier>,
    screen: Screen,
    class: DeviceClass,
}

impl<'a> Life<'a> {
    pub(super) fn of(number: u64, site: &'a SiteId, dice: Dice, until: Instant, days: i64) -> Self {
        Self { number, site, dice, until, days, told: Vec::new() }
    }

    /// Everything up to the sample's end, in order of time.
    pub(super) fn live(mut self) -> Result<Vec<SampleFact>, Invalid> {
        let first = self.until.plus_seconds(-self.roll(self.days * DAY));
        if self.dice.percent(3) {
            self.crawl(first)?;
        } else {
            self.visit_and_buy(first)?;
        }
        let until = self.until;
        self.told.retain(|fact| fact.received_at() <= until);
        self.told.sort_by_key(SampleFact::received_at);
        Ok(self.told)
    }

    fn roll(&mut self, sides: i64) -> i64 {
        self.dice.roll(sides.max(1).unsigned_abs()).cast_signed()
    }

    fn crawl(&mut self, at: Instant) -> Result<(), Invalid> {
        let device = self.device(0)?;
        for hour in 0..3 {
            self.visit(&device, at.plus_seconds(hour * HOUR), true)?;
            if let Some(SampleFact::Visit(new)) = self.told.last_mut() {
                new.visit.crawler = Some(Text::parse("Googlebot")?);
            }
        }
        Ok(())
    }

    /// Most come once or twice and stay unknown. Those who get in touch come more often, and from several devices.
    fn visit_and_buy(&mut self, first: Instant) -> Result<(), Invalid> {
        let is_lead = self.dice.percent(12);
        let mut devices = vec![self.device(0)?];
        if is_lead && self.dice.percent(45) {
            devices.push(self.device(1)?);
        }
        let visits = if is_lead {
            2 + self.roll(7)
        } else {
            *self.dice.weighted(&[(58, 1), (25, 2), (12, 3), (5, 6)])
        };
        let mut at = first;
        for number in 0..visits {
            let device = if number == 0 || self.dice.percent(60) { 0 } else { devices.len() - 1 };
            self.visit(&devices[device], at, number == 0)?;
            let pause = self.roll(9 * DAY);
            at = at.plus_seconds(HOUR + pause);
        }
        if is_lead {
            let asked = first.plus_seconds(20 * MINUTE + self.roll(12 * DAY));
            self.get_in_touch(&devices, asked)?;
        }
        Ok(())
    }

    fn identifier(kind: IdentifierKind, value: &str) -> Result<Identifier, Invalid> {
        Identifier::parse(kind, value, Country::parse("GB")?)
    }

    fn device(&mut self, number: u64) -> Result<Device, Invalid> {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let digit = |dice: &mut Dice| char::from(DIGITS[usize::try_from(dice.roll(64)).unwrap_or(0)]);
        let visitor: String = (0..16).map(|_| digit(&mut self.dice)).collect();
        let cookie =
            format!("{}.{}", 1_000_000_000 + self.roll(1_000_000_000), 1_740_000_000 + self.roll(9_999_999));
        let has_cookie = self.dice.percent(60);
        let cookie =
            has_cookie.then(|| Self::identifier(IdentifierKind::CookieValue, &cookie)).transpose()?;
        let is_phone = number > 0 || self.dice.percent(45);
        let (screen, class) = if is_phone {
            (Screen { width: 390, height: 844 }, DeviceClass::Mobile)
        } else {
            (Screen { width: 1440, height: 900 }, DeviceClass::Desktop)
        };
        Ok(Device { visitor: Self::identifier(IdentifierKind::RaId, &visitor)?, cookie, screen, class })
    }

    fn visit(&mut self, device: &Device, at: Instant, is_first: bool) -> Result<(), Invalid> {
        let way = if is_first { self.dice.weighted(&FIRST_WAYS) } else { self.dice.weighted(&LATER_WAYS) };
        let (page, title) = *self.dice.weighted(&PAGES);
        let own_number = format!("{:012x}", self.dice.roll(1 << 48));
        let address = format!("https://www.harbour.example/{page}{}", way.query.replace('#', &own_number));
        let visit = Visit {
            visitor: device.visitor.clone(),
            at,
            landing_page: PageUrl::parse(&address)?,
            referrer: way.referrer.map(Text::parse).transpose()?,
            title: Some(Text::parse(title)?),
            cookie: device.cookie.clone(),
            screen: Some(device.screen),
            device: device.class,
            crawler: None,
        };
        self.told.push(SampleFact::Visit(NewVisit { site: self.site.clone(), received_at: at, visit }));
        Ok(())
    }

    /// A form, on each device perhaps, or a call; and for many of them a deal.
    fn get_in_touch(&mut self, devices: &[Device], at: Instant) -> Result<(), Invalid> {
        let (first, last) = (self.dice.pick(&FIRST_NAMES), self.dice.pick(&LAST_NAMES));
        let email = format!("{first}.{last}{}@customer.example", self.number).to_lowercase();
        let phone = format!("07700 9{:05}", self.number % 100_000);
        let payload = vec![
            Property { name: Text::parse("name")?, value: format!("{first} {last}") },
            Property { name: Text::parse("email")?, value: email.clone() },
            Property { name: Text::parse("phone")?, value: phone.clone() },
        ];
        for (device, pause) in devices.iter().zip([0, 2 * DAY]) {
            self.form(device, at.plus_seconds(pause), &payload)?;
        }
        if self.dice.percent(25) {
            self.call(at.plus_seconds(3 * HOUR), &phone)?;
        }
        if self.dice.percent(60) {
            let (kind, value) = if self.dice.percent(85) {
                (IdentifierKind::EmailAddress, &email)
            } else {
                (IdentifierKind::PhoneNumber, &phone)
            };
            self.deal(at.plus_seconds(DAY), Self::identifier(kind, value)?)?;
        }
        Ok(())
    }

    fn form(&mut self, device: &Device, at: Instant, payload: &[Property]) -> Result<(), Invalid> {
        let mut identifiers = Conversion::named_in(payload, Country::parse("GB")?);
        identifiers.push(device.visitor.clone());
        identifiers.extend(device.cookie.clone());
        identifiers.sort();
        let occurred = Moment { at, date_only: false };
        let conversion = Conversion {
            kind: ConversionKind::Web,
            reference: Conversion::generated_reference(occurred, &identifiers, payload),
            occurred,
            identifiers,
            page: Some(PageUrl::parse("https://www.harbour.example/contact")?),
            name: Some(Text::parse("Request a quote")?),
            payload: payload.to_vec(),
            overrides: Overrides::default(),
            call: None,
        };
        self.tell_conversion(at, conversion);
        Ok(())
    }

    /// Now and then the caller says what made them call: a stand at a fair, which no visit tells of.
    fn call(&mut self, at: Instant, phone: &str) -> Result<(), Invalid> {
        let mut overrides = Overrides::default();
        if self.dice.percent(20) {
            overrides.marketing_channel = Some(Text::parse("Offline")?);
            overrides.source_category = Some(Text::parse("NotApplicable")?);
        }
        let conversion = Conversion {
            kind: ConversionKind::Call,
            reference: Reference::parse(&format!("CALL-{}", self.number))?,
            occurred: Moment { at, date_only: false },
            identifiers: vec![Self::identifier(IdentifierKind::PhoneNumber, phone)?],
            page: None,
            name: None,
            payload: Vec::new(),
            overrides,
            call: Some(Call {
                ended: Moment { at: at.plus_seconds(4 * MINUTE), date_only: false },
                called: Text::parse("020 7946 0018")?,
                caller: Text::parse(phone)?,
                referrer_label: None,
                answer_time: Some(Text::parse("8")?),
                result: Some(Text::parse("Answered")?),
            }),
        };
        self.tell_conversion(at, conversion);
        Ok(())
    }

    fn tell_conversion(&mut self, at: Instant, conversion: Conversion) {
        let new = NewConversion { site: self.site.clone(), received_at: at, conversion };
        self.told.push(SampleFact::Conversion(new));
    }

    /// An opportunity on its way through the stages, and the invoice if it was won.
    fn deal(&mut self, begun: Instant, identifier: Identifier) -> Result<(), Invalid> {
        let is_won = self.dice.percent(38);
        let steps = 1 + usize::try_from(self.roll(4)).unwrap_or(0);
        let end = if is_won { 4 } else { 5 };
        let (mut at, mut minor) = (begun, 40_000 + 100 * self.roll(900_000 / 100) + 100 * self.roll(30_000));
        for stage in (0..steps).chain([end]) {
            self.record(RecordKind::Opportunity, at, minor, Some(STAGES[stage].0), &identifier)?;
            at = at.plus_seconds(DAY + self.roll(12 * DAY));
            minor += minor / 100 * (self.roll(21) - 8);
        }
        if is_won {
            self.record(RecordKind::Revenue, at, minor, None, &identifier)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        kind: RecordKind,
        at: Instant,
        minor: i64,
        stage: Option<&str>,
        identifier: &Identifier,
    ) -> Result<(), Invalid> {
        let prefix = if kind == RecordKind::Opportunity { "OPP" } else { "INV" };
        let reference = Reference::parse(&format!("{prefix}-{:05}", self.number))?;
        let version = Version {
            occurred: Moment { at, date_only: false },
            value: Money { minor, currency: Currency::parse("GBP")? },
            particulars: match stage {
                Some(stage) => Particulars::Opportunity { stage: Text::parse(stage)? },
                None => Particulars::Revenue { lead: None },
            },
            identifiers: vec![identifier.clone()],
            labels: Some(vec![Text::parse(
                ["North", "South", "London"][usize::try_from(self.number % 3).unwrap_or(0)],
            )?]),
            properties: None,
        };
        let key = RecordKey { site: self.site.clone(), kind, reference };
        self.told.push(SampleFact::Record(Upload { key, received_at: at, version }));
        Ok(())
    }
}

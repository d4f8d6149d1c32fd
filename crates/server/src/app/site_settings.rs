use std::collections::BTreeMap;
use touchline_domain::identity::{GuardSettings, Ignored};
use touchline_domain::{
    Country, Currency, Instant, Invalid, Milestone, Origin, Site, SiteId, Stage, Text, TimeZoneName,
    VisitSettings,
};
use touchline_store::{Store, StoreError};

/// Held by whoever changes a site, from reading it to writing it: within a process nobody undoes what another just did.
pub(super) static CHANGING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What can be set of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    Name,
    Currency,
    PhoneCountry,
    TimeZone,
    Stages,
    Origins,
    VisitTimeout,
    GuardVisitors,
    GuardEmails,
    Ignored,
    VisitRetention,
}

/// Settings as they are written, in options or in a form; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingsIn {
    pub(crate) texts: BTreeMap<Setting, String>,
    /// Lists replace what was there; blank elements are none.
    pub(crate) lists: BTreeMap<Setting, Vec<String>>,
    pub(crate) strict_stages: Option<bool>,
    pub(crate) campaign_begins_visit: Option<bool>,
}

/// A setting that cannot be as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) setting: Setting,
    /// Of a list, which element, counted from 1, blank ones too.
    pub(crate) place: Option<usize>,
    pub(crate) invalid: Invalid,
}

impl SettingsIn {
    /// Changes what was named, or nothing and says all that is wrong, in the order of [`Setting`].
    pub(crate) fn apply(&self, site: &mut Site) -> Result<(), Vec<Wrong>> {
        let mut changed = site.clone();
        let mut wrong = Vec::new();
        self.text(Setting::Name, Text::parse, &mut changed.name, &mut wrong);
        self.text(Setting::Currency, Currency::parse, &mut changed.currency, &mut wrong);
        self.text(Setting::PhoneCountry, Country::parse, &mut changed.phone_country, &mut wrong);
        self.text(Setting::TimeZone, TimeZoneName::parse, &mut changed.time_zone, &mut wrong);
        if let Some(stages) = self.list(Setting::Stages, Site::STAGES_MAX, stage, &mut wrong) {
            changed.stages = stages;
        }
        changed.strict_stages = self.strict_stages.unwrap_or(site.strict_stages);
        self.apply_to_visits(&mut changed, &mut wrong);
        let country = changed.phone_country;
        self.apply_to_guards(country, &mut changed.guards, &mut wrong);
        if wrong.is_empty() {
            *site = changed;
            return Ok(());
        }
        wrong.sort_by_key(|wrong| (wrong.setting, wrong.place));
        Err(wrong)
    }

    fn apply_to_visits(&self, site: &mut Site, wrong: &mut Vec<Wrong>) {
        if let Some(origins) = self.list(Setting::Origins, Site::ORIGINS_MAX, Origin::parse, wrong) {
            site.origins = in_order(origins);
        }
        let timeout = VisitSettings::parse_timeout;
        self.text(Setting::VisitTimeout, timeout, &mut site.visits.timeout_minutes, wrong);
        let visits = &mut site.visits;
        visits.campaign_begins_visit = self.campaign_begins_visit.unwrap_or(visits.campaign_begins_visit);
        let days = |raw: &str| match raw.trim() {
            "0" => Ok(None),
            raw => Site::parse_retention(raw).map(Some),
        };
        self.text(Setting::VisitRetention, days, &mut site.visit_retention_days, wrong);
    }

    fn apply_to_guards(&self, country: Country, guards: &mut GuardSettings, wrong: &mut Vec<Wrong>) {
        let bound = GuardSettings::parse_bound;
        self.text(Setting::GuardVisitors, bound, &mut guards.visitors_max, wrong);
        self.text(Setting::GuardEmails, bound, &mut guards.emails_max, wrong);
        let value = |raw: &str| Ignored::parse(raw, country);
        if let Some(ignored) = self.list(Setting::Ignored, GuardSettings::IGNORED_MAX, value, wrong) {
            guards.ignored = in_order(ignored);
        }
    }

    fn text<T>(
        &self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<T, Invalid>,
        place: &mut T,
        wrong: &mut Vec<Wrong>,
    ) {
        match self.texts.get(&setting).map(|raw| parse(raw)) {
            Some(Ok(value)) => *place = value,
            Some(Err(invalid)) => wrong.push(Wrong { setting, place: None, invalid }),
            None => {}
        }
    }

    fn list<T>(
        &self,
        setting: Setting,
        most: usize,
        parse: impl Fn(&str) -> Result<T, Invalid>,
        wrong: &mut Vec<Wrong>,
    ) -> Option<Vec<T>> {
        let numbered = (1_usize..).zip(self.lists.get(&setting)?);
        let elements: Vec<_> = numbered.filter(|(_, raw)| !raw.trim().is_empty()).collect();
        if elements.len() > most {
            let invalid = Invalid::new("too_many", format!("can be given at most {most} times"));
            wrong.push(Wrong { setting, place: None, invalid });
            return None;
        }
        let wrong_before = wrong.len();
        let mut parsed = Vec::new();
        for (place, raw) in elements {
            match parse(raw) {
                Ok(value) => parsed.push(value),
                Err(invalid) => wrong.push(Wrong { setting, place: Some(place), invalid }),
            }
        }
        (wrong.len() == wrong_before).then_some(parsed)
    }
}

fn in_order<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values.dedup();
    values
}

fn stage(raw: &str) -> Result<Stage, Invalid> {
    let (name, milestone) = raw
        .rsplit_once('=')
        .ok_or_else(|| Invalid::new("not_a_stage", "must be NAME=MILESTONE, such as 'Closed won=won'"))?;
    Ok(Stage { name: Text::parse(name)?, milestone: Milestone::parse(milestone)? })
}

/// Changes a site's settings, from `at` on; its channel rules and all that is not named stay as they are stored. `None` if
/// there is no such site.
pub(crate) async fn change(
    store: &dyn Store,
    id: &SiteId,
    settings: &SettingsIn,
    at: Instant,
) -> Result<Option<Result<(), Vec<Wrong>>>, StoreError> {
    let _alone = CHANGING.lock().await;
    let sites = store.directory().await?.sites;
    let Some(mut site) = sites.into_iter().find(|site| site.id == *id) else { return Ok(None) };
    if let Err(wrong) = settings.apply(&mut site) {
        return Ok(Some(Err(wrong)));
    }
    Ok(store.set_site(site, at).await?.then_some(Ok(())))
}

//! A site's settings as options, and as a list shows them.

use super::CliError;
use clap::Args;
use touchline_domain::identity::{GuardSettings, Ignored};
use touchline_domain::{
    Country, Currency, Invalid, Milestone, Origin, Site, Stage, Text, TimeZoneName, VisitSettings,
};

#[derive(Args)]
pub(super) struct SiteSettings {
    /// What reports are in, ISO 4217 [default: GBP]
    #[arg(long)]
    currency: Option<String>,
    /// Whose telephone numbers come without a country code [default: GB]
    #[arg(long, value_name = "COUNTRY")]
    phone_country: Option<String>,
    /// Where its days begin and end [default: Europe/London]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// What a CRM stage means (lead, opportunity, won, lost); repeat for all stages, in their order
    #[arg(long, value_name = "NAME=MILESTONE")]
    stage: Vec<String>,
    /// Refuse uploads with a stage that is not listed with --stage
    #[arg(long, value_name = "true|false")]
    strict_stages: Option<bool>,
    /// Whose pages may report visits, such as `https://www.example.com`; repeat for all. '' admits any again
    #[arg(long, value_name = "URL")]
    origin: Vec<String>,
    /// After how many minutes without a report a new visit begins [default: 30]
    #[arg(long, value_name = "MINUTES")]
    visit_timeout: Option<String>,
    /// Whether a new visit begins with another campaign, too [default: true]
    #[arg(long, value_name = "true|false")]
    campaign_begins_visit: Option<bool>,
    /// How many visitors an email address may have before it is taken for a shared one [default: 25]
    #[arg(long, value_name = "N")]
    guard_visitors: Option<String>,
    /// How many email addresses a visitor may give before it is taken for a shared device [default: 6]
    #[arg(long, value_name = "N")]
    guard_emails: Option<String>,
    /// A value that is no one's, such as a test address, or a telephone number in any spelling; repeat for all. '' clears the
    /// list
    #[arg(long, value_name = "VALUE")]
    ignore: Vec<String>,
    /// After how many days a visit is deleted that never led to a record; 0 keeps all [default: 0]
    #[arg(long, value_name = "DAYS")]
    visit_retention_days: Option<String>,
}

impl SiteSettings {
    /// Changes what was named.
    pub(super) fn apply(&self, site: &mut Site) -> Result<(), CliError> {
        if let Some(raw) = &self.currency {
            site.currency = Currency::parse(raw).map_err(|error| wrong("--currency", &error))?;
        }
        if let Some(raw) = &self.phone_country {
            site.phone_country = Country::parse(raw).map_err(|error| wrong("--phone-country", &error))?;
        }
        if let Some(raw) = &self.time_zone {
            site.time_zone = TimeZoneName::parse(raw).map_err(|error| wrong("--time-zone", &error))?;
        }
        if !self.stage.is_empty() {
            at_most("--stage", self.stage.len(), Site::STAGES_MAX)?;
            site.stages = self.stage.iter().map(|raw| stage(raw)).collect::<Result<_, _>>()?;
        }
        site.strict_stages = self.strict_stages.unwrap_or(site.strict_stages);
        self.apply_to_visits(site)?;
        self.apply_to_guards(site)
    }

    fn apply_to_visits(&self, site: &mut Site) -> Result<(), CliError> {
        if let Some(origins) = replaced("--origin", &self.origin, Site::ORIGINS_MAX, Origin::parse)? {
            site.origins = origins;
        }
        if let Some(raw) = &self.visit_timeout {
            let minutes = VisitSettings::parse_timeout(raw);
            site.visits.timeout_minutes = minutes.map_err(|error| wrong("--visit-timeout", &error))?;
        }
        site.visits.campaign_begins_visit =
            self.campaign_begins_visit.unwrap_or(site.visits.campaign_begins_visit);
        site.visit_retention_days = match self.visit_retention_days.as_deref().map(str::trim) {
            Some("0") => None,
            Some(raw) => {
                let days = Site::parse_retention(raw);
                Some(days.map_err(|error| wrong("--visit-retention-days", &error))?)
            }
            None => site.visit_retention_days,
        };
        Ok(())
    }

    fn apply_to_guards(&self, site: &mut Site) -> Result<(), CliError> {
        let guards = &mut site.guards;
        if let Some(raw) = &self.guard_visitors {
            let bound = GuardSettings::parse_bound(raw);
            guards.visitors_max = bound.map_err(|error| wrong("--guard-visitors", &error))?;
        }
        if let Some(raw) = &self.guard_emails {
            let bound = GuardSettings::parse_bound(raw);
            guards.emails_max = bound.map_err(|error| wrong("--guard-emails", &error))?;
        }
        let country = site.phone_country;
        let value = |raw: &str| Ignored::parse(raw, country);
        if let Some(ignored) = replaced("--ignore", &self.ignore, GuardSettings::IGNORED_MAX, value)? {
            guards.ignored = ignored;
        }
        Ok(())
    }
}

/// A list that replaces another when it was named at all; empty texts are no elements of it, so that one alone clears it.
fn replaced<T: Ord>(
    option: &str,
    raw: &[String],
    most: usize,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<Option<Vec<T>>, CliError> {
    let given: Vec<_> = raw.iter().filter(|raw| !raw.trim().is_empty()).collect();
    at_most(option, given.len(), most)?;
    let parsed: Result<Vec<_>, _> = given.into_iter().map(|raw| parse(raw)).collect();
    let mut parsed = parsed.map_err(|error| wrong(option, &error))?;
    parsed.sort();
    parsed.dedup();
    Ok((!raw.is_empty()).then_some(parsed))
}

fn at_most(option: &str, given: usize, most: usize) -> Result<(), CliError> {
    if given > most {
        return Err(CliError::new(format!("{option} can be given at most {most} times")));
    }
    Ok(())
}

fn stage(raw: &str) -> Result<Stage, CliError> {
    let (name, milestone) = raw.rsplit_once('=').ok_or_else(|| {
        CliError::new(format!("--stage {raw}: must be NAME=MILESTONE, such as 'Closed won=won'"))
    })?;
    Ok(Stage {
        name: Text::parse(name).map_err(|error| wrong("--stage", &error))?,
        milestone: Milestone::parse(milestone).map_err(|error| wrong("--stage", &error))?,
    })
}

/// What is wrong with an option.
pub(super) fn wrong(option: &str, invalid: &Invalid) -> CliError {
    CliError::new(format!("{option} {}", invalid.must))
}

/// A site with its settings, on a few lines.
pub(super) fn describe(site: &Site) -> String {
    let listed = |texts: Vec<String>, none: &str| {
        if texts.is_empty() { none.to_owned() } else { texts.join(", ") }
    };
    let stages = site.stages.iter().map(|stage| format!("{}={}", stage.name, stage.milestone.name()));
    let origins = site.origins.iter().map(|origin| origin.as_str().to_owned());
    let ignored = site.guards.ignored.iter().map(|ignored| ignored.as_str().to_owned());
    let campaign = if site.visits.campaign_begins_visit { " or another campaign" } else { "" };
    let retention = site.visit_retention_days.map_or("for ever".to_owned(), |days| format!("{days} days"));
    format!(
        "{}  {}
    currency {}, telephone numbers of {}, days of {}, since {}
    stages: {}{}
    visits: from {}; a new one after {} minutes{campaign}; kept {retention}
    guards: {} visitors, {} email addresses; no one's: {}
",
        site.id,
        site.name,
        site.currency,
        site.phone_country.code(),
        site.time_zone.as_str(),
        site.created_at,
        listed(stages.collect(), "any"),
        if site.strict_stages { " (others refused)" } else { "" },
        listed(origins.collect(), "any origin"),
        site.visits.timeout_minutes,
        site.guards.visitors_max,
        site.guards.emails_max,
        listed(ignored.collect(), "nothing"),
    )
}

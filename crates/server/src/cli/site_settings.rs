//! A site's settings as options, and as a list shows them.

use super::CliError;
use crate::app::site_settings::{Setting, SettingsIn};
use clap::Args;
use touchline_domain::{Invalid, Site};

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
        let mut settings = SettingsIn {
            strict_stages: self.strict_stages,
            campaign_begins_visit: self.campaign_begins_visit,
            ..SettingsIn::default()
        };
        for (setting, raw) in [
            (Setting::Currency, &self.currency),
            (Setting::PhoneCountry, &self.phone_country),
            (Setting::TimeZone, &self.time_zone),
            (Setting::VisitTimeout, &self.visit_timeout),
            (Setting::GuardVisitors, &self.guard_visitors),
            (Setting::GuardEmails, &self.guard_emails),
            (Setting::VisitRetention, &self.visit_retention_days),
        ] {
            settings.texts.extend(raw.clone().map(|raw| (setting, raw)));
        }
        for (setting, raw) in [
            (Setting::Stages, &self.stage),
            (Setting::Origins, &self.origin),
            (Setting::Ignored, &self.ignore),
        ] {
            settings.lists.extend((!raw.is_empty()).then(|| (setting, raw.clone())));
        }
        settings.apply(site).map_err(|all| {
            let first = all.first().map(|one| wrong(option(one.setting), &one.invalid));
            first.unwrap_or_else(|| CliError::new("the settings are wrong"))
        })
    }
}

fn option(setting: Setting) -> &'static str {
    match setting {
        Setting::Name => "--name",
        Setting::Currency => "--currency",
        Setting::PhoneCountry => "--phone-country",
        Setting::TimeZone => "--time-zone",
        Setting::Stages => "--stage",
        Setting::Origins => "--origin",
        Setting::VisitTimeout => "--visit-timeout",
        Setting::GuardVisitors => "--guard-visitors",
        Setting::GuardEmails => "--guard-emails",
        Setting::Ignored => "--ignore",
        Setting::VisitRetention => "--visit-retention-days",
    }
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

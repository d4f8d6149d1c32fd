//! A site's settings as a form.

use super::super::parts::{card, form_key};
use super::super::session::{Form, Viewer};
use crate::app::site_settings::{Setting, SettingsIn, Wrong};
use maud::{Markup, html};
use std::collections::BTreeMap;
use touchline_domain::{Currency, Milestone, Site};

/// Fields of a line: what they set, the form's name, the title, and a hint.
const TEXTS: [(Setting, &str, &str, &str); 8] = [
    (Setting::Name, "name", "Name", "What people call the site."),
    (Setting::Currency, "currency", "Currency", "What reports are in."),
    (Setting::TimeZone, "time-zone", "Time zone", "Where days begin and end, such as Europe/London."),
    (
        Setting::PhoneCountry,
        "phone-country",
        "Telephone country",
        "Whose numbers come without a country code: two letters.",
    ),
    (
        Setting::VisitTimeout,
        "visit-timeout",
        "Visit timeout",
        "Minutes without a sign after which a new visit begins.",
    ),
    (
        Setting::VisitRetention,
        "retention",
        "Keep visits for",
        "Days that a visit is kept which never led to a record. Empty or 0 keeps all.",
    ),
    (
        Setting::GuardVisitors,
        "guard-visitors",
        "Visitors of one address",
        "An email address with more is taken for a shared one.",
    ),
    (
        Setting::GuardEmails,
        "guard-emails",
        "Addresses of one visitor",
        "A visitor with more is taken for a shared device.",
    ),
];

/// Fields of one element a line.
const LISTS: [(Setting, &str, &str, &str, &str); 3] = [
    (
        Setting::Stages,
        "stages",
        "Stages of the pipeline, in order",
        "One a line, as the CRM spells it, and what it means: lead, opportunity, won or lost.",
        "Proposal = opportunity",
    ),
    (
        Setting::Origins,
        "origins",
        "Origins",
        "Whose pages may report visits, one a line. Empty admits any.",
        "https://www.example.com",
    ),
    (
        Setting::Ignored,
        "ignored",
        "Nobody's values",
        "Values that are no one's, such as test addresses, one a line.",
        "test@example.com",
    ),
];

/// The form as it is filled in, and what is wrong with it.
pub(super) struct SettingsForm {
    values: BTreeMap<&'static str, String>,
    strict_stages: bool,
    campaign_begins_visit: bool,
    wrong: Vec<Wrong>,
}

impl SettingsForm {
    /// As the site is.
    pub(super) fn of(site: &Site) -> Self {
        let lines = |texts: Vec<String>| texts.join("\n");
        let text = |setting| match setting {
            Setting::Name => site.name.to_string(),
            Setting::Currency => site.currency.code().to_owned(),
            Setting::PhoneCountry => site.phone_country.code().to_owned(),
            Setting::TimeZone => site.time_zone.as_str().to_owned(),
            Setting::VisitTimeout => site.visits.timeout_minutes.to_string(),
            Setting::VisitRetention => {
                site.visit_retention_days.map_or_else(String::new, |days| days.to_string())
            }
            Setting::GuardVisitors => site.guards.visitors_max.to_string(),
            Setting::GuardEmails => site.guards.emails_max.to_string(),
            Setting::Stages => {
                let stages = site.stages.iter();
                lines(stages.map(|stage| format!("{} = {}", stage.name, stage.milestone.name())).collect())
            }
            Setting::Origins => lines(site.origins.iter().map(|origin| origin.as_str().to_owned()).collect()),
            Setting::Ignored => {
                lines(site.guards.ignored.iter().map(|ignored| ignored.as_str().to_owned()).collect())
            }
        };
        let texts = TEXTS.iter().map(|(setting, name, ..)| (*name, text(*setting)));
        let lists = LISTS.iter().map(|(setting, name, ..)| (*name, text(*setting)));
        Self {
            values: texts.chain(lists).collect(),
            strict_stages: site.strict_stages,
            campaign_begins_visit: site.visits.campaign_begins_visit,
            wrong: Vec::new(),
        }
    }

    /// As it was sent.
    pub(super) fn given(form: &Form) -> Self {
        let names = TEXTS.iter().map(|(_, name, ..)| *name).chain(LISTS.iter().map(|(_, name, ..)| *name));
        let value = |name: &'static str| form.all(name).next().map(|value| (name, value.to_owned()));
        Self {
            values: names.filter_map(value).collect(),
            strict_stages: form.get("strict-stages").is_some(),
            campaign_begins_visit: form.get("campaign-begins-visit").is_some(),
            wrong: Vec::new(),
        }
    }

    /// The same, with what is wrong with it.
    pub(super) fn with(self, wrong: Vec<Wrong>) -> Self {
        Self { wrong, ..self }
    }

    /// What is to be changed; a field that was not sent stays as it is.
    pub(super) fn settings(&self, form: &Form) -> SettingsIn {
        let sent = |name: &str| form.all("sent").any(|one| one == name);
        let mut settings = SettingsIn {
            strict_stages: sent("strict-stages").then_some(self.strict_stages),
            campaign_begins_visit: sent("campaign-begins-visit").then_some(self.campaign_begins_visit),
            ..SettingsIn::default()
        };
        for (setting, name, ..) in TEXTS {
            let value = self.values.get(name).map(|value| value.trim().to_owned());
            let is_blank = value.as_deref() == Some("") && setting == Setting::VisitRetention;
            settings
                .texts
                .extend(value.map(|value| (setting, if is_blank { "0".to_owned() } else { value })));
        }
        for (setting, name, ..) in LISTS {
            let lines = self.values.get(name).map(|value| value.lines().map(str::to_owned).collect());
            settings.lists.extend(lines.map(|lines| (setting, lines)));
        }
        settings
    }

    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn wrong(&self, setting: Setting, name: &str, title: &str) -> Option<Markup> {
        let wrong: Vec<_> = self.wrong.iter().filter(|wrong| wrong.setting == setting).collect();
        let line = |wrong: &Wrong| match wrong.place {
            Some(place) => format!("Line {place} {}.", wrong.invalid.must),
            None => format!("{title} {}.", wrong.invalid.must),
        };
        (!wrong.is_empty()).then(|| {
            html! { div.error id=(format!("wrong-{name}")) { @for wrong in wrong.iter().take(10) { p { (line(wrong)) } } } }
        })
    }

    fn text(&self, place: usize) -> Markup {
        let (setting, name, title, hint) = TEXTS[place];
        let wrong = self.wrong(setting, name, title);
        let described =
            format!("hint-{name}{}", if wrong.is_some() { format!(" wrong-{name}") } else { String::new() });
        let invalid = wrong.is_some().then_some("true");
        html! {
            div.field {
                label for=(format!("set-{name}")) { span { (title) } }
                @if setting == Setting::Currency {
                    select id=(format!("set-{name}")) name=(name) aria-describedby=(described) aria-invalid=[invalid] {
                        @let value = self.value(name);
                        @if Currency::parse(value).is_err() { option value=(value) selected { (value) } }
                        @for currency in Currency::all() { option selected[currency.code() == value] { (currency.code()) } }
                    }
                } @else {
                    input id=(format!("set-{name}")) name=(name) value=(self.value(name)) maxlength="255" autocomplete="off" aria-describedby=(described) aria-invalid=[invalid];
                }
                p.hint id=(format!("hint-{name}")) { (hint) }
                @if let Some(wrong) = wrong { (wrong) }
            }
        }
    }

    fn list(&self, place: usize) -> Markup {
        let (setting, name, title, hint, example) = LISTS[place];
        let wrong = self.wrong(setting, name, title);
        let rows = self.value(name).lines().count().clamp(3, 12);
        let described =
            format!("hint-{name}{}", if wrong.is_some() { format!(" wrong-{name}") } else { String::new() });
        html! {
            div.field {
                label for=(format!("set-{name}")) { span { (title) } }
                textarea.code id=(format!("set-{name}")) name=(name) rows=(rows) placeholder=(example) spellcheck="false"
                    aria-describedby=(described) aria-invalid=[wrong.is_some().then_some("true")] { "\n" (self.value(name)) }
                p.hint id=(format!("hint-{name}")) { (hint) }
                @if let Some(wrong) = wrong { (wrong) }
            }
        }
    }
}

fn check(name: &str, title: &str, is_on: bool) -> Markup {
    html! {
        input type="hidden" name="sent" value=(name);
        label.check { input type="checkbox" name=(name) value="on" checked[is_on]; " " (title) }
    }
}

pub(super) fn section(viewer: &Viewer, form: &SettingsForm) -> Markup {
    let milestones = Milestone::ALL.map(Milestone::name).join(", ");
    html! {
        div.section #settings {
            (card("Settings", html! { span.quiet { "Site " code { (viewer.site.id) } } }, html! {
                @if !form.wrong.is_empty() {
                    p.error role="alert" { "Nothing was saved: " (viewer.locale.count(form.wrong.len() as u64)) " of the fields below cannot be as they are." }
                }
                form.settings method="post" action=(format!("{}#settings", viewer.page("set-up/settings"))) {
                    (form_key(viewer))
                    fieldset { legend { "Site" } div.fields { @for place in 0..4 { (form.text(place)) } } }
                    fieldset {
                        legend { "Pipeline" }
                        (form.list(0))
                        (check("strict-stages", "Refuse uploads with a stage that is not listed", form.strict_stages))
                        p.hint { "What a stage means is one of: " (milestones) ". A stage that is not listed means nothing yet." }
                    }
                    fieldset {
                        legend { "Visits" }
                        (form.list(1))
                        div.fields { (form.text(4)) (form.text(5)) }
                        (check("campaign-begins-visit", "A new visit begins with another campaign, too", form.campaign_begins_visit))
                    }
                    fieldset {
                        legend { "Guards: what is shared joins nobody" }
                        div.fields { (form.text(6)) (form.text(7)) }
                        (form.list(2))
                    }
                    div { button type="submit" { "Save the settings" } }
                }
            }))
        }
    }
}

//! How people come to the sample's site, and what its CRM calls things.

use touchline_domain::Milestone;
use touchline_domain::cost::AdPlatform;

pub(super) const STAGES: [(&str, Milestone); 6] = [
    ("Enquiry", Milestone::Lead),
    ("Qualified", Milestone::Opportunity),
    ("Quote sent", Milestone::Opportunity),
    ("Negotiation", Milestone::Opportunity),
    ("Won", Milestone::Won),
    ("Lost", Milestone::Lost),
];

/// A way to the site: the query of the landing page, where `#` stands for a number of the visit's own, and the referrer.
pub(super) struct Way {
    pub(super) query: &'static str,
    pub(super) referrer: Option<&'static str>,
}

const fn way(query: &'static str, referrer: Option<&'static str>) -> Way {
    Way { query, referrer }
}

/// Weights are in thousandths of first visits.
pub(super) const FIRST_WAYS: [(u64, Way); 16] = [
    (
        170,
        way(
            "?utm_source=google&utm_medium=cpc&utm_campaign=office-chairs&utm_term=ergonomic%20chair&gclid=Cj0KCQ#",
            Some("https://www.google.com/"),
        ),
    ),
    (
        60,
        way(
            "?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCB#",
            Some("https://www.google.com/"),
        ),
    ),
    (30, way("?gclid=EAIaIQ#", Some("https://www.google.co.uk/"))),
    (
        40,
        way(
            "?utm_source=bing&utm_medium=cpc&utm_campaign=desks-uk&msclkid=5b1#",
            Some("https://www.bing.com/"),
        ),
    ),
    (230, way("", Some("https://www.google.com/"))),
    (30, way("", Some("https://duckduckgo.com/"))),
    (
        80,
        way(
            "?utm_source=linkedin&utm_medium=paid_social&utm_campaign=facility-managers&li_fat_id=9c#",
            Some("https://www.linkedin.com/"),
        ),
    ),
    (
        60,
        way(
            "?utm_source=facebook&utm_medium=paid&utm_campaign=home-office&fbclid=IwAR#",
            Some("https://l.facebook.com/"),
        ),
    ),
    (25, way("?fbclid=IwAR#", Some("https://m.facebook.com/"))),
    (30, way("", Some("https://www.linkedin.com/"))),
    (45, way("?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-catalogue", None)),
    (25, way("", Some("https://chatgpt.com/"))),
    (10, way("", Some("https://www.perplexity.ai/"))),
    (30, way("", Some("https://www.officemagazine.example/best-desks"))),
    (
        15,
        way(
            "?utm_source=youtube&utm_medium=video&utm_campaign=showroom-tour",
            Some("https://www.youtube.com/"),
        ),
    ),
    (120, way("", None)),
];

/// Of those who come back, many type the address or find it by its name.
pub(super) const LATER_WAYS: [(u64, Way); 6] = [
    (420, way("", None)),
    (210, way("", Some("https://www.google.com/"))),
    (
        110,
        way(
            "?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCB#",
            Some("https://www.google.com/"),
        ),
    ),
    (120, way("?utm_source=newsletter&utm_medium=email&utm_campaign=follow-up", None)),
    (
        90,
        way(
            "?utm_source=linkedin&utm_medium=paid_social&utm_campaign=retargeting&li_fat_id=7d#",
            Some("https://www.linkedin.com/"),
        ),
    ),
    (50, way("?utm_source=google&utm_medium=display&utm_campaign=retargeting&gclid=CjwKCA#", None)),
];

/// A campaign of the ways above that is paid for.
pub(super) struct PaidCampaign {
    pub(super) platform: AdPlatform,
    pub(super) name: &'static str,
    /// Banners on others' pages, in place of what the platform is known for.
    pub(super) is_display: bool,
    /// How many visits it brings of those that a thousand people make.
    pub(super) visits: u64,
    pub(super) pence_per_click: u64,
    pub(super) shown_per_click: u64,
}

const fn paid(platform: AdPlatform, name: &'static str, visits: u64, price: u64, shown: u64) -> PaidCampaign {
    PaidCampaign { platform, name, is_display: false, visits, pence_per_click: price, shown_per_click: shown }
}

pub(super) const PAID: [PaidCampaign; 7] = [
    paid(AdPlatform::Google, "office-chairs", 170, 480, 22),
    paid(AdPlatform::Google, "brand", 170, 110, 6),
    paid(AdPlatform::Bing, "desks-uk", 40, 360, 25),
    paid(AdPlatform::LinkedIn, "facility-managers", 80, 950, 140),
    paid(AdPlatform::LinkedIn, "retargeting", 90, 620, 110),
    paid(AdPlatform::Facebook, "home-office", 60, 140, 90),
    PaidCampaign { is_display: true, ..paid(AdPlatform::Google, "retargeting", 50, 60, 400) },
];

pub(super) const PAGES: [(u64, (&str, &str)); 8] = [
    (300, ("", "Harbour Office Furniture")),
    (180, ("chairs", "Ergonomic chairs | Harbour")),
    (150, ("desks/standing", "Standing desks | Harbour")),
    (90, ("pricing", "Prices and delivery | Harbour")),
    (90, ("guides/choose-a-chair", "How to choose an office chair | Harbour")),
    (70, ("case-studies/riverside-clinic", "Riverside Clinic: 140 seats in a week | Harbour")),
    (70, ("showroom", "Visit our showroom | Harbour")),
    (50, ("blog/sitting-is-not-the-problem", "Sitting is not the problem | Harbour")),
];

pub(super) const FIRST_NAMES: [&str; 20] = [
    "Amelia", "Arthur", "Beth", "Callum", "Chloe", "Daniel", "Elif", "Finn", "Grace", "Hamza", "Isla",
    "Jakub", "Kate", "Liam", "Maya", "Noah", "Olivia", "Priya", "Sam", "Zoe",
];

pub(super) const LAST_NAMES: [&str; 20] = [
    "Ahmed", "Baker", "Campbell", "Davies", "Evans", "Fraser", "Green", "Hughes", "Irving", "Jones", "Kaur",
    "Lewis", "Murphy", "Nowak", "Owen", "Patel", "Reid", "Smith", "Taylor", "Young",
];

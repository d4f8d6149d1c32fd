use super::address::{Address, same_site, without_www};
use super::click_id::Implied;
use super::source::{Listed, kind_of_name, listed};
use super::{Arrival, Basis, CampaignTags, ClickId, ClickIdKind, Field, SourceKind, UtmTag};

/// A visit as rules see it: everything in lower case, and what its tags leave open filled in from its click id and
/// its referrer.
pub(super) struct Facts<'a> {
    pub(super) basis: Basis,
    pub(super) platform: Option<&'static str>,
    pub(super) click_ids: &'a [ClickId],
    /// The click id that fills in what the tags leave open.
    pub(super) click: Option<(ClickIdKind, Implied)>,
    /// Why the referrer does not count, when there is one.
    pub(super) discounted: Option<Discounted>,
    utm: [Option<String>; UtmTag::ALL.len()],
    campaign_id: Option<String>,
    source: Option<String>,
    medium: Option<String>,
    pub(super) source_kind: Option<SourceKind>,
    referrer_host: Option<String>,
    landing_host: Option<String>,
    landing_path: String,
}

/// Why a referrer says nothing about where a visit came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Discounted {
    /// It is no web address.
    NotAnAddress,
    /// It is the site itself.
    OwnSite,
    /// It is a payment, 3-D Secure or sign-in page.
    OnTheWay,
}

/// Where a referrer says that a visit came from.
struct Origin {
    host: String,
    known: Option<(SourceKind, &'static str)>,
}

impl Origin {
    /// Refused when nobody comes from there: the site itself, a payment or sign-in page, nothing readable.
    fn of(referrer: &str, landing: &Address) -> Result<Self, Discounted> {
        let address = Address::read(referrer);
        let host = address.host.ok_or(Discounted::NotAnAddress)?;
        let is_own = landing.host.as_deref().is_some_and(|own| same_site(own, &host));
        let known = match listed(&host, &address.path) {
            _ if is_own => return Err(Discounted::OwnSite),
            Some(Listed::Ignored) => return Err(Discounted::OnTheWay),
            Some(Listed::Known { kind, source }) => Some((kind, source)),
            Some(Listed::Plain) | None => None,
        };
        Ok(Self { host, known })
    }

    fn source(&self) -> &str {
        self.known.map_or(without_www(&self.host), |(_, source)| source)
    }

    fn medium(&self) -> &'static str {
        self.known.map_or("referral", |(kind, _)| kind.medium())
    }

    fn is_social(&self) -> bool {
        matches!(self.known, Some((SourceKind::Social, _)))
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(arrival: &Arrival<'_>, landing: Address, tags: &'a CampaignTags) -> Self {
        let lower = |tag| tags.utm(tag).map(str::to_lowercase);
        let utm = UtmTag::ALL.map(lower);
        let (utm_source, utm_medium) = (lower(UtmTag::Source), lower(UtmTag::Medium));
        let referrer = arrival.referrer.filter(|referrer| !referrer.trim().is_empty());
        let (origin, discounted) = match referrer.map(|referrer| Origin::of(referrer, &landing)) {
            Some(Ok(origin)) => (Some(origin), None),
            Some(Err(discounted)) => (None, Some(discounted)),
            None => (None, None),
        };
        let click_ids = tags.click_ids();
        let strongest = click_ids.first().map(|click_id| (click_id.kind, click_id.kind.implies()));
        let speaking =
            strongest.filter(|(_, click)| may_speak(click, utm_source.as_deref(), origin.as_ref()));
        let click = speaking.map(|(_, click)| click);
        // A source named without a medium says nothing about how the visit came, so the referrer may not either.
        let origin_medium = origin.as_ref().filter(|_| utm_source.is_none()).map(Origin::medium);

        let source_kind = match (&utm_source, &click, &origin) {
            (Some(source), _, _) => kind_of_name(source),
            (None, Some(click), _) => kind_of_name(click.source),
            (None, None, Some(origin)) => origin.known.map(|(kind, _)| kind),
            (None, None, None) => None,
        };
        let basis = match () {
            () if !tags.has_no_utm() => Basis::Tags,
            () if click.is_some() => Basis::ClickId,
            () if origin.is_some() => Basis::Referrer,
            () => Basis::Nothing,
        };
        let direct = |text: &str| (basis == Basis::Nothing).then(|| text.to_owned());
        let source = utm_source
            .or_else(|| click.map(|click| click.source.to_owned()))
            .or_else(|| origin.as_ref().map(|origin| origin.source().to_owned()))
            .or_else(|| direct("(direct)"));
        let medium = utm_medium
            .or_else(|| click.map(|click| click.medium.to_owned()))
            .or_else(|| origin_medium.map(str::to_owned))
            .or_else(|| direct("(none)"));
        Self {
            basis,
            platform: strongest.and_then(|(_, click)| click.platform),
            click_ids,
            click: speaking,
            discounted,
            campaign_id: campaign_id(tags).map(str::to_lowercase),
            utm,
            source,
            medium,
            source_kind,
            referrer_host: origin.map(|origin| without_www(&origin.host).to_owned()),
            landing_host: landing.host.as_deref().map(|host| without_www(host).to_owned()),
            landing_path: landing.path.to_lowercase(),
        }
    }

    pub(super) fn value(&self, field: Field) -> Option<&str> {
        let utm = |tag| self.utm[tag as usize].as_deref();
        match field {
            Field::Source => self.source.as_deref(),
            Field::Medium => self.medium.as_deref(),
            Field::Campaign => utm(UtmTag::Campaign),
            Field::Term => utm(UtmTag::Term),
            Field::Content => utm(UtmTag::Content),
            Field::CampaignId => self.campaign_id.as_deref(),
            Field::SourcePlatform => utm(UtmTag::SourcePlatform),
            Field::SourceKind => self.source_kind.map(SourceKind::name),
            Field::ReferrerHost => self.referrer_host.as_deref(),
            Field::LandingHost => self.landing_host.as_deref(),
            Field::LandingPath => Some(&self.landing_path),
            // A visit can carry several; conditions look at `click_ids`.
            Field::ClickId => None,
        }
    }
}

/// The id of the campaign, as written.
pub(super) fn campaign_id(tags: &CampaignTags) -> Option<&str> {
    let of_google = || {
        let click_id = tags.click_ids().iter().find(|id| id.kind == ClickIdKind::GadCampaignid)?;
        Some(click_id.value.as_str())
    };
    tags.utm(UtmTag::Id).or_else(of_google)
}

/// Whether a click id fills in what the tags leave open. One that is no proof of a paid click adds nothing to a
/// source that is named, and gives way to a social referrer, which knows better (Instagram also sets `fbclid`).
fn may_speak(click: &Implied, utm_source: Option<&str>, origin: Option<&Origin>) -> bool {
    click.platform.is_some() || (utm_source.is_none() && !origin.is_some_and(Origin::is_social))
}

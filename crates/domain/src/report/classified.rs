use super::dimension::TouchDimension;
use super::interner::{Interner, place};
use super::{Columns, NOT_SET, UNATTRIBUTED};
use crate::channel::{ChannelRules, Classification};
use crate::journey::Origin;
use crate::record::RecordKind;
use crate::{Currency, Milestone, Rates, Site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many dimensions a touch has.
pub(super) const DIMENSIONS: usize = TouchDimension::ALL.len();

/// What is seen of columns under a site's settings: its rules applied to every origin, what its stages mean, its currency
/// and the rates.
#[derive(Debug, Clone)]
pub struct View {
    rules: ChannelRules,
    site: Arc<Site>,
    pub(super) rates: Arc<Rates>,
    pub(super) values: Interner<str>,
    /// Of each origin, the value of each dimension.
    pub(super) origins: Vec<[u32; DIMENSIONS]>,
    pub(super) is_direct: Vec<bool>,
    /// The name of the campaign that visits with an id name.
    pub(super) campaign_ids: BTreeMap<Arc<str>, u32>,
}

/// The channel of visits that no marketing is known of. A site's own rules may give such a visit another (an address that
/// only a poster names), and may give this one to what looks like marketing and is none.
const DIRECT: &str = "Direct";

/// The numbers of values that every view has.
pub(super) const NOT_SET_NUMBER: u32 = 0;
pub(super) const UNATTRIBUTED_NUMBER: u32 = 1;

impl View {
    /// Columns as they are seen under a site's settings.
    pub fn of(columns: &Columns, site: Arc<Site>, rates: Arc<Rates>) -> Self {
        let mut values = Interner::default();
        values.number(NOT_SET);
        values.number(UNATTRIBUTED);
        let rules = site.channels.clone();
        let mut view = Self {
            rules,
            site,
            rates,
            values,
            origins: Vec::new(),
            is_direct: Vec::new(),
            campaign_ids: BTreeMap::new(),
        };
        view.catch_up(columns);
        view
    }

    /// Takes in origins that came since. The columns must be the same ones, or the same ones later.
    pub fn catch_up(&mut self, columns: &Columns) {
        for origin in &columns.origins.values()[self.origins.len()..] {
            let classification = origin.classify(&self.rules);
            let values = self.values_of(origin, classification.as_ref());
            if let Some(id) = classification.as_ref().and_then(|c| c.campaign_id.as_deref()) {
                let name = values[TouchDimension::Campaign as usize];
                if name != NOT_SET_NUMBER {
                    self.campaign_ids.entry(Arc::from(id)).or_insert(name);
                }
            }
            self.origins.push(values);
            self.is_direct.push(classification.is_some_and(|c| c.channel == DIRECT));
        }
    }

    /// The same under changed settings; what was classified is classified again only if the rules changed.
    #[must_use]
    pub fn under(mut self, columns: &Columns, site: Arc<Site>, rates: Arc<Rates>) -> Self {
        if site.channels != self.rules {
            return Self::of(columns, site, rates);
        }
        (self.site, self.rates) = (site, rates);
        self.catch_up(columns);
        self
    }

    /// The same columns under other channel rules.
    #[must_use]
    pub fn under_rules(&self, columns: &Columns, rules: ChannelRules) -> Self {
        let site = Site { channels: rules, ..Site::clone(&self.site) };
        Self::of(columns, Arc::new(site), Arc::clone(&self.rates))
    }

    /// Of each origin, its channel.
    pub(super) fn channel_names(&self) -> impl Iterator<Item = &str> {
        let number = |origin: &[u32; DIMENSIONS]| origin[TouchDimension::Channel as usize];
        self.origins.iter().map(move |origin| &*self.values.values()[place(number(origin))])
    }

    /// The settings.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The currency of reports that name none.
    pub fn currency(&self) -> Currency {
        self.site.currency
    }

    /// What each stage means, by its number.
    pub(super) fn milestones(&self, columns: &Columns) -> Vec<Option<Milestone>> {
        columns.stage_names.values().iter().map(|name| self.site.milestone(name)).collect()
    }

    /// Of each origin, the place of its channel among all in order of name: unlike their numbers, it does not depend on what
    /// came first.
    pub(super) fn channels_by_name(&self) -> Vec<u32> {
        let number = |origin: &[u32; DIMENSIONS]| origin[TouchDimension::Channel as usize];
        let named = |number: u32| (&self.values.values()[place(number)], number);
        let channels: BTreeSet<_> = self.origins.iter().map(|origin| named(number(origin))).collect();
        let places: BTreeMap<_, _> = channels.into_iter().map(|(_, number)| number).zip(0..).collect();
        self.origins.iter().map(|origin| places[&number(origin)]).collect()
    }

    fn values_of(&mut self, origin: &Origin, classification: Option<&Classification>) -> [u32; DIMENSIONS] {
        let text = |value: &Option<String>| value.clone();
        let of = |dimension| {
            let c = classification?;
            match dimension {
                TouchDimension::Channel => Some(c.channel.clone()),
                TouchDimension::Source => text(&c.source),
                TouchDimension::Medium => text(&c.medium),
                TouchDimension::Campaign => text(&c.campaign),
                TouchDimension::Term => text(&c.term),
                TouchDimension::Content => text(&c.content),
                TouchDimension::LandingPage => origin.page().map(str::to_owned),
                TouchDimension::Referrer => origin.referrer_host().map(str::to_owned),
                TouchDimension::Platform => c.platform.map(str::to_owned),
                TouchDimension::Device => origin.device.map(|device| device.name().to_owned()),
            }
        };
        TouchDimension::ALL.map(|dimension| match of(dimension) {
            Some(value) => self.values.number(value.as_str()),
            None => NOT_SET_NUMBER,
        })
    }
}

/// What a record's stage means; what came in is won.
pub(super) fn milestone_of(
    kind: RecordKind,
    stage: Option<u32>,
    milestones: &[Option<Milestone>],
) -> Option<Milestone> {
    match kind {
        RecordKind::Revenue => Some(Milestone::Won),
        RecordKind::Opportunity => milestones.get(stage? as usize).copied().flatten(),
    }
}

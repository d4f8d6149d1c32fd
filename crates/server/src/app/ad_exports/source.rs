use std::collections::BTreeSet;
use touchline_domain::ad_export::{AdConversion, Trace};
use touchline_domain::channel::CampaignTags;
use touchline_domain::{Identifier, IdentifierKind};
use touchline_store::RecordMatch;

/// The most values of one kind that are handed over of one person.
const IDENTIFIERS_MAX: usize = 10;

/// A conversion with what names its person to a platform.
pub(super) struct Source {
    pub(super) conversion: AdConversion,
    /// As the landing page had it.
    pub(super) click_id: String,
    /// Those of the person.
    pub(super) emails: Vec<Identifier>,
    /// Those that the record itself names: others may be somebody else's too.
    pub(super) phones: Vec<Identifier>,
    /// The visitor who clicked.
    pub(super) visitor: Identifier,
    pub(super) traces: Vec<Trace>,
}

impl Source {
    /// `None` when the visit is not the person's any more.
    pub(super) fn new(conversion: AdConversion, found: &RecordMatch) -> Option<Self> {
        let visit = &found.visits.iter().find(|stored| stored.change == conversion.fact)?.visit;
        let tags = CampaignTags::of(visit.landing_page.as_str());
        let click_id = tags.click_ids().iter().find(|click_id| click_id.kind == conversion.click)?;
        let person = &found.matching.person;
        let own = person.identifiers.iter().filter(|reached| reached.step.is_none());
        let own: Vec<&Identifier> = own.map(|reached| &reached.identifier).collect();
        let of_kind = |identifiers: &mut dyn Iterator<Item = &Identifier>, kind| {
            let of_kind = identifiers.filter(|identifier| identifier.kind() == kind);
            of_kind.take(IDENTIFIERS_MAX).cloned().collect::<Vec<_>>()
        };
        let emails = of_kind(&mut person.joined(), IdentifierKind::EmailAddress);
        let phones = of_kind(&mut own.iter().copied(), IdentifierKind::PhoneNumber);
        let named = person.joined().chain(own).chain([&visit.visitor]).map(Trace::of_identifier);
        let traces: BTreeSet<Trace> = named.chain([Trace::of_record(&conversion.record)]).collect();
        Some(Self {
            click_id: click_id.value.clone(),
            visitor: visit.visitor.clone(),
            emails,
            phones,
            traces: traces.into_iter().collect(),
            conversion,
        })
    }
}

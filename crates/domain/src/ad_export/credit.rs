use crate::Site;
use crate::attribution::Model;
use crate::channel::ClickIdKind;
use crate::journey::{Journey, Touch};
use crate::report::{Columns, Query, View};
use std::sync::Arc;

/// What a model gives to a journey's touches with one of these click ids, together; in the record's own currency.
pub(super) fn credit(site: &Arc<Site>, journey: &Journey, model: &Model, kinds: &[ClickIdKind]) -> i64 {
    let mut columns = Columns::new(site.time_zone.zone());
    columns.apply(1, 1, Some(journey));
    // Nothing is converted, so no rate is needed.
    let view = View::of(&columns, Arc::clone(site), Arc::default());
    let query = Query {
        kind: journey.kind,
        models: vec![*model],
        currency: Some(journey.value.currency),
        ..Query::default()
    };
    let receipt = query.receipt(&columns, &view, (journey.kind, journey.reference.as_str()));
    let Ok(Some(receipt)) = receipt else { return 0 };
    let touches = journey.touches.iter().zip(&receipt.touches);
    let clicked = touches.filter(|(touch, _)| click_id(touch, kinds).is_some());
    clicked.flat_map(|(_, credited)| &credited.shares).flatten().map(|share| share.minor).sum()
}

/// The first of these click ids that a visit carries.
pub(super) fn click_id(touch: &Touch, kinds: &[ClickIdKind]) -> Option<ClickIdKind> {
    // What a conversion's sender said is no click.
    if touch.origin.words.is_some() || !touch.origin.landing_page.contains('?') {
        return None;
    }
    let tags = crate::channel::CampaignTags::of(&touch.origin.landing_page);
    let carried = |kind: &&ClickIdKind| tags.click_ids().iter().any(|click_id| click_id.kind == **kind);
    kinds.iter().find(carried).copied()
}

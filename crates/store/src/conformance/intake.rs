use super::samples::{assert_sound, at, email, opportunity, site, site_id, text, upload};
use crate::{
    BatchCounts, ErasedRecords, IntakeContent, IntakeEntry, IntakeKind, IntakeProblem, IntakeQuery,
    NewIntake, Seen, Sighting, Source, Store,
};
use std::sync::Arc;
use touchline_domain::SiteId;

fn refusal(site: &str, reference: Option<&str>, second: i64) -> IntakeEntry {
    IntakeEntry {
        site: site_id(site),
        kind: IntakeKind::Refusal,
        at: at(second),
        route: "/v1/{siteId}/opportunity/upload".to_owned(),
        reference: reference.map(text),
        content: IntakeContent {
            code: Some("invalid_body".to_owned()),
            problems: vec![IntakeProblem {
                pointer: "/OpportunityValue".to_owned(),
                code: "not_a_number".to_owned(),
                detail: "'OpportunityValue' must be a valid number.".to_owned(),
            }],
            item: Some(3),
            counts: None,
        },
    }
}

async fn note(store: &Arc<dyn Store>, entries: Vec<IntakeEntry>) {
    store.note_intake(NewIntake { entries, sightings: Vec::new() }).await.unwrap();
}

async fn entries(store: &Arc<dyn Store>, site: SiteId, kind: IntakeKind) -> Vec<IntakeEntry> {
    let query = IntakeQuery { site, kind, before: None, limit: usize::MAX };
    store.intake(query).await.unwrap().into_iter().map(|stored| stored.entry).collect()
}

pub(super) async fn what_came_in_is_noted_by_site_and_kind_and_bounded(store: Arc<dyn Store>) {
    let batch = IntakeEntry {
        kind: IntakeKind::Batch,
        content: IntakeContent {
            code: None,
            problems: Vec::new(),
            item: None,
            counts: Some(BatchCounts {
                took: 5,
                accepted: 3,
                created: 1,
                updated: 1,
                unchanged: 1,
                refused: 2,
            }),
        },
        ..refusal("s", None, 9)
    };
    let other = refusal("t", Some("OPP-1"), 1);
    note(&store, vec![batch.clone(), other.clone()]).await;
    let kept = IntakeKind::Refusal.kept();
    let many = i64::try_from(kept).unwrap() + 50;
    let all: Vec<_> = (0..many).map(|second| refusal("s", Some("OPP-1"), second)).collect();
    for piece in all.chunks(400) {
        note(&store, piece.to_vec()).await;
    }
    assert_eq!(entries(&store, site_id("s"), IntakeKind::Batch).await, [batch]);
    assert_eq!(entries(&store, site_id("t"), IntakeKind::Refusal).await, [other]);
    assert_eq!(entries(&store, site_id("s"), IntakeKind::Report).await, []);
    let mut last = all[50..].to_vec();
    last.reverse();
    assert!(entries(&store, site_id("s"), IntakeKind::Refusal).await == last, "the last ones, newest first");
    let page = |before| IntakeQuery { site: site_id("s"), kind: IntakeKind::Refusal, before, limit: 2 };
    let first = store.intake(page(None)).await.unwrap();
    let second = store.intake(page(Some(first[1].id))).await.unwrap();
    let seconds = [&first[..], &second].concat().iter().map(|stored| stored.entry.at).collect::<Vec<_>>();
    assert_eq!(seconds, [many - 1, many - 2, many - 3, many - 4].map(at), "pages go on where they ended");
    assert_sound(&store).await;
}

pub(super) async fn a_source_is_told_with_its_last_hours(store: Arc<dyn Store>) {
    let see = async |source, hour: i64, count, from: Option<&str>| {
        let last_at = at(hour * 3_600 + 60);
        let sighting = Sighting { site: site_id("s"), source, last_at, count, from: from.map(text) };
        store.note_intake(NewIntake { entries: Vec::new(), sightings: vec![sighting] }).await.unwrap();
    };
    see(Source::TagVisit, 10, 1, Some("a.example")).await;
    see(Source::TagVisit, 100, 2, Some("b.example")).await;
    see(Source::TagVisit, 100, 3, Some("c.example")).await;
    see(Source::TagVisit, 101, 4, Some("d.example")).await;
    see(Source::TagVisit, 99, 5, Some("late.example")).await;
    see(Source::Call, 20, 7, None).await;
    let seen = |source, hour: i64, count, from: Option<&str>| Seen {
        source,
        last_at: at(hour * 3_600 + 60),
        from: from.map(text),
        count,
    };
    let told = store.seen(site_id("s"), at(100 * 3_600 + 3_000)).await.unwrap();
    assert_eq!(told, [seen(Source::TagVisit, 101, 9, Some("d.example")), seen(Source::Call, 20, 0, None)]);
    let told = store.seen(site_id("s"), at(0)).await.unwrap();
    assert_eq!(told[0].count, 14, "hours of more than a day before the last are gone");
    assert_eq!(store.seen(site_id("t"), at(0)).await.unwrap(), []);
    assert_sound(&store).await;
}

pub(super) async fn an_erasure_leaves_no_reference_in_the_log(store: Arc<dyn Store>) {
    assert!(store.add_site(site("s")).await.unwrap());
    store.upload(vec![upload("OPP-1", opportunity("New", 1, 100))]).await.unwrap();
    let theirs = [refusal("s", Some("OPP-1"), 1), refusal("s", Some("Ann@EXAMPLE.com"), 2)];
    let others = [refusal("s", Some("OPP-2"), 3), refusal("s", None, 4), refusal("t", Some("OPP-1"), 5)];
    note(&store, [&theirs[..], &others].concat()).await;
    store.erase(site_id("s"), vec![email("ann@example.com")], ErasedRecords::KeepTotals).await.unwrap();
    let [second, none, elsewhere] = others;
    assert_eq!(entries(&store, site_id("s"), IntakeKind::Refusal).await, [none, second]);
    assert_eq!(entries(&store, site_id("t"), IntakeKind::Refusal).await, [elsewhere]);
    assert_sound(&store).await;
}

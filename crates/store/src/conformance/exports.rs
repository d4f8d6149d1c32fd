use super::samples::{
    assert_sound, at, deal, email, form, key, opportunity, ra_id, settle, site, site_id, text, upload, visit,
};
use crate::{ErasedRecords, ExportOutcome, ExportRow, Ledger, NewExport, NewExportRow, Store, StoredExport};
use std::sync::Arc;
use touchline_domain::ad_export::{ConversionKey, ExportPlatform, Trace};
use touchline_domain::record::RecordKind;
use touchline_domain::{Currency, Identifier, Milestone, Money, Text};

fn row(reference: &str, minor: i64, identifiers: &[Identifier]) -> NewExportRow {
    let record = key("s", RecordKind::Opportunity, reference);
    let mut traces = vec![Trace::of_record(&record)];
    traces.extend(identifiers.iter().map(Trace::of_identifier));
    NewExportRow {
        key: ConversionKey::of(&record, Milestone::Won),
        worth: Money { minor, currency: Currency::parse("GBP").unwrap() },
        content: format!("row of {reference}\r\n"),
        traces,
        record,
    }
}

fn new(name: &str, second: i64, rows: Vec<NewExportRow>) -> NewExport {
    NewExport {
        site: site_id("s"),
        platform: ExportPlatform::GoogleAds,
        name: Text::parse(name).unwrap(),
        kind: RecordKind::Opportunity,
        milestone: Milestone::Won,
        valued: text("whole"),
        created_at: at(second),
        again: false,
        erasures: 0,
        header: format!("header of {name}\r\n"),
        rows,
    }
}

async fn made(store: &Arc<dyn Store>, export: NewExport) -> (StoredExport, Vec<ConversionKey>) {
    match store.add_export(export).await.unwrap() {
        ExportOutcome::Made { export, had_before } => (export, had_before),
        other => panic!("{other:?}"),
    }
}

async fn ledger(store: &Arc<dyn Store>, name: &str) -> Ledger {
    let name = Text::parse(name).unwrap();
    store.ledger(site_id("s"), ExportPlatform::GoogleAds, name, None, 100).await.unwrap()
}

async fn rows(store: &Arc<dyn Store>, id: u64) -> Vec<ExportRow> {
    store.export_rows(site_id("s"), id, 0, 100).await.unwrap()
}

pub(super) async fn a_conversion_is_exported_once_under_a_name(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    assert_eq!(ledger(&store, "Sale").await, Ledger::default());
    let (first, had) = made(&store, new("Sale", 10, vec![row("A", 100, &[]), row("B", 200, &[])])).await;
    assert_eq!((first.id, first.conversions, first.created_at, had), (1, 2, at(10), vec![]));
    let (second, had) = made(&store, new("Sale", 20, vec![row("B", 250, &[]), row("C", 300, &[])])).await;
    assert_eq!((second.id, second.conversions, had), (2, 1, vec![row("B", 0, &[]).key]));
    let again = new("Sale", 30, vec![row("A", 100, &[])]);
    assert_eq!(store.add_export(again.clone()).await.unwrap(), ExportOutcome::Nothing);
    assert_eq!(store.add_export(new("Sale", 30, vec![])).await.unwrap(), ExportOutcome::Nothing);
    let (other, _) = made(&store, new("Lead", 40, vec![row("A", 100, &[])])).await;
    let elsewhere = NewExport { platform: ExportPlatform::Meta, ..again.clone() };
    let (elsewhere, _) = made(&store, elsewhere).await;
    let (repeated, _) = made(&store, NewExport { again: true, created_at: at(60), ..again }).await;
    let newest = store.exports(site_id("s"), None, 100).await.unwrap();
    assert_eq!(newest, [repeated.clone(), elsewhere, other, second.clone(), first.clone()]);
    assert_eq!(store.exports(site_id("s"), Some(3), 1).await.unwrap(), [second]);
    assert_eq!(store.export(site_id("s"), 1).await.unwrap(), Some(first));
    assert_eq!(store.export(site_id("s"), 99).await.unwrap(), None);
    assert_eq!(store.export(site_id("t"), 1).await.unwrap(), None);
    let entries = ledger(&store, "Sale").await.entries;
    let mut told: Vec<_> = entries.iter().map(|e| (e.export, e.exported_at, e.worth.minor)).collect();
    told.sort_unstable();
    assert_eq!(told, [(1, at(10), 200), (2, at(20), 300), (repeated.id, at(60), 100)]);
    let name = Text::parse("Sale").unwrap();
    let rest = store.ledger(site_id("s"), ExportPlatform::GoogleAds, name, Some(entries[0].key), 1).await;
    assert_eq!(rest.unwrap().entries, entries[1..2]);
    assert_sound(&store).await;
}

pub(super) async fn an_export_is_read_back_as_it_was_made(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let given: Vec<_> = ["B", "C", "A"].iter().map(|reference| row(reference, 100, &[])).collect();
    let (export, _) = made(&store, new("Sale", 10, given.clone())).await;
    assert_eq!((export.header.as_str(), export.valued.as_str()), ("header of Sale\r\n", "whole"));
    assert_eq!((export.kind, export.milestone), (RecordKind::Opportunity, Milestone::Won));
    let read = rows(&store, export.id).await;
    let told: Vec<_> = read.iter().map(|row| (row.key, &row.record, row.worth, &row.content)).collect();
    let expected: Vec<_> = given.iter().map(|row| (row.key, &row.record, row.worth, &row.content)).collect();
    assert_eq!(told, expected, "in the order of the file");
    assert_eq!(store.export_rows(site_id("s"), export.id, 1, 1).await.unwrap(), read[1..2]);
    assert!(store.export_rows(site_id("t"), export.id, 0, 10).await.unwrap().is_empty());
}

pub(super) async fn parallel_exports_share_no_conversion(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let references: Vec<_> = (0..50).map(|number| format!("R{number}")).collect();
    let tasks: Vec<_> = (0i64..8)
        .map(|second| {
            let given = references.iter().map(|reference| row(reference, second, &[])).collect();
            let (store, export) = (Arc::clone(&store), new("Sale", second, given));
            tokio::spawn(async move { store.add_export(export).await.unwrap() })
        })
        .collect();
    let mut exported = Vec::new();
    for task in tasks {
        if let ExportOutcome::Made { export, .. } = task.await.unwrap() {
            exported.extend(rows(&store, export.id).await.into_iter().map(|row| row.key));
        }
    }
    exported.sort_unstable();
    let mut every: Vec<_> = references.iter().map(|reference| row(reference, 0, &[]).key).collect();
    every.sort_unstable();
    assert_eq!(exported, every, "each once");
    assert_sound(&store).await;
}

pub(super) async fn an_erased_person_is_gone_from_stored_exports(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_visits(vec![visit("v1", 1, "?gclid=Ann"), visit("v2", 2, "?gclid=Bob")]).await.unwrap();
    let forms = vec![
        form("1", 4, &[ra_id("v1"), email("ann@example.com")]),
        form("2", 5, &[ra_id("v2"), email("bob@example.com")]),
    ];
    store.add_conversions(forms).await.unwrap();
    let deals = [deal("A", 40, &[email("ann@example.com")]), deal("B", 41, &[email("bob@example.com")])];
    store.upload(deals.to_vec()).await.unwrap();
    settle(&store).await;
    // One row is found by her record, one by her visitor, and one by her address, whose record is gone.
    let gone = row("GONE", 100, &[email("ann@example.com")]);
    let given = vec![row("A", 100, &[]), row("B", 100, &[ra_id("v2")]), row("X", 100, &[ra_id("v1")]), gone];
    let (export, _) = made(&store, new("Sale", 50, given)).await;
    let held = store.person(site_id("s"), vec![email("ann@example.com")]).await.unwrap();
    assert_eq!(held.exports.iter().map(|row| row.place).collect::<Vec<_>>(), [0, 2, 3]);
    let erased = store.erase(site_id("s"), vec![ra_id("v1")], ErasedRecords::KeepTotals).await.unwrap();
    assert_eq!((erased.records, erased.exported), (1, 3));
    let left = rows(&store, export.id).await;
    assert_eq!(left.iter().map(|row| row.record.reference.as_str()).collect::<Vec<_>>(), ["B"]);
    let read = store.export(site_id("s"), export.id).await.unwrap().unwrap();
    assert_eq!(read.conversions, 4, "that it had them is known");
    let after = ledger(&store, "Sale").await;
    assert_eq!((after.entries.len(), after.erasures), (4, 1), "and they are not exported again");
    let late = new("Sale", 60, vec![row("N", 100, &[])]);
    assert_eq!(
        store.add_export(late.clone()).await.unwrap(),
        ExportOutcome::Overtaken,
        "what was gathered before an erasure is not written after it"
    );
    made(&store, NewExport { erasures: after.erasures, ..late }).await;
    assert_sound(&store).await;
}

pub(super) async fn what_only_an_export_holds_can_be_erased(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.upload(vec![upload("A", opportunity("New", 100, 1))]).await.unwrap();
    settle(&store).await;
    let (export, _) = made(&store, new("Sale", 50, vec![row("A", 100, &[email("old@example.com")])])).await;
    let seed = vec![email("old@example.com")];
    let erased = store.erase(site_id("s"), seed.clone(), ErasedRecords::Delete).await.unwrap();
    assert_eq!((erased.records, erased.exported), (0, 1), "her name is nowhere else");
    assert!(rows(&store, export.id).await.is_empty());
    assert!(store.erase(site_id("s"), seed, ErasedRecords::Delete).await.unwrap().is_nothing());
    assert_sound(&store).await;
}

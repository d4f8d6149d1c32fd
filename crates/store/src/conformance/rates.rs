use super::samples::{assert_sound, at};
use crate::{RatesImport, Store};
use std::sync::Arc;
use touchline_domain::{Currency, Day, RateSheet, Rates};

fn sheet(text: &str) -> RateSheet {
    RateSheet::parse(text).unwrap()
}

/// Every rate of the days from 10th to 13th January, as text.
fn shown(rates: &Rates) -> Vec<String> {
    let days = ["2024-01-10", "2024-01-11", "2024-01-12", "2024-01-13"].map(|day| Day::parse(day).unwrap());
    let of_day = |day: Day| {
        let on_day = rates.currencies().iter().filter_map(move |currency| {
            rates
                .latest(*currency, day)
                .filter(|(rate_day, _)| *rate_day == day)
                .map(|(_, rate)| (currency, rate))
        });
        on_day.map(move |(currency, rate)| format!("{day} {currency} {rate}"))
    };
    days.into_iter().flat_map(of_day).collect()
}

pub(super) async fn a_sheet_is_stored_once(store: Arc<dyn Store>) {
    let before = store.rates().await.unwrap();
    assert_eq!((before.changed_at, before.rates.span()), (None, None));
    assert_eq!(before.version, store.rates_version().await.unwrap());
    let three =
        sheet("Date,USD,JPY,\n2024-01-12,1.0942,159.17,\n2024-01-11,1.0987,N/A,\n2024-01-10,N/A,N/A,\n");
    let import = store.set_rates(three.clone(), at(50)).await.unwrap();
    assert_eq!(import, RatesImport { added: 2, changed: 0, unchanged: 1 });
    let stored = store.rates().await.unwrap();
    assert_eq!(*stored.rates, Rates::collect(three.rates()));
    assert_eq!(stored.changed_at, Some(at(50)));
    assert!(stored.version > before.version);
    assert_eq!(store.rates_version().await.unwrap(), stored.version);
    let again = store.set_rates(three, at(60)).await.unwrap();
    assert_eq!(again, RatesImport { unchanged: 3, ..RatesImport::default() });
    assert_eq!(store.rates().await.unwrap(), stored, "nothing changed");
    assert_sound(&store).await;
}

pub(super) async fn a_sheet_replaces_what_it_names_and_nothing_else(store: Arc<dyn Store>) {
    let first =
        sheet("Date,USD,JPY\n2024-01-12,1.0942,159.17\n2024-01-11,1.0987,160.32\n2024-01-10,1.0946,N/A\n");
    store.set_rates(first, at(50)).await.unwrap();
    let version = store.rates_version().await.unwrap();
    let second =
        sheet("Date,JPY,AED\n2024-01-13,158,4\n2024-01-12,159.17,4.02\n2024-01-11,N/A,N/A\n2024-01-10,7,N/A");
    let import = store.set_rates(second, at(60)).await.unwrap();
    assert_eq!(import, RatesImport { added: 1, changed: 3, unchanged: 0 });
    let stored = store.rates().await.unwrap();
    let expected = [
        "2024-01-10 JPY 7",
        "2024-01-10 USD 1.0946",
        "2024-01-11 USD 1.0987",
        "2024-01-12 AED 4.02",
        "2024-01-12 JPY 159.17",
        "2024-01-12 USD 1.0942",
        "2024-01-13 AED 4",
        "2024-01-13 JPY 158",
    ];
    assert_eq!(shown(&stored.rates), expected);
    assert!(stored.version > version);
    assert_eq!(stored.changed_at, Some(at(60)));
    let gone = sheet("Date,JPY,AED\n2024-01-13,N/A,N/A");
    store.set_rates(gone, at(70)).await.unwrap();
    let last = store.rates().await.unwrap().rates.span().map(|(_, last)| last);
    assert_eq!(last, Some(Day::parse("2024-01-12").unwrap()), "a day without rates is none");
    assert!(!stored.rates.currencies().contains(&Currency::parse("EUR").unwrap()));
    assert_sound(&store).await;
}

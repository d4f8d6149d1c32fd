//! Visits and conversions of everybody.

use super::samples::{email, form, ra_id, settle, site, site_id, visit};
use crate::{ErasedRecords, NewVisit, Store, TrafficPage};
use std::sync::Arc;

/// Everything of site `s`, a few changes at a time: the numbers of visits and of conversions, and the last page.
async fn all(store: &Arc<dyn Store>) -> (Vec<u64>, Vec<u64>, TrafficPage) {
    let (mut visits, mut conversions, mut after) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = store.traffic(site_id("s"), after, 3).await.unwrap();
        assert!(page.through <= after + 3, "a page looks at so many changes at most");
        visits.extend(page.visits.iter().map(|stored| stored.change));
        conversions.extend(page.conversions.iter().map(|stored| stored.change));
        if page.is_last {
            return (visits, conversions, page);
        }
        assert!(page.through > after, "each page goes on");
        after = page.through;
    }
}

pub(super) async fn traffic_is_read_in_order_and_says_when_to_count_again(store: Arc<dyn Store>) {
    for id in ["s", "t"] {
        store.add_site(site(id)).await.unwrap();
    }
    let (visits, conversions, page) = all(&store).await;
    assert_eq!((visits.len(), conversions.len()), (0, 0));
    for second in 0..10 {
        let visitor = format!("v{}", second % 3);
        store.add_visits(vec![visit(&visitor, 100 + second, "")]).await.unwrap();
        store.add_visits(vec![NewVisit { site: site_id("t"), ..visit("v9", 100, "") }]).await.unwrap();
        let named = [ra_id(&visitor), email("ann@example.com")];
        store.add_conversions(vec![form(&format!("f{}", second % 4), 200 + second, &named)]).await.unwrap();
    }
    let (visits, conversions, full) = all(&store).await;
    assert_eq!((visits.len(), conversions.len()), (10, 10), "every report, and no other site's");
    assert!(visits.is_sorted() && conversions.is_sorted());
    assert_eq!(full.deletions, page.deletions, "nothing was deleted");
    assert_eq!(store.traffic(site_id("s"), full.through, 3).await.unwrap().visits, []);
    settle(&store).await;
    store.erase(site_id("s"), vec![ra_id("v1")], ErasedRecords::Delete).await.unwrap();
    let (visits, conversions, after) = all(&store).await;
    assert_eq!((visits.len(), conversions.len()), (0, 0), "the form's address connects them all");
    assert_ne!(after.deletions, full.deletions, "whoever counts must count again");
}

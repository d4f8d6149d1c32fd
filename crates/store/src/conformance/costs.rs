use super::samples::{assert_sound, at, deal, email, matched, ra_id, settle, site, site_id, text, visit};
use crate::{CostsQuery, NewCost, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchline_domain::cost::{AdCostType, AdPlatform, Campaign, CampaignIdentifier, CostKey, Figures, Level};
use touchline_domain::record::UploadOutcome;
use touchline_domain::{AdCost, Currency, Day, Money, StoredCost};

/// What a campaign cost site `s` on a day, in pence.
fn cost(campaign: &str, day: i32, minor: i64) -> NewCost {
    let identifiers =
        vec![CampaignIdentifier { importance: 1, name: text("Campaign"), value: text(campaign) }];
    let cost = AdCost {
        day: Day::from_number(day),
        platform: None,
        source: text("Example News"),
        cost_type: AdCostType::Programmatic,
        campaign: Campaign::of(&identifiers),
        identifiers,
        keyword: None,
        figures: Figures {
            spent: Money { minor, currency: Currency::parse("GBP").unwrap() },
            clicks: None,
            impressions: None,
            reach: None,
        },
    };
    NewCost { site: site_id("s"), received_at: at(60), cost }
}

fn query() -> CostsQuery {
    CostsQuery { site: site_id("s"), from: None, to: None, after: None, limit: 100 }
}

async fn listed(store: &Arc<dyn Store>, query: CostsQuery) -> Vec<StoredCost> {
    store.costs(query).await.unwrap().costs
}

/// Campaign, day and pence of all pages of a query, in their order.
async fn paged(store: &Arc<dyn Store>, mut query: CostsQuery) -> Vec<(String, i32, i64)> {
    let mut all = Vec::new();
    loop {
        let page = store.costs(query.clone()).await.unwrap();
        assert!(page.costs.len() <= query.limit, "a page keeps to its limit");
        all.extend(page.costs.into_iter().map(|stored| {
            let AdCost { campaign, day, figures, .. } = stored.cost;
            (campaign.campaign.name.unwrap().to_string(), day.number(), figures.spent.minor)
        }));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

pub(super) async fn everything_about_a_cost_is_read_back(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let bare = cost("Spring / 提案 \"7\"", 1, -9_007_199_254_740_991);
    let mut full = cost("77", 2, 5);
    full.cost = AdCost {
        platform: Some(AdPlatform::Instagram),
        source: text("instagram"),
        cost_type: AdCostType::SocialMedia,
        identifiers: vec![
            CampaignIdentifier { importance: 1, name: text("CampaignId"), value: text("77") },
            CampaignIdentifier { importance: 3, name: text("AdId"), value: text("9") },
        ],
        campaign: Campaign {
            campaign: Level { id: Some(text("77")), name: Some(text("Spring")) },
            ad_group: Level { id: None, name: Some(text("North")) },
            ad: Level { id: Some(text("9")), name: None },
        },
        keyword: Some(text("running shoes")),
        figures: Figures {
            spent: Money { minor: 5, currency: Currency::parse("KWD").unwrap() },
            clicks: Some(0),
            impressions: Some(9_007_199_254_740_991),
            reach: Some(3),
        },
        ..full.cost
    };
    let outcomes = store.add_costs(vec![bare.clone(), full.clone()]).await.unwrap();
    assert_eq!(outcomes, [UploadOutcome::Created, UploadOutcome::Created]);
    let costs = listed(&store, query()).await;
    let read: Vec<_> = costs.iter().map(|stored| (stored.cost.clone(), stored.received_at)).collect();
    assert_eq!(read, [(full.cost, full.received_at), (bare.cost, bare.received_at)]);
    assert_eq!(store.check().await.unwrap().costs, 2);
    assert_sound(&store).await;
}

pub(super) async fn a_restated_cost_replaces_the_one_before(store: Arc<dyn Store>) {
    use UploadOutcome::{Created, Unchanged, Updated};
    for id in ["s", "t"] {
        store.add_site(site(id)).await.unwrap();
    }
    let first = cost("a", 1, 10);
    let restated = cost("a", 1, 12);
    let steps = vec![
        first.clone(),
        NewCost { received_at: at(99), ..first.clone() },
        restated.clone(),
        restated,
        first.clone(),
        cost("a", 2, 10),
        cost("b", 1, 10),
        NewCost { site: site_id("t"), ..first.clone() },
    ];
    let outcomes = store.add_costs(steps).await.unwrap();
    assert_eq!(outcomes, [Created, Unchanged, Updated, Unchanged, Updated, Created, Created, Created]);
    assert_eq!(store.add_costs(vec![first]).await.unwrap(), [Unchanged]);
    assert_eq!(store.add_costs(Vec::new()).await.unwrap(), []);
    let mut spent = paged(&store, query()).await;
    spent.sort();
    assert_eq!(spent, [("a".into(), 1, 10), ("a".into(), 2, 10), ("b".into(), 1, 10)]);
    assert_eq!(store.check().await.unwrap().costs, 6, "every version stays");
    assert_sound(&store).await;
}

pub(super) async fn pages_hold_every_cost_once(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let campaigns = ["a", "b", "c", "d", "e"];
    for day in 1..=4 {
        store.add_costs(campaigns.map(|campaign| cost(campaign, day, 1)).to_vec()).await.unwrap();
    }
    let all = paged(&store, query()).await;
    assert_eq!(all.len(), 20);
    assert!(all.is_sorted_by_key(|(_, day, _)| -day), "the newest day first: {all:?}");
    for limit in [1, 3, 5, 19, 20, 21] {
        assert_eq!(paged(&store, CostsQuery { limit, ..query() }).await, all, "{limit} at a time");
    }
    let (from, to) = (Some(Day::from_number(2)), Some(Day::from_number(3)));
    let between = paged(&store, CostsQuery { from, to, limit: 3, ..query() }).await;
    assert_eq!(between, all[5..15]);
    assert_eq!(paged(&store, CostsQuery { from: to, to: from, ..query() }).await, []);
    // A cost that is restated between two pages keeps its place.
    let first = store.costs(CostsQuery { limit: 7, ..query() }).await.unwrap();
    store.add_costs(campaigns.map(|campaign| cost(campaign, 3, 2)).to_vec()).await.unwrap();
    let rest = paged(&store, CostsQuery { after: first.next, ..query() }).await;
    let places =
        |costs: &[(String, i32, i64)]| costs.iter().map(|(c, d, _)| (c.clone(), *d)).collect::<Vec<_>>();
    assert_eq!(places(&rest), places(&all[7..]));
    assert_eq!(paged(&store, CostsQuery { site: site_id("t"), ..query() }).await, []);
}

pub(super) async fn who_follows_the_changes_knows_what_holds(store: Arc<dyn Store>) {
    for id in ["s", "t"] {
        store.add_site(site(id)).await.unwrap();
    }
    let mut known: BTreeMap<(Day, CostKey), AdCost> = BTreeMap::new();
    let mut after = 0;
    for round in 0..6 {
        store
            .add_costs(vec![cost("a", 1, round / 2), cost("b", i32::try_from(round % 3).unwrap(), round)])
            .await
            .unwrap();
        store.add_costs(vec![NewCost { site: site_id("t"), ..cost("a", 1, round) }]).await.unwrap();
        store.add_visits(vec![visit("v1", round, "")]).await.unwrap();
        loop {
            let some = store.costs_since(site_id("s"), after, 1).await.unwrap();
            let Some(StoredCost { change, cost, .. }) = some.into_iter().next() else { break };
            assert!(change > after, "in order");
            after = change;
            known.insert((cost.day, cost.key()), cost);
        }
        let listed: BTreeMap<_, _> = listed(&store, query())
            .await
            .into_iter()
            .map(|stored| ((stored.cost.day, stored.cost.key()), stored.cost))
            .collect();
        assert_eq!(known, listed, "round {round}");
    }
    assert_eq!(store.costs_since(site_id("s"), 0, 100).await.unwrap().len(), 9, "every version");
    assert_eq!(store.costs_since(site_id("s"), u64::MAX, 100).await.unwrap(), []);
}

pub(super) async fn costs_do_not_get_in_the_way_of_following(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    store.add_costs(vec![cost("a", 1, 1)]).await.unwrap();
    settle(&store).await;
    store.add_visits(vec![visit("v1", 10, "")]).await.unwrap();
    for round in 0..20 {
        store.add_costs(vec![cost("a", 2, round), cost("b", 2, round)]).await.unwrap();
    }
    store
        .upload(vec![deal("D", 40, &[ra_id("v1")]), deal("E", 40, &[email("ann@example.com")])])
        .await
        .unwrap();
    store.add_costs(vec![cost("c", 2, 1)]).await.unwrap();
    settle(&store).await;
    assert_eq!(matched(&store).await, ["D"]);
    let followed = store.followed().await.unwrap();
    let last = store.costs_since(site_id("s"), 0, 100).await.unwrap().last().unwrap().change;
    assert_eq!(
        (followed.through, followed.last_change),
        (last, last),
        "a cost's number is one of the sequence"
    );
    store.add_visits(vec![visit("v2", 50, "")]).await.unwrap();
    assert_eq!(store.followed().await.unwrap().last_change, last + 1, "and is given out once");
    settle(&store).await;
    assert_sound(&store).await;
}

pub(super) async fn parallel_repeats_are_stored_once(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(
                async move { store.add_costs(vec![cost("a", 1, 1), cost("b", 1, 1)]).await.unwrap() },
            )
        })
        .collect();
    let mut created = 0;
    for caller in callers {
        let outcomes = caller.await.unwrap();
        created += outcomes.iter().filter(|outcome| **outcome == UploadOutcome::Created).count();
    }
    assert_eq!((created, store.check().await.unwrap().costs), (2, 2));
}

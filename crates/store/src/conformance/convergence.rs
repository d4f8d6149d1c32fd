use super::dice::Dice;
use super::samples::{assert_sound, email, labels, opportunity, properties, site, upload, versions_only};
use crate::{Store, Upload};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchline_domain::record::{RecordState, StageSpell, Version, stage_history};

const RECORDS: u64 = 12;
const CALLERS: usize = 8;

type Observable = (Option<RecordState>, Vec<StageSpell>, Vec<Version>);

async fn observe(store: &Arc<dyn Store>, uploads: &[Upload]) -> BTreeMap<String, Observable> {
    let mut seen = BTreeMap::new();
    for upload in uploads {
        let versions = store.record(upload.key.clone()).await.unwrap();
        let observable = (RecordState::of(&versions), stage_history(&versions), versions_only(versions));
        seen.insert(upload.key.reference.to_string(), observable);
    }
    seen
}

/// Different statements about one record, each of an instant of its own.
fn statements(dice: &mut Dice, round: u64) -> Vec<Upload> {
    let mut uploads = Vec::new();
    for record in 0..RECORDS {
        for second in 0..dice.roll(8) {
            let mut version = opportunity(
                dice.pick(&["New", "Offer", "Won"]),
                dice.roll(9).cast_signed(),
                second.cast_signed(),
            );
            version.identifiers = vec![email(&format!("p{}@example.com", dice.roll(4)))];
            version.labels =
                dice.pick(&[None, Some(labels(&[])), Some(labels(&["x"])), Some(labels(&["x", "y"]))]);
            version.properties = dice.pick(&[None, Some(properties(&[("k", "v")])), Some(properties(&[]))]);
            uploads.push(upload(&format!("round-{round}-{record}"), version));
        }
    }
    uploads
}

/// One store is told everything once, in order; then the same is told to it again under other references, shuffled,
/// repeated, and by parallel callers.
pub(super) async fn any_order_repeats_and_parallel_callers_end_the_same(store: Arc<dyn Store>) {
    store.add_site(site("s")).await.unwrap();
    for round in 0..20 {
        let mut dice = Dice(round);
        let plain = statements(&mut dice, round);
        store.upload(plain.clone()).await.unwrap();
        let mut again: Vec<Upload> = plain
            .iter()
            .map(|upload| {
                let mut renamed = upload.clone();
                let name = format!("again-{}", upload.key.reference);
                renamed.key.reference = touchline_domain::record::Reference::parse(&name).unwrap();
                renamed
            })
            .collect();
        let originals = again.clone();
        for _ in 0..originals.len() / 2 {
            again.push(dice.pick(&originals));
        }
        dice.shuffle(&mut again);
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let store = Arc::clone(&store);
                let mine: Vec<_> = again.iter().skip(caller).step_by(CALLERS).cloned().collect();
                tokio::spawn(async move {
                    for upload in mine {
                        store.upload(vec![upload]).await.unwrap();
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let expected = observe(&store, &plain).await;
        let seen = observe(&store, &originals).await;
        for (reference, expected) in expected {
            assert_eq!(seen[&format!("again-{reference}")], expected, "seed {round}, {reference}");
        }
    }
    assert_sound(&store).await;
}

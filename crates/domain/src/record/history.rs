use super::StoredVersion;
use crate::{Moment, Money};

/// A time that a record spent in one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSpell {
    /// The stage, as the CRM spells it.
    pub stage: String,
    /// When the record came into it.
    pub entered: Moment,
    /// When it went on to another; `None` for where it is now.
    pub left: Option<Moment>,
    /// What it was worth when it came in.
    pub value: Money,
}

/// The stages a record went through, in order, from its versions in any order. A stage that it came back to
/// appears again. Empty for revenue.
pub fn stage_history(versions: &[StoredVersion]) -> Vec<StageSpell> {
    let mut ordered: Vec<_> = versions.iter().collect();
    ordered.sort_unstable_by_key(|stored| stored.order());
    let mut spells: Vec<StageSpell> = Vec::new();
    for stored in ordered {
        let version = &stored.version;
        let Some(stage) = version.stage() else { continue };
        match spells.last_mut() {
            Some(current) if current.stage == stage => continue,
            Some(current) => current.left = Some(version.occurred),
            None => {}
        }
        spells.push(StageSpell {
            stage: stage.to_owned(),
            entered: version.occurred,
            left: None,
            value: version.value,
        });
    }
    spells
}

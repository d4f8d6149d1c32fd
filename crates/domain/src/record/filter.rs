use super::RecordState;
use crate::{Currency, Identifier, Instant, Magnitude};

/// Which records to list: those that meet every condition given. The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// In exactly this stage.
    pub stage: Option<String>,
    /// Carrying exactly this label.
    pub label: Option<String>,
    /// Whose date is not before this.
    pub from: Option<Instant>,
    /// Whose date is before this.
    pub until: Option<Instant>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// Worth at least this many units of the record's own currency.
    pub value_min: Option<Magnitude>,
    /// Worth at most this many units of the record's own currency.
    pub value_max: Option<Magnitude>,
    /// Naming every one of these identifiers, each in any version.
    pub identifiers: Vec<Identifier>,
    /// Whether somebody was found for the record.
    pub matched: Option<bool>,
}

impl RecordFilter {
    /// Whether a record in `state`, for which somebody was found or not, is to be listed.
    pub fn accepts(&self, state: &RecordState, is_matched: bool) -> bool {
        let magnitude = state.value.magnitude();
        let at = state.occurred.at;
        holds(self.stage.as_ref(), |stage| state.stage() == Some(stage.as_str()))
            && holds(self.label.as_ref(), |label| state.labels.iter().any(|l| l.as_str() == label))
            && holds(self.from.as_ref(), |from| at >= *from)
            && holds(self.until.as_ref(), |until| at < *until)
            && holds(self.currency.as_ref(), |currency| state.value.currency == *currency)
            && holds(self.value_min.as_ref(), |min| magnitude >= *min)
            && holds(self.value_max.as_ref(), |max| magnitude <= *max)
            && self.identifiers.iter().all(|identifier| state.identifiers.contains(identifier))
            && holds(self.matched.as_ref(), |matched| *matched == is_matched)
    }
}

fn holds<T>(condition: Option<&T>, test: impl FnOnce(&T) -> bool) -> bool {
    condition.is_none_or(test)
}

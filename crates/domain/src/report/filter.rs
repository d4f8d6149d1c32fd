use super::classified::View;
use super::dimension::{BucketBy, Dimension, RecordDimension};
use super::interner::place;
use super::record_values::{RecordValues, joined};
use super::{Columns, Query};
use crate::{Milestone, Text};

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Is one of the values.
    Is,
    /// Is none of them.
    IsNot,
}

/// What a report is limited to. Several filters must all hold.
///
/// A filter on what a record has leaves out records. A filter on what a touch has leaves out the credit of touches, which
/// others do not get: the rest of a record's value is not in the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    /// What is looked at.
    pub dimension: Dimension,
    /// How it is compared.
    pub condition: Condition,
    /// With what, as rows have it; of labels, any one of a record's or all of them together.
    pub values: Vec<String>,
}

impl Filter {
    pub(super) fn admits(&self, value: &str) -> bool {
        let is_one = self.values.iter().any(|wanted| wanted == value);
        is_one == (self.condition == Condition::Is)
    }

    /// Of labels any one counts, and all of them together.
    fn admits_labels(&self, labels: &[Text<255>]) -> bool {
        let joined = joined(labels);
        let mut values = labels.iter().map(Text::as_str).chain([joined.as_str()]);
        let is_one = values.any(|value| self.values.iter().any(|wanted| wanted == value));
        is_one == (self.condition == Condition::Is)
    }
}

/// Whether a dimension is about touches, and not about records.
pub(super) fn is_of_touches(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _))
}

/// What filters say of each origin: whether touches from there count.
pub(super) fn admitted_origins(filters: &[Filter], view: &View) -> Vec<bool> {
    let mut admitted = vec![true; view.origins.len()];
    for filter in filters {
        let Dimension::Touch(dimension) = &filter.dimension else { continue };
        let values: Vec<bool> = view.values.values().iter().map(|value| filter.admits(value)).collect();
        for (admitted, origin) in admitted.iter_mut().zip(&view.origins) {
            *admitted &= values[place(origin[*dimension as usize])];
        }
    }
    admitted
}

/// What filters say of records.
pub(super) struct RecordFilters(Vec<(RecordValues, Vec<bool>)>);

impl RecordFilters {
    pub(super) fn of(query: &Query, columns: &Columns, milestones: &[Option<Milestone>]) -> Self {
        let prepared = |filter: &Filter| {
            let values = RecordValues::of(&filter.dimension, query.kind, columns, milestones)?;
            let admitted = match filter.dimension {
                Dimension::Record(RecordDimension::Label) => {
                    columns.label_sets.values().iter().map(|set| filter.admits_labels(set)).collect()
                }
                _ => values.of_keys(|value| filter.admits(value)),
            };
            Some((values, admitted))
        };
        Self(query.filters.iter().filter_map(prepared).collect())
    }

    /// Whether all of them let a record through, by its place in the columns.
    pub(super) fn admit(&self, columns: &Columns, record: usize) -> bool {
        self.0.iter().all(|(values, admitted)| admitted[values.key(columns, record)])
    }
}

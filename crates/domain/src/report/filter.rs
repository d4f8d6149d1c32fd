use super::classified::{View, milestone_of};
use super::columns::RecordColumns;
use super::dimension::{BucketBy, Dimension, RecordDimension};
use super::interner::place;
use super::{Columns, NOT_SET};
use crate::identity::Unmatched;
use crate::journey::Found;
use crate::record::Property;
use crate::{Milestone, Text};
use std::borrow::Cow;

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
    fn admits(&self, value: &str) -> bool {
        let is_one = self.values.iter().any(|wanted| wanted == value);
        is_one == (self.condition == Condition::Is)
    }

    fn admits_any(&self, values: &[&str]) -> bool {
        let is_one = values.iter().any(|value| self.values.iter().any(|wanted| wanted == value));
        is_one == (self.condition == Condition::Is)
    }
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

/// What filters say of records, with what is worked out once per stage and set.
pub(super) struct RecordFilters<'a> {
    filters: Vec<(&'a Filter, Vec<bool>)>,
    milestones: &'a [Option<Milestone>],
}

impl<'a> RecordFilters<'a> {
    pub(super) fn new(filters: &'a [Filter], columns: &Columns, milestones: &'a [Option<Milestone>]) -> Self {
        let of_record = |filter: &&Filter| {
            matches!(filter.dimension, Dimension::Record(_) | Dimension::Time(BucketBy::Record, _))
        };
        let prepared = filters.iter().filter(of_record).map(|filter| (filter, table(filter, columns)));
        Self { filters: prepared.collect(), milestones }
    }

    pub(super) fn admit(&self, columns: &Columns, record: &RecordColumns) -> bool {
        self.filters.iter().all(|(filter, table)| match &filter.dimension {
            Dimension::Record(RecordDimension::Label) => table[place(record.labels)],
            Dimension::Record(RecordDimension::Property(_)) => table[place(record.properties)],
            Dimension::Record(RecordDimension::Stage) => last_stage(columns, record)
                .map_or_else(|| filter.admits(NOT_SET), |stage| table[place(stage)]),
            dimension => filter.admits(&record_value(dimension, columns, record, self.milestones)),
        })
    }
}

/// What a filter says of each set or stage, where those are numbered.
fn table(filter: &Filter, columns: &Columns) -> Vec<bool> {
    match &filter.dimension {
        Dimension::Record(RecordDimension::Stage) => {
            columns.stage_names.values().iter().map(|name| filter.admits(name)).collect()
        }
        Dimension::Record(RecordDimension::Label) => {
            let admits = |labels: &[Text<255>]| {
                let joined = joined(labels);
                let mut values: Vec<&str> = labels.iter().map(Text::as_str).collect();
                values.push(&joined);
                filter.admits_any(&values)
            };
            columns.label_sets.values().iter().map(|labels| admits(labels)).collect()
        }
        Dimension::Record(RecordDimension::Property(name)) => {
            let sets = columns.property_sets.values();
            sets.iter().map(|set| filter.admits(property(set, name))).collect()
        }
        _ => Vec::new(),
    }
}

/// All of a record's labels as one value.
pub(super) fn joined(labels: &[Text<255>]) -> String {
    if labels.is_empty() {
        return NOT_SET.to_owned();
    }
    labels.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// The value of a property; of several of one name the first.
pub(super) fn property<'a>(set: &'a [Property], name: &Text<255>) -> &'a str {
    set.iter().find(|one| one.name == *name).map_or(NOT_SET, |one| one.value.as_str())
}

/// The stage that a record is in.
pub(super) fn last_stage(columns: &Columns, record: &RecordColumns) -> Option<u32> {
    columns.stages[record.stages()].last().map(|(stage, _)| *stage)
}

/// What a record has of a dimension of records.
pub(super) fn record_value<'a>(
    dimension: &Dimension,
    columns: &'a Columns,
    record: &RecordColumns,
    milestones: &[Option<Milestone>],
) -> Cow<'a, str> {
    let stage = last_stage(columns, record);
    match dimension {
        Dimension::Record(RecordDimension::Stage) => {
            let name = stage.and_then(|stage| columns.stage_names.values().get(place(stage)));
            Cow::Borrowed(name.map_or(NOT_SET, |name| name))
        }
        Dimension::Record(RecordDimension::Milestone) => {
            let milestone = record.kind.and_then(|kind| milestone_of(kind, stage, milestones));
            Cow::Borrowed(milestone.map_or(NOT_SET, Milestone::name))
        }
        Dimension::Record(RecordDimension::Label) => {
            Cow::Owned(joined(&columns.label_sets.values()[place(record.labels)]))
        }
        Dimension::Record(RecordDimension::Currency) => Cow::Borrowed(record.currency.code()),
        Dimension::Record(RecordDimension::Found) => Cow::Borrowed(match record.found {
            Found::By(kind) => kind.name(),
            Found::Nobody(reason) => Unmatched::name(reason),
        }),
        Dimension::Record(RecordDimension::Property(name)) => {
            Cow::Borrowed(property(&columns.property_sets.values()[place(record.properties)], name))
        }
        Dimension::Time(_, bucket) => Cow::Owned(bucket.begin(record.day).to_string()),
        Dimension::Touch(_) => Cow::Borrowed(NOT_SET),
    }
}

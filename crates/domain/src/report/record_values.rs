use super::dimension::{BucketBy, Dimension, RecordDimension};
use super::interner::{Interner, place};
use super::{Columns, NOT_SET};
use crate::identity::Unmatched;
use crate::journey::Found;
use crate::record::{Property, RecordKind};
use crate::{Currency, Day, IdentifierKind, Milestone, Text};

/// What records have of one dimension, worked out once for each key: for each stage, set or day, of which there are far
/// fewer than records.
pub(super) struct RecordValues {
    key: Key,
    /// Of each key, the number of its value.
    of_key: Vec<u32>,
    names: Interner<str>,
}

/// What of a record decides which value it has.
enum Key {
    /// The number of its stage; the last stands for none.
    Stage,
    Labels,
    Properties,
    Currency(Vec<Currency>),
    Found,
    /// Days since this one.
    Day(Day),
}

impl RecordValues {
    /// `None` for a dimension of touches.
    pub(super) fn of(
        dimension: &Dimension,
        kind: RecordKind,
        columns: &Columns,
        milestones: &[Option<Milestone>],
    ) -> Option<Self> {
        let mut names = Interner::default();
        let stages = columns.stage_names.values();
        let (key, of_key) = match dimension {
            Dimension::Touch(_) | Dimension::Time(BucketBy::Touch, _) => return None,
            Dimension::Record(RecordDimension::Stage) => {
                let all = stages.iter().map(|name| &**name).chain([NOT_SET]);
                (Key::Stage, all.map(|name| names.number(name)).collect())
            }
            Dimension::Record(RecordDimension::Milestone) => {
                let of_none = Some(Milestone::Won).filter(|_| kind == RecordKind::Revenue);
                let all = milestones.iter().copied().chain([of_none]);
                let name = |milestone: Option<Milestone>| milestone.map_or(NOT_SET, Milestone::name);
                (Key::Stage, all.map(|milestone| names.number(name(milestone))).collect())
            }
            Dimension::Record(RecordDimension::Label) => {
                let sets = columns.label_sets.values().iter();
                (Key::Labels, sets.map(|set| names.number(joined(set).as_str())).collect())
            }
            Dimension::Record(RecordDimension::Property(name)) => {
                let sets = columns.property_sets.values().iter();
                (Key::Properties, sets.map(|set| names.number(property(set, name))).collect())
            }
            Dimension::Record(RecordDimension::Currency) => {
                let all: Vec<_> = columns.currencies().collect();
                let of_key = all.iter().map(|currency| names.number(currency.code())).collect();
                (Key::Currency(all), of_key)
            }
            Dimension::Record(RecordDimension::Found) => {
                let kinds = IdentifierKind::ALL.into_iter().map(IdentifierKind::name);
                let all = kinds.chain(Unmatched::ALL.into_iter().map(Unmatched::name));
                (Key::Found, all.map(|name| names.number(name)).collect())
            }
            Dimension::Time(BucketBy::Record, bucket) => {
                let (first, last) = columns.days.unwrap_or((Day::from_number(0), Day::from_number(0)));
                let (mut of_key, mut begin) = (Vec::new(), bucket.begin(first));
                while begin <= last {
                    let next = bucket.next(begin);
                    let value = names.number(begin.to_string().as_str());
                    let days = next.min(last.plus_days(1)).number() - begin.max(first).number();
                    of_key.extend((0..days).map(|_| value));
                    begin = next;
                }
                (Key::Day(first), of_key)
            }
        };
        Some(Self { key, of_key, names })
    }

    /// The key of a record.
    pub(super) fn key(&self, columns: &Columns, record: usize) -> usize {
        match &self.key {
            Key::Stage => columns.records[record].stage().map_or(self.of_key.len() - 1, place),
            Key::Labels => place(columns.details[record].labels),
            Key::Properties => place(columns.details[record].properties),
            Key::Currency(all) => {
                let currency = columns.records[record].currency;
                all.iter().position(|one| *one == currency).unwrap_or(0)
            }
            Key::Found => {
                let position = match columns.details[record].found {
                    Found::By(kind) => IdentifierKind::ALL.iter().position(|one| *one == kind),
                    Found::Nobody(reason) => {
                        let position = Unmatched::ALL.iter().position(|one| *one == reason);
                        position.map(|position| IdentifierKind::ALL.len() + position)
                    }
                };
                position.unwrap_or(0)
            }
            Key::Day(first) => {
                let since = columns.records[record].day.number() - first.number();
                usize::try_from(since).unwrap_or(0)
            }
        }
    }

    /// The number of a record's value.
    pub(super) fn value(&self, columns: &Columns, record: usize) -> usize {
        place(self.of_key[self.key(columns, record)])
    }

    /// How many different values there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// A value by its number.
    pub(super) fn name(&self, value: usize) -> &str {
        &self.names.values()[value]
    }

    /// What is said of the value of each key.
    pub(super) fn of_keys<T: Copy>(&self, said: impl Fn(&str) -> T) -> Vec<T> {
        let of_values: Vec<T> = self.names.values().iter().map(|name| said(name)).collect();
        self.of_key.iter().map(|value| of_values[place(*value)]).collect()
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
fn property<'a>(set: &'a [Property], name: &Text<255>) -> &'a str {
    set.iter().find(|one| one.name == *name).map_or(NOT_SET, |one| one.value.as_str())
}

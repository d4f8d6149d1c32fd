use super::Columns;
use super::record_values::RecordValues;
use std::collections::HashMap;

/// Groups of records: by their values of the dimensions of records that are asked.
#[derive(Default)]
pub(super) struct RecordGroups {
    dimensions: Vec<RecordValues>,
    present: Option<Present>,
}

/// The groups that records are in, when it is not all there could be.
struct Present {
    of_record: Vec<u32>,
    /// Of each group, its number among all there could be.
    combinations: Vec<usize>,
}

impl RecordGroups {
    /// All combinations of the dimensions' values.
    pub(super) fn of(dimensions: Vec<RecordValues>) -> Self {
        Self { dimensions, present: None }
    }

    /// Leaves out the combinations that no record has that takes part.
    pub(super) fn keep_present(&mut self, columns: &Columns, takes_part: impl Fn(usize) -> bool) {
        let mut groups: HashMap<usize, u32> = HashMap::new();
        let mut combinations = Vec::new();
        let group = |record: usize| {
            if !takes_part(record) {
                return 0;
            }
            let combination = self.combination(columns, record);
            *groups.entry(combination).or_insert_with(|| {
                combinations.push(combination);
                u32::try_from(combinations.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let of_record = (0..columns.records.len()).map(group).collect();
        self.present = Some(Present { of_record, combinations });
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let all = || self.dimensions.iter().fold(1, |all: usize, one| all.saturating_mul(one.len()));
        self.present.as_ref().map_or_else(all, |present| present.combinations.len())
    }

    /// The group of a record that takes part.
    pub(super) fn group(&self, columns: &Columns, record: usize) -> usize {
        match &self.present {
            Some(present) => super::interner::place(present.of_record[record]),
            None => self.combination(columns, record),
        }
    }

    fn combination(&self, columns: &Columns, record: usize) -> usize {
        let values = self.dimensions.iter();
        values.fold(0, |combination, one| combination * one.len() + one.value(columns, record))
    }

    /// The values of a group, in the order of the dimensions.
    pub(super) fn values(&self, group: usize) -> Vec<&str> {
        let mut rest = self.present.as_ref().map_or(group, |present| present.combinations[group]);
        let mut values = Vec::with_capacity(self.dimensions.len());
        for one in self.dimensions.iter().rev() {
            values.push(one.name(rest % one.len()));
            rest /= one.len();
        }
        values.reverse();
        values
    }
}

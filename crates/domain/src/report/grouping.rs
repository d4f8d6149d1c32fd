use super::classified::{UNATTRIBUTED_NUMBER, View};
use super::columns::RecordColumns;
use super::dimension::{Bucket, BucketBy, Dimension};
use super::filter::record_value;
use super::interner::{Interner, place};
use super::{Columns, NOT_SET, UNATTRIBUTED};
use crate::{Day, Milestone};
use std::collections::HashMap;
use std::sync::Arc;

/// Groups of touches: by the values of their origins.
pub(super) struct TouchGroups {
    /// Of each origin.
    pub(super) of_origin: Vec<u32>,
    /// The values of each group, in the order of the query's dimensions of touches. The first is of value that no touch gets.
    values: Vec<Vec<u32>>,
}

impl TouchGroups {
    pub(super) fn of(by: &[Dimension], view: &View) -> Self {
        let dimensions: Vec<usize> = by
            .iter()
            .filter_map(|one| if let Dimension::Touch(touch) = one { Some(*touch as usize) } else { None })
            .collect();
        let mut values = vec![vec![UNATTRIBUTED_NUMBER; dimensions.len()]];
        // Where nothing tells touches from none, they are one group.
        let mut groups: HashMap<Vec<u32>, u32> = HashMap::from([(values[0].clone(), 0)]);
        let mut of_origin = Vec::with_capacity(view.origins.len());
        for origin in &view.origins {
            let key: Vec<u32> = dimensions.iter().map(|dimension| origin[*dimension]).collect();
            let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
            let group = *groups.entry(key).or_insert_with_key(|key| {
                values.push(key.clone());
                next
            });
            of_origin.push(group);
        }
        Self { of_origin, values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn values(&self, group: usize, view: &View) -> Vec<Arc<str>> {
        self.values[group].iter().map(|value| Arc::clone(&view.values.values()[place(*value)])).collect()
    }
}

/// Groups of records: by their values, and the currency of their amounts.
pub(super) struct RecordGroups {
    /// Of each record, in the order of the columns; empty when there is but one group in each currency.
    of_record: Vec<u32>,
    values: Vec<Vec<String>>,
}

impl RecordGroups {
    pub(super) fn of(
        by: &[Dimension],
        columns: &Columns,
        milestones: &[Option<Milestone>],
        takes_part: impl Fn(&RecordColumns) -> bool,
    ) -> Self {
        let of_records: Vec<&Dimension> = by
            .iter()
            .filter(|one| matches!(one, Dimension::Record(_) | Dimension::Time(BucketBy::Record, _)))
            .collect();
        if of_records.is_empty() {
            return Self { of_record: Vec::new(), values: vec![Vec::new()] };
        }
        let mut groups: HashMap<Vec<String>, u32> = HashMap::new();
        let mut values = Vec::new();
        let mut of_record = Vec::with_capacity(columns.records.len());
        for record in &columns.records {
            if !takes_part(record) {
                of_record.push(0);
                continue;
            }
            let value =
                |dimension: &&Dimension| record_value(dimension, columns, record, milestones).into_owned();
            let key: Vec<String> = of_records.iter().map(value).collect();
            let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
            let group = *groups.entry(key).or_insert_with_key(|key| {
                values.push(key.clone());
                next
            });
            of_record.push(group);
        }
        if values.is_empty() {
            values.push(vec![NOT_SET.to_owned(); of_records.len()]);
        }
        Self { of_record, values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn group(&self, record: usize) -> usize {
        self.of_record.get(record).map_or(0, |group| place(*group))
    }

    pub(super) fn values(&self, group: usize) -> &[String] {
        &self.values[group]
    }
}

/// The spans of time that touches are put into.
pub(super) struct TouchBuckets {
    /// The first second of each but the first, ascending.
    begins: Vec<i64>,
    names: Interner<str>,
}

impl TouchBuckets {
    /// `None` when touches are not grouped or filtered by their time.
    pub(super) fn of(bucket: Bucket, columns: &Columns) -> Self {
        let mut names = Interner::default();
        let mut begins = Vec::new();
        let first = columns.touch_times.iter().min();
        let last = columns.touch_times.iter().max();
        if let (Some(first), Some(last)) = (first, last) {
            let day = |second: i64| {
                Day::of_in(crate::Instant::from_micros(second.saturating_mul(1_000_000)), &columns.zone)
            };
            let (mut begin, end) = (bucket.begin(day(*first)), day(*last));
            names.number(begin.to_string().as_str());
            loop {
                // No bucket is longer than a year.
                let mut next = begin.plus_days(1);
                while bucket.begin(next) == begin {
                    next = next.plus_days(1);
                }
                if next > end {
                    break;
                }
                begins.push(next.begins_in(&columns.zone).as_micros() / 1_000_000);
                names.number(next.to_string().as_str());
                begin = next;
            }
        }
        // What no touch gets has no time.
        names.number(UNATTRIBUTED);
        Self { begins, names }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn bucket(&self, time: i64) -> usize {
        self.begins.partition_point(|begin| *begin <= time)
    }

    /// That of value that no touch gets.
    pub(super) fn none(&self) -> usize {
        self.names.len() - 1
    }

    pub(super) fn name(&self, bucket: usize) -> &str {
        &self.names.values()[bucket]
    }
}

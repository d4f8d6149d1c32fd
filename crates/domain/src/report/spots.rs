//! Where the credit of a touch is counted.

use super::classified::{UNATTRIBUTED_NUMBER, View};
use super::dimension::{Bucket, BucketBy, Dimension};
use super::filter::{admitted_origins, is_of_touches};
use super::interner::{Interner, place};
use super::{Columns, Filter, Query, UNATTRIBUTED};
use crate::{Day, Instant};
use std::collections::HashMap;
use std::sync::Arc;

/// The spots of a query: one for each group of touches in each span of time, the first group for what no touch gets, and one
/// more for what filters leave out.
pub(super) struct Spots {
    groups: TouchGroups,
    buckets: Option<TouchBuckets>,
    filters: Vec<(TouchBuckets, Vec<bool>)>,
    unattributed: usize,
}

impl Spots {
    pub(super) fn of(query: &Query, columns: &Columns, view: &View) -> Self {
        let bucket = query.by.iter().find_map(|one| match one {
            Dimension::Time(BucketBy::Touch, bucket) => Some(*bucket),
            _ => None,
        });
        let time_filter = |filter: &Filter| match filter.dimension {
            Dimension::Time(BucketBy::Touch, bucket) => {
                let buckets = TouchBuckets::of(bucket, columns);
                let admitted = buckets.names.values().iter().map(|name| filter.admits(name)).collect();
                Some((buckets, admitted))
            }
            _ => None,
        };
        let mut spots = Self {
            groups: TouchGroups::of(query, columns, view),
            buckets: bucket.map(|bucket| TouchBuckets::of(bucket, columns)),
            filters: query.filters.iter().filter_map(time_filter).collect(),
            unattributed: 0,
        };
        let of_touches = query.filters.iter().filter(|filter| is_of_touches(&filter.dimension));
        let is_admitted = of_touches.into_iter().all(|filter| filter.admits(UNATTRIBUTED));
        let none = spots.buckets.as_ref().map_or(0, TouchBuckets::none);
        spots.unattributed = if is_admitted { none * spots.groups.len() } else { spots.left_out() };
        spots
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let buckets = self.buckets.as_ref().map_or(1, TouchBuckets::len);
        buckets.saturating_mul(self.groups.len()).saturating_add(1)
    }

    /// That of what is not in the report.
    pub(super) fn left_out(&self) -> usize {
        self.len() - 1
    }

    /// That of what no touch gets.
    pub(super) fn unattributed(&self) -> usize {
        self.unattributed
    }

    /// Whether it matters when a touch was.
    pub(super) fn need_times(&self) -> bool {
        self.buckets.is_some() || !self.filters.is_empty()
    }

    /// That of a touch from an origin, where it does not matter when it was.
    pub(super) fn of_origin(&self, origin: u32) -> usize {
        place(self.groups.of_origin[place(origin)])
    }

    /// That of a touch.
    pub(super) fn of_touch(&self, time: i64, origin: u32) -> usize {
        let is_in_time = self.filters.iter().all(|(buckets, admitted)| admitted[buckets.bucket(time)]);
        let group = self.of_origin(origin);
        if !is_in_time || group == self.groups.len() {
            return self.left_out();
        }
        self.buckets.as_ref().map_or(0, |buckets| buckets.bucket(time)) * self.groups.len() + group
    }

    /// The values of dimensions of touches, in the order of the query's dimensions.
    pub(super) fn values(&self, spot: usize, view: &View) -> Vec<Arc<str>> {
        self.groups.values(spot % self.groups.len(), view)
    }

    /// The span of time.
    pub(super) fn time(&self, spot: usize) -> &str {
        self.buckets.as_ref().map_or("", |buckets| &buckets.names.values()[spot / self.groups.len()])
    }
}

/// Groups of touches: by the values of their origins.
struct TouchGroups {
    /// Of each origin; one more than there are where filters leave its touches out, or it has none.
    of_origin: Vec<u32>,
    /// The values of each group, in the order of the query's dimensions of touches. The first is of value that no touch gets.
    values: Vec<Vec<u32>>,
}

impl TouchGroups {
    fn of(query: &Query, columns: &Columns, view: &View) -> Self {
        let dimensions: Vec<usize> = query
            .by
            .iter()
            .filter_map(|one| if let Dimension::Touch(touch) = one { Some(*touch as usize) } else { None })
            .collect();
        let mut values = vec![vec![UNATTRIBUTED_NUMBER; dimensions.len()]];
        // Where nothing tells touches from none, they are one group.
        let mut groups: HashMap<Vec<u32>, u32> = HashMap::from([(values[0].clone(), 0)]);
        let admitted = admitted_origins(&query.filters, view);
        let mut group = |origin: usize| {
            if !admitted[origin] || !columns.is_from(origin) {
                return None;
            }
            let key: Vec<u32> = dimensions.iter().map(|one| view.origins[origin][*one]).collect();
            let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
            let group = groups.entry(key).or_insert_with_key(|key| {
                values.push(key.clone());
                next
            });
            Some(*group)
        };
        let groups: Vec<Option<u32>> = (0..view.origins.len()).map(&mut group).collect();
        let left_out = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let of_origin = groups.into_iter().map(|group| group.unwrap_or(left_out)).collect();
        Self { of_origin, values }
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn values(&self, group: usize, view: &View) -> Vec<Arc<str>> {
        self.values[group].iter().map(|value| Arc::clone(&view.values.values()[place(*value)])).collect()
    }
}

/// The spans of time that touches are put into.
struct TouchBuckets {
    /// The first second of each but the first, ascending.
    begins: Vec<i64>,
    names: Interner<str>,
}

impl TouchBuckets {
    fn of(bucket: Bucket, columns: &Columns) -> Self {
        let mut names = Interner::default();
        let mut begins = Vec::new();
        if let Some((first, last)) = columns.touch_span {
            let day = |second: i64| {
                Day::of_in(Instant::from_micros(second.saturating_mul(1_000_000)), &columns.zone)
            };
            let (mut begin, end) = (bucket.begin(day(first)), day(last));
            names.number(begin.to_string().as_str());
            loop {
                begin = bucket.next(begin);
                if begin > end {
                    break;
                }
                begins.push(begin.begins_in(&columns.zone).as_micros() / 1_000_000);
                names.number(begin.to_string().as_str());
            }
        }
        // What no touch gets has no time.
        names.number(UNATTRIBUTED);
        Self { begins, names }
    }

    fn len(&self) -> usize {
        self.names.len()
    }

    fn bucket(&self, time: i64) -> usize {
        self.begins.partition_point(|begin| *begin <= time)
    }

    /// That of value that no touch gets.
    fn none(&self) -> usize {
        self.names.len() - 1
    }
}

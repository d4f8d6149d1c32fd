use super::classified::View;
use super::dimension::{BucketBy, Dimension, TouchDimension};
use super::filter::{Filter, is_of_touches};
use super::{Columns, Report, fold};
use crate::attribution::{DirectPolicy, Model};
use crate::record::RecordKind;
use crate::{Currency, Day, Invalid};

/// From which day to which day, both included, by the records' dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Not of a day before this.
    pub from: Option<Day>,
    /// Not of a day after this.
    pub to: Option<Day>,
}

impl Period {
    /// Whether a day lies in it.
    pub fn includes(self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What is counted beside value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Metrics {
    /// Records, won and lost ones, and days to close, by credit.
    pub records: bool,
    /// In how many journeys a row had a touch that counts, and in how many of them not the last one.
    pub reach: bool,
}

/// What a report is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which records.
    pub kind: RecordKind,
    /// Grouped by what, in this order; at most [`Query::DIMENSIONS_MAX`].
    pub by: Vec<Dimension>,
    /// Under which models, at least one and at most [`Query::MODELS_MAX`].
    pub models: Vec<Model>,
    /// What becomes of direct touches.
    pub direct: DirectPolicy,
    /// How many days before the record's date touches count; `None` for all.
    pub lookback_days: Option<u32>,
    /// Which dates of records.
    pub period: Period,
    /// What else it is limited to.
    pub filters: Vec<Filter>,
    /// In which currency; `None` for the site's.
    pub currency: Option<Currency>,
    /// What is counted beside value.
    pub metrics: Metrics,
}

/// Why a query has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// Its dimensions have more combinations than a report has rows.
    Rows,
    /// There are more channels than removal effects are known for.
    Channels,
}

impl Default for Query {
    /// Opportunities by channel, under the linear model.
    fn default() -> Self {
        Self {
            kind: RecordKind::Opportunity,
            by: vec![Dimension::Touch(TouchDimension::Channel)],
            models: vec![Model::Linear(crate::attribution::Linear)],
            direct: DirectPolicy::Keep,
            lookback_days: None,
            period: Period::default(),
            filters: Vec::new(),
            currency: None,
            metrics: Metrics::default(),
        }
    }
}

impl Query {
    /// The most dimensions.
    pub const DIMENSIONS_MAX: usize = 3;
    /// The most models side by side.
    pub const MODELS_MAX: usize = 12;
    /// The most combinations of values that a report looks at, for each model anew.
    pub const COMBINATIONS_MAX: usize = 2_000_000;

    /// What cannot be asked, whatever the columns hold. Codes: `required`, `too_many`, `repeated`, `not_by_channel`.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.models.is_empty() {
            return Err(Invalid::new("required", "must name a model"));
        }
        if self.models.len() > Self::MODELS_MAX {
            return Err(Invalid::new("too_many", format!("must name at most {} models", Self::MODELS_MAX)));
        }
        if self.by.len() > Self::DIMENSIONS_MAX {
            let must = format!("must name at most {} dimensions", Self::DIMENSIONS_MAX);
            return Err(Invalid::new("too_many", must));
        }
        let touch_times = self.by.iter().filter(|one| matches!(one, Dimension::Time(BucketBy::Touch, _)));
        let repeats = (1..self.by.len()).any(|place| self.by[..place].contains(&self.by[place]));
        if repeats || touch_times.count() > 1 {
            return Err(Invalid::new("repeated", "must name a dimension once, and touches' time once"));
        }
        let by_channel = self.by == [Dimension::Touch(TouchDimension::Channel)];
        let of_touches = |filter: &Filter| is_of_touches(&filter.dimension);
        let shares_total = self.models.iter().any(Model::shares_the_total);
        if shares_total && (!by_channel || self.filters.iter().any(of_touches)) {
            let must = "must be by channel alone and without filters on touches with a model that shares the sum of all \
                        records over channels";
            return Err(Invalid::new("not_by_channel", must));
        }
        Ok(())
    }

    /// Answers the query, with so many threads. The query must pass its [check](Query::check).
    pub fn run(&self, columns: &Columns, view: &View, threads: usize) -> Result<Report, TooMuch> {
        fold::run(self, columns, view, threads)
    }
}

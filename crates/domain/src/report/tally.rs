//! What a fold adds up.

use super::Cell;
use super::amounts::Amount;
use super::interner::place;
use crate::Day;

/// A record's credit, in millionths of a record.
pub(super) const WHOLE: i64 = 1_000_000;

/// How many cells there are: in each group of records (each currency has its own) one for each spot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) groups: usize,
    pub(super) spots: usize,
}

impl Size {
    pub(super) fn cells(self) -> usize {
        self.groups.saturating_mul(self.spots)
    }
}

/// What became of a record. Sums are kept apart by it, so that a touch is added up once and not once for each thing that is
/// told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is still open.
    Open,
    /// It was won.
    Won,
    /// It was lost.
    Lost,
}

/// How many outcomes there are.
const OUTCOMES: usize = 3;

/// What one thread found.
pub(super) struct Tally {
    size: Size,
    pub(super) models: Vec<Sums>,
    /// Of each cell.
    pub(super) reached: Vec<u32>,
    pub(super) assisted: Vec<u32>,
    /// By currency.
    pub(super) totals: Vec<TotalSums>,
    pub(super) converted: u64,
    pub(super) rate_days: Option<(Day, Day)>,
    /// How much more can be added before the sums of minor units may not fit any more.
    room: u64,
}

/// What one model gives each cell, for one outcome after another.
pub(super) struct Sums {
    size: Size,
    minor: Vec<i64>,
    /// What did not fit.
    carried: Vec<i128>,
    /// In millionths; empty when records are not counted.
    records: Vec<i64>,
    /// Of won records; empty when they are not counted.
    days: Vec<i128>,
}

/// What all records of a currency come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TotalSums {
    /// By outcome.
    minor: [i128; OUTCOMES],
    records: [i64; OUTCOMES],
    days: i128,
    pub(super) attributed: u64,
}

/// While a record is shared, a cell may for a moment hold a few times its value more than it gets in the end; that is so of values
/// below 2^48 alone ([`Roles::share`](crate::attribution::Roles::share)).
const ROOM: u64 = i64::MAX.unsigned_abs() - (1 << 51);

impl Tally {
    pub(super) fn new(size: Size, models: usize, currencies: usize, counts: (bool, bool)) -> Self {
        let (counts_records, counts_reach) = counts;
        let reach = if counts_reach { size.cells() } else { 0 };
        Self {
            size,
            models: (0..models).map(|_| Sums::new(size, counts_records)).collect(),
            reached: vec![0; reach],
            assisted: vec![0; reach],
            totals: vec![TotalSums::default(); currencies],
            converted: 0,
            rate_days: None,
            room: ROOM,
        }
    }

    /// Counts a record; what it is worth may then be added to the sums.
    pub(super) fn count(&mut self, amount: Amount, outcome: Outcome, days: i128) {
        let magnitude = amount.minor.unsigned_abs();
        if magnitude > self.room {
            self.models.iter_mut().for_each(Sums::carry);
            self.room = ROOM;
        }
        self.room = self.room.saturating_sub(magnitude);
        let total = &mut self.totals[place(amount.currency)];
        total.minor[outcome as usize] += i128::from(amount.minor);
        total.records[outcome as usize] += 1;
        if outcome == Outcome::Won {
            total.days += days;
        }
        if let Some(day) = amount.rate_day {
            self.converted += 1;
            let (first, last) = self.rate_days.unwrap_or((day, day));
            self.rate_days = Some((first.min(day), last.max(day)));
        }
    }

    /// Counts that a journey has a touch in a cell.
    pub(super) fn reach(&mut self, group: usize, spot: usize, is_last: bool) {
        let cell = group * self.size.spots + spot;
        self.reached[cell] += 1;
        self.assisted[cell] += u32::from(!is_last);
    }

    /// How many journeys reach a cell, and how many of them end elsewhere.
    pub(super) fn reached(&self, cell: usize) -> (u64, u64) {
        let of = |counts: &[u32]| u64::from(counts.get(cell).copied().unwrap_or(0));
        (of(&self.reached), of(&self.assisted))
    }
}

impl Sums {
    fn new(size: Size, counts_records: bool) -> Self {
        let cells = size.cells();
        let counted = if counts_records { cells } else { 0 };
        Self {
            size,
            minor: vec![0; OUTCOMES * cells],
            carried: Vec::new(),
            records: vec![0; OUTCOMES * counted],
            days: vec![0; counted],
        }
    }

    /// The minor units of each spot.
    pub(super) fn minor(&mut self, outcome: Outcome, group: usize) -> &mut [i64] {
        let from = (outcome as usize * self.size.groups + group) * self.size.spots;
        &mut self.minor[from..from + self.size.spots]
    }

    /// The millionths of records of each spot, and the days of won ones.
    pub(super) fn records(&mut self, outcome: Outcome, group: usize) -> (&mut [i64], &mut [i128]) {
        let spots = self.size.spots;
        let from = (outcome as usize * self.size.groups + group) * spots;
        (&mut self.records[from..from + spots], &mut self.days[group * spots..][..spots])
    }

    fn carry(&mut self) {
        self.carried.resize(self.minor.len(), 0);
        for (carried, minor) in self.carried.iter_mut().zip(&mut self.minor) {
            *carried += i128::from(std::mem::take(minor));
        }
    }

    /// What there is in a cell.
    pub(super) fn cell(&self, cell: usize) -> Cell {
        let place = |outcome: Outcome| outcome as usize * self.size.cells() + cell;
        let minor = |outcome: Outcome| {
            let carried = self.carried.get(place(outcome)).copied().unwrap_or(0);
            carried + i128::from(self.minor[place(outcome)])
        };
        let records = |outcome: Outcome| self.records.get(place(outcome)).copied().unwrap_or(0);
        let all = [Outcome::Open, Outcome::Won, Outcome::Lost];
        Cell {
            minor: all.into_iter().map(minor).sum(),
            won_minor: minor(Outcome::Won),
            records: all.into_iter().map(records).sum(),
            won: records(Outcome::Won),
            lost: records(Outcome::Lost),
            days: self.days.get(cell).copied().unwrap_or(0),
        }
    }
}

impl TotalSums {
    /// As a model that gives everything to one row would have it.
    pub(super) fn cell(&self) -> Cell {
        Cell {
            minor: self.minor.iter().sum(),
            won_minor: self.minor[Outcome::Won as usize],
            records: WHOLE * self.records.iter().sum::<i64>(),
            won: WHOLE * self.records[Outcome::Won as usize],
            lost: WHOLE * self.records[Outcome::Lost as usize],
            days: i128::from(WHOLE) * self.days,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for outcome in 0..OUTCOMES {
            self.minor[outcome] += other.minor[outcome];
            self.records[outcome] += other.records[outcome];
        }
        self.days += other.days;
        self.attributed += other.attributed;
    }
}

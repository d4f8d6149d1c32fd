use super::interner::place;
use super::{Columns, Query, View};

/// How much belongs to another channel under other rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Touches whose channel is another, counted in each record that they led to.
    pub touches: u64,
    /// Of so many.
    pub touches_of: u64,
    /// Records with such a touch.
    pub records: u64,
    /// Of so many.
    pub records_of: u64,
}

impl Query {
    /// How much another view of the same columns moves, among the records of the query's kind and period and their touches
    /// within its lookback, whatever else it asks.
    pub fn moved(&self, columns: &Columns, before: &View, after: &View) -> Moved {
        let channels = before.channel_names().zip(after.channel_names());
        let is_another: Vec<bool> = channels.map(|(before, after)| before != after).collect();
        let mut moved = Moved::default();
        let asked = columns
            .records
            .iter()
            .filter(|record| record.kind == Some(self.kind) && self.period.includes(record.day));
        for record in asked {
            let touches = self.within_lookback(columns, record);
            moved.records_of += 1;
            moved.touches_of += touches.len() as u64;
            let of_record =
                columns.touch_origins[touches].iter().filter(|origin| is_another[place(**origin)]).count();
            moved.touches += of_record as u64;
            moved.records += u64::from(of_record > 0);
        }
        moved
    }
}

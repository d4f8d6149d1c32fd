/// One journey as a model sees it: its touches in parallel slices, ascending in time, and its milestones.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    /// When each touch happened, in **seconds** since 1970, UTC; as many as `channels`.
    pub times: &'a [i64],
    /// The number of each touch's channel. Any numbering does; small numbers are looked up fastest.
    pub channels: &'a [u32],
    /// When it became a lead, when that is known.
    pub lead: Option<i64>,
    /// When it became an opportunity, when that is known.
    pub opportunity: Option<i64>,
    /// When it was closed, or else the record's date.
    pub closed: i64,
}

impl Path<'_> {
    /// The touch that led to a milestone: the last one at or before it, and the first of all when none is.
    ///
    /// The path must have a touch.
    pub(super) fn touch_before(&self, milestone: i64) -> usize {
        self.times.partition_point(|&time| time <= milestone).saturating_sub(1)
    }
}

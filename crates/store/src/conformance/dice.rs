//! Chance that can be repeated.

/// A small generator (`SplitMix64`), so that a failing seed can be run again.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub(super) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.roll(items.len() as u64)).unwrap()].clone()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.roll(last as u64 + 1)).unwrap();
            items.swap(last, other);
        }
    }
}

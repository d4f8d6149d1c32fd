//! Random choices that a later run can repeat.

/// A generator of random numbers, splitmix64: small, and good enough to choose by.
pub(crate) struct Dice(u64);

impl Dice {
    /// Takes the seed from the environment, or a new one, and prints it for whoever reads of a failure.
    pub(crate) fn thrown(test: &str) -> Self {
        let seed = match std::env::var("TOUCHLINE_TEST_SEED") {
            Ok(seed) => seed.parse().expect("TOUCHLINE_TEST_SEED is a number"),
            Err(_) => getrandom::u64().unwrap(),
        };
        println!("{test}: TOUCHLINE_TEST_SEED={seed}");
        Self(seed)
    }

    /// Dice of their own for another thread.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

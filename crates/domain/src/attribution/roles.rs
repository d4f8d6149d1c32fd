use super::parameters::Percent;
use super::parts::{Part, Parts};

/// The most touches of a journey that play a role.
const MOST: usize = 4;

/// Weights of which few differ from the rest: those of touches that play a role.
///
/// A touch with several roles gets the sum of their shares. A role that nobody plays, because its milestone is unknown,
/// is left out, and so is what the others would get when there are none: the remaining shares keep their proportions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roles {
    touches: usize,
    /// The weight of each touch without a role.
    rest: u64,
    /// Where touches with a role stand, ascending, and what they weigh.
    played: [(usize, u64); MOST],
    players: usize,
}

/// Shares of which few differ from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FewShares {
    /// What each touch gets.
    pub(crate) each: i64,
    /// What each of the first so many gets on top, and how many.
    pub(crate) more: (i64, usize),
    /// What else touches get, or less, by their places.
    others: [(usize, i64); MOST],
    players: usize,
}

impl Roles {
    /// Each role's share goes to the touch that plays it, and what the roles leave goes evenly to the touches that play none.
    /// There is at least one touch.
    pub(super) fn new<const N: usize>(
        roles: [(Percent, Option<usize>); N],
        rest: Percent,
        touches: usize,
    ) -> Self {
        let mut one = Self { touches, rest: rest.weight(), played: [(usize::MAX, 0); MOST], players: 0 };
        for (share, touch) in roles {
            if let Some(touch) = touch {
                one.play(touch, share.weight());
            }
        }
        // Times the number of those who share the rest, so that nothing needs to be divided.
        let others = (touches - one.players) as u64;
        for (_, weight) in &mut one.played[..one.players] {
            *weight *= others.max(1);
        }
        if one.total() == 0 {
            return Self { rest: 1, players: 0, ..one };
        }
        one
    }

    fn play(&mut self, touch: usize, weight: u64) {
        let mut place = self.players;
        while place > 0 && self.played[place - 1].0 >= touch {
            place -= 1;
        }
        if place == self.players || self.played[place].0 != touch {
            self.played.copy_within(place..self.players, place + 1);
            self.played[place] = (touch, 0);
            self.players += 1;
        }
        self.played[place].1 += weight;
    }

    fn played(&self) -> &[(usize, u64)] {
        &self.played[..self.players]
    }

    fn total(&self) -> u64 {
        let others = (self.touches - self.players) as u64;
        self.rest * others + self.played().iter().map(|(_, weight)| weight).sum::<u64>()
    }

    /// The weight of every touch.
    pub(super) fn weigh(&self, weights: &mut [u64]) {
        weights.fill(self.rest);
        for (touch, weight) in self.played() {
            weights[*touch] = *weight;
        }
    }

    /// The weight of every touch, in place of what was there.
    pub(crate) fn weights(&self, weights: &mut Vec<u64>) {
        weights.clear();
        weights.resize(self.touches, 0);
        self.weigh(weights);
    }

    /// Shares an amount as [`apportion`](super::apportion()) does. `None` of amounts and journeys so large that this must.
    pub(crate) fn share(&self, amount: i64) -> Option<FewShares> {
        let parts = Parts::new(amount.unsigned_abs(), self.total())?;
        let others = (self.touches - self.players) as u64;
        // Where everybody plays a role there is nobody to get this, and nothing is compared with it.
        let each = if others == 0 { Part::default() } else { parts.of(self.rest) };
        let mut rests = [0; MOST];
        let mut left = amount.unsigned_abs() - each.units * others;
        let sign = amount.signum();
        let mut shares = FewShares {
            each: each.units.cast_signed() * sign,
            more: (sign, 0),
            others: [(0, 0); MOST],
            players: self.players,
        };
        for (((touch, weight), rest), other) in self.played().iter().zip(&mut rests).zip(&mut shares.others) {
            let part = parts.of(*weight);
            left -= part.units;
            *rest = part.rest;
            *other = (*touch, part.units.cast_signed() - each.units.cast_signed());
        }
        // The units that are left go to the largest remainders, of equal ones to the earliest.
        let before = self.before(&rests, each.rest);
        let mut more = left;
        for before in &before[..self.players] {
            more -= u64::from(*before < left);
        }
        let mut more = usize::try_from(more).unwrap_or(usize::MAX);
        for ((touch, other), before) in shares.others[..self.players].iter_mut().zip(before) {
            // Whoever plays a role is counted among the first, as if it got what those get, and that is taken back.
            let is_among_first = *touch < more;
            more += usize::from(is_among_first);
            *other = (*other + i64::from(before < left) - i64::from(is_among_first)) * sign;
        }
        shares.more.1 = more;
        Some(shares)
    }

    /// Of each that plays a role, how many touches come before it when units that are left are given away. Numbers are
    /// added up without a branch, because nobody could foresee which way it goes.
    fn before(&self, rests: &[u64; MOST], rest_of_others: u64) -> [u64; MOST] {
        let mut before = [0; MOST];
        for (player, (touch, _)) in self.played().iter().enumerate() {
            for earlier in 0..player {
                let is_first = u64::from(rests[earlier] >= rests[player]);
                before[player] += is_first;
                before[earlier] += 1 - is_first;
            }
            let (all, earlier) = ((self.touches - self.players) as u64, (touch - player) as u64);
            let are_larger = u64::from(rest_of_others > rests[player]);
            let are_equal = u64::from(rest_of_others == rests[player]);
            before[player] += are_larger * all + are_equal * earlier;
        }
        before
    }
}

impl FewShares {
    /// What touches that play a role get on top, or less, by their places.
    pub(crate) fn others(&self) -> &[(usize, i64)] {
        &self.others[..self.players]
    }

    /// The same for every touch, the units that are left to the earliest.
    pub(crate) fn even(amount: i64, touches: usize) -> Self {
        let count = i64::try_from(touches).unwrap_or(i64::MAX);
        let (each, left) = (amount / count, amount % count);
        let more = usize::try_from(left.unsigned_abs()).unwrap_or(usize::MAX);
        Self { each, more: (left.signum(), more), others: [(0, 0); MOST], players: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::apportion;
    use super::*;
    use proptest::prelude::*;

    fn roles<const N: usize>(roles: [(u32, Option<usize>); N], rest: u32, touches: usize) -> Roles {
        let roles = roles.map(|(share, touch)| (Percent::hundredths(share), touch));
        Roles::new(roles, Percent::hundredths(rest), touches)
    }

    fn weights<const N: usize>(played: [(u32, Option<usize>); N], rest: u32, touches: usize) -> Vec<u64> {
        let mut weights = vec![0; touches];
        roles(played, rest, touches).weigh(&mut weights);
        weights
    }

    fn all(shares: &FewShares, touches: usize) -> Vec<i64> {
        let (more, first) = shares.more;
        let mut all: Vec<i64> =
            (0..touches).map(|touch| shares.each + if touch < first { more } else { 0 }).collect();
        for (touch, other) in shares.others() {
            all[*touch] += other;
        }
        all
    }

    #[test]
    fn shares_add_up_and_keep_their_proportions() {
        assert_eq!(weights([(40, Some(0)), (40, Some(3))], 20, 4), [80, 20, 20, 80]);
        assert_eq!(weights([(40, Some(0)), (40, Some(1))], 20, 2), [40, 40]);
        assert_eq!(weights([(40, Some(0)), (40, Some(0))], 20, 1), [80]);
        assert_eq!(weights([(30, Some(0)), (30, Some(2)), (30, Some(2))], 10, 3), [30, 10, 60]);
        assert_eq!(weights([(30, Some(0)), (30, None), (30, Some(2))], 10, 4), [60, 10, 60, 10]);
        assert_eq!(weights([(1, Some(3)), (2, Some(1)), (3, Some(2)), (4, Some(1))], 5, 5), [5, 12, 6, 2, 5]);
    }

    #[test]
    fn somebody_always_gets_something() {
        assert_eq!(weights([(0, Some(0)), (0, Some(1))], 100, 2), [1, 1]);
        assert_eq!(weights([(0, Some(0)), (100, None)], 0, 3), [1, 1, 1]);
        assert_eq!(weights([(0, Some(0)), (0, Some(2))], 100, 3), [0, 100, 0]);
    }

    proptest! {
        #[test]
        fn few_shares_are_those_of_the_weights(
            played in prop::array::uniform4((prop_oneof![0..4_u32, 0..2_500_u32], prop::option::of(0..50_usize))),
            rest in prop_oneof![0..4_u32, 0..10_000_u32],
            touches in 1..50_usize,
            amount in prop_oneof![-300..300_i64, -1_000_000..1_000_000_i64, -1_000_000_000_000..1_000_000_000_000_i64],
        ) {
            let roles = roles(played.map(|(share, touch)| (share, touch.map(|touch| touch % touches))), rest, touches);
            let (mut weights, mut expected) = (vec![0; touches], vec![0; touches]);
            roles.weigh(&mut weights);
            apportion(amount, &weights, &mut expected);
            let shares = roles.share(amount).unwrap();
            prop_assert_eq!(&all(&shares, touches), &expected, "{:?}", roles);
            apportion(amount, &vec![1; touches], &mut expected);
            prop_assert_eq!(all(&FewShares::even(amount, touches), touches), expected);
        }
    }
}

use super::parameters::Percent;

/// Weighs by roles: each role's share goes to the touch that plays it, and what the roles leave goes evenly to the
/// touches that play none.
///
/// A touch with several roles gets the sum of their shares. A role that nobody plays, because its milestone is unknown,
/// is left out, and so is what the others would get when there are none: the remaining shares keep their proportions.
pub(super) fn weigh_by_roles<const N: usize>(
    roles: [(Percent, Option<usize>); N],
    rest: Percent,
    weights: &mut [u64],
) {
    let mut others = weights.len() as u64;
    weights.fill(rest.weight());
    for (place, (_, touch)) in roles.iter().enumerate() {
        let Some(touch) = *touch else { continue };
        let is_new = !roles[..place].iter().any(|(_, earlier)| *earlier == Some(touch));
        if is_new {
            others -= 1;
            weights[touch] = 0;
        }
    }
    // Times the number of those who share the rest, so that nothing needs to be divided.
    let scale = others.max(1);
    for (share, touch) in roles {
        if let Some(touch) = touch {
            weights[touch] += share.weight() * scale;
        }
    }
    if weights.iter().all(|weight| *weight == 0) {
        weights.fill(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights<const N: usize>(roles: [(u32, Option<usize>); N], rest: u32, touches: usize) -> Vec<u64> {
        let mut weights = vec![0; touches];
        let roles = roles.map(|(share, touch)| (Percent::hundredths(share), touch));
        weigh_by_roles(roles, Percent::hundredths(rest), &mut weights);
        weights
    }

    #[test]
    fn shares_add_up_and_keep_their_proportions() {
        assert_eq!(weights([(40, Some(0)), (40, Some(3))], 20, 4), [80, 20, 20, 80]);
        assert_eq!(weights([(40, Some(0)), (40, Some(1))], 20, 2), [40, 40]);
        assert_eq!(weights([(40, Some(0)), (40, Some(0))], 20, 1), [80]);
        assert_eq!(weights([(30, Some(0)), (30, Some(2)), (30, Some(2))], 10, 3), [30, 10, 60]);
        assert_eq!(weights([(30, Some(0)), (30, None), (30, Some(2))], 10, 4), [60, 10, 60, 10]);
    }

    #[test]
    fn somebody_always_gets_something() {
        assert_eq!(weights([(0, Some(0)), (0, Some(1))], 100, 2), [1, 1]);
        assert_eq!(weights([(0, Some(0)), (100, None)], 0, 3), [1, 1, 1]);
        assert_eq!(weights([(0, Some(0)), (0, Some(2))], 100, 3), [0, 100, 0]);
    }
}

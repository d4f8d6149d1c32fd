use crate::Invalid;

/// What becomes of direct touches: those of the channel `Direct`, of which no marketing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DirectPolicy {
    /// They count like any other.
    #[default]
    Keep,
    /// They get nothing; a journey of nothing else is unattributed.
    Skip,
    /// They get something only where the journey has nothing else.
    LastResort,
}

/// Which touches of a journey a model gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eligible {
    /// All of them.
    All,
    /// Those that are not direct, of which there is one at least.
    NotDirect,
    /// None: the record's value is unattributed.
    None,
}

impl DirectPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Skip, Self::LastResort];

    /// The name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Skip => "skip",
            Self::LastResort => "last-resort",
        }
    }

    /// One sentence for people.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Keep => "Direct touches count like any other.",
            Self::Skip => "Direct touches get nothing; a journey of nothing else is unattributed.",
            Self::LastResort => "Direct touches get something only where the journey has nothing else.",
        }
    }

    /// Code: `unknown_direct_policy`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|policy| policy.name() == raw.trim());
        found.ok_or_else(|| Invalid::new("unknown_direct_policy", "must be one of keep, skip, last-resort"))
    }

    /// Which touches of a journey count, given of each whether it is direct.
    pub fn eligible(self, is_direct: impl IntoIterator<Item = bool>) -> Eligible {
        if self == Self::Keep {
            return Eligible::All;
        }
        let (mut direct, mut others) = (false, false);
        for is_direct in is_direct {
            direct |= is_direct;
            others |= !is_direct;
        }
        match (direct, others, self) {
            (false, _, _) => Eligible::All,
            (true, true, _) => Eligible::NotDirect,
            (true, false, Self::Skip) => Eligible::None,
            (true, false, _) => Eligible::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_again() {
        for policy in DirectPolicy::ALL {
            assert_eq!(DirectPolicy::parse(policy.name()), Ok(policy));
        }
        assert_eq!(DirectPolicy::parse("last").map_err(|e| e.code), Err("unknown_direct_policy"));
    }

    #[test]
    fn direct_is_kept_skipped_or_the_last_resort() {
        use DirectPolicy::{Keep, LastResort, Skip};
        for (policy, is_direct, expected) in [
            (Keep, &[true, false][..], Eligible::All),
            (Keep, &[true], Eligible::All),
            (Skip, &[true, false], Eligible::NotDirect),
            (Skip, &[false, false], Eligible::All),
            (Skip, &[true, true], Eligible::None),
            (LastResort, &[false, true], Eligible::NotDirect),
            (LastResort, &[true, true], Eligible::All),
            (LastResort, &[], Eligible::All),
        ] {
            assert_eq!(policy.eligible(is_direct.iter().copied()), expected, "{policy:?} {is_direct:?}");
        }
    }
}

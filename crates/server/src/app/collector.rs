use crate::config::Limits;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// How many counters there are. That bounds the memory, whoever calls: addresses share a counter when there are more of
/// them, or by chance (one in a hundred when a thousand call at once).
const COUNTERS: u64 = 1 << 17;

/// How often browsers may report, by the address that they call from.
///
/// An address is never kept: it chooses a counter by a hash with a secret that this process made up, from which nobody
/// finds it again, and which nobody can steer towards another's.
pub(crate) struct Collector {
    secret: RandomState,
    rates: DefaultKeyedRateLimiter<u64>,
}

impl Collector {
    pub(super) fn new(limits: &Limits) -> Self {
        let one = NonZeroU32::MIN;
        let quota = Quota::per_second(NonZeroU32::new(limits.tag_requests_per_second).unwrap_or(one))
            .allow_burst(NonZeroU32::new(limits.tag_request_burst).unwrap_or(one));
        Self { secret: RandomState::new(), rates: RateLimiter::keyed(quota) }
    }

    /// Counts one report from an address against its rate. When it is over it, how long to wait.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<(), Duration> {
        let counter = self.secret.hash_one(caller(address)) % COUNTERS;
        self.rates
            .check_key(&counter)
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets counters that are full again.
    pub(crate) fn forget_rested(&self) {
        self.rates.retain_recent();
    }
}

/// Whoever has one IPv6 address has the 2^64 beside it.
fn caller(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags};

    #[test]
    fn each_address_has_its_own_rate_and_memory_is_bounded() {
        let mut limits = Config::load(None, |_| None, Flags::default()).unwrap().limits;
        limits.tag_requests_per_second = 1;
        limits.tag_request_burst = 2;
        let collector = Collector::new(&limits);
        let admits = |address: &str| collector.admit(address.parse().unwrap()).is_ok();
        assert!(admits("192.0.2.1") && admits("192.0.2.1") && !admits("192.0.2.1"));
        assert!(admits("192.0.2.2"));
        assert!(admits("2001:db8::1") && admits("2001:db8::2") && !admits("2001:db8::3"));
        assert!(admits("2001:db8:0:1::1"), "another network");
        for number in 0..300_000u32 {
            let _ = collector.admit(IpAddr::V4(number.into()));
        }
        assert!(collector.rates.len() as u64 <= COUNTERS);
    }
}

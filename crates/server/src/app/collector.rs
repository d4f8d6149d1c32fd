use crate::config::Limits;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use touchline_domain::record::Reference;
use touchline_domain::{Instant, SiteId};

/// How many counters there are. That bounds the memory, whoever calls: addresses share a counter when there are more of
/// them, or by chance (one in a hundred when a thousand call at once).
const COUNTERS: u64 = 1 << 17;

/// How often an address may try to sign in: so many a minute, and so many at once after a rest.
const SIGN_INS_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How many conversions are remembered at least; at most twice as many.
const REMEMBERED: usize = 8_192;

/// What must be known of browsers' reports beyond the single one: how often an address reports, and what was reported
/// just now.
///
/// An address is never kept: it chooses a counter by a hash with a secret that this process made up, from which nobody
/// finds it again, and which nobody can steer towards another's.
pub(crate) struct Collector {
    secret: RandomState,
    rates: DefaultKeyedRateLimiter<u64>,
    sign_ins: DefaultKeyedRateLimiter<u64>,
    heard: Mutex<Heard>,
}

/// Conversions by when they were first heard of: the latest, and those before them.
#[derive(Default)]
struct Heard {
    latest: HashMap<u64, Instant>,
    before: HashMap<u64, Instant>,
}

impl Collector {
    pub(super) fn new(limits: &Limits) -> Self {
        let one = NonZeroU32::MIN;
        let quota = Quota::per_second(NonZeroU32::new(limits.tag_requests_per_second).unwrap_or(one))
            .allow_burst(NonZeroU32::new(limits.tag_request_burst).unwrap_or(one));
        Self {
            secret: RandomState::new(),
            rates: RateLimiter::keyed(quota),
            sign_ins: RateLimiter::keyed(Quota::per_minute(SIGN_INS_A_MINUTE)),
            heard: Mutex::default(),
        }
    }

    /// When a conversion was first heard of: now, unless its browser sends it again, which says nothing new. One that
    /// was forgotten is the same conversion too, said to have happened later.
    pub(crate) fn first_heard(&self, site: &SiteId, reference: &Reference, now: Instant) -> Instant {
        let name = self.secret.hash_one((site, reference));
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = heard.latest.get(&name).or_else(|| heard.before.get(&name)) {
            return *first;
        }
        if heard.latest.len() == REMEMBERED {
            heard.before = std::mem::take(&mut heard.latest);
        }
        heard.latest.insert(name, now);
        now
    }

    /// Counts one report from an address against its rate. When it is over it, how long to wait.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<(), Duration> {
        self.count(&self.rates, address)
    }

    /// Counts one attempt to sign in from an address. When there were too many, how long to wait.
    pub(crate) fn admit_sign_in(&self, address: IpAddr) -> Result<(), Duration> {
        self.count(&self.sign_ins, address)
    }

    fn count(&self, rates: &DefaultKeyedRateLimiter<u64>, address: IpAddr) -> Result<(), Duration> {
        let counter = self.secret.hash_one(caller(address)) % COUNTERS;
        rates.check_key(&counter).map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets counters that are full again.
    pub(crate) fn forget_rested(&self) {
        self.rates.retain_recent();
        self.sign_ins.retain_recent();
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
    fn a_conversion_that_comes_again_happened_when_it_came_first() {
        let collector = Collector::new(&Config::load(None, |_| None, Flags::default()).unwrap().limits);
        let site = |id: &str| SiteId::parse(id).unwrap();
        let hear = |site: &SiteId, number: i64, at: i64| {
            let reference = Reference::parse(&number.to_string()).unwrap();
            collector.first_heard(site, &reference, Instant::from_micros(at)).as_micros()
        };
        assert_eq!((hear(&site("s"), 1, 5), hear(&site("s"), 1, 6), hear(&site("t"), 1, 7)), (5, 5, 7));
        for number in 2..50_000 {
            assert_eq!(hear(&site("s"), number, number), number);
        }
        assert_eq!(hear(&site("s"), 49_000, 9), 49_000, "the latest are remembered");
        let heard = collector.heard.lock().unwrap();
        assert!(heard.latest.len() + heard.before.len() <= 2 * REMEMBERED);
    }

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

use crate::config::Limits;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use subtle::ConstantTimeEq;
use touchline_domain::{Instant, Site, SiteId, Token, TokenHash};
use touchline_store::{Directory, Store, StoreError};

/// How often the store is asked whether a site or token changed: a new or revoked token takes effect within a
/// second, whichever process or node changed it.
pub(crate) const REFRESH_INTERVAL: Duration = Duration::from_millis(250);

/// All sites and tokens in memory, so that no request has to ask the store who is calling.
pub(crate) struct DirectoryCopy {
    current: RwLock<Arc<Snapshot>>,
    rates: DefaultKeyedRateLimiter<[u8; 32]>,
}

struct Snapshot {
    version: u64,
    sites: HashMap<SiteId, Arc<Site>>,
    tokens: HashMap<[u8; 32], Arc<Token>>,
}

impl From<Directory> for Snapshot {
    fn from(directory: Directory) -> Self {
        let sites = directory.sites.into_iter().map(|site| (site.id.clone(), Arc::new(site))).collect();
        let tokens = directory.tokens.into_iter().map(|token| (token.hash.0, Arc::new(token))).collect();
        Self { version: directory.version, sites, tokens }
    }
}

impl DirectoryCopy {
    pub(super) fn new(directory: Directory, limits: &Limits) -> Self {
        let one = NonZeroU32::MIN;
        let quota = Quota::per_second(NonZeroU32::new(limits.requests_per_second).unwrap_or(one))
            .allow_burst(NonZeroU32::new(limits.request_burst).unwrap_or(one));
        Self { current: RwLock::new(Arc::new(directory.into())), rates: RateLimiter::keyed(quota) }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The token with this text, if it is good at `now`.
    ///
    /// It is found by the hash of its text, which an attacker cannot steer, and compared in constant time. What is
    /// done does not depend on any site.
    pub(crate) fn token(&self, text: &str, now: Instant) -> Option<Arc<Token>> {
        self.find(text, now).filter(|token| token.session_of.is_none())
    }

    /// The session with this text, if it is good at `now`. Nothing else than pages takes it, and pages take nothing else.
    pub(crate) fn session(&self, text: &str, now: Instant) -> Option<Arc<Token>> {
        self.find(text, now).filter(|token| token.session_of.is_some())
    }

    fn find(&self, text: &str, now: Instant) -> Option<Arc<Token>> {
        let hash = TokenHash::of(text);
        let snapshot = self.snapshot();
        let token = snapshot.tokens.get(&hash.0)?;
        let same = bool::from(token.hash.0.ct_eq(&hash.0));
        (same && token.is_valid(now)).then(|| Arc::clone(token))
    }

    /// The tokens that reach a site, sessions left out, in order of creation; revoked and expired ones too.
    pub(crate) fn tokens_of(&self, site: &SiteId) -> Vec<Arc<Token>> {
        let snapshot = self.snapshot();
        let of_site = |token: &&Arc<Token>| token.session_of.is_none() && token.sites.contains(site);
        let mut tokens: Vec<_> = snapshot.tokens.values().filter(of_site).cloned().collect();
        tokens.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        tokens
    }

    /// The site with this id.
    pub(crate) fn site(&self, id: &SiteId) -> Option<Arc<Site>> {
        self.snapshot().sites.get(id).cloned()
    }

    /// All sites, in no order.
    pub(crate) fn sites(&self) -> Vec<Arc<Site>> {
        self.snapshot().sites.values().cloned().collect()
    }

    /// Counts one request of a token against its rate. When it is over it, how long to wait.
    pub(crate) fn admit(&self, token: &Token) -> Result<(), Duration> {
        self.rates
            .check_key(&token.hash.0)
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    /// Reads the directory again if it changed. What this process wrote before is seen from then on.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> Result<(), StoreError> {
        if store.directory_version().await? != self.snapshot().version {
            let read = Arc::new(Snapshot::from(store.directory().await?));
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            // Another refresh may have begun later and ended earlier; what it read is newer.
            if read.version > current.version {
                *current = read;
            }
            drop(current);
            self.rates.retain_recent();
        }
        Ok(())
    }
}

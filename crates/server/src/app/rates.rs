use super::App;
use std::sync::{Arc, PoisonError, RwLock};
use touchline_store::{StoreError, StoredRates};

/// The reference rates in memory, the one copy that every site's reports share: read again when they changed.
#[derive(Default)]
pub(super) struct RatesCopy(RwLock<Arc<StoredRates>>);

impl App {
    /// The reference rates as they are stored now, whichever process imported them.
    pub(crate) async fn rates(&self) -> Result<Arc<StoredRates>, StoreError> {
        let version = self.store.rates_version().await?;
        let known = Arc::clone(&self.rates.0.read().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let read = Arc::new(self.store.rates().await?);
        let mut current = self.rates.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another may have begun later and ended earlier; what it read is newer.
        if read.version > current.version {
            *current = Arc::clone(&read);
        }
        Ok(read)
    }
}

use super::App;
use touchline_domain::record::UploadOutcome;
use touchline_store::{StoreError, Upload};

impl App {
    /// Stores one upload. It is durable when this returns.
    pub(crate) async fn upload(&self, upload: Upload) -> Result<UploadOutcome, StoreError> {
        let outcomes = self.store.upload(vec![upload]).await?;
        let outcome = outcomes.first().copied();
        outcome.ok_or_else(|| StoreError::Unavailable("the store answered for no upload".into()))
    }
}

use touchline_domain::channel::ChannelRules;
use touchline_domain::{Instant, SiteId};
use touchline_store::{Store, StoreError};

/// Replaces a site's own channel rules, from `at` on, and leaves its other settings as they are. `false` if there is no such site.
///
/// The settings are read from the store right before, never from a copy in memory, so that what `touchline site set`
/// changed a moment ago is kept. What remains possible: [`Store::set_site`] replaces all settings of a site, so when two
/// programs change one site within the milliseconds between one's reading and its writing, the later writing undoes the
/// earlier change. Neither is ever half done.
pub(crate) async fn set_channel_rules(
    store: &dyn Store,
    id: &SiteId,
    rules: ChannelRules,
    at: Instant,
) -> Result<bool, StoreError> {
    let sites = store.directory().await?.sites;
    let Some(mut site) = sites.into_iter().find(|site| site.id == *id) else { return Ok(false) };
    site.channels = rules;
    store.set_site(site, at).await
}

use super::site_settings::CHANGING;
use sha2::{Digest, Sha256};
use touchline_domain::channel::{ChannelRules, Rule};
use touchline_domain::{Instant, SiteId};
use touchline_store::{Store, StoreError};

/// What became of new channel rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RulesSet {
    Done,
    /// They were made from rules that are no longer the site's: nothing was changed.
    Outdated,
    NoSuchSite,
}

/// Names a site's own rules: another one whenever they are others.
pub(crate) fn version(rules: &ChannelRules) -> String {
    let digest: [u8; 32] = Sha256::digest(as_text(rules)).into();
    format!("{:016x}", digest.first_chunk().copied().map_or(0, u64::from_be_bytes))
}

/// A site's own rules, a line each.
pub(crate) fn as_text(rules: &ChannelRules) -> String {
    rules.own().iter().map(Rule::to_string).collect::<Vec<_>>().join("\n")
}

/// Replaces a site's own channel rules, from `at` on, and leaves its other settings as they are; with `made_from`, only if
/// that is still the [version] of those that are stored.
///
/// The settings are read from the store right before, never from a copy in memory, so that what `touchline site set`
/// changed a moment ago is kept. What remains possible: [`Store::set_site`] replaces all settings of a site, so when two
/// processes change one site within the milliseconds between one's reading and its writing, the later writing undoes the
/// earlier change. Neither is ever half done.
pub(crate) async fn set_channel_rules(
    store: &dyn Store,
    id: &SiteId,
    rules: ChannelRules,
    made_from: Option<&str>,
    at: Instant,
) -> Result<RulesSet, StoreError> {
    let _alone = CHANGING.lock().await;
    let sites = store.directory().await?.sites;
    let Some(mut site) = sites.into_iter().find(|site| site.id == *id) else {
        return Ok(RulesSet::NoSuchSite);
    };
    if made_from.is_some_and(|made_from| made_from != version(&site.channels)) {
        return Ok(RulesSet::Outdated);
    }
    site.channels = rules;
    Ok(if store.set_site(site, at).await? { RulesSet::Done } else { RulesSet::NoSuchSite })
}

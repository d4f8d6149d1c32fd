use super::secret::{NewToken, NoRandomness, random_hex};
use crate::clock::Clock;
use touchline_domain::{Invalid, Scopes, Site, SiteId, Text, Token};
use touchline_store::{Store, StoreError};

/// What a start found or made.
pub(crate) struct FirstStart {
    /// The first site.
    pub(crate) site: Site,
    /// The text of the admin token, if this start made it.
    pub(crate) token: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FirstStartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("{0}")]
    Invalid(#[from] Invalid),
}

/// Makes a first site when there is none, and a token with every scope when there is none. Each is looked for by
/// itself, so a start that was cut short between the two is made good by the next.
pub(crate) async fn first_start(store: &dyn Store, clock: &dyn Clock) -> Result<FirstStart, FirstStartError> {
    let directory = store.directory().await?;
    let site = match directory.sites.first() {
        Some(site) => site.clone(),
        None => {
            let site = default_site(clock)?;
            store.add_site(site.clone()).await?;
            site
        }
    };
    if !directory.tokens.is_empty() {
        return Ok(FirstStart { site, token: None });
    }
    let new = NewToken::generate()?;
    store
        .add_token(Token {
            id: new.id,
            name: Text::parse("first admin token")?,
            hash: new.hash,
            sites: vec![site.id.clone()],
            scopes: Scopes::all(),
            created_at: clock.now(),
            expires_at: None,
            revoked_at: None,
            session_of: None,
        })
        .await?;
    Ok(FirstStart { site, token: Some(new.text) })
}

/// Site ids look as those on the wire do: thirteen lower-case hexadecimal digits.
fn default_site(clock: &dyn Clock) -> Result<Site, FirstStartError> {
    let mut id = random_hex::<7>()?;
    id.truncate(13);
    Ok(Site::new(SiteId::parse(&id)?, Text::parse("My site")?, clock.now())?)
}

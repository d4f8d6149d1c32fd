use super::CliError;
use crate::app::whom::Whom;
use clap::{Args, ValueEnum};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, IdentifierKind, Invalid, Site, SiteId};
use touchline_store::Store;

/// Whom a command is about.
#[derive(Args)]
pub(super) struct WhomArgs {
    /// Whose site it is
    #[arg(long)]
    pub(super) site: String,
    /// An email address; this and the following can be given together, as naming one person
    #[arg(long)]
    email: Option<String>,
    /// A telephone number
    #[arg(long)]
    phone: Option<String>,
    /// A visitor id
    #[arg(long)]
    ra_id: Option<String>,
    /// A Google Analytics client id
    #[arg(long)]
    cookie: Option<String>,
    /// A value that a form carried
    #[arg(long)]
    payload: Option<String>,
    /// A record's reference: whom the record is about
    #[arg(long)]
    reference: Option<String>,
    /// Of which kind the record is
    #[arg(long, value_enum, default_value = "opportunity", requires = "reference")]
    kind: KindArg,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindArg {
    Opportunity,
    Revenue,
}

impl WhomArgs {
    /// Finds the site and reads whom its arguments name.
    pub(super) async fn read(&self, store: &dyn Store) -> Result<(Site, Whom), CliError> {
        let id = SiteId::parse(&self.site).map_err(|error| wrong("--site", &error))?;
        let site = store.directory().await?.sites.into_iter().find(|site| site.id == id);
        let site = site.ok_or_else(|| CliError::new(format!("there is no site {id}")))?;
        let given = [
            ("--email", IdentifierKind::EmailAddress, &self.email),
            ("--phone", IdentifierKind::PhoneNumber, &self.phone),
            ("--ra-id", IdentifierKind::RaId, &self.ra_id),
            ("--cookie", IdentifierKind::CookieValue, &self.cookie),
            ("--payload", IdentifierKind::PayloadValue, &self.payload),
        ];
        let mut identifiers = Vec::new();
        for (option, kind, raw) in given {
            if let Some(raw) = raw {
                let parsed = Identifier::parse(kind, raw, site.phone_country);
                identifiers.push(parsed.map_err(|error| wrong(option, &error))?);
            }
        }
        let reference = self.reference.as_deref().map(Reference::parse).transpose();
        let reference = reference.map_err(|error| wrong("--reference", &error))?;
        let kind = match self.kind {
            KindArg::Opportunity => RecordKind::Opportunity,
            KindArg::Revenue => RecordKind::Revenue,
        };
        let whom = Whom { identifiers, record: reference.map(|reference| (kind, reference)) };
        if whom.is_nobody() {
            let options = "--email, --phone, --ra-id, --cookie, --payload, --reference";
            return Err(CliError::new(format!("say whom it is about: at least one of {options}")));
        }
        Ok((site, whom))
    }
}

fn wrong(option: &str, invalid: &Invalid) -> CliError {
    CliError::new(format!("{option} {}", invalid.must))
}

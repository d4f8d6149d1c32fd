use super::{Ignored, Naming};
use crate::{Identifier, IdentifierKind, Invalid};
use std::collections::BTreeSet;

/// Mailboxes that people share by their name: those of RFC 2142, and the usual ones of offices.
/// <https://www.rfc-editor.org/rfc/rfc2142>
const ROLE_MAILBOXES: [&str; 44] = [
    "abuse",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "careers",
    "contact",
    "customerservice",
    "donotreply",
    "enquiries",
    "enquiry",
    "finance",
    "ftp",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "inquiries",
    "it",
    "jobs",
    "mail",
    "mailer-daemon",
    "marketing",
    "news",
    "no-reply",
    "noc",
    "noreply",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "reception",
    "root",
    "sales",
    "security",
    "service",
    "support",
    "team",
    "usenet",
    "webmaster",
    "www",
];

/// When an identifier evidently belongs to many, per site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardSettings {
    /// How many visitors an email address or Google client id may have.
    pub visitors_max: u32,
    /// How many email addresses a visitor may give.
    pub emails_max: u32,
    /// Values that are no one's: neither joined nor matched.
    pub ignored: Vec<Ignored>,
}

impl Default for GuardSettings {
    /// 25 visitors and 6 email addresses: see docs/identity.md for the data these come from.
    fn default() -> Self {
        Self { visitors_max: 25, emails_max: 6, ignored: Vec::new() }
    }
}

/// Why an identifier is kept from joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// It is on the site's list of values that are no one's.
    Ignored,
    /// Its name says that people share it (`info@`).
    RoleMailbox,
    /// So many visitors have it.
    TooManyVisitors(u32),
    /// So many email addresses were given from it: a shared device.
    TooManyEmails(u32),
    /// More conversions and records name it than are looked at.
    TooManyFacts,
}

impl Guard {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::RoleMailbox => "role_mailbox",
            Self::TooManyVisitors(_) => "too_many_visitors",
            Self::TooManyEmails(_) => "too_many_emails",
            Self::TooManyFacts => "too_many_facts",
        }
    }
}

/// What an identifier may do for identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Whatever it names is one person.
    Joins,
    /// It finds a person for a record; nothing is reached through it. With the guard, if it is of a kind that joins.
    Matches(Option<Guard>),
    /// It is no one's.
    Nothing,
}

impl Standing {
    /// The guard that keeps the identifier from joining, if one does.
    pub fn guard(self) -> Option<Guard> {
        match self {
            Self::Joins => None,
            Self::Matches(guard) => guard,
            Self::Nothing => Some(Guard::Ignored),
        }
    }
}

impl GuardSettings {
    /// The most values a site can ignore.
    pub const IGNORED_MAX: usize = 1_000;
    /// The largest bound that can be set; beyond it a person would be a crowd.
    pub const BOUND_MAX: u32 = 500;

    /// A bound, from 1 to [`GuardSettings::BOUND_MAX`]. Code: `out_of_range`.
    pub fn parse_bound(raw: &str) -> Result<u32, Invalid> {
        let bound = raw.trim().parse().ok().filter(|bound| (1..=Self::BOUND_MAX).contains(bound));
        bound.ok_or_else(|| {
            Invalid::new("out_of_range", format!("must be a whole number from 1 to {}", Self::BOUND_MAX))
        })
    }

    /// What is known of an identifier's standing without its evidence; `None` when evidence decides.
    pub fn standing_by_itself(&self, identifier: &Identifier) -> Option<Standing> {
        if self.is_ignored(identifier) {
            return Some(Standing::Nothing);
        }
        match identifier.kind() {
            IdentifierKind::PhoneNumber | IdentifierKind::PayloadValue => Some(Standing::Matches(None)),
            IdentifierKind::RaId | IdentifierKind::EmailAddress | IdentifierKind::CookieValue => None,
        }
    }

    /// An identifier's standing, given the facts that name it. Depends on nothing else, so everybody who asks gets the
    /// same answer.
    pub fn standing(&self, identifier: &Identifier, naming: &Naming) -> Standing {
        if let Some(standing) = self.standing_by_itself(identifier) {
            return standing;
        }
        if naming.has_more {
            return Standing::Matches(Some(Guard::TooManyFacts));
        }
        if naming.is_allowed {
            return Standing::Joins;
        }
        let guard = match identifier.kind() {
            IdentifierKind::RaId => self.emails_given(naming),
            IdentifierKind::EmailAddress if is_role_mailbox(identifier.value()) => Some(Guard::RoleMailbox),
            _ => self.visitors_having(naming),
        };
        guard.map_or(Standing::Joins, |guard| Standing::Matches(Some(guard)))
    }

    fn is_ignored(&self, identifier: &Identifier) -> bool {
        self.ignored.iter().any(|ignored| ignored.is(identifier))
    }

    fn emails_given(&self, naming: &Naming) -> Option<Guard> {
        let named = naming.facts.iter().flat_map(|fact| &fact.identifiers);
        let emails = named.filter(|i| i.kind() == IdentifierKind::EmailAddress && !self.is_ignored(i));
        let emails = emails.map(Identifier::value).collect::<BTreeSet<_>>().len();
        let emails = u32::try_from(emails).unwrap_or(u32::MAX);
        (emails > self.emails_max).then_some(Guard::TooManyEmails(emails))
    }

    /// A fact without a visitor id may still tell visitors apart by the Google client id.
    fn visitors_having(&self, naming: &Naming) -> Option<Guard> {
        let visitor = |kind: IdentifierKind, identifiers: &[Identifier]| {
            identifiers.iter().find(|identifier| identifier.kind() == kind).cloned()
        };
        let visitors: BTreeSet<_> = naming
            .facts
            .iter()
            .filter_map(|fact| {
                visitor(IdentifierKind::RaId, &fact.identifiers)
                    .or_else(|| visitor(IdentifierKind::CookieValue, &fact.identifiers))
            })
            .collect();
        let visitors = u32::try_from(visitors.len()).unwrap_or(u32::MAX);
        (visitors > self.visitors_max).then_some(Guard::TooManyVisitors(visitors))
    }
}

/// A name such as `info+uk@example.com` is `info`'s.
fn is_role_mailbox(email: &str) -> bool {
    let local = email.split('@').next().unwrap_or("");
    let name = local.split('+').next().unwrap_or("");
    ROLE_MAILBOXES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_mailboxes_are_known_by_their_name() {
        assert!(ROLE_MAILBOXES.is_sorted());
        assert!(is_role_mailbox("info@example.com"));
        assert!(is_role_mailbox("no-reply+7@example.com"));
        assert!(!is_role_mailbox("infomania@example.com"));
        assert!(!is_role_mailbox("ann@info.com"));
    }
}

//! Whom the page is about: the form for searching, which is also the address of what it finds.

use super::super::address::Address;
use super::super::session::{Form, Viewer};
use crate::app::whom::{Whom, WhomError};
use crate::http::record_out::IdentifierOut;
use maud::{Markup, html};
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{Identifier, IdentifierKind, Invalid, Site};

/// By what somebody is found: its name in the address, what people call it, and what it is.
const BY: [(&str, &str, By); 7] = [
    ("email", "Email address", By::Identifier(IdentifierKind::EmailAddress)),
    ("phone", "Telephone number", By::Identifier(IdentifierKind::PhoneNumber)),
    ("visitor", "Visitor id", By::Identifier(IdentifierKind::RaId)),
    ("cookie", "Google client id", By::Identifier(IdentifierKind::CookieValue)),
    ("payload", "Value in a form", By::Identifier(IdentifierKind::PayloadValue)),
    ("opportunity", "Opportunity’s reference", By::Record(RecordKind::Opportunity)),
    ("revenue", "Revenue’s reference", By::Record(RecordKind::Revenue)),
];

/// The API's names of the same.
const AS_IN_API: [(&str, &str); 5] = [
    ("email", "email"),
    ("phone", "phone"),
    ("raId", "visitor"),
    ("cookie", "cookie"),
    ("payload", "payload"),
];

#[derive(Clone, Copy)]
enum By {
    Identifier(IdentifierKind),
    Record(RecordKind),
}

/// What is looked for, as it was typed.
#[derive(Clone, Default)]
pub(super) struct Sought {
    by: String,
    value: String,
}

impl Sought {
    /// As the form has it, or as the API would be asked.
    pub(super) fn of_address(address: &Address) -> Self {
        let as_in_api = AS_IN_API.iter().find_map(|(name, by)| Some((*by, address.get(name)?)));
        match (address.get("value"), as_in_api) {
            (None, Some((by, value))) => Self::of(Some(by), Some(value)),
            (value, _) => Self::of(address.get("by"), value),
        }
    }

    pub(super) fn of_form(form: &Form) -> Self {
        Self::of(form.get("by"), form.get("value"))
    }

    fn of(by: Option<&str>, value: Option<&str>) -> Self {
        let known = |by: &&str| BY.iter().any(|(name, ..)| name == by);
        let by = by.filter(known).unwrap_or("email").to_owned();
        Self { by, value: value.unwrap_or("").trim().to_owned() }
    }

    pub(super) fn is_nobody(&self) -> bool {
        self.value.is_empty()
    }

    /// Whom that names.
    pub(super) fn whom(&self, site: &Site) -> Result<Whom, Invalid> {
        let by = BY.iter().find(|(name, ..)| *name == self.by).map_or(BY[0].2, |(_, _, by)| *by);
        match by {
            By::Identifier(kind) => {
                let identifier = Identifier::parse(kind, &self.value, site.phone_country)?;
                Ok(Whom { identifiers: vec![identifier], record: None })
            }
            By::Record(kind) => {
                let record = Some((kind, Reference::parse(&self.value)?));
                Ok(Whom { identifiers: Vec::new(), record })
            }
        }
    }

    /// One of the pages about them.
    pub(super) fn page(&self, viewer: &Viewer, name: &str) -> Address {
        viewer.page(name).with("by", self.by.as_str()).and("value", self.value.as_str())
    }

    /// How they are called on pages: by what they were looked for.
    pub(super) fn title(&self) -> &str {
        &self.value
    }

    pub(super) fn by_title(&self) -> &'static str {
        BY.iter().find(|(name, ..)| *name == self.by).map_or("", |(_, title, _)| title)
    }

    /// What a form that changes something says of whom it is about.
    pub(super) fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="by" value=(self.by);
            input type="hidden" name="value" value=(self.value);
        }
    }

    /// The form for searching, with what is wrong with it.
    pub(super) fn form(&self, viewer: &Viewer, wrong: Option<&Invalid>) -> Markup {
        html! {
            form.form-row.search method="get" role="search" action=(viewer.page("people")) {
                label { span { "Find by" }
                    select name="by" { @for (name, title, _) in BY { option value=(name) selected[name == self.by] { (title) } } }
                }
                label.grow { span { "What it is" }
                    input type="search" name="value" value=(self.value) maxlength="512" required
                        aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong")];
                }
                button type="submit" { "Find" }
            }
            @if let Some(wrong) = wrong { p.error #wrong role="alert" { "What it is " (wrong.must) "." } }
        }
    }
}

/// The address of whom an identifier leads to.
pub(crate) fn address(viewer: &Viewer, identifier: &IdentifierOut) -> Address {
    let is_it = |by: &By| matches!(by, By::Identifier(kind) if kind.name() == identifier.kind);
    let by = BY.iter().find(|(_, _, by)| is_it(by)).map_or("email", |(name, ..)| name);
    viewer.page("people").with("by", by).and("value", identifier.value.as_str())
}

/// Why nothing can be shown of them, if that is no failure of ours.
pub(super) fn nobody(error: &WhomError) -> Option<(&'static str, &'static str)> {
    match error {
        WhomError::NoSuchRecord => Some((
            "There is no record with this reference.",
            "References are compared exactly, upper and lower case included.",
        )),
        WhomError::NobodyFound => Some((
            "This record leads to nobody, or to several people.",
            "Look for one of its identifiers instead; the record’s own page says why.",
        )),
        WhomError::NothingHeld => {
            Some(("Nothing is held on them.", "No visit, form, call or record names them on this site."))
        }
        WhomError::Store(_) => None,
    }
}

//! Parsing `VisitorIdentifierOptions`: whom an upload is about.

use super::json::{Object, Problems};
use touchline_domain::record::Version;
use touchline_domain::{Identifier, IdentifierKind, Invalid, Site};

/// The member that holds them.
pub(crate) const IDENTIFIERS: &str = "VisitorIdentifierOptions";

/// At least one identifier, of the kinds that are taken here: sorted, without repeats.
pub(crate) fn required(
    object: &mut Object<'_>,
    site: &Site,
    kinds: &[IdentifierKind],
    problems: &mut Problems,
) -> Option<Vec<Identifier>> {
    let problems_before = problems.count();
    let identifiers = optional(object, site, kinds, problems);
    if identifiers.is_empty() && problems.count() == problems_before {
        none_given(&object.pointer_to(IDENTIFIERS), problems);
    }
    (!identifiers.is_empty()).then_some(identifiers)
}

/// As [`required`]; none will do.
pub(crate) fn optional(
    object: &mut Object<'_>,
    site: &Site,
    kinds: &[IdentifierKind],
    problems: &mut Problems,
) -> Vec<Identifier> {
    let elements = object.array(IDENTIFIERS, Version::IDENTIFIERS_MAX, problems);
    let pointer = object.pointer_to(IDENTIFIERS);
    let mut identifiers = Vec::new();
    for (index, raw) in elements.unwrap_or_default().into_iter().enumerate() {
        let Some(mut pair) = Object::read(raw, format!("{pointer}/{index}"), IDENTIFIERS, problems) else {
            continue;
        };
        let kind = pair.required("Key", problems, |raw| taken(IdentifierKind::parse(raw)?, kinds));
        let value = pair.text("Value", problems);
        // Clients that fill in a template send the keys that they have no value for with empty ones.
        if let (Some(kind), Some(value)) = (kind, value) {
            match Identifier::parse(kind, &value, site.phone_country) {
                Ok(identifier) => identifiers.push(identifier),
                Err(invalid) => problems.add(&pair.pointer_to("Value"), "Value", &invalid),
            }
        }
    }
    identifiers.sort();
    identifiers.dedup();
    identifiers
}

fn taken(kind: IdentifierKind, kinds: &[IdentifierKind]) -> Result<IdentifierKind, Invalid> {
    if kinds.contains(&kind) {
        return Ok(kind);
    }
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    let must = format!("must be one of {} here, not {}", names.join(", "), kind.name());
    Err(Invalid::new("key_not_allowed", must))
}

/// In the words of the wire's own failure files.
fn none_given(pointer: &str, problems: &mut Problems) {
    let required =
        Invalid::new("required", "must name the visitor: at least one visitor identifier must be provided");
    problems.add(pointer, IDENTIFIERS, &required);
}

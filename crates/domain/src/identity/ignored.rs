use crate::{Country, Identifier, IdentifierKind, Invalid, Text};

/// A value that a site takes for no one's: a test address, the number of its own office.
///
/// It is meant whatever kind of identifier it comes as, and however it is written, so it is normalised as each kind is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    text: Text<255>,
    /// In the order of [`IdentifierKind::ALL`].
    as_kinds: [String; IdentifierKind::ALL.len()],
}

impl Ignored {
    /// Telephone numbers are read as those of `country` when they carry no country code. Codes: those of [`Text::parse`].
    pub fn parse(raw: &str, country: Country) -> Result<Self, Invalid> {
        let text = if raw.contains('@') { Text::parse(&raw.to_lowercase()) } else { Text::parse(raw) }?;
        let as_kind = |kind: IdentifierKind| {
            let identifier = Identifier::parse(kind, text.as_str(), country);
            identifier.map_or_else(|_| text.to_string(), |identifier| identifier.value().to_owned())
        };
        let as_kinds = IdentifierKind::ALL.map(as_kind);
        Ok(Self { text, as_kinds })
    }

    /// As it was written, but for the case of email addresses.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether it is what an identifier names.
    pub fn is(&self, identifier: &Identifier) -> bool {
        self.as_kinds[identifier.kind() as usize] == identifier.value()
            || identifier.written() == Some(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifierKind::*;
    use super::*;

    #[test]
    fn it_is_meant_however_it_is_written() {
        let country = Country::parse("GB").unwrap();
        let is = |ignored: &str, kind, raw: &str| {
            Ignored::parse(ignored, country).unwrap().is(&Identifier::parse(kind, raw, country).unwrap())
        };
        for (ignored, kind, same, other) in [
            ("020 7946 0018", PhoneNumber, "+44 (0)20 7946 0018", "020 7946 0019"),
            ("+442079460018", PhoneNumber, "02079460018", "+4930901820"),
            ("tel:+44-20-7946-0018", PhoneNumber, "020 7946 0018", "anonymous"),
            ("Anonymous", PhoneNumber, "Anonymous", "020 7946 0018"),
            ("Test@Example.com", EmailAddress, "test@EXAMPLE.com", "test@example.org"),
            ("N/A", EmailAddress, "n/a", "a"),
            ("GA1.2.7.8", CookieValue, "GA1.1.7.8", "GA1.1.7.9"),
            ("020 7946 0018", PayloadValue, "020 7946 0018", "+442079460018"),
            ("v-1", RaId, "v-1", "V-1"),
        ] {
            assert!(is(ignored, kind, same), "{ignored} {same}");
            assert!(!is(ignored, kind, other), "{ignored} {other}");
        }
        for (place, kind) in IdentifierKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }

    /// What was read before the site's country was put right is still what was written.
    #[test]
    fn a_number_of_another_country_is_told_by_its_spelling() {
        let (gb, us) = (Country::parse("GB").unwrap(), Country::parse("US").unwrap());
        let number = Identifier::parse(IdentifierKind::PhoneNumber, "650 253 0000", us).unwrap();
        assert_eq!(number.value(), "+16502530000");
        assert!(Ignored::parse("650 253 0000", gb).unwrap().is(&number));
        assert!(Ignored::parse("(650) 253-0000", us).unwrap().is(&number));
        assert!(!Ignored::parse("(650) 253-0000", gb).unwrap().is(&number));
    }
}

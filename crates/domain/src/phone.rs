use crate::Invalid;
use phonenumber::country::Id;

/// A country whose telephone numbering plan is known: an ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Id);

impl Country {
    /// Longer texts are never telephone numbers, and are not looked at.
    const NUMBER_LENGTH_MAX: usize = 64;

    /// Any case. Code: `unknown_country`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        raw.trim()
            .to_ascii_uppercase()
            .parse()
            .map(Self)
            .map_err(|_| Invalid::new("unknown_country", "must be a two-letter country code, such as GB"))
    }

    /// The two-letter code, upper case.
    pub fn code(&self) -> &str {
        self.0.as_ref()
    }

    /// The number in E.164 (`+442079460018`), read as one of this country's when it carries no country code.
    /// `None` when the plan has no such number:
    /// half-read numbers would not be equal to themselves. Rules: libphonenumber's.
    pub fn e164(self, raw: &str) -> Option<String> {
        if raw.len() > Self::NUMBER_LENGTH_MAX {
            return None;
        }
        let raw = raw.trim().trim_start_matches("tel:");
        // The library would strip this country's trunk prefix from a number that begins with another's code.
        let default_country = (!raw.starts_with('+')).then_some(self.0);
        let number = phonenumber::parse(default_country, raw).ok()?;
        number.is_valid().then(|| number.format().mode(phonenumber::Mode::E164).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn e164(country: &str, raw: &str) -> Option<String> {
        Country::parse(country).unwrap().e164(raw)
    }

    /// From libphonenumber's own tests and from what people type.
    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("GB", "020 7946 0018", Some("+442079460018")),
            ("GB", "+44 (0)20 7946 0018", Some("+442079460018")),
            ("GB", "0044 20 7946 0018", Some("+442079460018")),
            ("US", "(650) 253-0000", Some("+16502530000")),
            ("US", "1-650-253-0000 ext. 4", Some("+16502530000")),
            ("IT", "02 3661 8300", Some("+390236618300")),
            ("DE", "030/901820", Some("+4930901820")),
            ("GB", "+965 2244 1234", Some("+96522441234")),
            ("US", "+44 121 496 0018", Some("+441214960018")),
            ("GB", "tel:+442079460018", Some("+442079460018")),
            ("GB", "ask for Ann", None),
            ("GB", "1", None),
            ("GB", "", None),
            ("GB", "+", None),
        ];
        for (country, raw, expected) in cases {
            assert_eq!(e164(country, raw).as_deref(), expected, "{country} {raw}");
        }
        assert_eq!(e164("GB", &"9".repeat(1_000_000)), None);
        assert_eq!(Country::parse("UK").map_err(|error| error.code), Err("unknown_country"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_none(raw in "\\PC{0,40}", digits in "[-+ ()0-9.ext#;=]{0,70}") {
            let _ = (e164("GB", &raw), e164("US", &digits));
        }

        #[test]
        fn a_number_in_e164_is_itself(raw in "[0-9]{9,11}") {
            if let Some(number) = e164("GB", &raw) {
                prop_assert_eq!(e164("US", &number), Some(number.clone()));
            }
        }
    }
}

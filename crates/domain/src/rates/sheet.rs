use super::Rate;
use crate::{Currency, Day, Invalid};
use std::collections::BTreeMap;
use std::fmt;

/// Rates as a file has them: the European Central Bank's `eurofxref-hist.csv`, or one in its form.
///
/// The first line names the columns, `Date` and then currencies; each further line is a day, in any order. `N/A` says that
/// a day has no rate. The bank's own lines end with a comma: a column without a name, in which nothing stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateSheet {
    /// The columns' currencies.
    pub currencies: Vec<Currency>,
    /// In order of day: of each currency its rate, or that there is none.
    pub days: BTreeMap<Day, Vec<Option<Rate>>>,
    /// Columns of currencies that no longer exist, which are left out: no amount can be in them.
    pub left_out: Vec<String>,
}

/// What is wrong with a file of rates, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetProblem {
    /// The first line is 1.
    pub line: usize,
    /// The column's place, from 1 on, and its name; `None` for the whole line.
    pub column: Option<(usize, String)>,
    /// What is wrong there.
    pub invalid: Invalid,
}

impl fmt::Display for SheetProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match &self.column {
            Some((place, name)) if name.is_empty() => write!(f, ", column {place}")?,
            Some((place, name)) => write!(f, ", column {place} ({name})")?,
            None => {}
        }
        write!(f, " {}", self.invalid)
    }
}

/// What a column holds.
enum Column {
    Rates,
    LeftOut,
    /// Without a name: nothing.
    Nothing,
}

/// Reads a file from top to bottom, gathering what is wrong.
struct Reader {
    /// Behind the date, in order, with their names.
    columns: Vec<(Column, String)>,
    sheet: RateSheet,
    problems: Vec<SheetProblem>,
}

impl RateSheet {
    /// The most problems that are told.
    pub const PROBLEMS_MAX: usize = 20;

    /// Reads a whole file. Either everything in it is good, or the error says what is not. Codes: those of [`Day::parse`] and
    /// [`Rate::parse`], `wrong_header`, `unknown_currency`, `euro_rate`, `duplicate`, `wrong_length`, `unexpected`, `empty`.
    pub fn parse(text: &str) -> Result<Self, Vec<SheetProblem>> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
        let mut reader = Reader { columns: Vec::new(), sheet: Self::default(), problems: Vec::new() };
        let header = lines.next().map_or("", |(line, _)| line);
        reader.header(header);
        if reader.problems.is_empty() {
            for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
                reader.day(line, number);
                if reader.problems.len() >= Self::PROBLEMS_MAX {
                    break;
                }
            }
        }
        if reader.problems.is_empty() && reader.sheet.days.is_empty() {
            reader.add(1, None, Invalid::new("empty", "must be followed by at least one day"));
        }
        if reader.problems.is_empty() {
            return Ok(reader.sheet);
        }
        reader.problems.truncate(Self::PROBLEMS_MAX);
        Err(reader.problems)
    }

    /// Every rate, in order of day.
    pub fn rates(&self) -> impl Iterator<Item = (Currency, Day, Rate)> {
        self.days.iter().flat_map(|(day, rates)| {
            let of_day = self.currencies.iter().zip(rates);
            of_day.filter_map(|(currency, rate)| Some((*currency, *day, (*rate)?)))
        })
    }
}

impl Reader {
    fn add(&mut self, line: usize, column: Option<(usize, &str)>, invalid: Invalid) {
        let column = column.map(|(place, name)| (place, name.to_owned()));
        self.problems.push(SheetProblem { line, column, invalid });
    }

    fn header(&mut self, line: &str) {
        let mut cells = line.split(',').map(str::trim);
        if !cells.next().is_some_and(|first| first.eq_ignore_ascii_case("Date")) {
            let must = "must name the columns, as in `Date,USD,JPY`: the bank's eurofxref-hist.csv begins so";
            self.add(1, None, Invalid::new("wrong_header", must));
            return;
        }
        for (name, place) in cells.zip(2..) {
            if !name.is_empty() && self.columns.iter().any(|(_, other)| other.eq_ignore_ascii_case(name)) {
                self.add(1, Some((place, name)), Invalid::new("duplicate", "must stand there only once"));
            }
            let column = match Currency::parse(name) {
                _ if name.is_empty() => Column::Nothing,
                Ok(euro) if euro.is_euro() => {
                    let must = "must not be there: rates say what one euro is worth";
                    self.add(1, Some((place, name)), Invalid::new("euro_rate", must));
                    Column::LeftOut
                }
                Ok(currency) => {
                    self.sheet.currencies.push(currency);
                    Column::Rates
                }
                Err(_) if name.len() == 3 && name.bytes().all(|b| b.is_ascii_alphabetic()) => {
                    self.sheet.left_out.push(name.to_ascii_uppercase());
                    Column::LeftOut
                }
                Err(invalid) => {
                    self.add(1, Some((place, name)), invalid);
                    Column::LeftOut
                }
            };
            self.columns.push((column, name.to_owned()));
        }
        if self.problems.is_empty() && self.sheet.currencies.is_empty() {
            self.add(1, None, Invalid::new("wrong_header", "must name at least one currency of today"));
        }
    }

    fn day(&mut self, line: &str, number: usize) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let (date, cells) = (cells[0], &cells[1..]);
        if cells.len() != self.columns.len() {
            let must = format!(
                "must have {} columns as the first line has, not {}",
                self.columns.len() + 1,
                cells.len() + 1
            );
            self.add(number, None, Invalid::new("wrong_length", must));
            return;
        }
        let day = match Day::parse(date) {
            Ok(day) => day,
            Err(invalid) => return self.add(number, Some((1, "Date")), invalid),
        };
        let mut rates = Vec::with_capacity(self.sheet.currencies.len());
        let mut problems = Vec::new();
        for (((column, name), cell), place) in self.columns.iter().zip(cells).zip(2..) {
            let mut wrong = |invalid| {
                problems.push(SheetProblem { line: number, column: Some((place, name.clone())), invalid });
            };
            match column {
                Column::Nothing if cell.is_empty() => {}
                Column::Nothing => wrong(Invalid::new("unexpected", "must be empty: the column has no name")),
                Column::LeftOut => {}
                Column::Rates => match rate(cell) {
                    Ok(rate) => rates.push(rate),
                    Err(invalid) => wrong(invalid),
                },
            }
        }
        self.problems.extend(problems);
        if self.sheet.days.insert(day, rates).is_some() {
            self.add(number, Some((1, "Date")), Invalid::new("duplicate", "must stand there only once"));
        }
    }
}

/// A rate, or that there is none.
fn rate(cell: &str) -> Result<Option<Rate>, Invalid> {
    if cell.eq_ignore_ascii_case("N/A") {
        return Ok(None);
    }
    if cell.is_empty() {
        return Err(Invalid::new("empty", "must be a rate, or N/A where there is none"));
    }
    Rate::parse(cell).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHEET: &str = "Date,USD,JPY,CYP,\n2024-01-16,1.0882,160.15,N/A,\n2024-01-15,1.0945,N/A,0.58,\n";

    fn problems(text: &str) -> Vec<String> {
        RateSheet::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_bank_s_file_is_read() {
        let sheet = RateSheet::parse(SHEET).unwrap();
        let codes: Vec<_> = sheet.currencies.iter().map(|currency| currency.code()).collect();
        assert_eq!((codes, sheet.left_out.clone()), (vec!["USD", "JPY"], vec!["CYP".to_owned()]));
        let shown: Vec<_> =
            sheet.rates().map(|(currency, day, rate)| format!("{day} {currency} {rate}")).collect();
        assert_eq!(shown, ["2024-01-15 USD 1.0945", "2024-01-16 USD 1.0882", "2024-01-16 JPY 160.15"]);
        assert_eq!(sheet.days[&Day::parse("2024-01-15").unwrap()][1], None);
        let other = format!("\u{feff}{}\n \n", SHEET.replace('\n', "\r\n").replace("USD", " usd "));
        assert_eq!(
            RateSheet::parse(&other),
            Ok(sheet),
            "line ends, blanks and a byte order mark say nothing"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            (
                "",
                "line 1 must name the columns, as in `Date,USD,JPY`: the bank's eurofxref-hist.csv begins so",
            ),
            (
                "Date;USD\n2024-01-15;1.0945",
                "line 1 must name the columns, as in `Date,USD,JPY`: the bank's eurofxref-hist.csv begins so",
            ),
            ("Date,USD,GBPX\n", "line 1, column 3 (GBPX) must be an ISO 4217 currency code, such as GBP"),
            ("Date,USD,usd\n", "line 1, column 3 (usd) must stand there only once"),
            ("Date,EUR\n", "line 1, column 2 (EUR) must not be there: rates say what one euro is worth"),
            ("Date,CYP,\n", "line 1 must name at least one currency of today"),
            ("Date,USD\n", "line 1 must be followed by at least one day"),
            (
                "Date,USD\n2024-01-15,1.0945\n15/01/2024,1.1",
                "line 3, column 1 (Date) must be a date as yyyy-MM-dd",
            ),
            ("Date,USD,\n2024-01-15,1.0945", "line 2 must have 3 columns as the first line has, not 2"),
            ("Date,USD,\n2024-01-15,1.0945,7", "line 2, column 3 must be empty: the column has no name"),
            ("Date,USD\n2024-01-15,", "line 2, column 2 (USD) must be a rate, or N/A where there is none"),
            ("Date,USD\n2024-01-15,1.O945", "line 2, column 2 (USD) must be a valid number"),
            (
                "Date,USD\n2024-01-15,0",
                "line 2, column 2 (USD) must be greater than 0 and at most 1000000000",
            ),
            ("Date,USD\n2024-01-15,1\n\n2024-01-15,1", "line 4, column 1 (Date) must stand there only once"),
        ];
        for (text, expected) in cases {
            assert_eq!(problems(text), [expected], "{text:?}");
        }
        let many = format!("Date,USD,GBP\n{}", "2024-01-15,x,y\n".repeat(100));
        assert_eq!(problems(&many).len(), RateSheet::PROBLEMS_MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_a_sheet_or_refused(text in "(Date|[A-Z]{3}|[0-9.,\n-]|N/A|\\PC){0,60}") {
            let _ = RateSheet::parse(&text);
        }
    }
}

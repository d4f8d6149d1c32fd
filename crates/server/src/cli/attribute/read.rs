use crate::cli::CliError;
use csv::StringRecord;
use flate2::bufread::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;

/// A file of paths, read: its touches one after the other, and one row for each path.
pub(super) struct PathFile {
    /// The names of the channels, in the order of the alphabet; their places are their numbers.
    pub(super) channels: Vec<String>,
    pub(super) rows: Vec<Row>,
    touches: Vec<u32>,
    /// As many as touches; all zero when the file has none.
    times: Vec<i64>,
    has_times: bool,
}

/// Journeys over the same channels.
pub(super) struct Row {
    touches: Range<usize>,
    pub(super) conversions: u64,
    pub(super) value: f64,
    pub(super) nulls: u64,
}

impl PathFile {
    /// Reads a file, or standard input for `-`.
    pub(super) fn read(name: &str) -> Result<Self, CliError> {
        let wrong = |why: String| {
            CliError::new(format!("{}: {why}", if name == "-" { "standard input" } else { name }))
        };
        let source: Box<dyn Read> = match name {
            "-" => Box::new(std::io::stdin().lock()),
            path => Box::new(File::open(path).map_err(|error| wrong(error.to_string()))?),
        };
        let mut source = BufReader::new(source);
        let start = source.fill_buf().map_err(|error| wrong(error.to_string()))?;
        let is_gzipped = start.starts_with(&[0x1f, 0x8b]);
        let source: Box<dyn Read> =
            if is_gzipped { Box::new(MultiGzDecoder::new(source)) } else { Box::new(source) };
        Self::parse(source).map_err(wrong)
    }

    /// Of a reader; what is wrong is named with its line and column.
    fn parse(source: impl Read) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(source);
        let columns = Columns::of(reader.headers().map_err(|error| told(&error))?)?;
        let has_times = columns.times.is_some();
        let mut numbers = BTreeMap::new();
        let mut file = Self {
            channels: Vec::new(),
            rows: Vec::new(),
            touches: Vec::new(),
            times: Vec::new(),
            has_times,
        };
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| told(&error))? {
            let row = file.take(&columns, &record, &mut numbers);
            let line = record.position().map_or(0, csv::Position::line);
            file.rows.push(row.map_err(|why| format!("line {line}: {why}"))?);
        }
        if file.rows.is_empty() {
            return Err("there are no paths below the head".to_owned());
        }
        file.sort_channels(numbers);
        Ok(file)
    }

    fn take(
        &mut self,
        columns: &Columns,
        record: &StringRecord,
        numbers: &mut BTreeMap<String, u32>,
    ) -> Result<Row, String> {
        let begin = self.touches.len();
        for channel in record.get(columns.path).unwrap_or_default().split('>').map(str::trim) {
            if channel.is_empty() {
                return Err("'path' must name channels joined by \" > \", none of them empty".to_owned());
            }
            let next = u32::try_from(numbers.len()).map_err(|_| "there are too many channels".to_owned())?;
            let number = match numbers.get(channel) {
                Some(number) => *number,
                None => *numbers.entry(channel.to_owned()).or_insert(next),
            };
            self.touches.push(number);
        }
        let touches = begin..self.touches.len();
        match columns.times {
            Some(column) => self.times.extend(times(record.get(column).unwrap_or_default(), touches.len())?),
            None => self.times.resize(touches.end, 0),
        }
        let count = |name, column: Option<usize>| column.map_or(Ok(0), |column| count(name, &record[column]));
        Ok(Row {
            touches,
            conversions: count("total_conversions", Some(columns.conversions))?,
            value: columns.value.map_or(Ok(0.0), |column| value(&record[column]))?,
            nulls: count("total_null", columns.nulls)?,
        })
    }

    /// Numbers channels by the alphabet, so that the order of the rows makes no difference.
    fn sort_channels(&mut self, numbers: BTreeMap<String, u32>) {
        let mut sorted = vec![0; numbers.len()];
        for (place, number) in (0..).zip(numbers.values()) {
            sorted[*number as usize] = place;
        }
        self.touches.iter_mut().for_each(|number| *number = sorted[*number as usize]);
        self.channels = numbers.into_keys().collect();
    }

    /// Whether it is known when touches happened.
    pub(super) fn has_times(&self) -> bool {
        self.has_times
    }

    /// A row's touches and their times.
    pub(super) fn path(&self, row: &Row) -> (&[u32], &[i64]) {
        (&self.touches[row.touches.clone()], &self.times[row.touches.clone()])
    }

    /// All conversions, what they are worth, and what came to nothing.
    pub(super) fn totals(&self) -> (u64, f64, u64) {
        let of = |what: fn(&Row) -> u64| self.rows.iter().map(what).sum();
        (of(|row| row.conversions), self.rows.iter().map(|row| row.value).sum(), of(|row| row.nulls))
    }
}

/// Where what stands.
struct Columns {
    path: usize,
    conversions: usize,
    value: Option<usize>,
    nulls: Option<usize>,
    times: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Result<Self, String> {
        let place = |name: &str| head.iter().position(|column| column.trim() == name);
        let needed = |name: &str| place(name).ok_or_else(|| format!("line 1: there is no column '{name}'"));
        Ok(Self {
            path: needed("path")?,
            conversions: needed("total_conversions")?,
            value: place("total_conversion_value"),
            nulls: place("total_null"),
            times: place("times"),
        })
    }
}

/// 2^50: floats hold such counts exactly, and thousands of them add up.
const COUNT_MAX: f64 = 1_125_899_906_842_624.0;

/// Other programs write whole numbers as `3`, `3.0` and `3e0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is looked at first")]
fn count(name: &str, raw: &str) -> Result<u64, String> {
    let read = raw.trim().parse::<f64>().ok();
    let whole = read.filter(|number| number.fract() == 0.0 && (0.0..=COUNT_MAX).contains(number));
    whole.map(|number| number as u64).ok_or_else(|| format!("'{name}' must be a whole number, not '{raw}'"))
}

fn value(raw: &str) -> Result<f64, String> {
    let read = raw.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    read.ok_or_else(|| format!("'total_conversion_value' must be a number, not '{raw}'"))
}

fn times(raw: &str, touches: usize) -> Result<Vec<i64>, String> {
    let read: Result<Vec<i64>, _> = raw.split('>').map(|time| time.trim().parse()).collect();
    let times = read.map_err(|_| format!("'times' must be whole seconds joined by \" > \", not '{raw}'"))?;
    if times.len() != touches {
        return Err(format!(
            "'times' must be as many as the path has channels, {touches}, not {}",
            times.len()
        ));
    }
    if !times.is_sorted() {
        return Err(format!("'times' must ascend, not '{raw}'"));
    }
    Ok(times)
}

/// On one line, with the line of the file.
fn told(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line}: there are {len} columns, and {expected_len} in the head")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: this is not UTF-8"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_write_is_read() {
        let text =
            "\u{feff}total_null,path,total_conversions,times\r\n3.0,\"b>a > b\",2e0,-1 > 0>7\r\n0,a,0,5\r\n";
        let file = PathFile::parse(text.as_bytes()).unwrap();
        assert_eq!(file.channels, ["a", "b"]);
        assert_eq!(file.path(&file.rows[0]), (&[1, 0, 1][..], &[-1, 0, 7][..]));
        assert_eq!(file.path(&file.rows[1]), (&[0][..], &[5][..]));
        assert_eq!((file.totals(), file.has_times()), ((2, 0.0, 3), true));
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_column() {
        let head = "path,total_conversions,total_conversion_value,total_null,times\n";
        for (row, line, part) in [
            ("", "", "no paths"),
            ("a,1,1,1,1\na > ,1,1,1,1 > 2", "line 3", "'path'"),
            ("a,x,1,1,1", "line 2", "'total_conversions' must be a whole number, not 'x'"),
            ("a,1.5,1,1,1", "line 2", "'total_conversions'"),
            ("a,-1,1,1,1", "line 2", "'total_conversions'"),
            ("a,1,NaN,1,1", "line 2", "'total_conversion_value'"),
            ("a,1,inf,1,1", "line 2", "'total_conversion_value'"),
            ("a,1,1,1e99,1", "line 2", "'total_null'"),
            ("a > b,1,1,1,1", "line 2", "'times' must be as many as the path has channels, 2, not 1"),
            ("a > b,1,1,1,2 > 1", "line 2", "'times' must ascend"),
            ("a,1,1,1,now", "line 2", "'times' must be whole seconds"),
            ("\"a\nb\",1,1,1,1\nc,1,1,1", "line 4", "4 columns"),
        ] {
            let why = PathFile::parse(format!("{head}{row}").as_bytes()).err().unwrap();
            assert!(why.starts_with(line) && why.contains(part), "{row}: {why}");
        }
        for (text, part) in [("", "'path'"), ("path,total_conversion\n", "'total_conversions'")] {
            let why = PathFile::parse(text.as_bytes()).err().unwrap();
            assert!(why.contains(part), "{why}");
        }
        let why = PathFile::parse(&b"path,total_conversions\n\xff,1\n"[..]).err().unwrap();
        assert_eq!(why, "line 2: this is not UTF-8");
    }
}

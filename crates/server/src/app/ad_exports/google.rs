//! Google Ads' file of offline conversions.
//!
//! It is CSV after a line with the time zone of times that name none. The column that begins with `Google Click ID` must be
//! there, and no column that the template does not have, nor anything personal:
//! <https://support.google.com/google-ads/answer/7014069>. One click id goes with a conversion, and two are refused:
//! <https://developers.google.com/google-ads/api/docs/conversions/upload-clicks>. That page's `gbraid` and `wbraid` have columns
//! of their own, which a file without such a click does not need and does not have.

use super::source::Source;
use super::{OrderId, Wanted};
use touchline_domain::Instant;
use touchline_domain::channel::ClickIdKind;

/// Times name their zone too, so that this only says the same.
const FIRST_LINE: &str = "Parameters:TimeZone=+0000\r\n";

/// The header and each conversion's line.
pub(super) fn write(wanted: &Wanted, sources: &[Source]) -> Result<(String, Vec<String>), String> {
    let has_braids = sources.iter().any(|source| source.conversion.click != ClickIdKind::Gclid);
    let mut header = vec!["Google Click ID"];
    if has_braids {
        header.extend(["GBRAID", "WBRAID"]);
    }
    header.extend(["Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency"]);
    if wanted.order_id != OrderId::Omitted {
        header.push("Order ID");
    }
    let lines = sources.iter().map(|source| line(&cells(wanted, source, has_braids)));
    Ok((format!("{FIRST_LINE}{}", line(&header)?), lines.collect::<Result<_, _>>()?))
}

fn cells(wanted: &Wanted, source: &Source, has_braids: bool) -> Vec<String> {
    let conversion = &source.conversion;
    let id = |kind| if conversion.click == kind { source.click_id.clone() } else { String::new() };
    let mut cells = vec![id(ClickIdKind::Gclid)];
    if has_braids {
        cells.extend([id(ClickIdKind::Gbraid), id(ClickIdKind::Wbraid)]);
    }
    let (amount, currency) =
        conversion.value.map_or_else(Default::default, |value| (value.amount(), value.currency.to_string()));
    cells.extend([wanted.query.name.to_string(), time(conversion.at), amount, currency]);
    match wanted.order_id {
        OrderId::Key => cells.push(conversion.key.to_string()),
        OrderId::Reference => cells.push(conversion.record.reference.to_string()),
        OrderId::Omitted => {}
    }
    cells
}

/// `2024-02-20 09:30:00+0000`
fn time(at: Instant) -> String {
    // An instant is one of jiff's.
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S+0000").to_string()
}

fn line<T: AsRef<[u8]>>(cells: &[T]) -> Result<String, String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

pub(super) fn file<'a>(header: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let mut file = header.to_owned();
    lines.for_each(|line| file += line);
    file
}

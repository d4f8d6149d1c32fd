//! Reports as tables: CSV, and NDJSON of their rows.

use super::super::error::{ApiError, Code};
use super::super::export::Format;
use super::super::query::Query as Parameters;
use super::super::records::export_format;
use super::report_out::{ReportOut, RowOut, SideOut};
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use touchline_domain::Invalid;

/// How an answer looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
    Ndjson,
}

impl Form {
    /// What a request asks for: by parameter, or else by `Accept`.
    pub(super) fn asked(parameters: &mut Parameters, headers: &HeaderMap) -> Self {
        let named = parameters.optional("format", |raw| match raw {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "ndjson" => Ok(Self::Ndjson),
            _ => Err(Invalid::new("unknown_format", "must be json, csv or ndjson")),
        });
        named.unwrap_or_else(|| match export_format(headers) {
            Some(Format::Csv) => Self::Csv,
            Some(Format::Ndjson) => Self::Ndjson,
            None => Self::Json,
        })
    }
}

/// A report's rows in one of the other forms.
pub(super) fn respond(report: &ReportOut, form: Form) -> Result<Response, ApiError> {
    let failed = |error: String| {
        tracing::error!(%error, "a report could not be written");
        ApiError::new(Code::Internal, "The report could not be written.")
    };
    let (content_type, file, body) = match form {
        Form::Csv => {
            ("text/csv; charset=utf-8", "report.csv", csv(report).map_err(|e| failed(e.to_string()))?)
        }
        Form::Json | Form::Ndjson => {
            ("application/x-ndjson", "report.ndjson", ndjson(report).map_err(|e| failed(e.to_string()))?)
        }
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    for (name, value) in basis(report) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

/// What rows alone do not say, as headers: what was asked, and as of what it was answered.
fn basis(report: &ReportOut) -> [(&'static str, String); 5] {
    let models: Vec<&str> = report.query.models().collect();
    let (data, rates) = (&report.data, &report.rates);
    [
        ("touchline-models", models.join("; ")),
        ("touchline-query", report.query.in_a_line()),
        ("touchline-as-of", data.as_of.clone()),
        (
            "touchline-data-version",
            format!("journeys={}; costs={}; rates={}", data.version, data.costs, data.rates),
        ),
        ("touchline-rates", rates.in_a_line()),
    ]
}

fn ndjson(report: &ReportOut) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::new();
    for row in &report.rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn csv(report: &ReportOut) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let is_compared = report.previous_totals.is_some();
    writer.write_record(header(report, is_compared))?;
    for row in &report.rows {
        writer.write_record(cells(report, row, is_compared))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

const FIGURES: [&str; 9] =
    ["value", "wonValue", "records", "won", "lost", "winRate", "daysToClose", "roas", "costPerRecord"];

const COUNTS: [&str; 7] = ["reached", "assisted", "cost", "clicks", "impressions", "visits", "conversions"];

fn header(report: &ReportOut, is_compared: bool) -> Vec<String> {
    let mut names = report.query.by().to_vec();
    names.push("currency".to_owned());
    let mut figures = |mark: &str| {
        for model in report.query.models() {
            names.extend(FIGURES.iter().map(|figure| format!("{mark}{model} {figure}")));
        }
        names.extend(COUNTS.map(|count| format!("{mark}{count}")));
    };
    figures("");
    if is_compared {
        figures("previous ");
    }
    names
}

fn cells(report: &ReportOut, row: &RowOut, is_compared: bool) -> Vec<String> {
    let value =
        |name: &String| row.values.get(name).and_then(|value| value.as_str()).unwrap_or("").to_owned();
    let mut cells: Vec<String> = report.query.by().iter().map(value).collect();
    cells.push(row.currency.to_owned());
    cells.extend(side(&row.side));
    if is_compared {
        let width = report.query.models().count() * FIGURES.len() + COUNTS.len();
        cells.extend(row.previous.as_ref().map_or_else(|| vec![String::new(); width], side));
    }
    cells
}

fn side(side: &SideOut) -> Vec<String> {
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let mut cells = Vec::new();
    for model in &side.models {
        let figures = &model.figures;
        cells.extend([figures.value.clone(), figures.won_value.clone()]);
        cells.extend([figures.records, figures.won, figures.lost].map(|n| n.to_string()));
        cells.extend([figures.win_rate, figures.days_to_close, model.returns.roas].map(number));
        cells.push(model.returns.cost_per_record.clone().unwrap_or_default());
    }
    let (cost, traffic) = (side.cost.as_ref(), side.traffic.as_ref());
    cells.extend([side.reached.to_string(), side.assisted.to_string()]);
    cells.push(cost.map(|cost| cost.amount.clone()).unwrap_or_default());
    cells.extend([cost.map(|cost| cost.clicks), cost.map(|cost| cost.impressions)].map(count));
    cells.extend(
        [traffic.map(|traffic| traffic.visits), traffic.map(|traffic| traffic.conversions)].map(count),
    );
    cells
}

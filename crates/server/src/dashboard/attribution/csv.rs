//! The table as a file: the same columns, the rows in the same order, amounts as plain decimals.

use super::choices::{Choices, Show, model_key};
use super::table::{Column, Figure, Table};
use crate::http::error::{ApiError, Code};
use crate::http::reports::cell_out::count;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use touchline_domain::report::Query;
use touchline_domain::{Currency, format_minor};

pub(super) fn respond(query: &Query, choices: &Choices, table: &Table) -> Result<Response, ApiError> {
    let body = write(query, choices.show, table).map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        ApiError::new(Code::Internal, "The report could not be written.")
    })?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"attribution.csv\""));
    Ok(response)
}

fn write(query: &Query, show: Show, table: &Table) -> Result<Vec<u8>, ::csv::Error> {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let mut header: Vec<String> = query.by.iter().map(|one| inert(&one.to_string())).collect();
    header.push("currency".to_owned());
    header.extend(table.columns.iter().map(|column| name(*column, query, show)));
    writer.write_record(header)?;
    for line in &table.lines {
        let values = line.values.iter().map(|value| inert(value));
        let figures = line.figures.iter().map(|figure| raw(*figure, line.currency));
        writer.write_record(values.chain([line.currency.code().to_owned()]).chain(figures))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn name(column: Column, query: &Query, show: Show) -> String {
    let under = |place: usize| model_key(&query.models[place]);
    let show = show.name();
    match column {
        Column::Under(place) => format!("{} {show}", under(place)),
        Column::Difference(place) => format!("{} {show} difference", under(place)),
        Column::Previous => format!("previous {} {show}", under(0)),
        Column::Change => format!("{} {show} change", under(0)),
        Column::Cost | Column::Assisted => column.key(&query.models),
        _ => format!("{} {}", under(0), column.key(&query.models)),
    }
}

fn raw(figure: Option<Figure>, currency: Currency) -> String {
    figure.map_or_else(String::new, |figure| match figure {
        Figure::Money(minor) => format_minor(minor, currency),
        Figure::Records(millionths) => count(millionths).to_string(),
        Figure::Count(number) => number.to_string(),
        Figure::Share(number) | Figure::Ratio(number) => number.to_string(),
    })
}

/// A text that no spreadsheet takes for a formula: values come from outside, and whoever opens the file trusts it.
fn inert(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("{mark}{text}")
}

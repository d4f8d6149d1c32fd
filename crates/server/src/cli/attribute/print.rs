use super::credit::{Attribution, Credit, Share};
use super::read::PathFile;
use crate::cli::CliError;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many models stand side by side.
const ABREAST: usize = 5;

/// The width of the names: that of the longest, unless it is very long.
fn name_width(file: &PathFile) -> usize {
    let longest = file.channels.iter().map(|name| name.chars().count()).max();
    longest.unwrap_or_default().clamp(14, 40)
}

/// Tables for people: conversions, what they are worth, removal effects.
///
/// `left_out` are models that were not asked for by name, and for which the file says too little.
pub(super) fn text(file: &PathFile, attribution: &Attribution, left_out: &[&str]) -> String {
    let (conversions, value, nulls) = file.totals();
    let paths = file.rows.len();
    let direct = attribution.direct.definition();
    let mut text = format!(
        "{paths} paths: {conversions} conversions worth {value:.2}, and {nulls} that came to nothing. {direct}\n"
    );
    for credits in attribution.credits.chunks(ABREAST) {
        text += &table("conversions", file, credits, |share| share.conversions);
    }
    let has_values = file.rows.iter().any(|row| row.value != 0.0);
    for credits in attribution.credits.chunks(ABREAST).filter(|_| has_values) {
        text += &table("value", file, credits, |share| share.value);
    }
    if let Some(fit) = &attribution.fit {
        text += &format!("\nremoval effects, of a base rate of {:.6}\n", fit.base_rate());
        let width = name_width(file);
        for (channel, effect) in fit.removal_effects() {
            text += &format!("{:<width$}  {effect:>14.6}\n", file.channels[channel as usize]);
        }
    }
    if !left_out.is_empty() {
        text += &format!("\nleft out, for the file has no column 'times': {}\n", left_out.join(", "));
    }
    text
}

/// Channels from top to bottom, models from left to right.
fn table(what: &str, file: &PathFile, credits: &[Credit], of: fn(&Share) -> f64) -> String {
    let names = name_width(file);
    let mut text = format!("\n{what:<names$}");
    let width = |credit: &Credit| credit.model.name().len().max(14);
    for credit in credits {
        text += &format!("  {:>width$}", credit.model.name(), width = width(credit));
    }
    let mut line = |name: &str, shares: &dyn Fn(&Credit) -> f64| {
        text += &format!("\n{name:<names$}");
        for credit in credits {
            text += &format!("  {:>width$.4}", shares(credit), width = width(credit));
        }
    };
    for (place, name) in file.channels.iter().enumerate() {
        line(name, &|credit| of(&credit.channels[place]));
    }
    if credits.iter().any(|credit| credit.unattributed != Share::default()) {
        line("(unattributed)", &|credit| of(&credit.unattributed));
    }
    text += "\n";
    text
}

#[derive(Serialize)]
struct LineOut<'a> {
    model: String,
    channel: &'a str,
    conversions: f64,
    value: f64,
    removal_effect: Option<f64>,
}

/// One line for each model and channel; the channel is empty for what nobody gets.
pub(super) fn csv(file: &PathFile, attribution: &Attribution) -> Result<String, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for Credit { model, channels, unattributed } in &attribution.credits {
        let fit = attribution.fit.as_ref().filter(|_| model.needs_fit());
        let lines = (0..)
            .zip(&file.channels)
            .zip(channels)
            .map(|((number, name), share)| (name.as_str(), share, fit.map(|fit| fit.removal_effect(number))));
        let nobody = (*unattributed != Share::default()).then_some(("", unattributed, None));
        for (channel, Share { conversions, value }, removal_effect) in lines.chain(nobody) {
            let (conversions, value, model) = (*conversions, *value, model.to_string());
            let line = LineOut { model, channel, conversions, value, removal_effect };
            writer.serialize(line).map_err(CliError::new)?;
        }
    }
    String::from_utf8(writer.into_inner().map_err(CliError::new)?).map_err(CliError::new)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributionOut<'a> {
    paths: usize,
    conversions: u64,
    value: f64,
    nulls: u64,
    direct: &'static str,
    base_rate: Option<f64>,
    removal_effects: Option<BTreeMap<&'a str, f64>>,
    models: Vec<CreditOut<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreditOut<'a> {
    model: &'static str,
    parameters: BTreeMap<&'static str, String>,
    definition: String,
    channels: BTreeMap<&'a str, ShareOut>,
    unattributed: ShareOut,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShareOut {
    conversions: f64,
    value: f64,
}

impl From<&Share> for ShareOut {
    fn from(&Share { conversions, value }: &Share) -> Self {
        Self { conversions, value }
    }
}

/// Everything, for programs.
pub(super) fn json(file: &PathFile, attribution: &Attribution) -> Result<String, CliError> {
    let (conversions, value, nulls) = file.totals();
    let names = || file.channels.iter().map(String::as_str);
    let fit = attribution.fit.as_ref();
    let models = attribution.credits.iter().map(|Credit { model, channels, unattributed }| CreditOut {
        model: model.name(),
        parameters: model.parameters().into_iter().collect(),
        definition: model.definition(),
        channels: names().zip(channels.iter().map(ShareOut::from)).collect(),
        unattributed: unattributed.into(),
    });
    let out = AttributionOut {
        paths: file.rows.len(),
        conversions,
        value,
        nulls,
        direct: attribution.direct.name(),
        base_rate: fit.map(touchline_domain::attribution::Fit::base_rate),
        removal_effects: fit
            .map(|fit| (0..).zip(names()).map(|(number, name)| (name, fit.removal_effect(number))).collect()),
        models: models.collect(),
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&out).map_err(CliError::new)?))
}

//! What a record must be, computed from the uploads that were acknowledged without any of the product's code.

use crate::dice::Dice;
use serde_json::{Map, Value, json};

const STAGES: [&str; 5] = ["Lead", "Qualified", "Proposal", "Won", "Lost"];
const LABELS: [&str; 4] = ["brand", "inbound", "partner", "trade fair"];

/// One upload.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// Of January 2024.
    day: usize,
    /// `None` for a date without a time.
    hour: Option<usize>,
    stage: &'static str,
    pence: usize,
    /// Sorted.
    emails: Vec<String>,
    labels: Option<Vec<&'static str>>,
    /// Sorted by name.
    properties: Option<Vec<(&'static str, String)>>,
}

impl Statement {
    /// An upload as long as real ones, with a note of up to `note_max` characters.
    pub(crate) fn draw(dice: &mut Dice, reference: &str, note_max: usize) -> Self {
        let somebody = format!("buyer{}@example.com", dice.below(500));
        let own = own_email(reference);
        let emails = if dice.one_in(3) { vec![somebody, own] } else { vec![own] };
        let label = dice.pick(&LABELS);
        let note = "n".repeat(1 + dice.below(note_max));
        let agent = format!("Agent {}", dice.below(30));
        let product = format!("Product {} in a package of {}", dice.below(9), dice.below(1_000));
        let properties = vec![("Agent", agent), ("Note", note), ("Product", product)];
        Self {
            day: 1 + dice.below(9),
            hour: (!dice.one_in(4)).then(|| dice.below(3)),
            stage: dice.pick(&STAGES),
            pence: dice.below(10_000_000),
            emails,
            labels: (!dice.one_in(3)).then(|| vec![label]),
            properties: (!dice.one_in(3)).then_some(properties),
        }
    }

    /// The body as a CRM sends it.
    pub(crate) fn body(&self, reference: &str) -> Value {
        let email = |email: &String| json!({ "Key": "EmailAddress", "Value": email });
        let property = |(name, value): &(&str, String)| json!({ "Name": name, "Value": value });
        let mut body = json!({
            "Reference": reference, "PipelineStage": self.stage, "OpportunityValue": decimal(self.pence),
            "OpportunityDateTime": self.at(), "CurrencyCode": "GBP",
            "VisitorIdentifierOptions": self.emails.iter().map(email).collect::<Vec<_>>(),
        });
        if let Some(labels) = &self.labels {
            body["Labels"] = json!(labels);
        }
        if let Some(properties) = &self.properties {
            body["AdditionalDataProperties"] = properties.iter().map(property).collect();
        }
        body
    }

    /// Hours since the month began.
    fn instant(&self) -> usize {
        self.day * 24 + self.hour.unwrap_or(0)
    }

    fn at(&self) -> String {
        match self.hour {
            None => format!("2024-01-{:02}", self.day),
            Some(hour) => format!("2024-01-{:02}T{hour:02}:00:00Z", self.day),
        }
    }

    fn value(&self) -> Value {
        json!({ "amount": decimal(self.pence), "currency": "GBP" })
    }

    /// As the API answers it among a record's history.
    fn answered(&self) -> Value {
        let mut version = json!({
            "occurredAt": self.at(), "value": self.value(), "stage": self.stage,
            "identifiers": identifiers(&self.emails),
        });
        if let Some(labels) = &self.labels {
            version["labels"] = json!(labels);
        }
        if let Some(properties) = &self.properties {
            version["properties"] = properties_out(properties);
        }
        version
    }
}

/// An address that only this record names.
pub(crate) fn own_email(reference: &str) -> String {
    format!("{reference}@example.com")
}

fn decimal(pence: usize) -> String {
    format!("{}.{:02}", pence / 100, pence % 100)
}

fn identifiers(emails: &[String]) -> Value {
    emails.iter().map(|email| json!({ "kind": "EmailAddress", "value": email })).collect()
}

fn properties_out(properties: &[(&str, String)]) -> Value {
    properties.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// The versions of one record in the order in which they were accepted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions(Vec<Statement>);

impl Versions {
    /// What an upload must be answered to have done.
    pub(crate) fn outcome_of(&self, upload: &Statement) -> &'static str {
        match self.0.iter().rev().find(|version| version.instant() == upload.instant()) {
            _ if self.0.is_empty() => "created",
            Some(holding) if holding == upload => "unchanged",
            _ => "updated",
        }
    }

    pub(crate) fn accept(&mut self, upload: Statement) {
        if self.outcome_of(&upload) != "unchanged" {
            self.0.push(upload);
        }
    }

    /// The upload that was accepted last.
    pub(crate) fn last(&self) -> Option<&Statement> {
        self.0.last()
    }

    /// The record as the list answers it, but for the times of receipt; `None` when there must be none.
    pub(crate) fn in_list(&self, reference: &str) -> Option<Value> {
        let ordered = self.ordered();
        let latest = ordered.last()?;
        let mut emails: Vec<String> = ordered.iter().flat_map(|version| version.emails.clone()).collect();
        emails.sort();
        emails.dedup();
        let labels = ordered.iter().rev().find_map(|version| version.labels.as_ref());
        let properties = ordered.iter().rev().find_map(|version| version.properties.as_ref());
        Some(json!({
            "reference": reference, "occurredAt": latest.at(), "value": latest.value(), "stage": latest.stage,
            "identifiers": identifiers(&emails), "labels": labels.cloned().unwrap_or_default(),
            "properties": properties_out(properties.map_or(&[], Vec::as_slice)),
            "matched": false, "versions": ordered.len(),
        }))
    }

    /// The record as it is answered by itself, but for the times of receipt and the numbers of changes.
    pub(crate) fn in_detail(&self, reference: &str) -> Option<Value> {
        let mut detail = self.in_list(reference)?;
        detail["stageHistory"] = self.stage_history();
        detail["history"] = self.ordered().into_iter().map(Statement::answered).collect();
        Some(detail)
    }

    fn ordered(&self) -> Vec<&Statement> {
        let mut ordered: Vec<_> = self.0.iter().collect();
        // Stable: of two at one instant the one received later comes later.
        ordered.sort_by_key(|version| version.instant());
        ordered
    }

    fn stage_history(&self) -> Value {
        let ordered = self.ordered();
        let is_entry = |n: &usize| *n == 0 || ordered[*n].stage != ordered[n - 1].stage;
        let entries: Vec<_> = (0..ordered.len()).filter(is_entry).map(|n| ordered[n]).collect();
        let spell = |(n, entry): (usize, &&Statement)| {
            let mut spell = json!({ "stage": entry.stage, "enteredAt": entry.at(), "value": entry.value() });
            if let Some(next) = entries.get(n + 1) {
                spell["leftAt"] = json!(next.at());
            }
            spell
        };
        entries.iter().enumerate().map(spell).collect()
    }
}

/// An answered record without what only the server can know: when it received what, in which change.
pub(crate) fn without_receipts(mut record: Value) -> Value {
    let strip = |object: &mut Map<String, Value>| {
        for name in ["change", "match", "receivedAt", "firstReceivedAt", "lastReceivedAt"] {
            object.remove(name);
        }
    };
    strip(record.as_object_mut().unwrap());
    for version in record.get_mut("history").and_then(Value::as_array_mut).into_iter().flatten() {
        strip(version.as_object_mut().unwrap());
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(day: usize, hour: Option<usize>, stage: &'static str) -> Statement {
        let emails = vec!["a@example.com".into()];
        Statement { day, hour, stage, pence: 5, emails, labels: None, properties: None }
    }

    #[test]
    fn the_model_orders_versions_by_when_they_were_so() {
        let mut versions = Versions::default();
        for upload in
            [statement(3, None, "Won"), statement(2, Some(0), "Lead"), statement(2, None, "Proposal")]
        {
            versions.accept(upload);
        }
        versions.accept(statement(2, None, "Proposal"));
        let detail = versions.in_detail("r").unwrap();
        assert_eq!(detail["versions"], 3);
        assert_eq!(detail["stage"], "Won");
        let entered: Vec<_> =
            detail["stageHistory"].as_array().unwrap().iter().map(|s| s["stage"].as_str()).collect();
        assert_eq!(entered, [Some("Lead"), Some("Proposal"), Some("Won")]);
        assert_eq!(detail["stageHistory"][0]["leftAt"], "2024-01-02");
        assert_eq!(detail["value"]["amount"], "0.05");
    }
}

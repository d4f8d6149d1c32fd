//! What a site and its CRM send about people.

use crate::harness::{Reply, Server, opportunity, with};
use serde_json::{Value, json};

pub fn email(value: &str) -> Value {
    json!({ "Key": "EmailAddress", "Value": value })
}

pub fn phone(value: &str) -> Value {
    json!({ "Key": "PhoneNumber", "Value": value })
}

pub fn ra_id(value: &str) -> Value {
    json!({ "Key": "RaId", "Value": value })
}

pub fn payload_value(value: &str) -> Value {
    json!({ "Key": "PayloadValue", "Value": value })
}

impl Server {
    /// A visit of a browser to a page.
    pub fn visit(&self, ra_id: &str, at: &str, url: &str) {
        self.visit_with(ra_id, at, url, json!({}));
    }

    /// As `visit`, with more members.
    pub fn visit_with(&self, ra_id: &str, at: &str, url: &str, more: Value) {
        let body = with(json!({ "raId": ra_id, "at": at, "url": url }), more).to_string();
        let json = [("Content-Type", "application/json")];
        let reply = self.request("POST", "/api/v1/sites/s/visits", &json, body.as_bytes());
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// A form that was filled in, with whom it names.
    pub fn form(&self, reference: &str, at: &str, identifiers: &[Value], payload: &[(&str, &str)]) {
        let payload: Vec<_> =
            payload.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        let body = json!({
            "Reference": reference, "CaptureDateTime": at, "VisitorIdentifierOptions": identifiers, "Payload": payload,
        });
        let reply = self.put("/v1/s/webconversion", &body);
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// A deal of the CRM, with whom it names.
    pub fn deal(&self, reference: &str, at: &str, identifiers: &[Value]) {
        let body = opportunity(reference, "Proposal", "100", at);
        let reply = self.upload(&with(body, json!({ "VisitorIdentifierOptions": identifiers })));
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// The answer about somebody.
    pub fn people(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/sites/s/people?{query}"))
    }

    /// Somebody who is known.
    pub fn person(&self, query: &str) -> Value {
        self.json(&format!("/api/v1/sites/s/people?{query}"))
    }

    /// Whom an opportunity is about.
    pub fn matching(&self, reference: &str) -> Value {
        let record = self.opportunity(reference);
        assert_eq!(record["matched"], record["match"]["matched"]);
        record["match"].clone()
    }

    /// References of the opportunities that are matched, as the list says.
    pub fn matched(&self) -> Vec<String> {
        let listed = self.json("/api/v1/sites/s/opportunities?matched=true");
        texts(&listed["records"], "reference").iter().map(ToString::to_string).collect()
    }
}

/// A member of every element.
pub fn texts<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap()).collect()
}

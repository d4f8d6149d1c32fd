//! Whatever the order, repetition and parallelism of uploads, they end in the same records.

use crate::harness::{Connection, Server, with};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const CONNECTIONS: usize = 8;
const STAGES: [&str; 4] = ["Lead", "Proposal", "Won", "Lost"];

/// What a CRM says of a record as of some day.
#[derive(Debug, Clone)]
struct Statement {
    record: usize,
    day: u32,
    stage: &'static str,
    pennies: u32,
    visitors: BTreeSet<u8>,
    labels: Option<BTreeSet<&'static str>>,
    agent: Option<u8>,
}

impl Statement {
    fn at(&self) -> String {
        // Some have a date alone, some a time; all instants of a record differ.
        let date = format!("2024-{:02}-{:02}", 1 + self.day / 28, 1 + self.day % 28);
        if self.day.is_multiple_of(3) { date } else { format!("{date}T09:30:00Z") }
    }

    fn amount(&self) -> String {
        format!("{}.{:02}", self.pennies / 100, self.pennies % 100)
    }

    fn body(&self, run: &str) -> Value {
        let visitor = |number: &u8| json!({ "Key": "RaId", "Value": format!("visitor-{number}") });
        let mut body = json!({
            "Reference": format!("{run}-{}", self.record), "PipelineStage": self.stage, "CurrencyCode": "GBP",
            "OpportunityValue": self.amount(), "OpportunityDateTime": self.at(),
            "VisitorIdentifierOptions": self.visitors.iter().map(visitor).collect::<Vec<_>>(),
        });
        if let Some(labels) = &self.labels {
            body = with(body, json!({ "Labels": labels }));
        }
        if let Some(agent) = self.agent {
            let properties = json!([{ "Name": "Agent", "Value": agent.to_string() }]);
            body = with(body, json!({ "AdditionalDataProperties": properties }));
        }
        body
    }
}

fn statement(record: usize, day: u32) -> impl Strategy<Value = Statement> {
    let labels = prop::collection::btree_set(prop::sample::select(vec!["North", "South", "East"]), 0..3);
    (
        prop::sample::select(STAGES.to_vec()),
        0u32..1_000_000,
        prop::collection::btree_set(0u8..4, 1..3),
        prop::option::of(labels),
        prop::option::of(0u8..3),
    )
        .prop_map(move |(stage, pennies, visitors, labels, agent)| Statement {
            record,
            day,
            stage,
            pennies,
            visitors,
            labels,
            agent,
        })
}

/// Statements about a few records, no two of one record at the same instant.
fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let days = prop::collection::btree_set((0usize..3, 0u32..100), 1..16);
    days.prop_flat_map(|days| {
        days.into_iter().map(|(record, day)| statement(record, day)).collect::<Vec<_>>()
    })
}

/// The same statements in another order, some of them more than once.
fn deliveries() -> impl Strategy<Value = (Vec<Statement>, Vec<Statement>)> {
    (statements(), prop::collection::vec(any::<Index>(), 0..12)).prop_flat_map(|(statements, repeats)| {
        let mut sent = statements.clone();
        sent.extend(repeats.iter().map(|repeat| repeat.get(&statements).clone()));
        (Just(statements), Just(sent).prop_shuffle())
    })
}

fn put(connection: &mut Connection, authorization: &str, body: &Value) {
    let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
    let reply = connection.request("PUT", "/v1/s/opportunity/upload", &headers, body.to_string().as_bytes());
    let reply = reply.unwrap();
    assert!(["created", "updated", "unchanged"].contains(&reply.result()));
}

/// A record's answer, without what depends on when and in which order uploads were received.
fn without_receipts(mut record: Value) -> Value {
    let object = record.as_object_mut().unwrap();
    for receipt in ["reference", "firstReceivedAt", "lastReceivedAt"] {
        object.remove(receipt).expect("it is answered");
    }
    for version in object["history"].as_array_mut().unwrap() {
        for receipt in ["change", "receivedAt"] {
            version.as_object_mut().unwrap().remove(receipt).expect("it is answered");
        }
    }
    record
}

/// What the statements about one record amount to, worked out here.
fn expected(statements: &[&Statement]) -> Value {
    let mut ordered = statements.to_vec();
    ordered.sort_by_key(|statement| statement.day);
    let last = ordered.last().unwrap();
    let money = |statement: &Statement| json!({ "amount": statement.amount(), "currency": "GBP" });
    let mut spells: Vec<Value> = Vec::new();
    for statement in &ordered {
        match spells.last_mut() {
            Some(spell) if spell["stage"] == statement.stage => continue,
            Some(spell) => *spell = with(spell.clone(), json!({ "leftAt": statement.at() })),
            None => {}
        }
        spells.push(
            json!({ "stage": statement.stage, "enteredAt": statement.at(), "value": money(statement) }),
        );
    }
    let visitors: BTreeSet<_> = ordered.iter().flat_map(|statement| &statement.visitors).collect();
    let identifiers: Vec<_> = visitors
        .into_iter()
        .map(|number| json!({ "kind": "RaId", "value": format!("visitor-{number}") }))
        .collect();
    let agent = ordered.iter().rev().find_map(|statement| statement.agent);
    json!({
        "occurredAt": last.at(), "value": money(last), "stage": last.stage, "versions": ordered.len(),
        "labels": ordered.iter().rev().find_map(|statement| statement.labels.clone()).unwrap_or_default(),
        "properties": agent.map(|agent| json!({ "name": "Agent", "value": agent.to_string() })).into_iter().collect::<Vec<_>>(),
        "identifiers": identifiers, "stageHistory": spells,
    })
}

#[test]
fn any_order_repetition_and_parallelism_ends_in_the_same_records() {
    let server = Server::start();
    let authorization = format!("Bearer {}", server.token);
    let connections: Vec<_> = (0..CONNECTIONS).map(|_| Mutex::new(server.connect())).collect();
    let runs = AtomicU32::new(0);
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((statements, sent) in deliveries())| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        let (in_order, shuffled) = (format!("in-order-{run}"), format!("shuffled-{run}"));
        for statement in &statements {
            put(&mut connections[0].lock().unwrap(), &authorization, &statement.body(&in_order));
        }
        thread::scope(|scope| {
            for (number, connection) in connections.iter().enumerate() {
                let (shuffled, authorization, sent) = (&shuffled, &authorization, &sent);
                scope.spawn(move || {
                    for statement in sent.iter().skip(number).step_by(CONNECTIONS) {
                        put(&mut connection.lock().unwrap(), authorization, &statement.body(shuffled));
                    }
                });
            }
        });
        let mut records: BTreeMap<usize, Vec<&Statement>> = BTreeMap::new();
        for statement in &statements {
            records.entry(statement.record).or_default().push(statement);
        }
        for (record, statements) in records {
            let answer = without_receipts(server.opportunity(&format!("{shuffled}-{record}")));
            prop_assert_eq!(&answer, &without_receipts(server.opportunity(&format!("{in_order}-{record}"))));
            for (member, value) in expected(&statements).as_object().unwrap() {
                prop_assert_eq!(&answer[member], value, "{}", member);
            }
        }
    });
    assert!(runs.into_inner() >= 40);
}

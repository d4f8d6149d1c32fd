//! A CRM that remembers what it was told: it uploads, and holds the server to every acknowledgement.

use crate::dice::Dice;
use crate::harness::{Connection, Reply};
use crate::model::{Statement, Versions, own_email, without_receipts};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One client with records of its own, so that it knows in which order their uploads were received.
pub(crate) struct Crm {
    name: usize,
    token: String,
    dice: Dice,
    note_max: usize,
    records: Vec<Record>,
    /// Records that uploads went to since they were last compared.
    touched: BTreeSet<usize>,
    /// The record that the last upload went to.
    sent: usize,
}

struct Record {
    reference: String,
    versions: Versions,
    /// An upload that was sent and not answered: it may or may not be stored.
    unanswered: Option<Statement>,
}

impl Crm {
    /// Several clients of a site `s`.
    pub(crate) fn team(size: usize, token: &str, dice: &mut Dice) -> Vec<Self> {
        let crm = |name| Self {
            name,
            token: token.to_owned(),
            dice: dice.fork(),
            note_max: 300,
            records: Vec::new(),
            touched: BTreeSet::new(),
            sent: 0,
        };
        (0..size).map(crm).collect()
    }

    /// Sends longer uploads than real ones, to fill a disk with.
    pub(crate) fn with_long_notes(mut self) -> Self {
        self.note_max = 4_000;
        self
    }

    /// Sends one upload and hears the answer. An acknowledged one counts from now on; one that was refused must never
    /// be seen; one that was not answered may be stored or not.
    pub(crate) fn upload(&mut self, connection: &mut Connection) -> std::io::Result<Reply> {
        self.send(connection)?;
        self.hear(connection)
    }

    /// Sends one upload: new, an update or a repeat.
    pub(crate) fn send(&mut self, connection: &mut Connection) -> std::io::Result<()> {
        let (number, statement) = self.next();
        self.touched.insert(number);
        self.sent = number;
        let record = &mut self.records[number];
        let body = statement.body(&record.reference).to_string();
        record.unanswered = Some(statement);
        let head = format!(
            "PUT /v1/s/opportunity/upload HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        connection.send((head + &body).as_bytes())
    }

    /// Hears the answer to what was sent last.
    pub(crate) fn hear(&mut self, connection: &mut Connection) -> std::io::Result<Reply> {
        let reply = connection.reply()?;
        let record = &mut self.records[self.sent];
        let statement = record.unanswered.take().expect("something was sent");
        if reply.status == 201 {
            let outcome = record.versions.outcome_of(&statement);
            assert_eq!(reply.header("touchline-result"), Some(outcome), "{}", record.reference);
            record.versions.accept(statement);
        }
        Ok(reply)
    }

    /// Which record the next upload goes to, and what it says.
    fn next(&mut self) -> (usize, Statement) {
        if self.records.is_empty() || self.dice.below(10) < 6 {
            let reference = format!("crm{}-{}", self.name, self.records.len());
            let statement = Statement::draw(&mut self.dice, &reference, self.note_max);
            self.records.push(Record { reference, versions: Versions::default(), unanswered: None });
            return (self.records.len() - 1, statement);
        }
        let number = self.dice.below(self.records.len());
        let Record { reference, versions, .. } = &self.records[number];
        let repeated = versions.last().filter(|_| self.dice.one_in(4)).cloned();
        (number, repeated.unwrap_or_else(|| Statement::draw(&mut self.dice, reference, self.note_max)))
    }

    /// How many records it knows to be stored.
    pub(crate) fn stored(&self) -> usize {
        self.records.iter().filter(|record| record.versions.last().is_some()).count()
    }

    /// Compares every record that it uploaded to since the last time, and a few others.
    pub(crate) fn compare_touched(&mut self, connection: &mut Connection) {
        let mut numbers = std::mem::take(&mut self.touched);
        for _ in 0..8.min(self.records.len()) {
            numbers.insert(self.dice.below(self.records.len()));
        }
        for number in numbers {
            self.compare(number, connection);
        }
    }

    /// Compares every record.
    pub(crate) fn compare_all(&mut self, connection: &mut Connection) {
        self.touched.clear();
        for number in 0..self.records.len() {
            self.compare(number, connection);
        }
    }

    /// Compares one record with what the server answers, wholly, and settles whether an upload that was not answered
    /// is stored.
    fn compare(&mut self, number: usize, connection: &mut Connection) {
        let record = &mut self.records[number];
        let reference = &record.reference;
        let path = format!("/api/v1/sites/s/opportunities/{reference}");
        let found = get(connection, &self.token, &path).map(without_receipts);
        let without = record.versions.in_detail(reference);
        if let Some(statement) = record.unanswered.take()
            && found != without
        {
            record.versions.accept(statement);
        }
        let expected = record.versions.in_detail(reference);
        assert_eq!(found, expected, "{reference}: found, and expected");
        if self.dice.one_in(8) {
            let path = format!("/api/v1/sites/s/opportunities?email={}", own_email(reference));
            let listed = get(connection, &self.token, &path).unwrap()["records"].take();
            let listed: Vec<_> = listed.as_array().unwrap().iter().cloned().map(without_receipts).collect();
            assert_eq!(
                listed,
                Vec::from_iter(record.versions.in_list(reference)),
                "{reference}: found by its email"
            );
        }
    }

    /// The records as the list must answer them, by reference.
    fn in_list(&self) -> impl Iterator<Item = (String, Value)> {
        let listed =
            |record: &Record| Some((record.reference.clone(), record.versions.in_list(&record.reference)?));
        self.records.iter().filter_map(listed)
    }
}

/// What there is at a path, if there is anything.
fn get(connection: &mut Connection, token: &str, path: &str) -> Option<Value> {
    let reply =
        connection.request("GET", path, &[("Authorization", &format!("Bearer {token}"))], b"").unwrap();
    match reply.status {
        200 => Some(reply.json()),
        404 => None,
        _ => panic!("{path}: {reply:?}"),
    }
}

/// The list holds exactly the records that the clients know of, each as it must be.
pub(crate) fn compare_list(team: &[Crm], connection: &mut Connection) {
    let bearer = format!("Bearer {}", team[0].token);
    let headers = [("Authorization", bearer.as_str()), ("Accept", "application/x-ndjson")];
    let reply = connection.request("GET", "/api/v1/sites/s/opportunities", &headers, b"").unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut expected: BTreeMap<String, Value> = team.iter().flat_map(Crm::in_list).collect();
    for line in reply.text().lines() {
        let record = without_receipts(serde_json::from_str(line).unwrap());
        let reference = record["reference"].as_str().unwrap();
        assert_eq!(
            expected.remove(reference),
            Some(record.clone()),
            "{reference}: expected, and found in the list"
        );
    }
    assert!(expected.is_empty(), "missing from the list: {:?}", expected.keys());
}

/// Each client compares on a connection of its own.
pub(crate) fn in_parallel<C: Send>(
    team: &mut [C],
    connect: impl Fn() -> Connection,
    compare: impl Fn(&mut C, &mut Connection) + Sync,
) {
    let compare = &compare;
    std::thread::scope(|scope| {
        for client in team {
            let mut connection = connect();
            scope.spawn(move || compare(client, &mut connection));
        }
    });
}

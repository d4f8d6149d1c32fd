//! People who visit a site, fill in its form and become deals; and who remember which of it was acknowledged.

use crate::crash::Client;
use crate::dice::Dice;
use crate::harness::{Connection, Reply};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One client that reports people of its own, so that it knows what was sent of each.
pub(crate) struct Crowd {
    name: usize,
    token: String,
    dice: Dice,
    people: Vec<Somebody>,
    /// People of whom something was sent since they were last compared.
    touched: BTreeSet<usize>,
}

/// What was acknowledged of somebody. What was sent and not answered may be stored or not.
#[derive(Default)]
struct Somebody {
    visits: usize,
    has_form: bool,
    has_deal: bool,
    unanswered: Option<Deed>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Visit,
    Form,
    Deal,
}

impl Crowd {
    /// Several clients of a site `s`.
    pub(crate) fn team(size: usize, token: &str, dice: &mut Dice) -> Vec<Self> {
        let crowd = |name| Self {
            name,
            token: token.to_owned(),
            dice: dice.fork(),
            people: Vec::new(),
            touched: BTreeSet::new(),
        };
        (0..size).map(crowd).collect()
    }

    /// How many people were reported.
    pub(crate) fn size(&self) -> usize {
        self.people.len()
    }

    fn email(&self, number: usize) -> String {
        format!("person{number}@crowd{}.example", self.name)
    }

    /// Something that somebody has not done yet; visits are an hour apart, so that each is one of its own.
    fn next(&mut self) -> (usize, Deed) {
        if self.people.is_empty() || self.dice.one_in(4) {
            self.people.push(Somebody::default());
        }
        let number = self.dice.below(self.people.len());
        let somebody = &self.people[number];
        let deed = match self.dice.below(3) {
            0 if !somebody.has_form => Deed::Form,
            1 if !somebody.has_deal => Deed::Deal,
            _ => Deed::Visit,
        };
        (number, deed)
    }

    fn request(&self, number: usize, deed: Deed) -> (&'static str, &'static str, Value) {
        let name = format!("{}-{number}", self.name);
        let (visitor, email) = (format!("visitor-{name}"), self.email(number));
        match deed {
            Deed::Visit => {
                let visits = self.people[number].visits;
                let at = format!("2024-01-{:02}T{:02}:00:00Z", 1 + visits / 24 % 28, visits % 24);
                let url = "https://www.example.com/";
                ("POST", "/api/v1/sites/s/visits", json!({ "raId": visitor, "at": at, "url": url }))
            }
            Deed::Form => (
                "PUT",
                "/v1/s/webconversion",
                json!({
                    "Reference": format!("form-{name}"), "CaptureDateTime": "2024-02-01T10:00:00Z",
                    "VisitorIdentifierOptions": [{ "Key": "RaId", "Value": visitor }],
                    "Payload": [{ "Key": "email", "Value": email }],
                }),
            ),
            Deed::Deal => (
                "PUT",
                "/v1/s/opportunity/upload",
                json!({
                    "Reference": format!("deal-{name}"), "OpportunityValue": 100, "CurrencyCode": "GBP",
                    "PipelineStage": "New", "OpportunityDateTime": "2024-03-01",
                    "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": email }],
                }),
            ),
        }
    }

    fn get(&self, connection: &mut Connection, path: &str) -> Option<Value> {
        let bearer = format!("Bearer {}", self.token);
        let reply = connection.request("GET", path, &[("Authorization", &bearer)], b"").unwrap();
        match reply.status {
            200 => Some(reply.json()),
            404 => None,
            _ => panic!("{path}: {reply:?}"),
        }
    }

    /// Compares those of whom something was sent, and some others.
    pub(crate) fn compare_touched(&mut self, connection: &mut Connection) {
        let mut numbers = std::mem::take(&mut self.touched);
        for _ in 0..8.min(self.people.len()) {
            numbers.insert(self.dice.below(self.people.len()));
        }
        for number in numbers {
            self.compare(number, connection);
        }
    }

    /// Compares everybody.
    pub(crate) fn compare_all(&mut self, connection: &mut Connection) {
        for number in 0..self.people.len() {
            self.compare(number, connection);
        }
    }

    /// What is held on somebody is what was acknowledged, and perhaps what was not answered; and a deal is matched exactly
    /// if a form leads from it to the visitor, in its own answer and in the list.
    fn compare(&mut self, number: usize, connection: &mut Connection) {
        let name = format!("{}-{number}", self.name);
        let person = self.get(connection, &format!("/api/v1/sites/s/people?raId=visitor-{name}"));
        let members = |member: &str| {
            person.iter().flat_map(|person| person[member].as_array().unwrap().clone()).collect::<Vec<_>>()
        };
        let (visits, forms) = (members("visits").len(), members("conversions").len());
        let deal = self.get(connection, &format!("/api/v1/sites/s/opportunities/deal-{name}"));
        let somebody = &mut self.people[number];
        match somebody.unanswered.take() {
            Some(Deed::Visit) if visits == somebody.visits + 1 => somebody.visits += 1,
            Some(Deed::Form) if forms == 1 => somebody.has_form = true,
            Some(Deed::Deal) if deal.is_some() => somebody.has_deal = true,
            _ => {}
        }
        let expected = (somebody.visits, usize::from(somebody.has_form), somebody.has_deal);
        assert_eq!((visits, forms, deal.is_some()), expected, "{name}: found, and expected");
        let Some(deal) = deal else { return };
        let is_matched = somebody.has_form;
        assert_eq!(deal["match"]["matched"], is_matched, "{name}: {}", deal["match"]);
        let seen = deal["match"]["visits"].as_array().unwrap().len();
        assert_eq!(seen, if is_matched { somebody.visits } else { 0 }, "{name}: visits behind the deal");
        let path = format!("/api/v1/sites/s/opportunities?matched={is_matched}&email={}", self.email(number));
        let listed = self.get(connection, &path).unwrap();
        assert_eq!(listed["records"].as_array().unwrap().len(), 1, "{name}: followed to the end");
    }
}

impl Client for Crowd {
    fn exchange(&mut self, connection: &mut Connection) -> std::io::Result<Reply> {
        let (number, deed) = self.next();
        self.touched.insert(number);
        let (method, path, body) = self.request(number, deed);
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.people[number].unanswered = Some(deed);
        let reply = connection.request(method, path, &headers, body.to_string().as_bytes())?;
        let somebody = &mut self.people[number];
        somebody.unanswered = None;
        if reply.status == 201 {
            match deed {
                Deed::Visit => somebody.visits += 1,
                Deed::Form => somebody.has_form = true,
                Deed::Deal => somebody.has_deal = true,
            }
        }
        Ok(reply)
    }
}

//! A real CRM's export, replayed as the CRM would send it: totals, histories and exports equal those computed straight
//! from the CSV.

use crate::dice::Dice;
use crate::harness::{Connection, Server, run_ok};
use crate::stop::{assert_ends_well, take_data};
use crate::{UNLIMITED, announce, assert_sound};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The export has no date for a deal that is only prospected. A CRM would send the day the deal was entered; this day
/// stands for it, and lies before every date in the export.
const ENTERED: &str = "2016-10-01";

/// The export names no currency either.
const CURRENCY: &str = "USD";

const CONNECTIONS: usize = 32;

/// One row of `sales_pipeline.csv`, empty where the CSV is.
#[derive(Clone)]
struct Deal {
    reference: String,
    agent: String,
    product: String,
    account: String,
    stage: String,
    engaged: String,
    closed: String,
    value: String,
}

fn deals(data: &Path) -> Vec<Deal> {
    let path = data.join("crm/sales_pipeline.csv");
    let mut rows =
        csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let header = rows.headers().unwrap().clone();
    let deal = |row: csv::StringRecord| {
        let field = |name: &str| {
            let column = header.iter().position(|column| column == name).expect(name);
            row[column].to_owned()
        };
        Deal {
            reference: field("opportunity_id"),
            agent: field("sales_agent"),
            product: field("product"),
            account: field("account"),
            stage: field("deal_stage"),
            engaged: field("engage_date"),
            closed: field("close_date"),
            value: field("close_value"),
        }
    };
    rows.records().map(|row| deal(row.unwrap())).collect()
}

impl Deal {
    /// Whoever buys; of a deal without an account only the agent is known.
    fn email(&self) -> String {
        let plain = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
        match self.account.as_str() {
            "" => format!("{}@agents.example", plain(&self.agent)),
            account => format!("buyer@{}.example", plain(account)),
        }
    }

    /// The stages that the deal went through as the CSV tells: stage, date and value in whole dollars. A value is
    /// known at the close.
    fn steps(&self) -> Vec<(&str, &str, &str)> {
        match (self.engaged.as_str(), self.closed.as_str()) {
            ("", _) => vec![(&self.stage, ENTERED, "0")],
            (engaged, "") => vec![(&self.stage, engaged, "0")],
            (engaged, closed) => vec![("Engaging", engaged, "0"), (&self.stage, closed, &self.value)],
        }
    }

    /// What the CRM sends at each step.
    fn uploads(&self) -> Vec<Value> {
        let property = |(name, value): &(&str, &String)| json!({ "Name": name, "Value": value });
        let properties: Vec<_> = self.properties().iter().map(property).collect();
        let upload = |(stage, date, value): (&str, &str, &str)| {
            json!({
                "Reference": self.reference, "PipelineStage": stage, "OpportunityDateTime": date,
                "OpportunityValue": value, "CurrencyCode": CURRENCY, "AdditionalDataProperties": properties,
                "VisitorIdentifierOptions": [{ "Key": "EmailAddress", "Value": self.email() }],
            })
        };
        self.steps().into_iter().map(upload).collect()
    }

    /// A CRM has nothing to send for an account that it does not know.
    fn properties(&self) -> Vec<(&'static str, &String)> {
        let all = [("Account", &self.account), ("Agent", &self.agent), ("Product", &self.product)];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[test]
fn a_real_crm_is_told_back_exactly() {
    let Some(data) = std::env::var_os("TOUCHLINE_TEST_DATA") else {
        return announce("the replay of a real CRM was left out; `scripts/test --data DIR` adds it");
    };
    let deals = deals(Path::new(&data));
    assert!(deals.len() > 1_000, "there are only {} deals", deals.len());
    let mut dice = Dice::thrown("real data");
    let mut server = Server::start_with(&UNLIMITED);
    replay(&server, &deals, &mut dice);
    compare(&server, &deals);
    server.terminate();
    assert_ends_well(&mut server);
    let server = Server::start_on(take_data(&mut server), server.token.clone(), &UNLIMITED);
    compare(&server, &deals);
    assert_sound(server.data.path());
}

/// Sends every upload, shuffled, one in five twice, over many connections.
fn replay(server: &Server, deals: &[Deal], dice: &mut Dice) {
    let mut uploads: Vec<Value> = deals.iter().flat_map(Deal::uploads).collect();
    let different = uploads.len();
    let repeated: Vec<Value> = uploads.iter().filter(|_| dice.one_in(5)).cloned().collect();
    uploads.extend(repeated);
    dice.shuffle(&mut uploads);
    let results = in_parallel(server, &uploads, |server, connection, upload| {
        let authorization = authorization(server);
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        let body = upload.to_string();
        let reply = connection.request("PUT", "/v1/s/opportunity/upload", &headers, body.as_bytes()).unwrap();
        assert_eq!((reply.status, reply.text()), (201, ""), "{upload}");
        reply.header("touchline-result").unwrap().to_owned()
    });
    let count = |result: &str| results.iter().filter(|found| *found == result).count();
    let counts = (count("created"), count("updated"), count("unchanged"));
    assert_eq!(counts, (deals.len(), different - deals.len(), uploads.len() - different));
}

fn authorization(server: &Server) -> String {
    format!("Bearer {}", server.token)
}

/// Does the same with every item, over many connections; what came of each, in order.
fn in_parallel<T: Sync, R: Send>(
    server: &Server,
    items: &[T],
    work: impl Fn(&Server, &mut Connection, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work_off = || {
        let mut connection = server.connect();
        let mut done = Vec::new();
        while let Some(number) =
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < items.len())
        {
            done.push((number, work(server, &mut connection, &items[number])));
        }
        done
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work_off)).collect();
        let mut done: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    })
}

/// Everything that the server says about the deals is what the CSV says.
fn compare(server: &Server, deals: &[Deal]) {
    compare_totals(server, deals);
    in_parallel(server, deals, compare_deal);
    compare_counts(server, deals);
    compare_csv(server, deals);
}

fn compare_totals(server: &Server, deals: &[Deal]) {
    let mut totals: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for deal in deals {
        let (count, dollars) = totals.entry(&deal.stage).or_default();
        *count += 1;
        *dollars += deal.value.parse().unwrap_or(0);
    }
    let total = |(stage, (count, dollars)): (&&str, &(u64, u64))| json!({ "stage": stage, "currency": CURRENCY, "count": count, "amount": format!("{dollars}.00") });
    let expected = json!({ "opportunities": totals.iter().map(total).collect::<Vec<_>>(), "revenue": [] });
    assert_eq!(server.get("/api/v1/sites/s/pipeline").json(), expected);
}

/// One deal with its versions and the history of its stages.
fn compare_deal(server: &Server, connection: &mut Connection, deal: &Deal) {
    let path = format!("/api/v1/sites/s/opportunities/{}", deal.reference);
    let reply = connection.request("GET", &path, &[("Authorization", &authorization(server))], b"").unwrap();
    assert_eq!(reply.status, 200, "{path}");
    let found = reply.json();
    let dollars = |value: &str| json!({ "amount": format!("{value}.00"), "currency": CURRENCY });
    let steps = deal.steps();
    let spell = |(number, (stage, date, value)): (usize, &(&str, &str, &str))| {
        let mut spell = json!({ "stage": stage, "enteredAt": date, "value": dollars(value) });
        if let Some((_, next, _)) = steps.get(number + 1) {
            spell["leftAt"] = json!(next);
        }
        spell
    };
    assert_eq!(found["stageHistory"], Value::from_iter(steps.iter().enumerate().map(spell)), "{path}");
    let version = |version: &Value| json!([version["stage"], version["occurredAt"], version["value"]]);
    let versions = found["history"].as_array().unwrap().iter().map(version);
    let expected = steps.iter().map(|(stage, date, value)| json!([stage, date, dollars(value)]));
    assert_eq!(Value::from_iter(versions), Value::from_iter(expected), "{path}");
    let (stage, date, value) = steps.last().unwrap();
    let property = |(name, value): &(&str, &String)| json!({ "name": name, "value": value });
    let now = json!([stage, date, dollars(value), [{ "kind": "EmailAddress", "value": deal.email() }],
        deal.properties().iter().map(property).collect::<Vec<_>>()]);
    let state = ["stage", "occurredAt", "value", "identifiers", "properties"].map(|name| &found[name]);
    assert_eq!(json!(state), now, "{path}");
}

/// The list, page by page, holds as many of each stage as the CSV.
fn compare_counts(server: &Server, deals: &[Deal]) {
    for stage in ["Prospecting", "Engaging", "Won", "Lost"] {
        let (mut listed, mut cursor) = (0, String::new());
        loop {
            let page =
                server.get(&format!("/api/v1/sites/s/opportunities?limit=1000&stage={stage}{cursor}")).json();
            listed += page["records"].as_array().unwrap().len();
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(listed, deals.iter().filter(|deal| deal.stage == stage).count(), "{stage}");
    }
}

/// The export holds each deal once, as it is now; the command writes the same.
fn compare_csv(server: &Server, deals: &[Deal]) {
    let reply = server.request("GET", "/api/v1/sites/s/opportunities", &[("Accept", "text/csv")], b"");
    assert_eq!(run_ok(server.data.path(), &["export", "opportunities", "--site", "s"]), reply.text());
    let mut rows = csv::Reader::from_reader(reply.body.as_slice());
    let columns = ["reference", "stage", "occurredAt", "amount", "currency", "emailAddress", "properties"];
    let found = rows.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
    let mut found: Vec<_> = found.map(|row| columns.map(|name| row[name].clone())).collect();
    let row = |deal: &Deal| {
        let steps = deal.steps();
        let (stage, date, value) = steps.last().unwrap();
        let properties: Vec<_> =
            deal.properties().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (amount, email) = (format!("{value}.00"), deal.email());
        [&deal.reference, *stage, *date, &amount, CURRENCY, &email, &properties.join("; ")].map(str::to_owned)
    };
    let mut expected: Vec<_> = deals.iter().map(row).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found.len(), expected.len());
    found.iter().zip(&expected).for_each(|(found, expected)| assert_eq!(found, expected));
}

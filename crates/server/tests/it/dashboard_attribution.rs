//! The page about attribution, and its CSV file: the API's numbers, in an order and with filters that are in the address.

use crate::harness::{Reply, Server, opportunity, with};
use crate::reports::world::{cost, costs, encoded, report, text, world};
use crate::sent::{email, ra_id};
use serde_json::{Value, json};

/// A session of the pages.
pub(crate) struct Viewer<'a> {
    server: &'a Server,
    cookie: String,
}

impl<'a> Viewer<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let body = format!("token={}", server.token);
        let reply = server.connect().request("POST", "/sign-in", &form, body.as_bytes()).unwrap();
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { server, cookie }
    }

    /// What is answered below the site.
    pub(crate) fn reply(&self, below: &str) -> Reply {
        let headers = [("Cookie", self.cookie.as_str()), ("Accept-Language", "en-GB")];
        self.server.connect().request("GET", &format!("/sites/s/{below}"), &headers, b"").unwrap()
    }

    pub(crate) fn page(&self, below: &str) -> String {
        let reply = self.reply(below);
        assert_eq!(reply.status, 200, "{below}: {}", reply.text());
        assert!(reply.body.len() < 250_000, "{below}: {} bytes", reply.body.len());
        reply.text().to_owned()
    }

    /// Where a form that was sent leads to.
    fn sent(&self, below: &str) -> String {
        let reply = self.reply(below);
        assert_eq!(reply.status, 303, "{below}: {}", reply.text());
        reply.header("location").unwrap().to_owned()
    }

    /// The file, as cells.
    fn file(&self, query: &str) -> Vec<Vec<String>> {
        let reply = self.reply(&format!("attribution.csv?{query}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let lines = reply.text().split_terminator("\r\n");
        lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }
}

/// What stands between the first `from` and the next `to`.
pub(crate) fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from} in {text}")).0
}

/// The rows of a part of the first table.
pub(crate) fn table_rows<'t>(page: &'t str, part: &str) -> Vec<&'t str> {
    between(page, &format!("<{part}>"), &format!("</{part}>")).split("<tr>").skip(1).collect()
}

/// The amounts in a row.
pub(crate) fn amounts(row: &str) -> Vec<&str> {
    row.split("<data class=\"money\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The value of a row's first dimension.
fn name(row: &str) -> &str {
    between(row, "</a>", "</th>");
    let link = between(row, "<a href=", "</a>");
    link.split_once('>').unwrap().1
}

fn link(row: &str) -> String {
    between(row, "<a href=\"", "\"").replace("&amp;", "&")
}

const MODELS: &str = "first-touch,last-touch,linear";

#[test]
fn numbers_are_those_of_the_api() {
    let server = world();
    costs(&server);
    let viewer = Viewer::new(&server);
    let period = "from=2024-01-01&to=2024-12-31";
    let page = viewer.page(&format!("attribution?{period}&compare=none"));
    let answer = report(&server, &format!("model={MODELS}&{period}"));
    let rows = table_rows(&page, "tbody");
    assert_eq!(rows.len(), answer["rows"].as_array().unwrap().len());
    for (row, expected) in rows.iter().zip(answer["rows"].as_array().unwrap()) {
        assert_eq!(name(row), expected["values"]["channel"]);
        let models = expected["models"].as_array().unwrap();
        let mut amounts_expected: Vec<String> = models.iter().map(|one| text(&one["value"])).collect();
        amounts_expected.push(text(&models[0]["wonValue"]));
        amounts_expected.extend(expected["cost"]["amount"].as_str().map(str::to_owned));
        amounts_expected.extend(models[0]["costPerRecord"].as_str().map(str::to_owned));
        assert_eq!(amounts(row), amounts_expected);
    }
    let feet = table_rows(&page, "tfoot");
    let totals = answer["totals"].as_array().unwrap();
    assert_eq!(feet.len(), totals.len());
    for (foot, total) in feet.iter().zip(totals) {
        assert_eq!(amounts(foot)[..3], [0; 3].map(|_| total["value"].as_str().unwrap()));
        assert_eq!(amounts(foot)[3], total["wonValue"]);
        assert_eq!(amounts(foot).get(4).copied(), total["cost"]["amount"].as_str(), "what all of it cost");
    }
    assert!(page.contains("The first touch gets everything."), "a model says what it does");
}

#[test]
fn the_file_has_what_is_shown_and_how_it_compares() {
    let server = world();
    costs(&server);
    let viewer = Viewer::new(&server);
    let asked = "from=2024-01-01&to=2024-01-31&compareFrom=2024-02-01&compareTo=2024-02-29";
    let answer = report(&server, &format!("model={MODELS}&{asked}"));
    let file = viewer.file(asked);
    let column = |name: &str| file[0].iter().position(|one| one == name).unwrap_or_else(|| panic!("{name}"));
    let cent = |raw: &str| raw.replace('.', "").parse::<i64>().unwrap();
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(file.len() - 1, rows.len());
    for (line, row) in file[1..].iter().zip(rows) {
        let model = |place: usize| &row["models"][place];
        assert_eq!((&line[0], &line[1]), (&text(&row["values"]["channel"]), &text(&row["currency"])));
        for (place, name) in MODELS.split(',').enumerate() {
            assert_eq!(line[column(&format!("{name} value"))], model(place)["value"]);
        }
        let difference = cent(&text(&model(2)["value"])) - cent(&text(&model(0)["value"]));
        assert_eq!(cent(&line[column("linear value difference")]), difference);
        assert_eq!(line[column("first-touch records")], figure(&model(0)["records"]));
        assert_eq!(line[column("first-touch winRate")], figure(&model(0)["winRate"]));
        assert_eq!(line[column("first-touch roas")], figure(&model(0)["roas"]));
        assert_eq!(line[column("assisted")], figure(&row["assisted"]));
        let before = &row["previous"]["models"][0]["value"];
        assert_eq!(line[column("previous first-touch value")], before.as_str().unwrap_or(""), "{row}");
    }
    let page = viewer.page(&format!("attribution?{asked}"));
    let names: Vec<_> = table_rows(&page, "tbody").iter().map(|row| name(row)).collect();
    assert_eq!(names, file[1..].iter().map(|line| line[0].as_str()).collect::<Vec<_>>());
}

/// A number as the file has it.
fn figure(value: &Value) -> String {
    value.as_f64().map(|number| number.to_string()).unwrap_or_default()
}

#[test]
fn rows_stand_in_the_order_asked_for() {
    let server = world();
    let viewer = Viewer::new(&server);
    let asked = "period=all&currency=GBP&where=currency:GBP";
    let order = |sort: &str| -> Vec<String> {
        let page = viewer.page(&format!("attribution?{asked}&{sort}"));
        let names: Vec<String> = table_rows(&page, "tbody").iter().map(|row| name(row).to_owned()).collect();
        let file = viewer.file(&format!("{asked}&{sort}"));
        assert_eq!(names, file[1..].iter().map(|line| line[0].clone()).collect::<Vec<_>>());
        names
    };
    let mut by_name = order("sort=name&order=up");
    assert!(by_name.is_sorted() && by_name.len() > 3, "{by_name:?}");
    by_name.reverse();
    assert_eq!(order("sort=name"), by_name);
    assert_eq!(order("sort=last-touch")[0], "Direct", "Ann's last touch");
    assert_eq!(order("sort=difference:last-touch&order=up")[0], "Paid Search", "it loses the most");
    let page = viewer.page(&format!("attribution?{asked}&sort=last-touch"));
    assert!(page.contains("aria-sort=\"descending\""));
    assert!(page.contains("sort=last-touch&amp;order=up"), "the same again turns it round");
}

#[test]
fn a_form_becomes_an_address_or_says_what_is_wrong() {
    let server = world();
    let viewer = Viewer::new(&server);
    for (sent, expected) in [
        ("period=all&by=channel&then=source&then=&direct=", "?period=all&by=channel,source"),
        ("filterBy=channel&filterIs=not&filterValue=Direct&page=2", "?where=!channel:Direct"),
        (
            "model=linear&model=time-decay&time-decay.half-life=14d&position-based.first=40",
            "?model=linear&model=time-decay:half-life%3D14d",
        ),
    ] {
        let location = viewer.sent(&format!("attribution?{sent}"));
        assert_eq!(location, format!("/sites/s/attribution{expected}"));
        viewer.page(location.strip_prefix("/sites/s/").unwrap());
    }
    for (sent, told, kept) in [
        ("filterBy=campaign&filterIs=not&filterValue=%20", "Give a value", "value=\"campaign\" selected"),
        (
            "model=time-decay&time-decay.half-life=soon%3Cb%3E&position-based.first=35",
            "half-life",
            "name=\"time-decay.half-life\" value=\"soon&lt;b&gt;\"",
        ),
        (
            "by=source&model=markov-global&time-decay.half-life=7d",
            "by channel alone",
            "value=\"markov-global\" checked",
        ),
        ("by=channel&then=nothing", "must be one of", "name=\"then\""),
    ] {
        let reply = viewer.reply(&format!("attribution?period=all&{sent}"));
        assert_eq!(reply.status, 400, "{sent}");
        let page = reply.text();
        assert!(page.contains(told) && page.contains(kept), "{sent}: {page}");
        assert!(page.contains("role=\"alert\"") && page.contains("<tbody>"), "the page is still there");
    }
    assert_eq!(viewer.reply("attribution?model=telepathy").status, 400);
    assert_eq!(viewer.reply("attribution?shwo=records").status, 400, "a misspelt parameter is told");
}

#[test]
fn a_row_leads_to_its_filter_and_to_its_records() {
    let server = world();
    let viewer = Viewer::new(&server);
    let page = viewer.page("attribution?period=all&by=channel,campaign&model=linear&direct=skip");
    let row = table_rows(&page, "tbody").into_iter().find(|row| name(row) == "Paid Search").unwrap();
    assert!(row.contains(
        "/sites/s/opportunities?period=all&amp;direct=skip&amp;model=linear&amp;where=channel:Paid%20Search&amp;where=campaign:spring"
    ), "{row}");
    // Also what is asked when no model is named, and without those that have nothing to say of parts of the sum.
    for (asked, models) in [
        ("", "model=first-touch&amp;model=last-touch&amp;model=linear&amp;where="),
        ("&model=markov-global,linear", "model=linear&amp;where="),
    ] {
        let page = viewer.page(&format!("attribution?period=all{asked}"));
        let row = table_rows(&page, "tbody").into_iter().find(|row| name(row) == "Paid Search").unwrap();
        assert!(row.contains(&format!("/sites/s/opportunities?period=all&amp;{models}")), "{row}");
    }
    assert_eq!(
        viewer.reply("opportunities?period=all&model=linear&where=channel:Paid%20Search&page=90").status,
        200
    );
    let filtered = link(row);
    assert!(filtered.ends_with("&where=channel:Paid%20Search"), "{filtered}");
    let page = viewer.page(filtered.strip_prefix("/sites/s/").unwrap());
    assert_eq!(table_rows(&page, "tbody").len(), 1);
    let chip = between(&page, "class=\"chips\"", "</ul>");
    assert!(chip.contains("<strong>Paid Search</strong>"));
    assert_eq!(link(chip), "/sites/s/attribution?period=all&by=channel,campaign&model=linear&direct=skip");
    // Of part of the records' value, rows have a sum of their own.
    let feet = table_rows(&page, "tfoot");
    assert_eq!(amounts(feet[0])[0], amounts(table_rows(&page, "tbody")[0])[0]);
    assert!(feet.len() > 1 && amounts(feet[0])[0] != amounts(feet[1])[0]);
}

#[test]
fn a_model_that_shares_the_sum_is_left_behind_where_it_says_nothing() {
    let server = world();
    let viewer = Viewer::new(&server);
    let page = viewer.page("attribution?period=all&model=linear,markov-global");
    let tab = between(&page, "?period=all&amp;by=source", "\"");
    assert_eq!(tab, "&amp;model=linear");
    let row = table_rows(&page, "tbody")[0].to_owned();
    assert!(!link(&row).contains("markov"), "{row}");
}

const HOSTILE: &str = "=HYPERLINK(\"//evil\")|<script>alert(1)</script>\\";

#[test]
fn values_from_outside_are_text() {
    let server = world();
    let more = json!({
        "Labels": [HOSTILE], "AdditionalDataProperties": [{ "Name": "<img src=x>,a:b", "Value": HOSTILE }],
    });
    server.upload(&with(opportunity("H", "Won", "10.00", "2024-03-09"), more)).result();
    let landing =
        format!("https://www.shop.example/?utm_source=x&utm_medium=email&utm_campaign={}", encoded(HOSTILE));
    server.visit("v-hal", "2024-03-06T12:00:00Z", &landing);
    server.form("form-hal", "2024-03-06T12:01:00Z", &[ra_id("v-hal"), email("hal@example.com")], &[]);
    let whose = json!({ "VisitorIdentifierOptions": [email("hal@example.com")] });
    server.upload(&with(opportunity("H2", "Won", "10.00", "2024-03-09"), whose)).result();
    cost(&server, "x", "PayPerClick", "<script>alert(2)</script>", "2024-03-06", "5.00 GBP");
    let viewer = Viewer::new(&server);
    for by in ["label", "campaign", &encoded("property.<img src=x>\\,a:b")] {
        let page = viewer.page(&format!("attribution?period=all&by={by}"));
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
        let rows = table_rows(&page, "tbody");
        let row = rows.iter().find(|row| name(row).contains("HYPERLINK")).unwrap();
        let filtered = viewer.page(link(row).strip_prefix("/sites/s/").unwrap());
        assert_eq!(table_rows(&filtered, "tbody").len(), 1, "the link finds the very value");
        let reply = viewer.reply(&format!("attribution.csv?period=all&by={by}"));
        assert!(
            reply.text().contains("\"'=HYPERLINK(") && !reply.text().contains("\"=HYPER"),
            "{}",
            reply.text()
        );
    }
}

#[test]
fn many_rows_are_paged_and_all_in_the_file() {
    let server = Server::start();
    for number in 0..120 {
        let more =
            json!({ "AdditionalDataProperties": [{ "Name": "Nr", "Value": format!("n{number:03}") }] });
        let value = format!("{number}.00");
        server.upload(&with(opportunity(&format!("D{number}"), "Won", &value, "2024-01-10"), more)).result();
    }
    let viewer = Viewer::new(&server);
    let asked = "period=all&by=property.Nr";
    let first = viewer.page(&format!("attribution?{asked}"));
    let next = between(&first, "rel=\"next\" href=\"", "\"").replace("&amp;", "&");
    let second = viewer.page(next.strip_prefix("/sites/s/").unwrap());
    let names = |page: &str| -> Vec<String> {
        table_rows(page, "tbody").iter().map(|row| name(row).to_owned()).collect()
    };
    let all = [names(&first), names(&second)].concat();
    assert_eq!((all.len(), all[0].as_str()), (120, "n119"));
    assert!(second.contains("rel=\"prev\"") && !second.contains("rel=\"next\""));
    let file = viewer.file(&format!("{asked}&page=2"));
    assert_eq!(file[1..].iter().map(|line| line[0].clone()).collect::<Vec<_>>(), all);
}

#[test]
fn who_is_not_signed_in_is_asked_to() {
    let server = Server::start();
    for below in ["attribution", "attribution.csv", "paths"] {
        let reply = server.connect().request("GET", &format!("/sites/s/{below}"), &[], b"").unwrap();
        assert_eq!(reply.status, 303, "{below}");
        assert!(reply.header("location").unwrap().starts_with("/sign-in?back="));
    }
    let viewer = Viewer::new(&server);
    assert!(viewer.page("attribution").contains("There are no records in this period."));
    assert!(viewer.page("paths").contains("There are no records in this period."));
}

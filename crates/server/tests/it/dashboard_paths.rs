//! The page about paths: the API's numbers, and a picture that adds up to the report's.

use crate::dashboard_attribution::{Viewer, amounts, between, table_rows};
use crate::harness::{opportunity, with};
use crate::reports::world::{minor, rates, report, text, world};
use crate::sent::{email, ra_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The page's table of paths; the picture's comes first.
fn paths_of(page: &str) -> Vec<&str> {
    let (_, table) = page.split_once("<table class=\"data paths\">").unwrap();
    table_rows(table, "tbody")
}

fn steps(row: &str) -> Vec<&str> {
    row.split("</svg>").skip(1).map(|rest| rest.split("</span>").next().unwrap()).collect()
}

#[test]
fn paths_are_those_of_the_api() {
    let server = world();
    let viewer = Viewer::new(&server);
    for asked in ["by=channel", "by=campaign", "by=source&where=milestone:won", "by=channel&lookback=7"] {
        let page = viewer.page(&format!("paths?period=all&{asked}"));
        let answer = server.json(&format!("/api/v1/sites/s/report/paths?{asked}"));
        let expected = answer["paths"].as_array().unwrap();
        let rows = paths_of(&page);
        assert_eq!(rows.len(), expected.len(), "{asked}");
        for (row, path) in rows.iter().zip(expected) {
            let of_path = |name: &str| path[name].as_array().unwrap().iter();
            let told = row.split("<svg class=\"bar").next().unwrap();
            assert_eq!(steps(told), of_path("steps").map(|step| step.as_str().unwrap()).collect::<Vec<_>>());
            assert_eq!(amounts(row), of_path("values").map(|one| text(&one["amount"])).collect::<Vec<_>>());
            assert!(row.contains(&format!("<td class=\"n\">{}</td>", path["records"])), "{row}");
            let (won, lost) = (path["won"].as_f64().unwrap(), path["lost"].as_f64().unwrap());
            let rate = if won + lost > 0.0 {
                format!("<td class=\"n\">{:.1}%</td>", won / (won + lost) * 100.0)
            } else {
                "<td class=\"n\"><span class=\"quiet\">–</span></td>".to_owned()
            };
            assert!(row.contains(&rate), "{rate} {row}");
        }
    }
}

#[test]
fn the_picture_adds_up_to_first_touch_and_to_last() {
    let server = world();
    rates(&server);
    let viewer = Viewer::new(&server);
    let by = |side: usize, page: &str| -> BTreeMap<String, i64> {
        let (_, table) = page.split_once("As a table").unwrap();
        let mut sums = BTreeMap::new();
        for row in table_rows(table, "tbody") {
            let ends = [between(row, "<th scope=\"row\">", "</th>"), between(row, "<td>", "</td>")];
            *sums.entry(ends[side].to_owned()).or_default() += minor(&Value::from(amounts(row)[0]));
        }
        sums.into_iter().filter(|(_, sum)| *sum != 0).collect()
    };
    let page = viewer.page("paths?period=all");
    for (side, model) in ["first-touch", "last-touch"].into_iter().enumerate() {
        let answer = report(&server, &format!("model={model}"));
        let rows = answer["rows"].as_array().unwrap().iter();
        let expected = rows.map(|row| (text(&row["values"]["channel"]), minor(&row["models"][0]["value"])));
        assert_eq!(by(side, &page), expected.filter(|(_, sum)| *sum != 0).collect(), "{model}");
    }
    let outcomes = by(1, &viewer.page("paths?period=all&end=outcome&weigh=records"));
    let total = &report(&server, "")["totals"][0];
    assert_eq!(outcomes.get("Won"), Some(&minor(&total["wonValue"])));
    assert_eq!(outcomes.values().sum::<i64>(), minor(&total["value"]));
    assert_eq!(amounts(between(&page, "class=\"tiles\"", "</section>"))[0], text(&total["value"]));
}

#[test]
fn filters_on_touches_are_said_to_do_nothing_and_other_questions_are_refused() {
    let server = world();
    let viewer = Viewer::new(&server);
    let told = "Filters on touches do not count here";
    assert!(viewer.page("paths?period=all&where=channel:Email").contains(told));
    assert!(!viewer.page("paths?period=all&where=stage:Won").contains(told));
    for wrong in ["by=stage", "by=channel,source", "page=41", "end=up", "weigh=gold", "limit=5"] {
        assert_eq!(viewer.reply(&format!("paths?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn steps_from_outside_are_text() {
    let server = world();
    let landing = "https://www.shop.example/?utm_source=%3Cscript%3Ealert(1)%3C/script%3E&utm_medium=email";
    server.visit("v-hal", "2024-03-06T12:00:00Z", landing);
    server.form("form-hal", "2024-03-06T12:01:00Z", &[ra_id("v-hal"), email("hal@example.com")], &[]);
    let whose = json!({ "VisitorIdentifierOptions": [email("hal@example.com")] });
    server.upload(&with(opportunity("H", "Won", "10.00", "2024-03-09"), whose)).result();
    let page = Viewer::new(&server).page("paths?period=all&by=source");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "{page}");
}

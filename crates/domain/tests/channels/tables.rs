use std::collections::BTreeSet;
use touchline_domain::channel::{Arrival, ChannelRules, ClickIdKind, Rule, crawler, device_class};

const ARRIVALS: &str = include_str!("arrivals.tsv");
const REFERERS: &str = include_str!("referers.tsv");
const BROWSERS: &str = include_str!("browsers.txt");
const DOCUMENTATION: &str = include_str!("../../../../docs/channels.md");
const CRAWLERS: &str = include_str!("crawler-instances.txt");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').collect())
}

fn landing_page(column: &str) -> String {
    match column.chars().next() {
        Some('?' | '/') => format!("https://www.shop.example/{}", column.trim_start_matches('/')),
        _ => column.to_owned(),
    }
}

#[test]
fn arrivals_lead_where_the_table_says() {
    let rules = ChannelRules::builtin();
    let mut wrong = Vec::new();
    for row in rows(ARRIVALS) {
        let &[landing, referrer, ..] = row.as_slice() else { panic!("{row:?}") };
        let page = landing_page(landing);
        let arrival = Arrival { landing_page: &page, referrer: (referrer != "-").then_some(referrer) };
        let found = rules.classify(&arrival);
        let or_none = |value: &Option<String>| value.as_deref().unwrap_or("-").to_owned();
        let found = [found.channel.clone(), or_none(&found.source), or_none(&found.medium), found.rule];
        if row[2..] != found {
            wrong.push(format!("{landing} from {referrer}: wanted {:?}, found {found:?}", &row[2..]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_channel_rule_and_click_id() {
    let decided: BTreeSet<_> = rows(ARRIVALS).map(|row| (row[2], row[5])).collect();
    let rules: BTreeSet<_> =
        ChannelRules::builtin_rules().iter().map(|rule| (rule.channel(), rule.name())).collect();
    assert_eq!(rules.difference(&decided).collect::<Vec<_>>(), [&("", ""); 0]);
    assert!(decided.contains(&("Unassigned", "unassigned")));
    for kind in ClickIdKind::ALL {
        let parameter = format!("?{}=", kind.name());
        assert!(rows(ARRIVALS).any(|row| row[0].starts_with(&parameter)), "{parameter}");
    }
}

#[test]
fn published_referrers_are_of_the_kind_that_is_published() {
    let rules = ChannelRules::builtin();
    for row in rows(REFERERS) {
        let channel = match row[1] {
            "search" => "Organic Search",
            "social" => "Organic Social",
            "email" => "Email",
            "ads" => "Display",
            "shopping" => "Organic Shopping",
            other => panic!("{other}"),
        };
        let arrival = Arrival { landing_page: "https://www.shop.example/", referrer: Some(row[0]) };
        assert_eq!(rules.classify(&arrival).channel, channel, "{}", row[0]);
    }
}

#[test]
fn every_published_example_of_a_crawler_is_one() {
    let missed: Vec<_> = CRAWLERS.lines().filter(|agent| crawler(agent).is_none()).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(CRAWLERS.lines().count() > 2000);
}

#[test]
fn browsers_are_no_crawlers() {
    for agent in BROWSERS.lines() {
        assert_eq!(crawler(agent), None, "{agent}");
        let is_television = agent.contains("SMART-TV");
        assert_eq!(device_class(agent).name() == "other", is_television, "{agent}");
    }
    assert!(BROWSERS.lines().count() >= 30);
}

#[test]
fn the_documentation_is_true() {
    let fenced = DOCUMENTATION.split("```").skip(1).step_by(2);
    // Blocks of commands and of what they print say what they are.
    let of_rules = fenced.filter(|block| block.starts_with('\n') && !block.contains("NAME:"));
    let examples: Vec<_> = of_rules.map(Rule::parse_lines).collect();
    assert_eq!(examples.len(), 1);
    assert_eq!(examples[0].as_ref().map(Vec::len), Ok(3));
    let explained = Arrival {
        landing_page: "https://www.example.com/?gclid=abc",
        referrer: Some("https://www.google.com/"),
    };
    assert!(DOCUMENTATION.contains(&ChannelRules::builtin().because(&explained)));
    for rule in ChannelRules::builtin_rules() {
        assert!(DOCUMENTATION.contains(&format!("`{}`", rule.name())), "{}", rule.name());
    }
    for kind in ClickIdKind::ALL {
        assert!(DOCUMENTATION.contains(&format!("`{}`", kind.name())), "{}", kind.name());
    }
}

use proptest::prelude::*;
use touchline_domain::channel::{
    Arrival, Basis, CampaignTags, ChannelRules, Condition, ConversionOverride, Field, Operator, Rule,
    campaign_signature, crawler, device_class,
};

/// Addresses that look like addresses, and anything else.
fn address() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec![
        "www.google.com",
        "chatgpt.com",
        "shop.example",
        "www.shop.example",
        "paypal.com",
        "bücher.example",
        "[::1]",
        "",
        "x.com",
        "mail.google.com",
        "10.0.0.1",
    ]);
    let parameter = prop::sample::select(vec![
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "UTM_TERM",
        "utm_id",
        "gclid",
        "fbclid",
        "ScCid",
        "gad_campaignid",
        "page",
    ]);
    let value = prop_oneof![
        "[a-zA-Z ()*&%+-]{0,12}",
        prop::sample::select(vec![
            "google".to_owned(),
            "cpc".to_owned(),
            "email".to_owned(),
            "facebook".to_owned(),
            "(direct)".to_owned(),
        ])
    ];
    let query = prop::collection::vec((parameter, value), 0..5);
    let built = (host, "[a-z/%#?]{0,10}", query).prop_map(|(host, path, query)| {
        let pairs: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("https://{host}/{path}?{}", pairs.join("&"))
    });
    prop_oneof![built, any::<String>()]
}

fn condition() -> impl Strategy<Value = Condition> {
    let field = prop::sample::select(Field::ALL.to_vec());
    let operator = prop::sample::select(Operator::ALL.to_vec());
    let value = prop_oneof![
        "\\PC{1,20}",
        prop::sample::select(vec![
            "search".to_owned(),
            "gclid".to_owned(),
            "if".to_owned(),
            "and".to_owned(),
            "one of".to_owned(),
            "a\"b\\c".to_owned(),
            "*[a-z]*".to_owned(),
            ",".to_owned(),
            "İΣ".to_owned(),
        ])
    ];
    (field, operator, prop::collection::vec(value, 1..4))
        .prop_filter_map("not a condition", |(field, operator, values)| {
            Condition::new(field, operator, values).ok()
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let label = prop_oneof![
        "\\PC{1,20}",
        prop::sample::select(vec![
            "What if".to_owned(),
            "IF".to_owned(),
            "a: b".to_owned(),
            "#1".to_owned(),
            "\"q\"".to_owned(),
            "a  b".to_owned(),
        ])
    ];
    (label.clone(), label, prop::collection::vec(condition(), 1..5))
        .prop_filter_map("not a rule", |(name, channel, conditions)| {
            Rule::new(&name, &channel, conditions).ok()
        })
}

proptest! {
    #[test]
    fn every_visit_has_one_answer(landing in address(), referrer in prop::option::of(address())) {
        let rules = ChannelRules::builtin();
        let arrival = Arrival { landing_page: &landing, referrer: referrer.as_deref() };
        let found = rules.classify(&arrival);
        prop_assert_eq!(&found, &rules.classify(&arrival));
        prop_assert!(!found.channel.is_empty() && !found.rule.is_empty());
        prop_assert_eq!(found.basis == Basis::Nothing, found.channel == "Direct" && found.click_ids.is_empty()
            && campaign_signature(&landing).is_none());
        let bounded = [&found.campaign, &found.term, &found.content, &found.campaign_id];
        prop_assert!(bounded.into_iter().flatten().all(|text| text.chars().count() <= 512 && !text.contains('\0')));
    }

    #[test]
    fn a_signature_stands_for_all_that_rules_can_tell_of_a_campaign(landing in address()) {
        let tags = CampaignTags::of(&landing);
        prop_assert_eq!(tags.is_empty(), tags.signature().is_none());
        if let Some(signature) = tags.signature() {
            prop_assert_eq!(campaign_signature(&format!("https://a.example/?{signature}")), Some(signature));
        }
    }

    #[test]
    fn a_rule_is_its_line(rule in rule()) {
        let line = rule.to_string();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Rule::parse(&line), Ok(rule), "{}", line);
    }

    #[test]
    fn any_line_is_a_rule_or_refused(line in any::<String>()) {
        if let Ok(rule) = Rule::parse(&line) {
            prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
        }
    }

    #[test]
    fn a_site_s_own_rules_win(landing in address(), referrer in prop::option::of(address())) {
        let arrival = Arrival { landing_page: &landing, referrer: referrer.as_deref() };
        let builtin = ChannelRules::builtin().classify(&arrival);
        let all = |name| Rule::parse(&format!("{name}: Ours if landing path matches \"*\"")).unwrap();
        let never = Rule::parse("never: Never if campaign is \"no campaign is called this\"").unwrap();
        let ours = ChannelRules::with(vec![never.clone(), all("first"), all("second")]).unwrap().classify(&arrival);
        prop_assert_eq!((ours.channel.as_str(), ours.rule.as_str()), ("Ours", "first"));
        prop_assert_eq!((&ours.source, &ours.medium), (&builtin.source, &builtin.medium));
        prop_assert_eq!(ChannelRules::with(vec![never]).unwrap().classify(&arrival), builtin);
    }

    #[test]
    fn any_user_agent_is_read(agent in any::<String>()) {
        prop_assert_eq!(crawler(&agent), crawler(&agent));
        device_class(&agent);
    }

    #[test]
    fn any_override_is_taken_or_refused(one in any::<String>(), other in any::<String>(), page in address()) {
        let given = ConversionOverride {
            marketing_channel: Some(&one),
            source_category: Some(&other),
            landing_page: Some(&page),
            referrer: None,
        };
        if let Err(problems) = ChannelRules::builtin().classify_override(&given) {
            prop_assert!(!problems.is_empty());
        }
    }
}

/// Each field can be told apart by a rule, and nothing but what is asked for holds.
#[test]
fn rules_see_every_field() {
    let landing = "https://www.shop.example/Spring/Sale?utm_source=Google&utm_medium=cpc&utm_campaign=Brand+UK\
        &utm_term=Red+Shoes&utm_content=Ad+1&utm_id=77&utm_source_platform=SA360&gclid=x&gad_campaignid=9";
    let arrival = Arrival { landing_page: landing, referrer: Some("https://www.bing.com/search") };
    for (condition, holds) in [
        ("source is GOOGLE", true),
        ("source is goo", false),
        ("source is one of bing, google", true),
        ("medium begins with cp", true),
        ("campaign contains \"nd u\"", true),
        ("campaign ends with brand", false),
        ("term matches \"red*\"", true),
        ("content begins with 1", false),
        ("content ends with 1", true),
        ("campaign id is 77", true),
        ("source platform is sa360", true),
        ("source kind is search", true),
        ("source kind is one of social, ai", false),
        ("click id is gclid", true),
        ("click id is gad_campaignid", true),
        ("click id is fbclid", false),
        ("click id matches \"*\"", true),
        ("referrer host is bing.com", true),
        ("landing host is shop.example", true),
        ("landing path begins with /spring", true),
        ("landing path is /spring", false),
        ("source is google and medium is email", false),
    ] {
        let own = Rule::parse(&format!("own: Own if {condition}")).unwrap();
        let found = ChannelRules::with(vec![own]).unwrap().classify(&arrival);
        assert_eq!(found.rule == "own", holds, "{condition}");
    }
    let found = ChannelRules::builtin().classify(&arrival);
    assert_eq!(found.campaign.as_deref(), Some("Brand UK"), "as written");
    assert_eq!(found.campaign_id.as_deref(), Some("77"));
    assert_eq!(found.platform, Some("Google Ads"));
    assert_eq!(found.basis, Basis::Tags);
}

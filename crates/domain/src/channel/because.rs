use super::facts::{Discounted, Facts};
use super::{
    Basis, CampaignTags, ClickIdKind, Condition, DecidedBy, Field, Operator, Rule, SourceKind, UtmTag,
};

/// How much of a text from outside is repeated, in characters.
const SHOWN: usize = 60;

/// How many tags are named.
const TAGS_SHOWN: usize = 3;

/// What a classification rests on, and which rule holds why: a sentence or two for people.
pub(super) fn because(
    facts: &Facts<'_>,
    tags: &CampaignTags,
    rule: Option<&Rule>,
    decided_by: DecidedBy,
) -> String {
    let evidence = match facts.basis {
        Basis::Tags => of_tags(facts, tags),
        Basis::ClickId => of_click_id(facts),
        Basis::Referrer => of_referrer(facts),
        // An override is no arrival.
        Basis::Nothing | Basis::Override => of_nothing(facts.discounted),
    };
    format!("{evidence} {}", verdict(facts, rule, decided_by))
}

fn of_tags(facts: &Facts<'_>, tags: &CampaignTags) -> String {
    let tagged = UtmTag::ALL
        .into_iter()
        .filter_map(|tag| Some(format!("{}={}", tag.name(), cut(tags.utm(tag)?))))
        .take(TAGS_SHOWN);
    let tagged = tagged.collect::<Vec<_>>().join(", ");
    let source = (Field::Source, tags.utm(UtmTag::Source));
    let medium = (Field::Medium, tags.utm(UtmTag::Medium));
    let open = [source, medium].into_iter().filter(|(_, tag)| tag.is_none()).map(|(field, _)| field);
    let (added, missing): (Vec<_>, Vec<_>) = open.partition(|field| facts.value(*field).is_some());
    let added: Vec<_> = added
        .into_iter()
        .map(|field| format!("{} {}", field.name(), cut(facts.value(field).unwrap_or_default())))
        .collect();
    let mut sentence = format!("The landing page is tagged {tagged}");
    if !added.is_empty() {
        let adder = match facts.click {
            Some((kind, _)) => format!("its {},", click_id(facts, kind)),
            None => format!("the referrer {}", referrer(facts)),
        };
        sentence += &format!("; {adder} adds {}", added.join(" and "));
    }
    if !missing.is_empty() {
        let missing: Vec<_> = missing.into_iter().map(Field::name).collect();
        sentence += &format!("; no {} is named", missing.join(" and no "));
    }
    sentence + "."
}

fn of_click_id(facts: &Facts<'_>) -> String {
    let click_id = facts.click.map(|(kind, _)| click_id(facts, kind)).unwrap_or_default();
    format!("The landing page carries {click_id}: {}.", source_and_medium(facts))
}

/// A click id, and whose it is.
fn click_id(facts: &Facts<'_>, kind: ClickIdKind) -> String {
    match facts.platform {
        Some(platform) => format!("{}, a click id of {platform}", kind.name()),
        None => format!("{}, which Facebook puts on every link, paid for or not", kind.name()),
    }
}

fn of_referrer(facts: &Facts<'_>) -> String {
    format!("The referrer is {}: {}.", referrer(facts), source_and_medium(facts))
}

/// The referrer, and what it is known for.
fn referrer(facts: &Facts<'_>) -> String {
    let host = cut(facts.value(Field::ReferrerHost).unwrap_or_default());
    // Of a tagged source, the kind is the tag's.
    let is_known = facts.basis == Basis::Referrer;
    match facts.source_kind.filter(|_| is_known) {
        Some(kind) => format!("{host}, known as {}", known_as(kind)),
        None if is_known => format!("{host}, which is on no list"),
        None => host,
    }
}

fn known_as(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Search => "a search engine",
        SourceKind::Social => "a social network",
        SourceKind::Video => "a video site",
        SourceKind::Shopping => "a market place",
        SourceKind::Ai => "an AI assistant",
        SourceKind::Email => "web mail",
        SourceKind::Ads => "an advertising network",
    }
}

fn of_nothing(discounted: Option<Discounted>) -> String {
    let why = match discounted {
        None => return "The visit has no tags, no click id and no referrer.".to_owned(),
        Some(Discounted::NotAnAddress) => "is no web address",
        Some(Discounted::OwnSite) => "is the site itself",
        Some(Discounted::OnTheWay) => "is a payment or sign-in page",
    };
    format!("The visit has no tags and no click id, and its referrer {why}, so that it does not count.")
}

fn verdict(facts: &Facts<'_>, rule: Option<&Rule>, decided_by: DecidedBy) -> String {
    let Some(rule) = rule else {
        return "No rule holds for that, so the channel is Unassigned.".to_owned();
    };
    let whose =
        if matches!(decided_by, DecidedBy::Own(_)) { "The site's own rule" } else { "The built-in rule" };
    let conditions: Vec<_> = rule.conditions().iter().map(|condition| met(condition, facts)).collect();
    let (name, channel) = (cut(rule.name()), cut(rule.channel()));
    format!("{whose} {name} is the first that holds, because {}: {channel}.", conditions.join(" and "))
}

/// How a condition that holds does.
fn met(condition: &Condition, facts: &Facts<'_>) -> String {
    let click_ids = facts.click_ids.iter().map(|id| id.kind.name().to_lowercase());
    let actuals: Vec<String> = match condition.field() {
        Field::ClickId => click_ids.collect(),
        field => facts.value(field).map(str::to_owned).into_iter().collect(),
    };
    let name = condition.field().name();
    let met = actuals.iter().find_map(|actual| Some((cut(actual), cut(condition.met_by(actual)?))));
    let (actual, value) = met.unwrap_or_default();
    match condition.operator() {
        Operator::Is => format!("{name} is \"{value}\""),
        // A pattern without anything to fit is the text itself.
        Operator::Matches | Operator::Contains if actual == value => format!("{name} is \"{value}\""),
        operator => format!("{name} \"{actual}\" {} \"{value}\"", operator.name()),
    }
}

fn source_and_medium(facts: &Facts<'_>) -> String {
    let value = |field| facts.value(field).map_or_else(|| "(not set)".to_owned(), cut);
    format!("{} / {}", value(Field::Source), value(Field::Medium))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrival, ChannelRules};
    use super::*;

    #[test]
    fn people_are_told_what_a_classification_rests_on() {
        let own =
            Rule::parse("brand: Brand Search if click id is gclid and campaign contains brand").unwrap();
        let rules = ChannelRules::with(vec![own]).unwrap();
        for (query, referrer, sentence) in [
            (
                "?gclid=a",
                "",
                "The landing page carries gclid, a click id of Google Ads: google / cpc. The built-in rule paid-search \
                 is the first that holds, because source kind is \"search\" and medium \"cpc\" matches \"*cp*\": \
                 Paid Search.",
            ),
            (
                "?gclid=a&utm_campaign=My+Brand",
                "",
                "The landing page is tagged utm_campaign=My Brand; its gclid, a click id of Google Ads, adds source \
                 google and medium cpc. The site's own rule brand is the first that holds, because click id is \
                 \"gclid\" and campaign \"my brand\" contains \"brand\": Brand Search.",
            ),
            (
                "?fbclid=a",
                "",
                "The landing page carries fbclid, which Facebook puts on every link, paid for or not: facebook / \
                 social. The built-in rule organic-social is the first that holds, because source kind is \"social\": \
                 Organic Social.",
            ),
            (
                "",
                "https://www.google.com/",
                "The referrer is google.com, known as a search engine: google / organic. The built-in rule \
                 organic-search is the first that holds, because source kind is \"search\": Organic Search.",
            ),
            (
                "",
                "https://partner.example/",
                "The referrer is partner.example, which is on no list: partner.example / referral. The built-in rule \
                 referral is the first that holds, because medium is \"referral\": Referral.",
            ),
            (
                "?utm_source=newsletter",
                "",
                "The landing page is tagged utm_source=newsletter; no medium is named. No rule holds for that, so the \
                 channel is Unassigned.",
            ),
            (
                "?utm_campaign=x",
                "https://www.google.com/",
                "The landing page is tagged utm_campaign=x; the referrer google.com adds source google and medium \
                 organic. The built-in rule organic-search is the first that holds, because source kind is \
                 \"search\": Organic Search.",
            ),
            (
                "",
                "https://www.shop.example/basket",
                "The visit has no tags and no click id, and its referrer is the site itself, so that it does not \
                 count. The built-in rule direct is the first that holds, because source is \"(direct)\" and medium is \
                 \"(none)\": Direct.",
            ),
        ] {
            let page = format!("https://www.shop.example/{query}");
            let arrival = Arrival { landing_page: &page, referrer: Some(referrer) };
            assert_eq!(rules.because(&arrival), sentence, "{query} {referrer}");
        }
    }

    #[test]
    fn why_a_referrer_does_not_count_is_said() {
        let because = |referrer| {
            let arrival = Arrival { landing_page: "https://shop.example/", referrer };
            ChannelRules::builtin().because(&arrival)
        };
        for (referrer, words) in [
            (None, "no referrer."),
            (Some(" "), "no referrer."),
            (Some("nonsense"), "is no web address"),
            (Some("https://pay.google.com/"), "is a payment or sign-in page"),
            (Some("https://blog.shop.example/"), "is the site itself"),
        ] {
            assert!(because(referrer).contains(words), "{referrer:?}: {}", because(referrer));
        }
    }

    #[test]
    fn what_a_visitor_can_write_is_repeated_in_part() {
        let page =
            format!("https://a.example/?utm_source={0}&utm_medium={0}&utm_campaign={0}", "ä".repeat(255));
        let because = ChannelRules::builtin().because(&Arrival { landing_page: &page, referrer: None });
        assert!(because.chars().count() < 400, "{because}");
    }
}

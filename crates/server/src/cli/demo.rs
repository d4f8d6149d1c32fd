//! `touchline demo`: a made-up site of the last 90 days, for who only wants to look.

use super::serve::{bind, serve_store, start_log};
use super::{CliError, open_store};
use crate::app::intake::host;
use crate::app::secret::{NewToken, random_hex};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use clap::Args;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use touchline_domain::record::{RecordKind, Reference};
use touchline_domain::{ConversionKind, IdentifierKind, Instant, Invalid, Scopes, SiteId, Text, Token};
use touchline_store::sample::{SampleFact, SampleSite};
use touchline_store::{
    IntakeContent, IntakeEntry, IntakeKind, IntakeProblem, NewConversion, NewIntake, NewVisit, Sighting,
    Source, Store, StoreError, Upload,
};

const SITE: &str = "demo";

/// How many facts are stored in one transaction.
const PIECE: usize = 2_000;

/// The largest sample: it is made in memory.
const PEOPLE_MAX: u64 = 1_000_000;

#[derive(Args)]
pub(super) struct DemoCommand {
    /// How many people visit the site; they make about twice as many visits
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(1..=PEOPLE_MAX))]
    people: u64,
    /// Over how many days, until now
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// The same number makes the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A folder that goes when this is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over in the system's folder for such things does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes the site in a folder of its own, and serves it until it is told to stop.
pub(super) async fn run(config: Config, command: &DemoCommand) -> Result<ExitCode, CliError> {
    let name = random_hex::<6>().map_err(CliError::new)?;
    let folder = Folder(std::env::temp_dir().join(format!("touchline-demo-{name}")));
    // Whatever data the settings name is somebody's: a demonstration never touches it.
    let config = Config { data: folder.0.clone(), database: String::new(), ..config };
    start_log(&config);
    let listener = bind(config.listen).await?;
    let store = open_store(&config, true)?;
    // Whole seconds look like a clock's, and nobody's clock is that good.
    let now = Instant::from_micros(SystemClock.now().as_micros() / 1_000_000 * 1_000_000);
    let site = SiteId::parse(SITE).map_err(CliError::new)?;
    // It was there before its first visit, so that reports can be asked as of then.
    let began = now.plus_seconds(-86_400 * (i64::from(command.days) + 1));
    let settings = SampleSite::settings(site.clone(), began).map_err(CliError::new)?;
    store.add_site(settings).await?;
    let sample = SampleSite::new(command.seed, site.clone(), now, command.days);
    let people = (0..command.people).map(|number| sample.person(number));
    let people = people.collect::<Result<Vec<_>, Invalid>>().map_err(CliError::new)?;
    let highlight = Highlight::among(&people);
    let mut noted = noted(people.iter().flatten());
    let costs = sample.costs(command.people).map_err(CliError::new)?;
    fill(store.as_ref(), people).await?;
    noted.sightings.extend(costs.last().map(|cost| sighting(&site, Source::Costs, cost.received_at, None)));
    noted.entries = refusals(&site, now).map_err(CliError::new)?;
    store.note_intake(noted).await?;
    store.add_costs(costs).await?;
    let token = NewToken::generate().map_err(CliError::new)?;
    store
        .add_token(Token {
            id: token.id,
            name: Text::parse("demonstration").map_err(CliError::new)?,
            hash: token.hash,
            sites: vec![site],
            scopes: Scopes::all(),
            created_at: now,
            expires_at: None,
            revoked_at: None,
            session_of: None,
        })
        .await?;
    let screen = screen(listener.local_addr()?, &token.text, command, highlight.as_ref());
    let code = serve_store(&config, listener, store, &screen).await;
    drop(folder);
    code
}

/// Stores everything in the order in which it was received, and matches the records.
async fn fill(store: &dyn Store, people: Vec<Vec<SampleFact>>) -> Result<(), StoreError> {
    let mut facts: Vec<_> = people.into_iter().flatten().collect();
    facts.sort_by_key(SampleFact::received_at);
    let mut facts = facts.into_iter().peekable();
    while facts.peek().is_some() {
        let (mut visits, mut conversions, mut uploads): (Vec<NewVisit>, Vec<NewConversion>, Vec<Upload>) =
            Default::default();
        for fact in facts.by_ref().take(PIECE) {
            match fact {
                SampleFact::Visit(visit) => visits.push(visit),
                SampleFact::Conversion(conversion) => conversions.push(conversion),
                SampleFact::Record(upload) => uploads.push(upload),
            }
        }
        store.add_visits(visits).await?;
        store.add_conversions(conversions).await?;
        store.upload(uploads).await?;
    }
    while !store.follow(PIECE).await?.is_done() {}
    Ok(())
}

/// When the facts came in, as a server notes it that takes them in one by one: of each source the last day.
fn noted<'a>(facts: impl Iterator<Item = &'a SampleFact>) -> NewIntake {
    let mut seen: BTreeMap<(Source, i64), Sighting> = BTreeMap::new();
    for fact in facts {
        let new = match fact {
            SampleFact::Visit(new) => {
                let page = Some(new.visit.landing_page.as_str());
                sighting(&new.site, Source::TagVisit, new.received_at, page)
            }
            SampleFact::Conversion(new) => {
                let source = match new.conversion.kind {
                    ConversionKind::Web => Source::TagConversion,
                    ConversionKind::Call => Source::Call,
                };
                sighting(&new.site, source, new.received_at, None)
            }
            SampleFact::Record(upload) => {
                let source = match upload.key.kind {
                    RecordKind::Opportunity => Source::Opportunity,
                    RecordKind::Revenue => Source::Revenue,
                };
                sighting(&upload.key.site, source, upload.received_at, None)
            }
        };
        let of_hour = seen.entry((new.source, new.hour())).or_insert(Sighting { count: 0, ..new.clone() });
        let count = of_hour.count + 1;
        if new.last_at >= of_hour.last_at {
            *of_hour = new;
        }
        of_hour.count = count;
    }
    let mut last: BTreeMap<Source, i64> = BTreeMap::new();
    for (source, hour) in seen.keys() {
        last.insert(*source, *hour);
    }
    seen.retain(|(source, hour), _| last[source] - hour < 25);
    NewIntake { entries: Vec::new(), sightings: seen.into_values().collect() }
}

fn sighting(site: &SiteId, source: Source, last_at: Instant, page: Option<&str>) -> Sighting {
    let from = page.and_then(host).and_then(|host| Text::parse(host).ok());
    Sighting { site: site.clone(), source, last_at, count: 1, from }
}

/// What a CRM gets wrong now and then.
fn refusals(site: &SiteId, now: Instant) -> Result<Vec<IntakeEntry>, Invalid> {
    let refusal = |reference: &str, hours: i64, wrong: &[(&str, &str, &str)]| {
        let problem = |(pointer, code, detail): &(&str, &str, &str)| IntakeProblem {
            pointer: (*pointer).to_owned(),
            code: (*code).to_owned(),
            detail: (*detail).to_owned(),
        };
        let problems = wrong.iter().map(problem).collect();
        let code = Some("invalid_body".to_owned());
        Ok(IntakeEntry {
            site: site.clone(),
            kind: IntakeKind::Refusal,
            at: now.plus_seconds(-3_600 * hours),
            route: "/v1/{siteId}/opportunity/upload".to_owned(),
            reference: Some(Text::parse(reference)?),
            content: IntakeContent { code, problems, item: None, counts: None },
        })
    };
    let value = ("/OpportunityValue", "not_a_number", "'OpportunityValue' must be a valid number.");
    let currency = ("/CurrencyCode", "required", "'CurrencyCode' must be given.");
    Ok(vec![refusal("OPP-DRAFT-7", 29, &[value, currency])?, refusal("OPP-DRAFT-9", 5, &[currency])?])
}

/// A deal worth looking at: won, by somebody with an email address who came often.
struct Highlight {
    reference: Reference,
    email: String,
    touches: usize,
    last: Instant,
}

impl Highlight {
    fn among(people: &[Vec<SampleFact>]) -> Option<Self> {
        people.iter().filter_map(|facts| Self::of(facts)).max_by_key(|deal| (deal.touches, deal.last))
    }

    fn of(facts: &[SampleFact]) -> Option<Self> {
        facts.iter().find_map(|fact| {
            let SampleFact::Record(Upload { key, version, received_at }) = fact else { return None };
            let is_email = |kind| kind == IdentifierKind::EmailAddress;
            let email = version.identifiers.iter().find(|identifier| is_email(identifier.kind()))?;
            let is_won = key.kind == RecordKind::Opportunity && version.stage() == Some("Won");
            is_won.then(|| Self {
                reference: key.reference.clone(),
                email: email.value().to_owned(),
                touches: facts.iter().filter(|fact| !matches!(fact, SampleFact::Record(_))).count(),
                last: *received_at,
            })
        })
    }
}

fn screen(address: SocketAddr, token: &str, command: &DemoCommand, highlight: Option<&Highlight>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let site = format!("http://{address}/api/v1/sites/{SITE}");
    let bearer = format!("-H 'Authorization: Bearer {token}'");
    let DemoCommand { people, days, .. } = command;
    let mut text = format!(
        "
  Touchline {version}: which marketing brought this revenue?

  A made-up furniture shop: {people} people over the last {days} days. It is gone when you stop it.

  address   http://{address}
  site      {SITE}
  token     {token}

  Open it   http://{address}/sign-in?token={token}

  Which marketing brought the revenue, under two models, and what it cost:

curl '{site}/report?model=first-touch,linear' {bearer}
"
    );
    if let Some(Highlight { reference, email, .. }) = highlight {
        text += &format!(
            "
  A deal that was won: how its value is shared among the visits that led to it, and why:

curl '{site}/opportunities/{reference}/receipt?model=linear,time-decay' {bearer}
curl {site}/opportunities/{reference} {bearer}

  The person behind it, and why we think so:

curl '{site}/people?email={email}' {bearer}
"
        );
    }
    text += &format!(
        "
  All deals that somebody's visits were found for, and what they are worth by stage:

curl '{site}/opportunities?matched=true&limit=10' {bearer}
curl {site}/pipeline {bearer}

  Why a visit counts to the channel it does:

curl '{site}/channels/explain?url=https%3A%2F%2Fwww.harbour.example%2F%3Fgclid%3DCj0' {bearer}

  Next      http://{address}/docs   the API, with examples

"
    );
    text
}

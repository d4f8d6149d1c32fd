use super::App;
use crate::metrics::Metrics;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use touchline_domain::{Instant, SiteId, Text};
use touchline_store::{IntakeEntry, IntakeKind, NewIntake, Seen, Sighting, Source, StoreError};

/// How many entries may wait to be written down; those beyond are dropped and counted.
const ENTRIES_MAX: usize = 2_000;
const REPORTS_MAX: usize = 200;

/// How many sources and hours may wait.
const SIGHTINGS_MAX: usize = 10_000;

/// How long things are gathered before they are written down together.
pub(crate) const GATHERED: Duration = Duration::from_secs(1);

/// What came in and how it went, on its way to the store's intake log: nobody who sends something waits for it.
#[derive(Default)]
pub(crate) struct IntakeLog {
    waiting: Mutex<Waiting>,
    /// Held by whoever writes, so that whoever reads after it sees everything.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    entries: Vec<IntakeEntry>,
    /// Refused reports of browsers, which anybody can cause, apart from the rest.
    reports: Vec<IntakeEntry>,
    sightings: HashMap<(SiteId, Source, i64), Sighting>,
}

impl IntakeLog {
    /// Takes note that so many came from a source; `page` is the address of the last one's, where there is one.
    pub(crate) fn saw(
        &self,
        site: &SiteId,
        source: Source,
        count: usize,
        page: Option<&str>,
        last_at: Instant,
    ) {
        let from = page.and_then(host).and_then(|host| Text::parse(host).ok());
        let sighting = Sighting { site: site.clone(), source, last_at, count: count as u64, from };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (site.clone(), source, sighting.hour());
        if let Some(known) = waiting.sightings.get_mut(&key) {
            known.count += sighting.count;
            if sighting.last_at >= known.last_at {
                (known.last_at, known.from) = (sighting.last_at, sighting.from);
            }
        } else if waiting.sightings.len() < SIGHTINGS_MAX {
            waiting.sightings.insert(key, sighting);
        }
    }

    /// Takes note of what was refused, or of a batch.
    pub(crate) fn note(&self, entry: IntakeEntry, metrics: &Metrics) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, most) = match entry.kind {
            IntakeKind::Report => (&mut waiting.reports, REPORTS_MAX),
            IntakeKind::Refusal | IntakeKind::Batch => (&mut waiting.entries, ENTRIES_MAX),
        };
        if place.len() < most {
            place.push(entry);
        } else {
            metrics.intake_dropped(1);
        }
    }

    fn take(&self) -> Option<NewIntake> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let sightings = waiting.sightings.into_values().collect();
        let entries = [waiting.entries, waiting.reports].concat();
        let new = NewIntake { entries, sightings };
        (new != NewIntake::default()).then_some(new)
    }
}

/// The host of an address, with its port.
pub(crate) fn host(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    Some(authority.rsplit('@').next().unwrap_or(authority)).filter(|host| !host.is_empty())
}

impl App {
    /// Writes down what was noted so far. What cannot be written is let go of: it is no fact.
    pub(crate) async fn write_intake(&self) {
        let _writing = self.intake_log.writing.lock().await;
        let Some(new) = self.intake_log.take() else { return };
        let entries = new.entries.len();
        if let Err(error) = self.store.note_intake(new).await {
            tracing::warn!(%error, "what came in could not be noted");
            self.metrics.intake_dropped(entries);
        }
    }

    /// When each of a site's sources was last heard of, and how much came from it in the last day, as far as it is
    /// [written down](App::write_intake).
    pub(crate) async fn seen(&self, site: &SiteId) -> Result<Vec<Seen>, StoreError> {
        self.store.seen(site.clone(), self.clock.now().plus_seconds(-86_400)).await
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn an_address_has_a_host() {
        for (page, expected) in [
            ("https://www.example.com/a?b=https://c", Some("www.example.com")),
            ("http://user:word@example.com:8080#x", Some("example.com:8080")),
            ("https://example.com", Some("example.com")),
            ("https:///x", None),
            ("nothing", None),
        ] {
            assert_eq!(host(page), expected, "{page}");
        }
    }
}

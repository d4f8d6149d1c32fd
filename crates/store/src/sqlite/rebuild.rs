//! Having all journeys derived anew. Following does that a piece at a time; what is done here is to queue it, and to forget
//! journeys of records that are not there, which following never looks at.

use super::names::{self, Tail};
use super::writer::WriteTx;
use super::{SqliteStore, decisions, directory, journeys, rows};
use crate::{Rebuild, StoreError};
use rusqlite::{Connection, params};
use std::sync::Arc;
use touchline_domain::SiteId;
use touchline_domain::record::RecordKey;

/// How many journeys are looked at on one snapshot.
const PIECE: usize = 1_000;

impl SqliteStore {
    /// See [`Store::rebuild`](crate::Store::rebuild). Journeys are looked through by reading: the lock of those who write, in
    /// whichever process, is taken only for what there is to write.
    pub(super) async fn queue_all(&self, only: Option<SiteId>) -> Result<Rebuild, StoreError> {
        let (sites, mut rebuild) =
            self.readers.read(move |connection| count(connection, only.as_ref())).await?;
        for site in sites {
            let mut next = Some(0);
            while let Some(after) = next {
                let page = self.orphans(&site, after, rebuild.last_row.cast_signed()).await?;
                next = page.next;
                if !page.orphans.is_empty() {
                    let forgotten = self.writer.write(move |tx| forget(tx, &page.orphans)).await?;
                    rebuild.journeys = rebuild.journeys.saturating_sub(forgotten);
                }
            }
            self.writer.write(move |tx| decisions::touch_site(tx, &site)).await?;
        }
        Ok(rebuild)
    }

    /// A page that writes overtook is looked at again, and less of it.
    async fn orphans(&self, site: &SiteId, after: i64, last_row: i64) -> Result<Page, StoreError> {
        let mut limit = PIECE;
        loop {
            let (tail, site) = (Arc::clone(&self.tail), site.clone());
            let read = move |connection: &_| page(connection, &tail, &site, (after, last_row), limit);
            match self.readers.read(read).await {
                Err(StoreError::Interrupted) if limit > 1 => limit /= 2,
                result => return result,
            }
        }
    }
}

/// The sites that are asked for, how many journeys they have, and the last row of any site.
fn count(connection: &Connection, only: Option<&SiteId>) -> Result<(Vec<SiteId>, Rebuild), StoreError> {
    let sql = "SELECT coalesce(max(number), 0) FROM journey";
    let last_row: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let mut rebuild = Rebuild { journeys: 0, last_row: last_row.unsigned_abs() };
    let sites = directory::load(connection)?.sites.into_iter().map(|site| site.id);
    let sites: Vec<SiteId> = sites.filter(|site| only.is_none_or(|only| only == site)).collect();
    let sql = "SELECT count(*) FROM journey WHERE site_id = ?1 AND reference IS NOT NULL";
    for site in &sites {
        let journeys: i64 = connection.prepare_cached(sql)?.query_row([site.as_str()], |row| row.get(0))?;
        rebuild.journeys += journeys.unsigned_abs();
    }
    Ok((sites, rebuild))
}

struct Page {
    /// Whose journeys are to be forgotten, unless they are uploaded in between.
    orphans: Vec<RecordKey>,
    /// After which row to go on.
    next: Option<i64>,
}

/// Which of the journeys in a range of rows have no record.
fn page(
    connection: &Connection,
    tail: &Tail,
    site: &SiteId,
    (after, last_row): (i64, i64),
    limit: usize,
) -> Result<Page, StoreError> {
    let names = tail.names(connection)?;
    let sql = "SELECT site_id, kind, reference, number FROM journey
        WHERE site_id = ?1 AND number > ?2 AND number <= ?3 AND reference IS NOT NULL ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut stored = statement.query(params![site.as_str(), after, last_row])?;
    let (mut orphans, mut seen, mut last) = (Vec::new(), 0, after);
    while seen < limit {
        let Some(row) = stored.next()? else { return Ok(Page { orphans, next: None }) };
        let key = rows::key(row, 0)?;
        last = row.get(3)?;
        seen += 1;
        if names.find(hash(&key), 1)?.is_empty() {
            orphans.push(key);
        }
    }
    Ok(Page { orphans, next: Some(last) })
}

/// Forgets journeys whose record is still not there. Answers how many they were.
fn forget(tx: &WriteTx<'_>, orphans: &[RecordKey]) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    for key in orphans {
        if tx.tail.any_in_writer(tx.connection, hash(key))?.is_none() {
            journeys::write(tx, key, None)?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

fn hash(key: &RecordKey) -> i64 {
    names::record_hash(&key.site, key.kind, key.reference.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::SqliteOptions;
    use crate::{Store, Upload};
    use touchline_domain::record::{Particulars, RecordKind, Reference, Version};
    use touchline_domain::{Currency, Instant, Moment, Money, Site, Text};

    const DEALS: usize = 2 * PIECE + 1;

    /// A site whose deals have journeys, and as many of which the deal is not there.
    async fn store(folder: &std::path::Path, orphans: usize) -> SqliteStore {
        let path = folder.join("t.db");
        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        let at = |second: i64| Instant::from_micros(second * 1_000_000);
        let id = SiteId::parse("s").unwrap();
        store.add_site(Site::new(id.clone(), Text::parse("Example").unwrap(), at(0)).unwrap()).await.unwrap();
        let upload = |number: usize| Upload {
            key: RecordKey {
                site: id.clone(),
                kind: RecordKind::Opportunity,
                reference: Reference::parse(&format!("D{number}")).unwrap(),
            },
            received_at: at(2),
            version: Version {
                occurred: Moment { at: at(1), date_only: false },
                value: Money { minor: 100, currency: Currency::parse("GBP").unwrap() },
                particulars: Particulars::Opportunity { stage: Text::parse("New").unwrap() },
                identifiers: Vec::new(),
                labels: None,
                properties: None,
            },
        };
        store.upload((0..DEALS).map(upload).collect()).await.unwrap();
        follow(&store).await;
        let sql = "INSERT INTO journey (site_id, kind, reference, is_matched, body)
            SELECT site_id, kind, 'X' || number, is_matched, body FROM journey ORDER BY number DESC LIMIT ?1";
        rusqlite::Connection::open(&path).unwrap().execute(sql, [i64::try_from(orphans).unwrap()]).unwrap();
        store
    }

    async fn follow(store: &SqliteStore) {
        while !store.follow(5_000).await.unwrap().is_done() {}
    }

    async fn assert_true(store: &SqliteStore) {
        let verified = store.verify(None).await.unwrap();
        assert_eq!((verified.journeys, verified.changes_behind), (DEALS as u64, 0));
        assert_eq!(verified.differences, [""; 0]);
    }

    /// However many journeys there are, the lock of those who write is taken once for the site, and once for each piece of
    /// which something is to be forgotten.
    #[tokio::test(flavor = "multi_thread")]
    async fn journeys_are_looked_through_beside_those_who_write() {
        for (orphans, pieces) in [(0, 0), (1, 1), (PIECE + 1, 2)] {
            let folder = tempfile::tempdir().unwrap();
            let store = store(folder.path(), orphans).await;
            let commits = store.stats().await.unwrap().commits;
            let rebuild = store.rebuild(None).await.unwrap();
            assert_eq!(rebuild.journeys, DEALS as u64);
            assert_eq!(store.stats().await.unwrap().commits, commits + pieces + 1);
            follow(&store).await;
            assert_true(&store).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_deal_that_comes_in_between_keeps_its_journey() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path(), 1).await;
        let site = SiteId::parse("s").unwrap();
        let mut all = Vec::new();
        let mut next = Some(0);
        while let Some(after) = next {
            let page = store.orphans(&site, after, i64::MAX).await.unwrap();
            all.extend(page.orphans);
            next = page.next;
        }
        let known = RecordKey { reference: Reference::parse("D7").unwrap(), ..all[0].clone() };
        assert!(all.len() == 1 && !all.contains(&known));
        all.push(known);
        assert_eq!(store.writer.write(move |tx| forget(tx, &all)).await.unwrap(), 1);
        assert_true(&store).await;
    }
}

use super::rows::corrupt;
use super::writer::WriteTx;
use crate::{RatesImport, StoreError, StoredRates};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchline_domain::{Currency, Day, Instant, Rate, RateSheet, Rates};

const TABLE: &str = "rate_day";

/// The column `rates`: hundred-millionths by currency.
type RatesRow = BTreeMap<String, i64>;

/// Stores what a sheet says; see [`Store::set_rates`](crate::Store::set_rates).
pub(super) fn set(tx: &WriteTx<'_>, sheet: &RateSheet, at: Instant) -> Result<RatesImport, StoreError> {
    let mut import = RatesImport::default();
    for (day, rates) in &sheet.days {
        let before = of_day(tx.connection, *day)?;
        let mut after = before.clone().unwrap_or_default();
        for (currency, rate) in sheet.currencies.iter().zip(rates) {
            match rate {
                Some(rate) => after.insert(currency.code().to_owned(), rate.scaled()),
                None => after.remove(currency.code()),
            };
        }
        let count = match &before {
            Some(before) if *before == after => &mut import.unchanged,
            None if after.is_empty() => &mut import.unchanged,
            Some(_) => &mut import.changed,
            None => &mut import.added,
        };
        *count += 1;
        if before.unwrap_or_default() != after {
            write(tx.connection, *day, &after)?;
        }
    }
    if import.added + import.changed > 0 {
        set_counter(tx.connection, "UPDATE counter SET value = value + ?1 WHERE name = 'rates'", 1)?;
        let sql = "UPDATE counter SET value = ?1 WHERE name = 'rates_changed_at'";
        set_counter(tx.connection, sql, at.as_micros())?;
    }
    Ok(import)
}

fn set_counter(connection: &Connection, sql: &str, value: i64) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([value])?;
    Ok(())
}

fn of_day(connection: &Connection, day: Day) -> Result<Option<RatesRow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT rates FROM rate_day WHERE day = ?1")?;
    let row: Option<String> = statement.query_row([day.number()], |row| row.get(0)).optional()?;
    row.map(|row| serde_json::from_str(&row).map_err(|error| corrupt(TABLE, error))).transpose()
}

fn write(connection: &Connection, day: Day, rates: &RatesRow) -> Result<(), StoreError> {
    if rates.is_empty() {
        connection.prepare_cached("DELETE FROM rate_day WHERE day = ?1")?.execute([day.number()])?;
        return Ok(());
    }
    let rates = serde_json::to_string(rates).map_err(|error| corrupt(TABLE, error))?;
    let sql = "INSERT INTO rate_day (day, rates) VALUES (?1, ?2) ON CONFLICT (day) DO UPDATE SET rates = excluded.rates";
    connection.prepare_cached(sql)?.execute(params![day.number(), rates])?;
    Ok(())
}

/// Of which version the rates are.
pub(super) fn version(connection: &Connection) -> Result<u64, StoreError> {
    Ok(counter(connection, "rates")?.unsigned_abs())
}

fn counter(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    let sql = "SELECT value FROM counter WHERE name = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
}

/// All rates.
pub(super) fn load(connection: &Connection) -> Result<StoredRates, StoreError> {
    let mut all = Vec::new();
    let mut statement = connection.prepare_cached("SELECT day, rates FROM rate_day ORDER BY day")?;
    let mut days = statement.query([])?;
    while let Some(row) = days.next()? {
        let day = Day::from_number(row.get(0)?);
        let rates = super::rows::text_at(row, 1, TABLE)?;
        let rates: RatesRow = serde_json::from_str(rates).map_err(|error| corrupt(TABLE, error))?;
        for (code, scaled) in rates {
            // What an earlier build stored may be a currency that exists no longer: no amount can be in it.
            let Ok(currency) = Currency::parse(&code) else { continue };
            let rate = Rate::from_scaled(scaled)
                .ok_or_else(|| corrupt(TABLE, format!("a rate of {scaled} for {code} on {day}")))?;
            all.push((currency, day, rate));
        }
    }
    let changed_at = counter(connection, "rates_changed_at")?;
    Ok(StoredRates {
        version: version(connection)?,
        changed_at: (changed_at > 0).then(|| Instant::from_micros(changed_at)),
        rates: Arc::new(Rates::collect(all)),
    })
}

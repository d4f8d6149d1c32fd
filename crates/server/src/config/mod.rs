//! Settings: the compiled-in default file, over it the operator's file, over that the environment, over that flags.

mod network;

pub(crate) use network::Network;

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The default settings, as the file an operator can copy.
pub(crate) const DEFAULT: &str = include_str!("default.toml");

const ENVIRONMENT_PREFIX: &str = "TOUCHLINE";

/// Every setting, as `default.toml` documents it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) database: String,
    pub(crate) listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) log: LogFormat,
    pub(crate) log_level: LogLevel,
    pub(crate) limits: Limits,
    pub(crate) sqlite: Sqlite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) batch_bytes: usize,
    pub(crate) batch_items: usize,
    pub(crate) batches_at_once: usize,
    pub(crate) in_flight_bytes: usize,
    pub(crate) requests_per_second: u32,
    pub(crate) request_burst: u32,
    pub(crate) tag_body_bytes: usize,
    pub(crate) tag_requests_per_second: u32,
    pub(crate) tag_request_burst: u32,
    pub(crate) request_seconds: u64,
    pub(crate) head_seconds: u64,
    pub(crate) connections: usize,
    pub(crate) write_queue: usize,
    pub(crate) readers: usize,
    pub(crate) report_bytes: usize,
    pub(crate) reports_at_once: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sqlite {
    pub(crate) cache_kib: u32,
    pub(crate) checkpoint_pages: u32,
    pub(crate) gathered_names: usize,
}

/// What flags say; they win over everything.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    pub(crate) data: Option<PathBuf>,
    pub(crate) database: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) log: Option<LogFormat>,
}

/// Why the settings cannot be used: one line for the operator, naming where the mistake is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(String);

impl Config {
    /// Reads settings from all their sources. `environment` looks a variable up.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        flags: Flags,
    ) -> Result<Self, ConfigError> {
        let mut settings: Table = parse(DEFAULT, "the built-in defaults")?;
        if let Some(path) = file {
            let name = path.display().to_string();
            let text =
                std::fs::read_to_string(path).map_err(|error| ConfigError(format!("{name}: {error}")))?;
            lay_over(&mut settings, parse(&text, &name)?, &name, "")?;
        }
        overlay_environment(&mut settings, ENVIRONMENT_PREFIX, &environment)?;
        let mut config: Self =
            settings.try_into().map_err(|error| ConfigError(format!("settings: {error}")))?;
        let Flags { data, database, listen, log } = flags;
        config.data = data.unwrap_or(config.data);
        config.database = database.unwrap_or(config.database);
        config.listen = listen.unwrap_or(config.listen);
        config.log = log.unwrap_or(config.log);
        config.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let limits = &self.limits;
        let positive = [
            ("limits.body_bytes", limits.body_bytes),
            ("limits.batch_bytes", limits.batch_bytes),
            ("limits.batch_items", limits.batch_items),
            ("limits.batches_at_once", limits.batches_at_once),
            ("limits.requests_per_second", limits.requests_per_second as usize),
            ("limits.request_burst", limits.request_burst as usize),
            ("limits.tag_body_bytes", limits.tag_body_bytes),
            ("limits.tag_requests_per_second", limits.tag_requests_per_second as usize),
            ("limits.tag_request_burst", limits.tag_request_burst as usize),
            ("limits.connections", limits.connections),
            ("limits.write_queue", limits.write_queue),
            ("limits.readers", limits.readers),
            ("limits.reports_at_once", limits.reports_at_once),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError(format!("{name} must be at least 1")));
        }
        if limits.in_flight_bytes < limits.body_bytes {
            return Err(ConfigError("limits.in_flight_bytes must be at least limits.body_bytes".into()));
        }
        Ok(self)
    }

    /// The embedded database's file.
    pub(crate) fn database_path(&self) -> Result<PathBuf, ConfigError> {
        if self.database.is_empty() {
            return Ok(self.data.join("touchline.db"));
        }
        match self.database.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
            _ => Err(ConfigError("--database must be sqlite://PATH; this version has no other store".into())),
        }
    }
}

fn parse(text: &str, name: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error| ConfigError(format!("{name}: {error}")))
}

/// Replaces known settings by those of a file; a setting that does not exist is a mistake.
fn lay_over(settings: &mut Table, file: Table, name: &str, section: &str) -> Result<(), ConfigError> {
    for (key, value) in file {
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(settings)), Value::Table(value)) => {
                lay_over(settings, value, name, &format!("{section}{key}."))?;
            }
            (Some(setting), value) if setting.same_type(&value) => *setting = value,
            (Some(setting), _) => {
                let expected = setting.type_str();
                return Err(ConfigError(format!("{name}: {section}{key} must be of type {expected}")));
            }
            (None, _) => return Err(ConfigError(format!("{name}: there is no setting {section}{key}"))),
        }
    }
    Ok(())
}

fn overlay_environment(
    settings: &mut Table,
    prefix: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (key, setting) in settings.iter_mut() {
        let name = format!("{prefix}_{}", key.to_uppercase());
        if let Value::Table(section) = setting {
            overlay_environment(section, &name, environment)?;
            continue;
        }
        let Some(text) = environment(&name) else { continue };
        *setting = match setting {
            Value::Integer(_) => {
                let number = text.trim().parse();
                Value::Integer(number.map_err(|_| ConfigError(format!("{name} must be a whole number")))?)
            }
            Value::Array(_) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
            }
            _ => Value::String(text),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: Option<&str>, environment: &[(&str, &str)], flags: Flags) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("touchline.toml");
        std::fs::write(&path, file.unwrap_or("")).unwrap();
        let lookup =
            |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::load(file.map(|_| path.as_path()), lookup, flags).map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_file_is_the_default() {
        let config = load(None, &[], Flags::default()).unwrap();
        assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(config.database_path().unwrap(), Path::new("./touchline-data/touchline.db"));
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = "listen = '127.0.0.1:1'\nlog = 'json'\n[limits]\nbody_bytes = 5\nwrite_queue = 6";
        let environment = [("TOUCHLINE_LISTEN", "127.0.0.1:2"), ("TOUCHLINE_LIMITS_BODY_BYTES", "7")];
        let flags = Flags { listen: Some("127.0.0.1:3".parse().unwrap()), ..Flags::default() };
        let config = load(Some(file), &environment, flags).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!((config.limits.body_bytes, config.limits.write_queue), (7, 6));
        assert_eq!(config.log, LogFormat::Json);
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |file, environment: &[_]| load(Some(file), environment, Flags::default()).unwrap_err();
        assert!(mistake("lisen = 'x'", &[]).contains("there is no setting lisen"));
        assert!(mistake("[limits]\nreaders = 'x'", &[]).contains("limits.readers must be of type integer"));
        assert!(mistake("[limits]\nreaders = 0", &[]).contains("limits.readers must be at least 1"));
        assert!(
            mistake("", &[("TOUCHLINE_LIMITS_READERS", "x")])
                .contains("TOUCHLINE_LIMITS_READERS must be a whole")
        );
    }
}

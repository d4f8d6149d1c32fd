use super::CliError;

/// Seconds in a span such as `90d`, `12h`, `30m` or `45s`.
pub(super) fn seconds(raw: &str) -> Result<i64, CliError> {
    let raw = raw.trim();
    let unit = match raw.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(wrong(raw)),
    };
    let number: i64 = raw[..raw.len() - 1].parse().map_err(|_| wrong(raw))?;
    // A century is as good as for ever, and keeps the arithmetic in bounds.
    let seconds = number.checked_mul(unit).filter(|seconds| (1..=3_155_760_000).contains(seconds));
    seconds.ok_or_else(|| wrong(raw))
}

fn wrong(raw: &str) -> CliError {
    CliError::new(format!("'{raw}' is not a span of time such as 90d, 12h, 30m or 45s"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_read() {
        assert_eq!(seconds("90d").ok(), Some(7_776_000));
        assert_eq!(seconds(" 45s ").ok(), Some(45));
        for raw in ["", "d", "90", "-1d", "0s", "1.5h", "9999999999d", "é"] {
            assert!(seconds(raw).is_err(), "{raw}");
        }
    }
}

use super::CliError;

/// Seconds in a span such as `90d`, `12h`, `30m` or `45s`.
///
/// `option` is what the operator wrote it after.
pub(super) fn seconds(option: &str, raw: &str) -> Result<i64, CliError> {
    let raw = raw.trim();
    let unit = match raw.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(wrong(option, raw)),
    };
    let number: i64 = raw[..raw.len() - 1].parse().map_err(|_| wrong(option, raw))?;
    // A century is as good as for ever, and keeps the arithmetic in bounds.
    let seconds = number.checked_mul(unit).filter(|seconds| (1..=3_155_760_000).contains(seconds));
    seconds.ok_or_else(|| wrong(option, raw))
}

fn wrong(option: &str, raw: &str) -> CliError {
    CliError::new(format!("{option}: '{raw}' is not a span of time such as 90d, 12h, 30m or 45s"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_read() {
        assert_eq!(seconds("--expires", "90d").ok(), Some(7_776_000));
        assert_eq!(seconds("--expires", " 45s ").ok(), Some(45));
        for raw in ["", "d", "90", "-1d", "0s", "1.5h", "9999999999d", "é"] {
            assert!(seconds("--expires", raw).is_err(), "{raw}");
        }
    }
}

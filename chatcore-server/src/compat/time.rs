//! Moments as other systems write them.

use chatcore::Timestamp;

/// As Django REST framework does: `2026-11-21T03:21:46.618532Z`, with six digits or none behind the point.
pub(super) fn utc(at: Timestamp) -> String {
    format!("{}Z", naive(at))
}

/// As Python's `isoformat` does for a moment in UTC: `2026-11-21T03:21:46.618532+00:00`.
pub(super) fn offset(at: Timestamp) -> String {
    format!("{}+00:00", naive(at))
}

/// Without a zone: `2026-11-21T03:21:46.618532`.
pub(super) fn naive(at: Timestamp) -> String {
    let micros = at.as_micros().rem_euclid(1_000_000);
    let text = at.to_string();
    let whole = text.trim_end_matches('Z').split('.').next().unwrap_or_default();
    if micros == 0 { whole.to_owned() } else { format!("{whole}.{micros:06}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_have_six_digits_or_none() {
        let at = Timestamp::from_micros(1_795_231_306_618_500);
        assert_eq!(utc(at), "2026-11-21T03:21:46.618500Z");
        assert_eq!(offset(at), "2026-11-21T03:21:46.618500+00:00");
        assert_eq!(naive(Timestamp::from_micros(1_795_231_306_000_000)), "2026-11-21T03:21:46");
    }
}

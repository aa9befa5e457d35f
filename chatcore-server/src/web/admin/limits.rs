//! Limits as people read them, and as a form takes them.

use chatcore::Error;
use chatcore::quota::{LimitRule, Meter, Scope, Window};
use maud::{Markup, html};

use super::asked::Asked;
use super::frame::{count, units};
use crate::config::{read_limits, written_limit};

/// What a limit says, in words.
pub(super) fn words(rule: &LimitRule) -> String {
    let model = rule.model.as_ref().map(|model| format!(" with {model}")).unwrap_or_default();
    format!("{}{model}{}{}", much(rule.meter, rule.limit), window(rule.window), whom(rule.scope))
}

fn much(meter: Meter, limit: u64) -> String {
    let (noun, rest) = match meter {
        Meter::Messages => ("message", ""),
        Meter::Requests => ("answer", ""),
        Meter::Tokens => ("token", ""),
        Meter::ApiCalls => ("call", " of models and tools"),
        Meter::ConcurrentRuns => ("answer", " at once"),
        Meter::StoredBytes => ("byte", " of attachments"),
        Meter::Cost => return format!("{} units of cost", units(i64::try_from(limit).unwrap_or(i64::MAX))),
        other => return format!("{} {}", count(limit), other.name()),
    };
    format!("{} {noun}{}{rest}", count(limit), if limit == 1 { "" } else { "s" })
}

fn window(window: Window) -> String {
    let name = window.to_string();
    match window {
        Window::Rolling { hours } => format!(" in any {hours} hours"),
        Window::Lifetime => String::new(),
        _ => name
            .strip_prefix("calendar_")
            .map_or_else(|| format!(" a {name} of UTC"), |unit| format!(" a {unit} of their time zone")),
    }
}

fn whom(scope: Scope) -> &'static str {
    match scope {
        Scope::Network => ", all of a network together",
        Scope::ApiKey => ", for each key of a program",
        Scope::Plan => ", all who have the plan together",
        Scope::Everything => ", everybody together",
        _ => "",
    }
}

/// A field for limits, one a line.
pub(super) fn field<'a>(rules: impl IntoIterator<Item = &'a LimitRule>) -> Markup {
    let label = "Limits, one a line: messages=20/calendar_day, tokens@model=100000/rolling_5h";
    area("limits", label, rules.into_iter().map(written_limit))
}

/// A field of several lines.
pub(super) fn area(id: &str, label: &str, lines: impl Iterator<Item = String>) -> Markup {
    html! {
        label .field for=(id) {
            span { (label) }
            textarea id=(id) name=(id) rows="3" { (lines.collect::<Vec<_>>().join("\n")) }
        }
    }
}

/// The limits that a form says.
pub(super) fn read(asked: &Asked) -> Result<Vec<LimitRule>, Error> {
    let lines = asked.text("limits").lines();
    let read = lines.map(|line| read_limits(line).map_err(|reason| Error::invalid("limits", reason)));
    Ok(read.collect::<Result<Vec<_>, _>>()?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_said_in_words() {
        for (written, said) in [
            ("messages=20/calendar_day", "20 messages a day of their time zone"),
            ("tokens@llama3:8b=100000/rolling_5h", "100,000 tokens with llama3:8b in any 5 hours"),
            ("concurrent_runs=3", "3 answers at once"),
            ("concurrent_runs=1", "1 answer at once"),
            ("network:requests=9/month", "9 answers a month of UTC, all of a network together"),
            ("cost=2500000/lifetime", "2.5 units of cost"),
        ] {
            let rules = read_limits(written).unwrap();
            assert_eq!(rules.iter().map(words).collect::<Vec<_>>(), [said], "{written}");
        }
    }
}

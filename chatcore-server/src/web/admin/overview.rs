//! How the service does.

use chatcore::office::{Period, Report, Totals};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::chart::bars;
use super::desk::Desk;
use super::frame::{count, day, page, units};

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let (office, now) = (&desk.app.office, desk.app.now());
    let today = office.models(desk.caller(), None, Period::last_days(1, now)).await?;
    let month = office.models(desk.caller(), None, Period::last_days(30, now)).await?;
    let content = html! {
        div .tiles {
            (tile("Last 24 hours", today.totals()))
            (tile("Last 30 days", month.totals()))
        }
        (partial(&month))
        (bars("Answers asked for, by day", &by_day(&month, |totals| totals.runs)))
        (days(&month))
    };
    Ok(page(&desk, &asked, "/admin", "Overview", &content))
}

/// Says so if not all was looked at.
pub(super) fn partial(report: &Report) -> Markup {
    html! {
        @if !report.is_whole { p .notice { "There is too much of it to be looked at at once: the newest part is missing." } }
    }
}

pub(super) fn by_day(report: &Report, value: impl Fn(&Totals) -> u64) -> Vec<(String, u64)> {
    report.by_day().iter().map(|(at, totals)| (day(*at), value(totals))).collect()
}

fn tile(name: &str, totals: Totals) -> Markup {
    html! {
        section .tile {
            h2 { (name) }
            dl { (facts(&totals)) }
        }
    }
}

fn facts(totals: &Totals) -> Markup {
    html! {
        div { dt { "Answers" } dd { (count(totals.runs)) } }
        div { dt { "Failed" } dd { (count(totals.failed)) } }
        div { dt { "Tokens in" } dd { (count(totals.input)) } }
        div { dt { "Tokens out" } dd { (count(totals.output)) } }
        div { dt { "Charged" } dd { (units(totals.charged.as_micros())) } }
        div { dt { "First token" } dd { (wait(totals)) } }
    }
}

/// How long people waited for the first token, on average.
pub(super) fn wait(totals: &Totals) -> String {
    totals.time_to_first_token().map_or_else(|| "-".to_owned(), |wait| format!("{} ms", wait.as_millis()))
}

/// Totals by something, as a table.
pub(super) fn table(caption: &str, name: &str, rows: impl IntoIterator<Item = (String, Totals)>) -> Markup {
    html! {
        div .table tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (name) }
                    @for head in ["Answers", "Failed", "Tokens in", "Tokens out", "Charged", "First token"] {
                        th scope="col" .number { (head) }
                    }
                } }
                tbody {
                    @for (of, totals) in rows {
                        tr {
                            th scope="row" { (of) }
                            td .number { (count(totals.runs)) }
                            td .number { (count(totals.failed)) }
                            td .number { (count(totals.input)) }
                            td .number { (count(totals.output)) }
                            td .number { (units(totals.charged.as_micros())) }
                            td .number { (wait(&totals)) }
                        }
                    }
                }
            }
        }
    }
}

fn days(month: &Report) -> Markup {
    table("By day", "Day", month.by_day().into_iter().rev().map(|(at, totals)| (day(at), totals)))
}

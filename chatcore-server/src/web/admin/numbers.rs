//! How much is used, by model and by person.

use chatcore::Subject;
use chatcore::office::{Period, PersonDay};
use chatcore::quota::Amounts;
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::chart::bars;
use super::chats::owner;
use super::desk::Desk;
use super::frame::{count, field, more, page, units};
use super::overview::{by_day, partial, table};
use crate::api::moment;

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let (office, usual) = (&desk.app.office, Period::last_days(30, desk.app.now()));
    let period = Period {
        since: asked.get("since").map_or(Ok(usual.since), |text| moment("since", text))?,
        until: asked.get("until").map_or(Ok(usual.until), |text| moment("until", text))?,
    };
    let models = office.models(desk.caller(), None, period).await?;
    let people = office.used(desk.caller(), period, &asked.page()?).await?;
    let tokens = by_day(&models, |totals| totals.input.saturating_add(totals.output));
    let named = |model: String| if model.is_empty() { "deleted conversations".to_owned() } else { model };
    let by_model = models.by_model().into_iter().map(|(model, totals)| (named(model), totals));
    let content = html! {
        (dates(&asked))
        (partial(&models))
        (bars("Tokens by day", &tokens))
        (table("By day", "Day", models.by_day().into_iter().rev().map(|(at, it)| (super::frame::day(at), it))))
        (table("By model", "Model", by_model))
        p { a href=(download("models", &asked)) { "By day and model, as CSV" } }
        (by_person(&people.items))
        (more(&asked, people.next.as_ref()))
        p { a href=(download("people", &asked)) { "By day and person, as CSV" } }
    };
    Ok(page(&desk, &asked, "/admin/usage", "Usage", &content))
}

fn dates(asked: &Asked) -> Markup {
    html! {
        form .office-search method="get" action="/admin/usage" {
            (field("since", "since", "Since", "date", asked.text("since")))
            (field("until", "until", "Before", "date", asked.text("until")))
            button .primary { "Show" }
        }
    }
}

fn download(what: &str, asked: &Asked) -> String {
    let fields = ["since", "until"].map(|name| asked.get(name).map(|value| (name, value)));
    let query = serde_urlencoded::to_string(fields.into_iter().flatten().collect::<Vec<_>>()).unwrap_or_default();
    format!("/api/v1/admin/usage/{what}.csv?{query}")
}

/// The days of each person together; they come one person after the other.
fn sums(days: &[PersonDay]) -> Vec<(Subject, Amounts)> {
    let mut sums: Vec<(Subject, Amounts)> = Vec::new();
    for day in days {
        match sums.last_mut().filter(|(subject, _)| *subject == day.subject) {
            Some((_, sum)) => *sum = sum.plus(day.used),
            None => sums.push((day.subject, day.used)),
        }
    }
    sums
}

fn by_person(days: &[PersonDay]) -> Markup {
    html! {
        div .table tabindex="0" role="region" aria-label="By person" {
            table {
                caption { "By person" }
                thead { tr {
                    th scope="col" { "Who" }
                    @for head in ["Messages", "Answers", "Tokens", "Cost"] { th scope="col" .number { (head) } }
                } }
                tbody { @for (subject, used) in sums(days) { tr {
                    th scope="row" { (owner(subject)) }
                    td .number { (count(used.messages)) }
                    td .number { (count(used.requests)) }
                    td .number { (count(used.tokens)) }
                    td .number { (units(i64::try_from(used.cost).unwrap_or(i64::MAX))) }
                } } }
            }
        }
    }
}

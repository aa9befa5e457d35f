//! One plan: what it is, and what staff make of it.

use chatcore::Error;
use chatcore::billing::{Interval, Plan, PlanGrant, PlanId, PlanInForce, PlanPrice};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::{Desk, done};
use super::frame::{choice, field, page, reason, token, units};
use super::limits::{self, area};
use super::people::{slug, word};
use super::person::amount;

/// How often plans are paid for.
const INTERVALS: [(&str, &str); 4] = [("day", "a day"), ("week", "a week"), ("month", "a month"), ("year", "a year")];

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let id = PlanId(asked.text("plan").to_owned());
    let found = match desk.app.billing.see_plan(Some(desk.caller()), &id).await {
        Ok(found) => Some(found),
        Err(Error::NotFound(_)) if !id.0.is_empty() => None,
        Err(error) => return Err(error.into()),
    };
    let content = html! {
        @match &found {
            Some(PlanInForce { is_stored: true, .. }) => p .hint { "It was made here." },
            Some(_) => p .hint { "The configuration says what it is. What is saved here takes its place." },
            None => p .hint { "There is no such plan yet." },
        }
        (form(&desk, &id, found.as_ref()))
        @if found.as_ref().is_some_and(|found| found.is_stored) { (withdrawal(&desk, &id)) }
    };
    Ok(page(&desk, &asked, "/admin/plans", &format!("Plan {id}"), &content))
}

fn form(desk: &Desk, id: &PlanId, found: Option<&PlanInForce>) -> Markup {
    let plan = found.map(|found| &found.plan);
    let price = plan.and_then(|plan| plan.price.as_ref());
    let text = |value: Option<String>| value.unwrap_or_default();
    let grants = plan.into_iter().flat_map(|plan| &plan.grants).map(written_grant);
    let interval = price.map_or_else(|| "month".to_owned(), |price| slug(&price.interval));
    html! {
        form .office-card method="post" action="/admin/plan" {
            (token(desk))
            input type="hidden" name="plan" value=(id);
            input type="hidden" name="version" value=(found.map_or(0, |found| found.version));
            (field("plan-name", "name", "Name", "text", plan.map_or("", |plan| &plan.name)))
            (field("description", "description", "Description", "text", &text(plan.and_then(|plan| plan.description.clone()))))
            (limits::field(plan.into_iter().flat_map(|plan| &plan.limits)))
            (area("grants", "Credit of each period in units, one a line: 5, or 5 priority=2 keeps", grants))
            fieldset {
                legend { "Price; without a name it is not sold" }
                (field("reference", "reference", "Its name at the payment provider", "text", price.map_or("", |price| &price.reference)))
                (field("amount", "amount", "Amount, in the smallest unit of the currency", "text", &text(price.map(|price| price.amount.to_string()))))
                (field("currency", "currency", "Currency, as usd", "text", price.map_or("", |price| &price.currency)))
                (choice("interval", "interval", "For", &INTERVALS, &interval))
                (field("trial-days", "trial_days", "Days to try it", "text", &plan.map_or(0, |plan| plan.trial_days).to_string()))
            }
            (reason("plan-reason", false))
            p { button .primary { "Save" } }
        }
    }
}

fn withdrawal(desk: &Desk, id: &PlanId) -> Markup {
    html! {
        form .office-card method="post" action="/admin/plan/withdraw" {
            h2 { "Take it back" }
            (token(desk))
            input type="hidden" name="plan" value=(id);
            p .hint { "What the configuration says of it holds again. Without, whoever has it has the plan that everybody has." }
            (reason("withdraw-reason", false))
            p { button .danger { "Take it back" } }
        }
    }
}

pub(super) async fn save(desk: Desk, asked: Asked) -> Shown {
    let (plan, expected) = (read(&asked)?, number(&asked, "version")?);
    let id = plan.id.clone();
    desk.app.billing.put_plan(desk.by(&asked), plan, Some(expected)).await?;
    Ok(done(&format!("/admin/plan?plan={id}&done=saved")))
}

pub(super) async fn withdraw(desk: Desk, asked: Asked) -> Shown {
    let id = PlanId(asked.text("plan").to_owned());
    desk.app.billing.withdraw_plan(desk.by(&asked), id, None).await?;
    Ok(done("/admin/plans?done=saved"))
}

fn read(asked: &Asked) -> Result<Plan, Error> {
    let grants = asked.text("grants").lines().map(str::trim).filter(|line| !line.is_empty());
    let price = asked.get("reference").map(|reference| {
        let interval: Option<Interval> = word(asked, "interval")?;
        Ok::<_, Error>(PlanPrice {
            reference: reference.to_owned(),
            amount: asked.get("amount").map(|_| number(asked, "amount")).unwrap_or_else(missing)?,
            currency: asked.text("currency").to_owned(),
            interval: interval.ok_or_else(|| Error::invalid("interval", "must be said"))?,
        })
    });
    Ok(Plan {
        id: PlanId(asked.text("plan").to_owned()),
        name: asked.text("name").to_owned(),
        description: asked.get("description").map(str::to_owned),
        price: price.transpose()?,
        trial_days: u32::try_from(number(asked, "trial_days")?)
            .map_err(|_| Error::invalid("trial_days", "are too many"))?,
        limits: limits::read(asked)?,
        grants: grants.map(grant).collect::<Result<_, _>>()?,
    })
}

/// What is sold is not free because nobody said what it costs.
fn missing() -> Result<u64, Error> {
    Err(Error::invalid("amount", "must be said"))
}

/// A whole number; nothing is none.
fn number(asked: &Asked, name: &'static str) -> Result<u64, Error> {
    let read = |text: &str| text.parse().map_err(|_| Error::invalid(name, "must be a whole number"));
    asked.get(name).map_or(Ok(0), read)
}

/// Credit as it is written on the page: units, and then perhaps `priority=<n>` and `keeps`.
fn grant(line: &str) -> Result<PlanGrant, Error> {
    let wrong = || Error::invalid("grants", "look like `5`, or `5 priority=2 keeps`");
    let mut words = line.split_whitespace();
    let units = words.next().and_then(|units| amount(units).ok()).ok_or_else(wrong)?;
    let mut grant =
        PlanGrant { amount: u64::try_from(units.as_micros()).map_err(|_| wrong())?, priority: 0, keeps: false };
    for word in words {
        match word.strip_prefix("priority=") {
            Some(priority) => grant.priority = priority.parse().map_err(|_| wrong())?,
            None if word == "keeps" => grant.keeps = true,
            None => return Err(wrong()),
        }
    }
    Ok(grant)
}

fn written_grant(grant: &PlanGrant) -> String {
    // a comma between thousands is for people alone
    let units = units(i64::try_from(grant.amount).unwrap_or(i64::MAX)).replace(',', "");
    let priority = if grant.priority == 0 { String::new() } else { format!(" priority={}", grant.priority) };
    format!("{units}{priority}{}", if grant.keeps { " keeps" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_is_read_as_it_is_written() {
        for text in ["5", "0.000001", "1234567.5 priority=2", "1 keeps", "2 priority=255 keeps"] {
            assert_eq!(grant(text).map(|it| written_grant(&it)).as_deref().ok(), Some(text));
        }
        for wrong in ["five", "-1", "1 priority=300", "1 priority", "1 keep"] {
            assert!(grant(wrong).is_err(), "{wrong}");
        }
    }
}

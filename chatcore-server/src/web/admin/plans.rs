//! Plans as they are in force.

use chatcore::billing::{Plan, PlanInForce, PlanPrice};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::Desk;
use super::frame::{field, page, units};
use super::limits::words;
use super::people::name;

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let plans = desk.app.billing.see_plans(desk.caller()).await?;
    let content = html! {
        (list(&plans))
        form .office-search method="get" action="/admin/plan" {
            (field("new-plan", "plan", "Id of a new plan: a-z, 0-9, - and _", "text", ""))
            button .ghost { "Make a plan" }
        }
    };
    Ok(page(&desk, &asked, "/admin/plans", "Plans", &content))
}

fn list(plans: &[PlanInForce]) -> Markup {
    html! {
        @if plans.is_empty() { p .hint { "There are none." } } @else {
            div .table tabindex="0" role="region" aria-label="Plans" {
                table {
                    thead { tr { @for head in ["Plan", "Name", "Price", "Limits", "Credit", "From"] { th scope="col" { (head) } } } }
                    tbody { @for one in plans { (row(&one.plan, one.is_stored)) } }
                }
            }
        }
    }
}

fn row(plan: &Plan, is_stored: bool) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("/admin/plan?plan={}", plan.id)) { (plan.id) } }
            td { (plan.name) }
            td { (plan.price.as_ref().map_or_else(|| "-".to_owned(), price)) }
            td { ul .plain { @for rule in &plan.limits {
                li { (words(rule)) }
            } } }
            td { ul .plain { @for grant in &plan.grants { li { (units(i64::try_from(grant.amount).unwrap_or(i64::MAX))) } } } }
            td { @if is_stored { "the store" } @else { "the configuration" } }
        }
    }
}

/// A price as it is set: in the smallest units of its currency, of which nobody here knows how many make a whole.
fn price(price: &PlanPrice) -> String {
    format!("{} {} (smallest unit) a {}", price.amount, price.currency, name(&price.interval))
}

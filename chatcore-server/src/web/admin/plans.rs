//! Plans as they are in force, and payments that somebody must see to.

use chatcore::billing::{PaymentEvent, PlanInForce};
use chatcore::page::PageRequest;
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::Desk;
use super::frame::{page, time, units};

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let plans = desk.app.billing.see_plans(desk.caller()).await?;
    let parked = desk.app.billing.parked_page(desk.caller(), &PageRequest::first()).await?;
    let content = html! {
        (list(&plans))
        section {
            h2 { "Payments that somebody must see to" }
            (waiting(&parked.items))
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
                    tbody { @for PlanInForce { plan, is_stored, .. } in plans { tr {
                        th scope="row" { (plan.id) }
                        td { (plan.name) }
                        td { @match &plan.price {
                            Some(price) => { (price.amount) " " (price.currency) " (smallest unit)" },
                            None => "-",
                        } }
                        td { ul .plain { @for rule in &plan.limits {
                            li { (rule.limit) " " (rule.meter.name()) ", " (rule.window.to_string()) }
                        } } }
                        td { ul .plain { @for grant in &plan.grants { li { (units(i64::try_from(grant.amount).unwrap_or(i64::MAX))) } } } }
                        td { @if *is_stored { "the store" } @else { "the configuration" } }
                    } } }
                }
            }
        }
    }
}

fn waiting(parked: &[PaymentEvent]) -> Markup {
    html! {
        @if parked.is_empty() { p .hint { "There are none." } } @else {
            div .table tabindex="0" role="region" aria-label="Payments" {
                table {
                    thead { tr { @for head in ["Event", "Kind", "Came", "Why not"] { th scope="col" { (head) } } } }
                    tbody { @for event in parked { tr {
                        th scope="row" { (event.id) }
                        td { (event.kind) }
                        td { (time(event.received_at)) }
                        td { (event.reason.as_deref().unwrap_or("-")) }
                    } } }
                }
            }
        }
    }
}

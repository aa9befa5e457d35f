//! What one user is entitled to: their plan, limits of their own, and what staff make of both.

use chatcore::account::{AccountState, Permission, User};
use chatcore::billing::{Basis, Edit, Entitlement, Plan, PlanId, Source, Subscription};
use chatcore::quota::LimitRule;
use chatcore::{Error, Subject, Timestamp, UserId};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::desk::{Desk, done};
use super::frame::{choice, field, reason, time, token, units};
use super::limits;
use super::people::name;
use crate::api::moment;

/// What the page of a user says of it.
pub(super) async fn section(desk: &Desk, user: &User) -> Result<Markup, Error> {
    let (billing, by, subject) = (&desk.app.billing, Some(desk.caller()), Subject::User(user.id));
    let entitled = billing.see_entitlement(by, subject).await?;
    let bought = billing.see_subscriptions(by, subject).await?;
    let plan = billing.plan_of(subject).await?;
    let may = desk.may(Permission::Configure) && user.state != AccountState::Deleted;
    Ok(html! {
        section {
            h2 { "Plan and limits" }
            (standing(&entitled, plan.as_ref(), &bought, desk.app.now()))
            (rules(plan.as_ref(), &entitled.overrides))
            @if let Some(cap) = entitled.cap {
                p { "They want to spend " (units(i64::try_from(cap).unwrap_or(i64::MAX))) " units a month at most." }
            }
            @if may { (form(desk, user.id, &entitled).await?) }
        }
    })
}

fn standing(entitled: &Entitlement, plan: Option<&Plan>, bought: &[Subscription], now: Timestamp) -> Markup {
    html! {
        @match entitled.basis_at(now) {
            Some(Basis { plan, source, until, .. }) => p {
                (plan)
                @if source == Source::Staff { ", given" }
                @if let Some(until) = until { ", until " (time(until)) }
            },
            None => p { "The one that everybody has" @if let Some(plan) = plan { ": " (plan.name) } "." },
        }
        @if !bought.is_empty() {
            ul { @for one in bought {
                li { (one.plan) ", " (name(&one.state)) ", " (time(one.period_start)) " to " (time(one.period_end)) }
            } }
        }
    }
}

/// The limits that hold: those of the plan, but for what takes their place.
fn rules(plan: Option<&Plan>, own: &[LimitRule]) -> Markup {
    let all = LimitRule::overridden(plan.map_or(&[], |plan| &plan.limits), own);
    html! {
        @if all.is_empty() { p .hint { "They may use as much as they like." } } @else {
            ul #limits-in-force { @for rule in &all {
                li { (limits::words(rule)) @if own.contains(rule) { " (their own)" } }
            } }
        }
    }
}

async fn form(desk: &Desk, id: UserId, entitled: &Entitlement) -> Result<Markup, Error> {
    let given = entitled.basis_at(desk.app.now()).filter(|basis| basis.source == Source::Staff);
    let chosen = given.as_ref().map_or_else(String::new, |basis| basis.plan.to_string());
    let until = given.and_then(|basis| basis.until).map_or_else(String::new, |until| until.to_string());
    let plans = desk.app.billing.see_plans(desk.caller()).await?;
    let named = plans.iter().map(|one| (one.plan.id.0.as_str(), one.plan.name.as_str()));
    // one that was withdrawn is kept until somebody chooses another
    let lost = !chosen.is_empty() && plans.iter().all(|one| one.plan.id.0 != chosen);
    let none = [("", "None: what is paid for, or what everybody has")].into_iter();
    let options: Vec<(&str, &str)> = none.chain(named).chain(lost.then_some((&*chosen, &*chosen))).collect();
    Ok(html! {
        form .office-card method="post" action=(format!("/admin/users/{id}/entitlement")) {
            h3 { "Give a plan, or limits of their own" }
            (token(desk))
            p .hint { "It holds from the next message on. What was used stays used, and what is paid for goes on beneath." }
            (choice("given-plan", "plan", "Plan that is given", &options, &chosen))
            (field("until", "until", "Until, a day or a time in UTC; for good if it is empty", "text", &until))
            (limits::field(&entitled.overrides))
            (reason("entitlement-reason", false))
            p { button .primary { "Save plan and limits" } }
        }
    })
}

pub(super) async fn save(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    let plan = asked.get("plan").map(|id| PlanId(id.to_owned()));
    let until = asked.get("until").map(|text| moment("until", text)).transpose()?;
    let edits = Edit::whole(plan, until, limits::read(&asked)?)?;
    desk.app.billing.change_entitlement(desk.by(&asked), Subject::User(id), edits).await?;
    Ok(done(&format!("/admin/users/{id}?done=saved")))
}

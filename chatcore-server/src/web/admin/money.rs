//! What people pay for, what models cost, and payments that somebody must see to.

use chatcore::account::Permission;
use chatcore::billing::ledger::Charging;
use chatcore::billing::{PaymentEvent, PlanId, Subscription, SubscriptionState};
use chatcore::office::SubscriptionQuery;
use chatcore::turn::{ModelInfo, Prices};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::chats::owner;
use super::desk::{Desk, done};
use super::frame::{choice, field, more, page, time, token, units};
use super::people::{name, slug, word};

/// Subscriptions of anybody.
pub(super) async fn subscriptions(desk: Desk, asked: Asked) -> Shown {
    let state = word::<SubscriptionState>(&asked, "state")?;
    let query = SubscriptionQuery { state, plan: asked.get("plan").map(|id| PlanId(id.to_owned())) };
    let found = desk.app.office.subscriptions(desk.caller(), &query, &asked.page()?).await?;
    let content = html! {
        (search(&asked))
        (list(&found.items))
        (more(&asked, found.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/subscriptions", "Subscriptions", &content))
}

fn search(asked: &Asked) -> Markup {
    let named: Vec<(String, String)> = SubscriptionState::ALL.iter().map(|state| (slug(state), name(state))).collect();
    let states: Vec<(&str, &str)> =
        [("", "any")].into_iter().chain(named.iter().map(|(word, text)| (&**word, &**text))).collect();
    html! {
        form .office-search role="search" method="get" action="/admin/subscriptions" {
            (choice("state", "state", "State", &states, asked.text("state")))
            (field("plan", "plan", "Plan", "search", asked.text("plan")))
            button .primary { "Find" }
        }
    }
}

fn list(found: &[Subscription]) -> Markup {
    html! {
        @if found.is_empty() { p .hint { "None was found." } } @else {
            div .table tabindex="0" role="region" aria-label="Subscriptions" {
                table {
                    thead { tr { @for head in ["Id", "Whose", "Plan", "State", "Paid from", "Until"] { th scope="col" { (head) } } } }
                    tbody { @for one in found { tr {
                        th scope="row" { (one.id) }
                        td { (owner(one.subject)) }
                        td { (one.plan) }
                        td { (name(&one.state)) }
                        td { (time(one.period_start)) }
                        td { (time(one.period_end)) }
                    } } }
                }
            }
        }
    }
}

/// What models cost, and what is charged for.
pub(super) async fn prices(desk: Desk, asked: Asked) -> Shown {
    desk.caller().require_permission(Permission::Configure)?;
    let table = &desk.app.prices;
    let charge = match table.charging() {
        Charging::PerRequest { amount } => format!("{} an answer", units(amount.as_micros())),
        Charging::PerToken { unpriced } => {
            format!("tokens, by the prices below; models without one: {}", name(&unpriced))
        }
        _ => "nothing".to_owned(),
    };
    let models: Vec<&ModelInfo> = desk.app.chat.models().collect();
    let content = html! {
        dl .facts {
            div { dt { "Charged for" } dd { (charge) } }
            div { dt { "Version" } dd { code { (table.version()) } } }
        }
        p .hint { "Prices of a million tokens, in units. They are set in the configuration; what was charged keeps the prices of its time." }
        div .table tabindex="0" role="region" aria-label="Prices" {
            table {
                thead { tr {
                    th scope="col" { "Model" }
                    th scope="col" { "Provider" }
                    @for head in ["Input", "Output", "Cache, read", "Cache, written", "Thinking"] { th scope="col" .number { (head) } }
                } }
                tbody { @for model in models { tr {
                    th scope="row" { (model.id) }
                    td { (model.provider) }
                    @for price in columns(model.prices.as_ref()) { td .number { (price) } }
                } } }
            }
        }
    };
    Ok(page(&desk, &asked, "/admin/prices", "Prices", &content))
}

/// What the tokens of a model cost, one kind after the other.
fn columns(prices: Option<&Prices>) -> [String; 5] {
    let shown =
        |micros: Option<u64>| micros.map_or_else(|| "-".to_owned(), |it| units(it.try_into().unwrap_or(i64::MAX)));
    let of = |prices: &Prices| {
        [Some(prices.input), Some(prices.output), prices.cache_read, prices.cache_write, prices.reasoning]
    };
    prices.map(of).unwrap_or_default().map(shown)
}

/// Payments that somebody must see to.
pub(super) async fn payments(desk: Desk, asked: Asked) -> Shown {
    let parked = desk.app.billing.parked_page(desk.caller(), &asked.page()?).await?;
    let content = html! {
        p .hint { "What the payment provider told and could not be applied as things are, the oldest first." }
        (waiting(&desk, &parked.items))
        (more(&asked, parked.next.as_ref()))
    };
    Ok(page(&desk, &asked, "/admin/payments", "Payments", &content))
}

fn waiting(desk: &Desk, parked: &[PaymentEvent]) -> Markup {
    html! {
        @if parked.is_empty() { p .hint { "There are none." } } @else {
            div .table tabindex="0" role="region" aria-label="Payments" {
                table {
                    thead { tr { @for head in ["Event", "Kind", "Came", "Tried", "Why not"] { th scope="col" { (head) } } td {} } }
                    tbody { @for event in parked { tr {
                        th scope="row" { (event.id) }
                        td { (event.kind) }
                        td { (time(event.received_at)) }
                        td { (event.tries) }
                        td { (event.reason.as_deref().unwrap_or("-")) }
                        td { form method="post" action="/admin/payments" {
                            (token(desk))
                            input type="hidden" name="event" value=(event.id);
                            button .ghost.small { "Try again" }
                        } }
                    } } }
                }
            }
        }
    }
}

pub(super) async fn replay(desk: Desk, asked: Asked) -> Shown {
    desk.app.billing.replay(desk.by(&asked), asked.raw("event")).await?;
    Ok(done("/admin/payments?done=tried"))
}

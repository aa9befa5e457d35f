//! One user: who they are, and what is done to them.

use chatcore::account::{AccountRole, AccountState, Permission, Session, User};
use chatcore::audit::AuditEntry;
use chatcore::billing::ledger::Credit;
use chatcore::office::{Period, PersonDay};
use chatcore::once::Once;
use chatcore::page::PageRequest;
use chatcore::{Error, IdSource, RandomIds, SessionId, Subject, UserId};
use maud::{Markup, html};

use super::Shown;
use super::asked::Asked;
use super::audit::entries;
use super::chart::bars;
use super::desk::{Desk, done};
use super::entitled;
use super::frame::{choice, count, day, field, page, reason, time, token, units};
use super::people::{ROLES, called, name, word};

pub(super) async fn show(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    let (app, by) = (&desk.app, desk.caller());
    let accounts = app.credentials.accounts();
    let user = accounts.account(by, id).await?;
    let sessions = accounts.sessions_of(by, id, &PageRequest::first()).await?;
    let balance = app.ledger.balance_of(by, id).await?;
    let used = app.office.used_by(by, Subject::User(id), Period::last_days(30, app.now())).await?;
    let live: Vec<&Session> = sessions.items.iter().filter(|session| session.is_live(&user, app.now())).collect();
    let content = html! {
        (facts(&desk, &user))
        (standing(&desk, &user))
        (sessions_of(&desk, &user, &live))
        (credit(&desk, &user, balance.balance, balance.available))
        (entitled::section(&desk, &user).await?)
        (usage(&used))
        (deletion(&desk, &user))
        @if desk.may(Permission::SeeAudit) {
            section {
                h2 { "Audit" }
                (entries(&acts(&desk, id).await?))
            }
        }
    };
    Ok(page(&desk, &asked, "/admin/users", &called(&user), &content))
}

async fn acts(desk: &Desk, id: UserId) -> Result<Vec<AuditEntry>, Error> {
    let first = PageRequest::first().limit(10);
    Ok(desk.app.audit.entries(desk.caller(), Some(Subject::User(id)), &first).await?.items)
}

fn facts(desk: &Desk, user: &User) -> Markup {
    html! {
        dl .facts {
            div { dt { "Id" } dd { code { (user.id) } } }
            div { dt { "Number" } dd { (user.number) } }
            div { dt { "E-mail" } dd { (user.email.as_deref().unwrap_or("-")) } }
            div { dt { "Role" } dd { (user.role.name()) } }
            div { dt { "State" } dd { (name(&user.state)) } }
            div { dt { "Since" } dd { (time(user.created_at)) } }
        }
        @if desk.may(Permission::FindChats) {
            p { a href=(format!("/admin/conversations?owner={}", user.id)) { "Their conversations" } }
        }
    }
}

fn standing(desk: &Desk, user: &User) -> Markup {
    let at = |what: &str| format!("/admin/users/{}/{what}", user.id);
    let above = desk.user.role.is_above(user.role);
    html! {
        div .office-forms {
            @if desk.may(Permission::SetRoles) {
                form .office-card method="post" action=(at("role")) {
                    h2 { "Role" }
                    (token(desk))
                    (choice("new-role", "role", "Role", &ROLES, user.role.name()))
                    (reason("role-reason", false))
                    p { button .ghost { "Change the role" } }
                }
            }
            @if desk.may(Permission::Suspend) && above && user.state == AccountState::Active {
                form .office-card method="post" action=(at("suspend")) {
                    h2 { "Shut out" }
                    (token(desk))
                    p .hint { "Their sessions, keys and codes stop working at once." }
                    (reason("suspend-reason", false))
                    p { button .danger { "Suspend" } }
                }
            }
            @if desk.may(Permission::Suspend) && above && user.state == AccountState::Suspended {
                form .office-card method="post" action=(at("reinstate")) {
                    h2 { "Let in again" }
                    (token(desk))
                    (reason("reinstate-reason", false))
                    p { button .ghost { "Reinstate" } }
                }
            }
        }
    }
}

fn sessions_of(desk: &Desk, user: &User, live: &[&Session]) -> Markup {
    let may = desk.may(Permission::EndSessions) && desk.user.role.is_above(user.role);
    let at = format!("/admin/users/{}/sessions", user.id);
    html! {
        section {
            h2 { "Signed in" }
            @if live.is_empty() { p .hint { "Nowhere." } } @else {
                div .table tabindex="0" role="region" aria-label="Sessions" {
                    table {
                        thead { tr {
                            @for head in ["With", "Kind", "Since"] { th scope="col" { (head) } }
                            @if may { td {} }
                        } }
                        tbody {
                            @for session in live {
                                tr {
                                    th scope="row" { (session.label.as_deref().unwrap_or("-")) }
                                    td { (session.kind.name) }
                                    td { (time(session.created_at)) }
                                    @if may { td { form method="post" action=(at) {
                                        (token(desk))
                                        input type="hidden" name="session" value=(session.id);
                                        button .ghost.small { "Sign out" }
                                    } } }
                                }
                            }
                        }
                    }
                }
                @if may { form method="post" action=(at) { (token(desk)) button .ghost { "Sign out everywhere" } } }
            }
        }
    }
}

fn credit(desk: &Desk, user: &User, balance: Credit, available: Credit) -> Markup {
    // a form that is sent twice books once
    let once: String = RandomIds.random().iter().map(|byte| format!("{byte:02x}")).collect();
    html! {
        section {
            h2 { "Credit" }
            dl .facts {
                div { dt { "Balance" } dd #balance { (units(balance.as_micros())) } }
                div { dt { "Not set aside" } dd { (units(available.as_micros())) } }
            }
            @if desk.may(Permission::AdjustBalances) {
                form .office-card method="post" action=(format!("/admin/users/{}/balance", user.id)) {
                    h3 { "Give or take credit" }
                    (token(desk))
                    input type="hidden" name="once" value=(once);
                    (field("amount", "amount", "Units; below zero they are taken", "text", ""))
                    (reason("balance-reason", true))
                    p { button .primary { "Adjust" } }
                }
            }
        }
    }
}

fn usage(used: &[PersonDay]) -> Markup {
    let tokens: Vec<(String, u64)> = used.iter().map(|it| (day(it.day), it.used.tokens)).collect();
    html! {
        section {
            h2 { "Used in the last 30 days" }
            (bars("Tokens by day", &tokens))
            @if !used.is_empty() {
                div .table tabindex="0" role="region" aria-label="Used by day" {
                    table {
                        thead { tr {
                            th scope="col" { "Day" }
                            @for head in ["Messages", "Answers", "Tokens", "Cost"] { th scope="col" .number { (head) } }
                        } }
                        tbody { @for it in used.iter().rev() { tr {
                            th scope="row" { (day(it.day)) }
                            td .number { (count(it.used.messages)) }
                            td .number { (count(it.used.requests)) }
                            td .number { (count(it.used.tokens)) }
                            td .number { (units(i64::try_from(it.used.cost).unwrap_or(i64::MAX))) }
                        } } }
                    }
                }
            }
        }
    }
}

/// Closed until it is asked for, and nothing without a reason and a tick: there is no way back.
fn deletion(desk: &Desk, user: &User) -> Markup {
    let may = desk.may(Permission::DeleteAccounts) && desk.user.role.is_above(user.role);
    html! {
        @if may && user.state != AccountState::Deleted {
            details .office-closed {
                summary { "Delete the account" }
                form .office-card method="post" action=(format!("/admin/users/{}/delete", user.id)) {
                    (token(desk))
                    p .hint {
                        "Nobody gets in any more, at once. What they said and brought is erased within two hours; what was "
                        "booked stays, without their name."
                    }
                    (reason("delete-reason", true))
                    label .office-tick {
                        input type="checkbox" name="sure" value="yes" required;
                        span { "It is for good" }
                    }
                    p { button .danger { "Delete the account" } }
                }
            }
        }
    }
}

fn back(id: UserId, word: &str) -> poem::Response {
    done(&format!("/admin/users/{id}?done={word}"))
}

pub(super) async fn set_role(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    let role: AccountRole = word(&asked, "role")?.ok_or(Error::invalid("role", "must be said"))?;
    desk.app.credentials.accounts().set_role(desk.by(&asked), id, role).await?;
    Ok(back(id, "saved"))
}

pub(super) async fn suspend(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    desk.app.credentials.accounts().suspend(desk.by(&asked), id).await?;
    Ok(back(id, "saved"))
}

pub(super) async fn reinstate(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    desk.app.credentials.accounts().reinstate(desk.by(&asked), id).await?;
    Ok(back(id, "saved"))
}

pub(super) async fn delete(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    asked.get("sure").ok_or(Error::invalid("sure", "must be ticked"))?;
    desk.app.credentials.accounts().delete_account(desk.by(&asked), id).await?;
    Ok(back(id, "deleted"))
}

pub(super) async fn end_sessions(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    let (accounts, by) = (desk.app.credentials.accounts(), desk.by(&asked));
    match asked.get("session") {
        Some(session) => {
            let session: SessionId = session.parse().map_err(|_| Error::NotFound("session"))?;
            accounts.end_session_of(by, id, session).await?;
        }
        None => accounts.end_sessions_of(by, id).await.map(drop)?,
    }
    Ok(back(id, "ended"))
}

pub(super) async fn adjust(desk: Desk, asked: Asked) -> Shown {
    let id: UserId = asked.id("user")?;
    let wrong = |_| Error::invalid("amount", "must be a number of units");
    let amount = amount(asked.text("amount")).map_err(wrong)?;
    let once = asked.get("once").map(Once::new).transpose()?;
    desk.app.ledger.adjust_user(desk.caller(), id, once.as_ref(), amount, asked.text("reason")).await?;
    Ok(back(id, "saved"))
}

/// An amount as people write it: units, with six decimals at most. It is read without a detour over floating point.
pub(super) fn amount(text: &str) -> Result<Credit, std::num::ParseIntError> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |rest| (-1, rest));
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{whole}{rest:0<6}");
    // a sign behind the sign, no digit at all, or more decimals than there are, is no number
    let strict =
        if (whole.is_empty() && rest.is_empty()) || rest.len() > 6 || !padded.bytes().all(|byte| byte.is_ascii_digit())
        {
            ""
        } else {
            &*padded
        };
    strict.parse::<i64>().map(|micros| Credit::from_micros(sign * micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        let good = [("1", 1_000_000), ("-2.5", -2_500_000), ("+0.000001", 1), ("0.1", 100_000), (".5", 500_000)];
        for (text, micros) in good {
            assert_eq!(amount(text), Ok(Credit::from_micros(micros)), "{text}");
        }
        for wrong in ["", "-", "1.0000001", "--1", "1,5", "ten", "1e3", "9999999999999999999", "."] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }
}

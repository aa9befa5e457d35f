//! Wallets and entries of the ledger.

use chatcore::billing::ledger::{
    Account, Charge, Credit, EntryKind, LedgerEntry, Line, Month, Slice, Spent, Terms, Wallet, event,
};
use chatcore::{RunId, Subject, UserId, VisitorId};
use uuid::Uuid;

use super::{Sample, at, sample, some, usage};

fn lines<const N: usize>(lines: [(Account, i64); N]) -> Vec<Line> {
    lines.map(|(account, micros)| Line { account, amount: Credit::from_micros(micros) }).into()
}

pub(super) fn money() -> Vec<Sample> {
    let (owner, visitor, run) = (Subject::User(id!(UserId, 1)), Subject::Visitor(id!(VisitorId, 7)), id!(RunId, 8));
    let micros = Credit::from_micros;
    let short = Terms { priority: 3, expires_at: Some(at(60)), trial: false };
    let full = Wallet {
        owner,
        plain: micros(5),
        slices: vec![
            Slice { terms: Terms { priority: 0, expires_at: None, trial: false }, left: micros(6) },
            Slice { terms: short, left: micros(7) },
        ],
        held: micros(4),
        spent: Spent { month: Month(202_611), amount: micros(3) },
        refilled_at: Some(at(4)),
        entries: 2,
    };
    let start = LedgerEntry {
        event: event::start(visitor),
        owner: visitor,
        number: 1,
        at: at(4),
        kind: EntryKind::Start,
        lines: lines([(Account::Credit, 9), (Account::Promotions, -9)]),
        spent: Credit::ZERO,
        charge: None,
        corrects: None,
        reason: None,
        by: None,
    };
    let charge = LedgerEntry {
        event: event::run(run),
        owner,
        number: 2,
        kind: EntryKind::Charge,
        lines: lines([
            (Account::Grant(short), -2),
            (Account::Credit, -1),
            (Account::Waived, -5),
            (Account::Revenue, 8),
        ]),
        spent: micros(3),
        charge: Some(Charge { run, price_version: "2026-11".into(), used: [("small".to_owned(), usage())].into() }),
        ..start.clone()
    };
    let back = LedgerEntry {
        event: event::correction(&charge.event),
        number: 3,
        kind: EntryKind::Correction,
        lines: lines([
            (Account::Grant(Terms { priority: 0, expires_at: None, trial: false }), 3),
            (Account::Waived, 5),
            (Account::Revenue, -8),
        ]),
        spent: micros(-3),
        charge: None,
        corrects: Some(charge.event.clone()),
        reason: some("said twice"),
        by: Some(id!(UserId, 2)),
        ..charge.clone()
    };
    vec![sample(Wallet::empty(visitor)), sample(full), sample(start), sample(charge), sample(back)]
}

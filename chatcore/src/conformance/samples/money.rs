//! Wallets, and entries of the ledger.

use super::{MAX, Maker, STATES, Sample, TIMES, sample, texts, time, usage};
use crate::billing::ledger::{
    Account, Charge, Credit, EntryKind, LedgerEntry, Line, Month, Slice, Spent, Terms, Wallet,
};
use crate::subject::Subject;
use crate::turn::UsageSource;

const AMOUNTS: [i64; 5] = [0, 1, -1, i64::MAX, i64::MIN];

const KINDS: [EntryKind; 11] = [
    EntryKind::Start,
    EntryKind::Refill,
    EntryKind::Plan,
    EntryKind::Promotion,
    EntryKind::Purchase,
    EntryKind::Charge,
    EntryKind::Payment,
    EntryKind::Adjustment,
    EntryKind::Correction,
    EntryKind::Expiry,
    EntryKind::Transfer,
];

fn credit(at: usize) -> Credit {
    Credit::from_micros(AMOUNTS[at % 5])
}

fn terms(at: usize) -> Terms {
    Terms { priority: u8::MAX, expires_at: (!at.is_multiple_of(3)).then(|| time(TIMES[at % 5])), trial: false }
}

pub(super) fn money(maker: &Maker<'_>) -> Vec<Sample> {
    let mut all: Vec<Sample> = (0..6).map(|at| wallet(maker, at)).collect();
    for (at, text) in texts().into_iter().enumerate() {
        let text: String = text.chars().take(200).collect();
        all.push(entry(maker, at, &text));
    }
    all
}

fn wallet(maker: &Maker<'_>, at: usize) -> Sample {
    let before = Wallet {
        owner: Subject::User(maker.user()),
        plain: credit(at),
        slices: (0..at).map(|n| Slice { terms: terms(n), left: credit(n + 1) }).collect(),
        held: credit(at + 1),
        spent: Spent { month: Month(u32::MAX), amount: credit(at + 2) },
        refilled_at: (!at.is_multiple_of(2)).then(|| time(TIMES[at % 5])),
        entries: MAX,
    };
    sample(before.clone(), Wallet { held: Credit::from_micros(1), ..Wallet::empty(before.owner) })
}

fn entry(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let accounts = [Account::Credit, Account::Grant(terms(at)), Account::Waived, Account::Transfers];
    let used = [UsageSource::Provider, UsageSource::Counted, UsageSource::Estimated];
    let used = used.map(|source| (format!("{text} {source:?}"), usage(source))).into();
    let before = LedgerEntry {
        event: text.to_owned(),
        owner: Maker::owner(at),
        number: MAX - at as u64,
        at: time(TIMES[at % 5]),
        kind: KINDS[at % KINDS.len()],
        lines: accounts.into_iter().zip(0..).map(|(account, n)| Line { account, amount: credit(n) }).collect(),
        spent: credit(at),
        charge: Some(Charge { run: maker.run(), price_version: text.to_owned(), used }),
        corrects: Some(text.to_owned()),
        reason: None,
        by: None,
    };
    let after = LedgerEntry {
        owner: Maker::owner(at + 1),
        number: 1,
        kind: KINDS[(at + STATES.len()) % KINDS.len()],
        lines: Vec::new(),
        charge: None,
        corrects: None,
        reason: Some(text.to_owned()),
        by: Some(maker.user()),
        ..before.clone()
    };
    sample(before, after)
}

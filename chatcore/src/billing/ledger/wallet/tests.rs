use proptest::prelude::*;

use super::*;
use crate::billing::ledger::Line;
use crate::id::UserId;

fn credit(micros: i64) -> Credit {
    Credit::from_micros(micros)
}

fn terms(priority: u8, expiry: i64) -> Option<Terms> {
    Some(Terms { priority, expires_at: Some(Timestamp::from_micros(expiry)), trial: false })
}

fn wallet() -> Wallet {
    Wallet::empty(Subject::User(UserId::from_uuid(uuid::Uuid::nil())))
}

/// What a step does to a wallet, with its lines against revenue.
fn step(wallet: &mut Wallet, work: impl FnOnce(&mut Wallet, &mut Lines) -> Result<(), CreditError>) -> Vec<Line> {
    let mut lines = Lines::default();
    work(wallet, &mut lines).unwrap();
    lines.against(Account::Revenue).unwrap()
}

fn add(wallet: &mut Wallet, terms: Option<Terms>, amount: i64) -> Vec<Line> {
    step(wallet, |wallet, lines| wallet.add(terms, credit(amount), lines))
}

fn take(wallet: &mut Wallet, amount: i64, at: i64) -> Vec<Line> {
    step(wallet, |wallet, lines| wallet.take(credit(amount), Timestamp::from_micros(at), lines))
}

fn shown(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{} {}", line.account, line.amount)).collect()
}

#[test]
fn credit_is_used_by_priority_then_by_expiry_and_the_rest_last() {
    let mut wallet = wallet();
    for (terms, amount) in [(None, 10), (terms(1, 5), 10), (terms(0, 9), 10), (terms(0, 7), 10)] {
        add(&mut wallet, terms, amount);
    }
    let used = shown(&take(&mut wallet, 35, 0));
    let grant = |priority, expiry| format!("grant/{priority}/1970-01-01T00:00:00.00000{expiry}Z -10");
    assert_eq!(used, [grant(0, 7), grant(0, 9), grant(1, 5), "credit -5".into(), "revenue 35".into()]);
    assert_eq!((wallet.balance(), wallet.slices.len()), (credit(5), 0));
}

#[test]
fn what_has_lapsed_and_was_held_is_used_before_anything_else() {
    let mut wallet = wallet();
    add(&mut wallet, terms(0, 99), 10);
    add(&mut wallet, terms(9, 5), 10);
    wallet.set_aside(credit(17)).unwrap();
    let at = Timestamp::from_micros(5);
    let gone = step(&mut wallet, |wallet, lines| wallet.lapse(at, lines));
    assert_eq!(shown(&gone), ["grant/9/1970-01-01T00:00:00.000005Z -3", "revenue 3"], "what is held stays");
    assert_eq!((wallet.available(), wallet.expires_at()), (Credit::ZERO, None));
    let used = take(&mut wallet, 8, 5);
    assert_eq!(shown(&used[..1]), ["grant/9/1970-01-01T00:00:00.000005Z -7"]);
}

#[test]
fn what_comes_pays_a_debt_first() {
    let mut wallet = wallet();
    take(&mut wallet, 7, 0);
    assert_eq!(wallet.balance(), credit(-7));
    let lines = add(&mut wallet, terms(0, 9), 10);
    assert_eq!(shown(&lines), ["credit 7", "grant/0/1970-01-01T00:00:00.000009Z 3", "revenue -10"]);
    assert_eq!((wallet.plain, wallet.balance()), (Credit::ZERO, credit(3)));
}

#[test]
fn a_wallet_stays_small_and_nobody_loses_by_it() {
    let mut wallet = wallet();
    for expiry in (1..=40).rev() {
        add(&mut wallet, terms(0, expiry), 1);
    }
    assert_eq!((wallet.slices.len(), wallet.plain, wallet.balance()), (MAX_SLICES, credit(8), credit(40)));
    assert!(crate::store::codec::encode(&wallet).len() < 3000);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let (mut wallet, mut lines) = (wallet(), Lines::default());
    wallet.add(None, Credit::MAX, &mut lines).unwrap();
    assert_eq!(wallet.add(None, credit(1), &mut lines), Err(CreditError::TooMuch));
}

#[derive(Debug, Clone)]
enum Step {
    Add(Option<Terms>, i64),
    Take(i64),
    Back(Option<Terms>, i64),
    Aside(i64),
    Pass(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let any_terms = || {
        prop::option::of((0..3_u8, prop::option::of(0..200_i64))).prop_map(|terms| {
            terms.map(|(priority, expiry)| Terms {
                priority,
                expires_at: expiry.map(Timestamp::from_micros),
                trial: false,
            })
        })
    };
    prop_oneof![
        (any_terms(), 1..100_i64).prop_map(|(terms, amount)| Step::Add(terms, amount)),
        (0..60_i64).prop_map(Step::Take),
        (any_terms(), 0..60_i64).prop_map(|(terms, amount)| Step::Back(terms, amount)),
        (-50..50_i64).prop_map(Step::Aside),
        (0..20_i64).prop_map(Step::Pass),
    ]
}

proptest! {
    /// Whatever happens, lines sum to zero and say all that changed; slices are sorted, none is empty, and who owes has none.
    #[test]
    fn a_wallet_is_the_sum_of_its_lines(steps in prop::collection::vec(any_step(), 1..80)) {
        let (mut wallet, mut now, mut all) = (wallet(), 0_i64, Lines::default());
        for one in steps {
            let at = Timestamp::from_micros(now);
            let lines = step(&mut wallet, |wallet, lines| match one {
                Step::Add(terms, amount) => wallet.add(terms, credit(amount), lines),
                Step::Take(amount) => wallet.take(credit(amount), at, lines),
                Step::Back(terms, amount) => wallet.take_back(terms, credit(amount), at, lines),
                Step::Aside(amount) => wallet.set_aside(credit(amount)),
                Step::Pass(micros) => {
                    now += micros;
                    wallet.lapse(Timestamp::from_micros(now), lines)
                }
            });
            prop_assert_eq!(lines.iter().map(|line| line.amount.as_micros()).sum::<i64>(), 0);
            lines.iter().filter(|line| line.account.is_owners()).for_each(|line| all.add(line.account, line.amount).unwrap());
            prop_assert!(wallet.slices.is_sorted_by_key(|slice| slice.terms));
            prop_assert!(wallet.slices.iter().all(|slice| slice.left > Credit::ZERO));
            prop_assert!(wallet.plain >= Credit::ZERO || wallet.slices.is_empty());
            prop_assert!(wallet.held >= Credit::ZERO && wallet.slices.len() <= MAX_SLICES);
            let mut expected = Lines::default();
            expected.add(Account::Credit, wallet.plain).unwrap();
            wallet.slices.iter().for_each(|slice| expected.add(Account::Grant(slice.terms), slice.left).unwrap());
            let mut folded = all.clone().against(Account::Revenue).unwrap();
            folded.retain(|line| line.account.is_owners());
            folded.sort_by_key(|line| line.account);
            let mut expected = expected.against(Account::Revenue).unwrap();
            expected.retain(|line| line.account.is_owners());
            expected.sort_by_key(|line| line.account);
            prop_assert_eq!(folded, expected);
        }
    }
}

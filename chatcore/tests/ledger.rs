//! Movements of credit, many of them, on a store that is closed and opened again now and then; and the service.

mod support;

use chatcore::conformance::plain;

use crate::support::Kept;

/// Half of them where nobody may owe, half where people may.
#[test]
fn twenty_thousand_movements_of_credit() {
    for seed in [10_000, 10_001] {
        let outcome = plain::run(&Kept::default(), seed, 10_000);
        assert_eq!(outcome.movements, 10_000);
        assert!(outcome.reopened > 50 && outcome.refused > 500 && outcome.entries > 3_000, "{outcome:?}");
    }
}

#[test]
#[ignore = "takes minutes: cargo test --release -p chatcore --all-features --test ledger -- --ignored"]
fn a_million_movements_of_credit() {
    println!("{:?}", plain::run(&Kept::default(), 1_000_000, 500_000));
    println!("{:?}", plain::run(&Kept::default(), 1_000_001, 500_000));
}

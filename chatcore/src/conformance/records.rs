//! Records of every kind, through every way of writing and reading them.

use std::collections::BTreeSet;

use super::bench::Bench;
use super::raw::scan_all;
use super::samples::{Sample, samples};
use crate::conversation::Parent;
use crate::store::{AnyRecord, Kind};

async fn found(bench: &Bench<'_>, sample: &Sample) -> Option<AnyRecord> {
    scan_all(&*bench.store, sample.kind, 100).await.into_iter().find(|record| record.key_bytes() == sample.key)
}

pub(super) async fn keeps_values(bench: Bench<'_>) {
    let kinds: BTreeSet<Kind> = samples(&*bench.ids).iter().map(|sample| sample.kind).collect();
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_projection()) {
        assert!(kinds.contains(kind), "the suite has no sample of a {}", kind.name());
    }
    let samples = bench.samples();
    for sample in &samples {
        let name = sample.kind.name();
        bench.commit((sample.insert)()).await.unwrap();
        bench.commit((sample.is_before)()).await.unwrap_or_else(|error| {
            panic!("a {name} is not read as it was inserted: {error}\n{:.2000?}", sample.before)
        });
        assert!(found(&bench, sample).await.as_ref() == Some(&sample.before), "a {name} is scanned as another");
        bench.commit((sample.update)()).await.unwrap();
        bench
            .commit((sample.is_after)())
            .await
            .unwrap_or_else(|error| panic!("a {name} is not read as it was updated: {error}\n{:.2000?}", sample.after));
        assert!(found(&bench, sample).await.as_ref() == Some(&sample.after), "a {name} is scanned as it was");
    }
}

pub(super) async fn forgets_what_is_deleted(bench: Bench<'_>) {
    let samples = bench.samples();
    for sample in &samples {
        bench.commit((sample.insert)()).await.unwrap();
    }
    for sample in &samples {
        bench.commit((sample.delete)()).await.unwrap();
        bench.commit((sample.is_absent)()).await.expect("a deleted record is found");
        assert!(found(&bench, sample).await.is_none(), "a deleted {} is scanned", sample.kind.name());
    }
    for kind in Kind::ALL {
        assert_eq!(bench.count(*kind).await, 0, "something is left of a deleted {}", kind.name());
    }
    // the key is free again
    for sample in &samples {
        bench.commit((sample.insert)()).await.expect("a key is not free after its record was deleted");
        bench.commit((sample.is_before)()).await.unwrap();
    }
}

pub(super) async fn scan_in_key_order(bench: Bench<'_>) {
    let samples = bench.samples();
    for sample in &samples {
        bench.commit((sample.insert)()).await.unwrap();
    }
    for kind in Kind::ALL.iter().copied().filter(|kind| !kind.is_projection()) {
        let all = bench.store.scan(kind, None, usize::MAX).await.unwrap();
        let keys: Vec<Vec<u8>> = all.iter().map(AnyRecord::key_bytes).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{}s are not scanned in the order of their keys", kind.name());
        assert!(all.iter().all(|record| record.kind() == kind));
        for page in [1, 2, 7] {
            assert!(scan_all(&*bench.store, kind, page).await == all, "pages of {page} {}s do not join", kind.name());
        }
        assert!(bench.store.scan(kind, None, 0).await.unwrap().is_empty(), "a scan of none finds some");
    }
    // a place in the order is a place, whether or not there is a record any more
    for sample in samples {
        let behind = |all: Vec<AnyRecord>| all.iter().map(AnyRecord::key_bytes).collect::<Vec<_>>();
        let before = behind(bench.store.scan(sample.kind, Some(&sample.key), usize::MAX).await.unwrap());
        bench.commit((sample.delete)()).await.unwrap();
        let after = behind(bench.store.scan(sample.kind, Some(&sample.key), usize::MAX).await.unwrap());
        assert_eq!(before, after, "a scan behind a deleted {} begins elsewhere", sample.kind.name());
    }
}

pub(super) async fn scan_sees_all(bench: Bench<'_>) {
    let samples = bench.samples();
    for kind in Kind::ALL {
        assert!(bench.store.scan(*kind, None, 10).await.unwrap().is_empty(), "a new store is not empty");
    }
    for sample in &samples {
        bench.commit((sample.insert)()).await.unwrap();
    }
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_projection()) {
        let expected = samples.iter().filter(|sample| sample.kind == *kind).count();
        assert_eq!(bench.count(*kind).await, expected, "a scan misses a {}", kind.name());
    }
    // hidden, deleted and ended things are seen as well: they are in the samples; so are a service's own
    let conversation = bench.conversation().await;
    let before = bench.count(Kind::Message).await;
    bench.ask(conversation, Parent::Root, "one").await;
    bench.ask(conversation, Parent::Root, "two").await;
    assert_eq!(bench.count(Kind::Message).await, before + 2);
}

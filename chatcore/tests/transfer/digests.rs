//! What two stores have in common.

use async_trait::async_trait;
use chatcore::job::{Job, Work};
use chatcore::store::{AnyRecord, Kind, Scan};
use chatcore::transfer::{TransferError, copy, digest};
use chatcore::{ConversationId, JobId, MemoryStore, StoreError, Timestamp};
use futures::FutureExt;
use futures::executor::block_on;
use proptest::prelude::*;
use uuid::Uuid;

use crate::stores::{put, samples, small_samples};

/// A job that is the same for ever.
pub(crate) fn job(number: u128) -> AnyRecord {
    let conversation = ConversationId::from_uuid(Uuid::from_u128(number + 1000));
    let id = JobId::from_uuid(Uuid::from_u128(number));
    Job { id, work: Work::PurgeConversation { conversation }, created_at: Timestamp::from_micros(7) }.into()
}

async fn of(records: impl IntoIterator<Item = AnyRecord>) -> chatcore::transfer::Digest {
    let store = MemoryStore::in_memory();
    put(&store, records).await;
    digest(&store).await.unwrap()
}

/// The digest is compared between programs of different versions, so it stays what it is. These were computed by another
/// program.
#[test]
fn the_digest_is_the_one_that_it_always_was() {
    block_on(async {
        let found = of([job(1), job(2)]).await;
        assert_eq!((found.records(), found.kinds().len()), (2, 1));
        assert_eq!(
            found.kinds()[0].hash.to_string(),
            "351b7092db435874a27d9afda6fc2cc1a88d78355563a915932a30ebadb33cc6"
        );
        assert_eq!(found.total().to_string(), "6f3b573e4a1ddf05a9957ef0383d7db228edaf66d28809301d900db6dd9bc2b8");
        let nothing = of([]).await;
        assert_eq!(nothing.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 (0 records)");
    });
}

#[test]
fn every_record_counts_for_its_kind_alone() {
    block_on(async {
        let records = small_samples(1);
        let whole = of(records.clone()).await;
        for at in 0..records.len() {
            let mut others = records.clone();
            others.remove(at);
            let kind = records[at].kind();
            let less = of(others).await;
            assert_ne!(less.total(), whole.total());
            let others = |found: &chatcore::transfer::Digest| -> Vec<_> {
                found.kinds().iter().filter(|section| section.kind != kind).cloned().collect()
            };
            assert_eq!(others(&less), others(&whole), "the other kinds are what they were");
        }
    });
}

#[test]
fn records_are_encoded_the_same_after_every_reading() {
    for record in samples(1) {
        let stored = record.encode();
        let read = AnyRecord::decode(record.kind(), &stored).unwrap();
        assert!(read == record && read.encode() == stored, "a {}", record.kind().name());
    }
}

/// Numbers are the part of JSON where a reading may differ from what was written.
#[test]
fn what_providers_send_is_encoded_the_same_after_every_reading() {
    use chatcore::turn::{RunEvent, RunLog};
    let run = chatcore::RunId::from_uuid(Uuid::from_u128(1));
    let check = |raw: serde_json::Value| {
        let events = vec![RunEvent::Provider { provider: "p".into(), raw }];
        let record = AnyRecord::from(RunLog { run, first: 1, last: 1, events });
        let stored = record.encode();
        assert_eq!(AnyRecord::decode(Kind::RunLog, &stored).unwrap().encode(), stored);
    };
    for text in [
        "-0.0",
        "1e300",
        "0.1",
        "5e-324",
        "18446744073709551615",
        "-9223372036854775808",
        "1.0",
        "123456789012345678901234567890",
    ] {
        check(serde_json::from_str(&format!("{{\"z\": {text}, \"a\": [{text}]}}")).unwrap());
    }
    proptest!(|(number in any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()))| {
        check(serde_json::json!(number));
    });
}

/// Hands out the same page for ever.
struct Circle;

#[async_trait]
impl Scan for Circle {
    async fn scan(&self, kind: Kind, _: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        let jobs = (1..=limit as u128).map(job);
        Ok(if kind == Kind::Job { jobs.collect() } else { Vec::new() })
    }
}

#[test]
fn a_store_that_goes_in_circles_is_not_followed() {
    block_on(async {
        assert!(matches!(digest(&Circle).await, Err(TransferError::Source(_))));
        let to = MemoryStore::in_memory();
        let error = copy(&Circle, &to, &Default::default(), &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, TransferError::Source(_)), "{error}");
    });
}

#[test]
fn a_long_walk_lets_others_run() {
    let store = MemoryStore::in_memory();
    block_on(put(&store, (0..500).map(job)));
    assert!(digest(&store).now_or_never().is_none());
    assert_eq!(block_on(digest(&store)).unwrap().records(), 500);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_writing_does_not_matter(records in Just(small_samples(1)).prop_shuffle()) {
        block_on(async {
            assert_eq!(of(records).await, of(small_samples(1)).await);
        });
    }
}

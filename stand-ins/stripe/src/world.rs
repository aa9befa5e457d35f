//! What the stand-in knows: objects by their ids, a time of its own, and what has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chatcore::Clock;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::version;

/// What becomes of a subscription when all attempts at a payment have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterRetries {
    /// It is unpaid.
    #[default]
    Unpaid,
    /// It ends.
    Cancel,
}

/// Everything there is.
pub(crate) struct World {
    clock: Arc<dyn Clock>,
    /// How far its time is ahead of the clock, in seconds.
    ahead: i64,
    tag: String,
    minted: u64,
    objects: BTreeMap<String, Value>,
    /// Customers whose payments fail.
    pub(crate) broken_cards: BTreeSet<String>,
    pub(crate) after_retries: AfterRetries,
    /// The API version of its events.
    pub(crate) version: String,
    /// Events that have not been sent, with their bodies.
    pub(crate) outbox: Vec<(String, String)>,
    /// The name of the request that is at work.
    pub(crate) idempotency_key: Option<String>,
}

impl World {
    pub(crate) fn new(clock: Arc<dyn Clock>, tag: String, version: String, after_retries: AfterRetries) -> Self {
        Self {
            clock,
            ahead: 0,
            tag,
            minted: 0,
            objects: BTreeMap::new(),
            broken_cards: BTreeSet::new(),
            after_retries,
            version,
            outbox: Vec::new(),
            idempotency_key: None,
        }
    }

    /// Its time, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_seconds().saturating_add(self.ahead)
    }

    /// Moves its time on; never back.
    pub(crate) fn travel_to(&mut self, moment: i64) {
        self.ahead += (moment - self.now()).max(0);
    }

    /// A new id. Ids of a kind sort as they were made.
    pub(crate) fn mint(&mut self, prefix: &str) -> String {
        self.minted += 1;
        format!("{prefix}_{}{:08}", self.tag, self.minted)
    }

    /// Keeps an object, in place of what had its id.
    pub(crate) fn put(&mut self, object: Value) -> Value {
        if let Some(id) = object["id"].as_str() {
            self.objects.insert(id.to_owned(), object.clone());
        }
        object
    }

    /// Whatever has an id.
    pub(crate) fn find(&self, id: &str) -> Option<&Value> {
        self.objects.get(id)
    }

    /// An object of a kind.
    pub(crate) fn get(&self, kind: &str, id: &str) -> Result<Value, Failure> {
        let found = self.find(id).filter(|object| object["object"] == kind);
        found.cloned().ok_or_else(|| Failure::missing(kind, id))
    }

    /// All objects of a kind, as they were made.
    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        self.objects.values().filter(|object| object["object"] == kind).cloned().collect()
    }

    /// Something has happened to an object.
    pub(crate) fn emit(&mut self, kind: &str, object: &Value) {
        self.tell(kind, json!({ "object": object }));
    }

    /// Keeps an object that has changed, and says what it was before.
    pub(crate) fn update(&mut self, kind: &str, before: &Value, after: Value) -> Value {
        let fields = before.as_object().into_iter().flatten();
        let changed = fields.filter(|(name, old)| after[name.as_str()] != **old);
        let previous: serde_json::Map<_, _> = changed.map(|(name, old)| (name.clone(), old.clone())).collect();
        if !previous.is_empty() {
            self.put(after.clone());
            self.tell(kind, json!({ "object": after, "previous_attributes": previous }));
        }
        after
    }

    fn tell(&mut self, kind: &str, data: Value) {
        let id = self.mint("evt");
        let event = json!({
            "id": id, "object": "event", "api_version": self.version, "created": self.now(), "data": data,
            "livemode": false, "pending_webhooks": 1, "type": kind,
            "request": { "id": null, "idempotency_key": self.idempotency_key },
        });
        let event = self.put(version::shape(&self.version, event));
        self.outbox.push((id, event.to_string()));
    }
}

//! Pages that are counted off, as `OFFSET` does: a place is the number of items that came before it when it was shown.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Mutex;

/// How many items came before each place that was shown.
#[derive(Default)]
pub(crate) struct Offsets(Mutex<HashMap<String, usize>>);

impl Offsets {
    pub(crate) fn page<T, K: Debug + PartialOrd>(
        &self,
        all: Vec<T>,
        after: Option<K>,
        limit: usize,
        key: impl Fn(&T) -> K,
    ) -> Vec<T> {
        let mut offsets = self.0.lock().unwrap();
        let skip = after.map_or(0, |after| {
            let behind = all.iter().position(|item| key(item) > after).unwrap_or(all.len());
            offsets.get(&format!("{after:?}")).copied().unwrap_or(behind)
        });
        let page: Vec<T> = all.into_iter().skip(skip).take(limit).collect();
        let places = page.iter().zip(1..).map(|(item, at)| (format!("{:?}", key(item)), skip + at));
        offsets.extend(places.collect::<Vec<_>>());
        page
    }
}

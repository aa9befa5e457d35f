//! Records of one kind, in the order of their keys, of which only some are wanted.

use crate::store::{Loaded, OrderedKey, Store, StoreError, Stored};

/// Records that a page looks at, at most. It is shorter than it was asked to be if there are more that nobody wants.
pub const LOOK: usize = 2_000;

/// Records that are read together.
const STEP: usize = 200;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sift {
    /// It is wanted.
    Take,
    /// It is not.
    Pass,
    /// Neither it nor any behind it is.
    End,
}

/// Some records of a kind, and the key behind which there may be more.
pub(super) struct Sifted<R> {
    pub(super) items: Vec<R>,
    pub(super) next: Option<Vec<u8>>,
}

/// The records behind a key that are wanted: so many at most, of [`LOOK`] that are looked at.
pub(super) async fn sift<R: Stored>(
    store: &dyn Store,
    mut after: Option<Vec<u8>>,
    size: usize,
    want: impl Fn(&R) -> Sift,
) -> Result<Sifted<R>, StoreError> {
    let (mut items, mut seen) = (Vec::new(), 0);
    while seen < LOOK {
        let found = read::<R>(store, after.as_deref(), STEP).await?;
        let is_last = found.len() < STEP;
        for record in found {
            seen += 1;
            match want(&record) {
                Sift::End => return Ok(Sifted { items, next: None }),
                // what does not fit is the first of the next page
                Sift::Take if items.len() == size => return Ok(Sifted { items, next: after }),
                Sift::Take => {
                    after = Some(record.key().to_bytes());
                    items.push(record);
                }
                Sift::Pass => after = Some(record.key().to_bytes()),
            }
        }
        if is_last {
            return Ok(Sifted { items, next: None });
        }
    }
    Ok(Sifted { items, next: after })
}

/// A page of the records of a kind.
pub(super) async fn read<R: Stored>(
    store: &dyn Store,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<R>, StoreError> {
    let mut loaded = Loaded::default();
    store.scan(R::KIND, after, limit).await?.into_iter().for_each(|record| loaded.push(record));
    Ok(std::mem::take(R::loaded_mut(&mut loaded)))
}

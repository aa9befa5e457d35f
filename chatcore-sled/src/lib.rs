//! The sled store of chatcore. It is not written yet: this crate holds its place in the workspace, and its name.
//!
//! It will go through the key-value door, [`chatcore::store::KeyValue`].

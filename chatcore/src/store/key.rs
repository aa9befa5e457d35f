//! Keys as bytes that sort like the keys themselves, for stores that only know bytes.

use uuid::Uuid;

use crate::account::TokenHash;
use crate::clock::Timestamp;
use crate::id::{
    ApiKeyId, AttachmentId, ConversationId, JobId, MessageId, RunId, SessionId, ShareId, UserId, VisitorId,
};

/// A key with an order-preserving byte form: `a < b` exactly when the bytes of `a` sort before the bytes of `b`, and no
/// key's bytes are the beginning of another's of the same type.
pub trait OrderedKey: Sized {
    /// Appends the bytes.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes a key off the front; `None` if the bytes are not one.
    fn read(input: &mut &[u8]) -> Option<Self>;

    /// The bytes alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        self.write(&mut out);
        out
    }
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(*head)
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl OrderedKey for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                take(input).map(Self::from_be_bytes)
            }
        }
    )*};
}

integers!(u8, u16, u32, u64);

macro_rules! ids {
    ($($type:ty),*) => {$(
        impl OrderedKey for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_uuid().as_bytes());
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                take(input).map(|bytes| Self::from_uuid(Uuid::from_bytes(bytes)))
            }
        }
    )*};
}

ids!(UserId, VisitorId, SessionId, ApiKeyId, ConversationId, MessageId, RunId, JobId, AttachmentId, ShareId);

impl OrderedKey for () {
    fn write(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl OrderedKey for Timestamp {
    fn write(&self, out: &mut Vec<u8>) {
        (self.as_micros().cast_unsigned() ^ (1 << 63)).write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        u64::read(input).map(|bits| Self::from_micros((bits ^ (1 << 63)).cast_signed()))
    }
}

/// A moment that sorts newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest(pub Timestamp);

impl OrderedKey for Newest {
    fn write(&self, out: &mut Vec<u8>) {
        (!(self.0.as_micros().cast_unsigned() ^ (1 << 63))).write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        u64::read(input).map(|bits| Self(Timestamp::from_micros((!bits ^ (1 << 63)).cast_signed())))
    }
}

/// Zero bytes are escaped and the end is marked, so that no text is the beginning of another.
impl OrderedKey for String {
    fn write(&self, out: &mut Vec<u8>) {
        for byte in self.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xff);
            }
        }
        out.extend_from_slice(&[0, 0]);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        loop {
            match take::<1>(input)? {
                [0] => match take::<1>(input)? {
                    [0] => return Self::from_utf8(bytes).ok(),
                    [0xff] => bytes.push(0),
                    _ => return None,
                },
                [byte] => bytes.push(byte),
            }
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident . $index:tt),+))*) => {$(
        impl<$($name: OrderedKey),+> OrderedKey for ($($name,)+) {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$index.write(out);)+
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                Some(($($name::read(input)?,)+))
            }
        }
    )*};
}

impl OrderedKey for TokenHash {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        take(input).map(Self)
    }
}

tuples! { (A.0, B.1) (A.0, B.1, C.2) (A.0, B.1, C.2, D.3) }

/// The range of all byte strings that start with `prefix`.
#[must_use]
pub fn prefix_range(prefix: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return (prefix.to_vec(), Some(end));
        }
    }
    (prefix.to_vec(), None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip<K: OrderedKey + PartialEq + std::fmt::Debug>(key: &K) {
        let bytes = key.to_bytes();
        let mut input = bytes.as_slice();
        assert_eq!(K::read(&mut input).as_ref(), Some(key));
        assert!(input.is_empty());
    }

    proptest! {
        #[test]
        fn bytes_sort_like_keys(a: (u64, String, i64), b: (u64, String, i64)) {
            let key = |(n, text, at): &(u64, String, i64)| (*n, text.clone(), Timestamp::from_micros(*at));
            let (a, b) = (key(&a), key(&b));
            round_trip(&a);
            prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), a.cmp(&b));
        }

        #[test]
        fn texts_with_zero_bytes_sort_too(a in "[\0a\u{1}]{0,5}", b in "[\0a\u{1}]{0,5}", tail: u8) {
            let (left, right) = ((a.clone(), tail), (b.clone(), tail));
            round_trip(&left);
            prop_assert_eq!(left.to_bytes().cmp(&right.to_bytes()), left.cmp(&right));
            prop_assert!(a == b || !b.to_bytes().starts_with(&a.to_bytes()));
        }

        #[test]
        fn newest_turns_the_order_round(a: i64, b: i64) {
            let (left, right) = (Newest(Timestamp::from_micros(a)), Newest(Timestamp::from_micros(b)));
            round_trip(&left);
            prop_assert_eq!(left.to_bytes().cmp(&right.to_bytes()), b.cmp(&a));
        }

        #[test]
        fn reading_never_panics(bytes: Vec<u8>) {
            let _ = <(u32, String, Newest)>::read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_prefix_range_ends_before_the_next_prefix() {
        assert_eq!(prefix_range(&[1, 2]), (vec![1, 2], Some(vec![1, 3])));
        assert_eq!(prefix_range(&[1, 255]), (vec![1, 255], Some(vec![2])));
        assert_eq!(prefix_range(&[255]), (vec![255], None));
    }
}

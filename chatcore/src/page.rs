//! Pages: how many, after what, and an opaque cursor that says where the next page starts.

use std::fmt;
use std::str::FromStr;

/// The largest page anybody gets, whatever they ask for.
pub const MAX_PAGE: usize = 200;

/// The page size when nobody asks.
pub const DEFAULT_PAGE: usize = 50;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    limit: Option<usize>,
    after: Option<Cursor>,
}

impl PageRequest {
    /// The first page of the default size.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    /// With a size: at least 1, at most [`MAX_PAGE`].
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit.clamp(1, MAX_PAGE));
        self
    }

    /// Starting where an earlier page ended.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// How many items are wanted.
    #[must_use]
    pub fn size(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_PAGE)
    }

    /// The cursor, if it is not the first page; it must be one that this list handed out.
    ///
    /// # Errors
    /// [`CursorError`] when the cursor belongs to another kind of list.
    pub fn position(&self, list: List) -> Result<Option<&[u8]>, CursorError> {
        match &self.after {
            None => Ok(None),
            Some(cursor) if cursor.list == list => Ok(Some(&cursor.position)),
            Some(_) => Err(CursorError),
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of at most `size` items out of up to `size + 1` that a store returned: the extra one only says that
    /// there is more.
    pub fn cut(mut items: Vec<T>, size: usize, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The same page of other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// Which list a cursor belongs to, so that one list's cursor is refused by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Conversations of one owner, newest first.
    Conversations,
    /// Conversations of one owner that are pinned, and then the others.
    Pinned,
    /// Conversations of one owner that are put away.
    Archived,
    /// Messages of one branch, towards the root.
    Branch,
    /// Nodes of one conversation.
    Tree,
    /// Siblings of one message.
    Siblings,
    /// Sessions of one user.
    Sessions,
    /// Keys of one user.
    ApiKeys,
    /// Entries of the ledger of one owner, newest first.
    Ledger,
    /// Events of payments that somebody must see to, oldest first.
    ParkedEvents,
    /// Attachments of one owner, newest first.
    Attachments,
    /// Feedback, newest first.
    Feedback,
    /// Links to one conversation.
    Shares,
    /// What a link shows, towards the beginning.
    Shared,
    /// Hits of a search, newest first.
    Hits,
    /// Records of one kind, in key order.
    Scan,
    /// What those who run the service did, newest first.
    Audit,
    /// People, for those who run the service.
    People,
    /// Conversations of anybody, for those who run the service.
    Chats,
    /// What people used, by person.
    Used,
    /// Subscriptions of anybody, for those who run the service.
    Subscriptions,
}

impl List {
    const ALL: [(Self, char); 21] = [
        (Self::Conversations, 'c'),
        (Self::Pinned, 'i'),
        (Self::Archived, 'z'),
        (Self::Branch, 'b'),
        (Self::Tree, 't'),
        (Self::Siblings, 'v'),
        (Self::Sessions, 's'),
        (Self::ApiKeys, 'a'),
        (Self::Ledger, 'l'),
        (Self::ParkedEvents, 'p'),
        (Self::Attachments, 'u'),
        (Self::Feedback, 'f'),
        (Self::Shares, 'h'),
        (Self::Shared, 'r'),
        (Self::Hits, 'q'),
        (Self::Scan, 'k'),
        (Self::Audit, 'A'),
        (Self::People, 'P'),
        (Self::Chats, 'C'),
        (Self::Used, 'U'),
        (Self::Subscriptions, 'S'),
    ];
}

/// Where a page starts. Opaque to clients: `1`, a letter for the list, then the position in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    list: List,
    position: Vec<u8>,
}

/// A text that is not a cursor of this list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct CursorError;

/// Positions are short; anything longer was not made here.
const MAX_POSITION: usize = 512;

impl Cursor {
    /// The cursor after `position` in `list`.
    #[must_use]
    pub fn new(list: List, position: impl Into<Vec<u8>>) -> Self {
        Self { list, position: position.into() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = List::ALL.iter().find(|(list, _)| *list == self.list).map_or('?', |(_, letter)| *letter);
        write!(f, "1{letter}")?;
        self.position.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut letters = text.chars();
        if letters.next() != Some('1') {
            return Err(CursorError);
        }
        let letter = letters.next().ok_or(CursorError)?;
        let (list, _) = List::ALL.into_iter().find(|(_, known)| *known == letter).ok_or(CursorError)?;
        let hex = letters.as_str().as_bytes();
        let (pairs, rest) = hex.as_chunks::<2>();
        if !rest.is_empty() || pairs.len() > MAX_POSITION {
            return Err(CursorError);
        }
        let position =
            pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<Vec<u8>>>();
        Ok(Self { list, position: position.ok_or(CursorError)? })
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_know_their_list() {
        let cursor = Cursor::new(List::Tree, [0, 255, 16]);
        assert_eq!(cursor.to_string(), "1t00ff10");
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        let request = PageRequest::first().after(Some(cursor));
        assert_eq!(request.position(List::Tree), Ok(Some([0, 255, 16].as_slice())));
        assert_eq!(request.position(List::Branch), Err(CursorError));
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in ["", "1", "2t00", "1t0", "1tzz", "1x00", "1t0G", "1té0", &format!("1t{}", "00".repeat(513))] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_clamped_and_the_last_page_says_so() {
        assert_eq!(PageRequest::first().limit(0).size(), 1);
        assert_eq!(PageRequest::first().limit(10_000).size(), MAX_PAGE);
        let page = Page::cut(vec![1, 2, 3], 2, |n| Cursor::new(List::Scan, [*n]));
        assert_eq!((page.items, page.next.map(|next| next.to_string())), (vec![1, 2], Some("1k02".to_owned())));
        assert_eq!(Page::cut(vec![1, 2], 2, |n| Cursor::new(List::Scan, [*n])).next, None);
    }
}

//! Values on their way into a statement and out of a row.
//!
//! Columns are bound and read one after another, in the order in which a table lists them. Numbers keep their 64 bits;
//! those of 2^63 and more would sort before the others, and nothing counts that far.

use std::fmt;

use chatcore::Timestamp;
use chatcore::store::OrderedKey;
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Encode, Row, Sqlite, Type};

/// A number as a column holds it.
pub(super) fn number(number: u64) -> i64 {
    number.cast_signed()
}

/// A number as the end of a range: nothing lies behind the largest that sorts right.
pub(super) fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX - 1).min(i64::MAX - 1)
}

/// A page size.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Values for a statement.
#[derive(Default)]
pub(super) struct Binder {
    arguments: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Binder {
    /// Any value that the driver knows.
    pub(super) fn put<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
    }

    /// An id, an owner or a whole key, as its ordered bytes.
    pub(super) fn key(&mut self, key: &impl OrderedKey) {
        self.put(key.to_bytes());
    }

    pub(super) fn key_opt(&mut self, key: Option<&impl OrderedKey>) {
        self.put(key.map(OrderedKey::to_bytes));
    }

    pub(super) fn number(&mut self, value: u64) {
        self.put(number(value));
    }

    pub(super) fn time(&mut self, time: Timestamp) {
        self.put(time.as_micros());
    }

    pub(super) fn time_opt(&mut self, time: Option<Timestamp>) {
        self.put(time.map(Timestamp::as_micros));
    }

    /// A word: the name of an enum's variant.
    pub(super) fn word(&mut self, word: &impl Serialize) {
        self.put(Word(word).to_string());
    }

    pub(super) fn word_opt(&mut self, word: Option<&impl Serialize>) {
        self.put(word.map(|word| Word(word).to_string()));
    }

    pub(super) fn json(&mut self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.put(text),
            Err(error) => self.failed = Some(error.into()),
        }
    }

    pub(super) fn json_opt(&mut self, value: Option<&impl Serialize>) {
        match value {
            Some(value) => self.json(value),
            None => self.put(None::<String>),
        }
    }

    /// The values, or the first that could not be written.
    pub(super) fn finish(self) -> Result<SqliteArguments, sqlx::Error> {
        match self.failed {
            None => Ok(self.arguments),
            Some(error) => Err(sqlx::Error::Encode(error)),
        }
    }
}

/// Shows a unit variant as its serde name.
struct Word<'a, T>(&'a T);

impl<T: Serialize> fmt::Display for Word<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// The columns of a row, from the left.
#[derive(Clone)]
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    /// Any value that the driver knows.
    pub(super) fn take<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, sqlx::Error> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index)
    }

    pub(super) fn key<K: OrderedKey>(&mut self) -> Result<K, sqlx::Error> {
        let bytes = self.take::<&[u8]>()?;
        self.whole_key(bytes)
    }

    pub(super) fn key_opt<K: OrderedKey>(&mut self) -> Result<Option<K>, sqlx::Error> {
        let bytes = self.take::<Option<&[u8]>>()?;
        bytes.map(|bytes| self.whole_key(bytes)).transpose()
    }

    pub(super) fn number(&mut self) -> Result<u64, sqlx::Error> {
        self.take::<i64>().map(i64::cast_unsigned)
    }

    pub(super) fn small(&mut self) -> Result<u32, sqlx::Error> {
        let wide = self.take::<i64>()?;
        u32::try_from(wide).map_err(|error| self.wrong(error))
    }

    pub(super) fn small_opt(&mut self) -> Result<Option<u32>, sqlx::Error> {
        let wide = self.take::<Option<i64>>()?;
        wide.map(u32::try_from).transpose().map_err(|error| self.wrong(error))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, sqlx::Error> {
        self.take().map(Timestamp::from_micros)
    }

    pub(super) fn time_opt(&mut self) -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_micros))
    }

    pub(super) fn word<T: DeserializeOwned>(&mut self) -> Result<T, sqlx::Error> {
        let text = self.take::<&str>()?;
        self.whole_word(text)
    }

    pub(super) fn word_opt<T: DeserializeOwned>(&mut self) -> Result<Option<T>, sqlx::Error> {
        let text = self.take::<Option<&str>>()?;
        text.map(|text| self.whole_word(text)).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, sqlx::Error> {
        let text = self.take::<&str>()?;
        serde_json::from_str(text).map_err(|error| self.wrong(without_text(&error)))
    }

    pub(super) fn json_opt<T: DeserializeOwned>(&mut self) -> Result<Option<T>, sqlx::Error> {
        let text = self.take::<Option<&str>>()?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.wrong(without_text(&error)))
    }

    fn whole_key<K: OrderedKey>(&self, mut bytes: &[u8]) -> Result<K, sqlx::Error> {
        let key = K::read(&mut bytes).filter(|_| bytes.is_empty());
        key.ok_or_else(|| self.wrong("the bytes are not a key"))
    }

    fn whole_word<T: DeserializeOwned>(&self, text: &str) -> Result<T, sqlx::Error> {
        let word: StrDeserializer<'_, WordError> = text.into_deserializer();
        T::deserialize(word).map_err(|error| self.wrong(error))
    }

    /// The column that was taken last does not hold what it should.
    pub(super) fn wrong(&self, source: impl Into<BoxDynError>) -> sqlx::Error {
        let index = self.next.saturating_sub(1);
        let index = self.row.columns().get(index).map_or_else(|| index.to_string(), column_name);
        sqlx::Error::ColumnDecode { index, source: source.into() }
    }
}

/// What is wrong with a JSON text, without quoting it: it may be what somebody said.
fn without_text(error: &serde_json::Error) -> String {
    format!("not the expected JSON ({:?} error at byte {})", error.classify(), error.column())
}

fn column_name(column: &sqlx::sqlite::SqliteColumn) -> String {
    sqlx::Column::name(column).to_owned()
}

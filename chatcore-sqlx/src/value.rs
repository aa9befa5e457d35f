//! Values on their way into a statement and out of a row, the same for every database.
//!
//! A record is mapped once: to columns that hold bytes, integers, texts, documents (JSON) or flags. Each database says
//! with [`Bind`] and [`Take`] what those are. Columns are bound and taken one after another, in the order in which a
//! table lists them. Numbers keep their 64 bits; those of 2^63 and more would sort before the others, and nothing counts
//! that far.

use std::fmt;

use chatcore::Timestamp;
use chatcore::billing::ledger::Credit;
use chatcore::store::OrderedKey;
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use sqlx::error::BoxDynError;

/// A number as a column holds it.
pub(crate) fn number(number: u64) -> i64 {
    number.cast_signed()
}

/// A number as the end of a range: nothing lies behind the largest that sorts right.
pub(crate) fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX - 1).min(i64::MAX - 1)
}

/// A page size.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Takes the values of a statement.
pub(crate) trait Bind {
    fn bytes_opt(&mut self, value: Option<Vec<u8>>);
    fn integer_opt(&mut self, value: Option<i64>);
    fn text_opt(&mut self, value: Option<&str>);
    fn document_opt(&mut self, value: Option<String>);
    fn flag_opt(&mut self, value: Option<bool>);

    /// A value could not be written: the statement must not be run.
    fn fail(&mut self, error: BoxDynError);

    fn bytes(&mut self, value: &[u8]) {
        self.bytes_opt(Some(value.to_vec()));
    }

    fn integer(&mut self, value: impl Into<i64>) {
        self.integer_opt(Some(value.into()));
    }

    fn small_opt(&mut self, value: Option<u32>) {
        self.integer_opt(value.map(i64::from));
    }

    fn text(&mut self, value: &str) {
        self.text_opt(Some(value));
    }

    fn flag(&mut self, value: bool) {
        self.flag_opt(Some(value));
    }

    /// An id, an owner or a whole key, as its ordered bytes.
    fn key(&mut self, key: &impl OrderedKey) {
        self.bytes_opt(Some(key.to_bytes()));
    }

    fn key_opt(&mut self, key: Option<&impl OrderedKey>) {
        self.bytes_opt(key.map(OrderedKey::to_bytes));
    }

    fn number(&mut self, value: u64) {
        self.integer(number(value));
    }

    fn number_opt(&mut self, value: Option<u64>) {
        self.integer_opt(value.map(number));
    }

    fn time(&mut self, time: Timestamp) {
        self.integer(time.as_micros());
    }

    fn time_opt(&mut self, time: Option<Timestamp>) {
        self.integer_opt(time.map(Timestamp::as_micros));
    }

    fn credit(&mut self, credit: Credit) {
        self.integer(credit.as_micros());
    }

    /// A word: the name of an enum's variant.
    fn word(&mut self, word: &impl Serialize) {
        self.text(&Word(word).to_string());
    }

    fn word_opt(&mut self, word: Option<&impl Serialize>) {
        self.text_opt(word.map(|word| Word(word).to_string()).as_deref());
    }

    fn json(&mut self, value: &impl Serialize) {
        self.json_opt(Some(value));
    }

    fn json_opt(&mut self, value: Option<&impl Serialize>) {
        match value.map(serde_json::to_string).transpose() {
            Ok(text) => self.document_opt(text),
            Err(error) => self.fail(error.into()),
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

/// Gives the columns of a row, from the left.
pub(crate) trait Take {
    fn bytes_opt(&mut self) -> Result<Option<&[u8]>, sqlx::Error>;
    fn integer_opt(&mut self) -> Result<Option<i64>, sqlx::Error>;
    fn text_opt(&mut self) -> Result<Option<&str>, sqlx::Error>;
    fn document_opt(&mut self) -> Result<Option<&str>, sqlx::Error>;
    fn flag_opt(&mut self) -> Result<Option<bool>, sqlx::Error>;

    /// The column that was taken last does not hold what it should.
    fn wrong(&self, source: impl Into<BoxDynError>) -> sqlx::Error;

    /// What must be there.
    fn there<T>(&self, value: Option<T>) -> Result<T, sqlx::Error> {
        value.ok_or_else(|| self.wrong("there is nothing in it"))
    }

    fn integer(&mut self) -> Result<i64, sqlx::Error> {
        let value = self.integer_opt()?;
        self.there(value)
    }

    fn text(&mut self) -> Result<String, sqlx::Error> {
        let value = self.string()?;
        self.there(value)
    }

    fn string(&mut self) -> Result<Option<String>, sqlx::Error> {
        Ok(self.text_opt()?.map(str::to_owned))
    }

    fn flag(&mut self) -> Result<bool, sqlx::Error> {
        let value = self.flag_opt()?;
        self.there(value)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], sqlx::Error> {
        let value = self.bytes_opt()?.map(<[u8; N]>::try_from);
        let value = value.transpose().map_err(|error| self.wrong(error))?;
        self.there(value)
    }

    fn key<K: OrderedKey>(&mut self) -> Result<K, sqlx::Error> {
        let key = self.key_opt()?;
        self.there(key)
    }

    fn key_opt<K: OrderedKey>(&mut self) -> Result<Option<K>, sqlx::Error> {
        let whole = |mut bytes: &[u8]| K::read(&mut bytes).filter(|_| bytes.is_empty());
        match self.bytes_opt()?.map(whole) {
            Some(None) => Err(self.wrong("the bytes are not a key")),
            key => Ok(key.flatten()),
        }
    }

    fn number(&mut self) -> Result<u64, sqlx::Error> {
        self.integer().map(i64::cast_unsigned)
    }

    fn number_opt(&mut self) -> Result<Option<u64>, sqlx::Error> {
        Ok(self.integer_opt()?.map(i64::cast_unsigned))
    }

    fn small(&mut self) -> Result<u32, sqlx::Error> {
        let value = self.small_opt()?;
        self.there(value)
    }

    fn small_opt(&mut self) -> Result<Option<u32>, sqlx::Error> {
        let wide = self.integer_opt()?;
        wide.map(u32::try_from).transpose().map_err(|error| self.wrong(error))
    }

    fn time(&mut self) -> Result<Timestamp, sqlx::Error> {
        self.integer().map(Timestamp::from_micros)
    }

    fn time_opt(&mut self) -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(self.integer_opt()?.map(Timestamp::from_micros))
    }

    fn credit(&mut self) -> Result<Credit, sqlx::Error> {
        self.integer().map(Credit::from_micros)
    }

    fn word<T: DeserializeOwned>(&mut self) -> Result<T, sqlx::Error> {
        let word = self.word_opt()?;
        self.there(word)
    }

    fn word_opt<T: DeserializeOwned>(&mut self) -> Result<Option<T>, sqlx::Error> {
        let word = self.text_opt()?.map(|text| {
            let word: StrDeserializer<'_, WordError> = text.into_deserializer();
            T::deserialize(word)
        });
        word.transpose().map_err(|error| self.wrong(error))
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, sqlx::Error> {
        let value = self.json_opt()?;
        self.there(value)
    }

    fn json_opt<T: DeserializeOwned>(&mut self) -> Result<Option<T>, sqlx::Error> {
        let value = self.document_opt()?.map(serde_json::from_str);
        value.transpose().map_err(|error| self.wrong(without_text(&error)))
    }
}

/// What is wrong with a JSON text, without quoting it: it may be what somebody said.
fn without_text(error: &serde_json::Error) -> String {
    format!("not the expected JSON ({:?} error at byte {})", error.classify(), error.column())
}

//! Values as SQLite keeps them: flags are integers, documents are texts.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Column, Decode, Encode, Row, Sqlite, Type};

use crate::value::{Bind, Take};

/// Values for a statement.
#[derive(Default)]
pub(super) struct Binder {
    arguments: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Binder {
    fn put<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) {
        if let Err(error) = self.arguments.add(value) {
            self.fail(error);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Nothing more, up to so many.
    pub(super) fn pad(&mut self, len: usize) {
        while self.failed.is_none() && self.arguments.len() < len {
            self.put(None::<i64>);
        }
    }

    /// The values, or why one could not be written.
    pub(super) fn finish(self) -> Result<SqliteArguments, sqlx::Error> {
        match self.failed {
            None => Ok(self.arguments),
            Some(error) => Err(sqlx::Error::Encode(error)),
        }
    }
}

impl Bind for Binder {
    fn bytes_opt(&mut self, value: Option<Vec<u8>>) {
        self.put(value);
    }

    fn integer_opt(&mut self, value: Option<i64>) {
        self.put(value);
    }

    fn text_opt(&mut self, value: Option<&str>) {
        self.put(value);
    }

    fn document_opt(&mut self, value: Option<String>) {
        self.put(value);
    }

    fn flag_opt(&mut self, value: Option<bool>) {
        self.put(value);
    }

    fn fail(&mut self, error: BoxDynError) {
        self.failed.get_or_insert(error);
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

    fn take<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, sqlx::Error> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index)
    }
}

impl Take for Columns<'_> {
    fn bytes_opt(&mut self) -> Result<Option<&[u8]>, sqlx::Error> {
        self.take()
    }

    fn integer_opt(&mut self) -> Result<Option<i64>, sqlx::Error> {
        self.take()
    }

    fn text_opt(&mut self) -> Result<Option<&str>, sqlx::Error> {
        self.take()
    }

    fn document_opt(&mut self) -> Result<Option<&str>, sqlx::Error> {
        self.take()
    }

    fn flag_opt(&mut self) -> Result<Option<bool>, sqlx::Error> {
        self.take()
    }

    fn wrong(&self, source: impl Into<BoxDynError>) -> sqlx::Error {
        let index = self.next.saturating_sub(1);
        let name = |column: &sqlx::sqlite::SqliteColumn| column.name().to_owned();
        let index = self.row.columns().get(index).map_or_else(|| index.to_string(), name);
        sqlx::Error::ColumnDecode { index, source: source.into() }
    }
}

//! Values as PostgreSQL takes and gives them.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow, PgValueRef};
use sqlx::{Arguments, Column, Encode, Postgres, Row, Type, ValueRef};

use crate::value::{Bind, Take};

/// One value a parameter.
#[derive(Default)]
pub(super) struct Binder {
    arguments: PgArguments,
    failed: Option<BoxDynError>,
}

impl Binder {
    /// Any value that the driver knows.
    pub(super) fn put<'t>(&mut self, value: impl Encode<'t, Postgres> + Type<Postgres>) {
        if let Err(error) = self.arguments.add(value) {
            self.fail(error);
        }
    }

    /// The values, or why one could not be written.
    pub(super) fn finish(self) -> Result<PgArguments, sqlx::Error> {
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

/// The values of one column.
pub(super) enum Array {
    Bytes(Vec<Option<Vec<u8>>>),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Documents(Vec<Option<String>>),
    Flags(Vec<Option<bool>>),
}

impl Array {
    /// The type of the parameter, and what its elements are then cast to.
    pub(super) fn types(&self) -> (&'static str, &'static str) {
        match self {
            Self::Bytes(_) => ("bytea[]", ""),
            Self::Integers(_) => ("int8[]", ""),
            Self::Texts(_) => ("text[]", ""),
            // a document travels as a text
            Self::Documents(_) => ("text[]", "::json"),
            Self::Flags(_) => ("bool[]", ""),
        }
    }
}

/// One column a parameter: rows are bound one after another, each from the left.
#[derive(Default)]
pub(super) struct Arrays {
    columns: Vec<Array>,
    next: usize,
    failed: Option<BoxDynError>,
}

impl Arrays {
    /// Binds the rows.
    pub(super) fn of<'r, T>(rows: &[&'r T], bind: impl Fn(&'r T, &mut Self)) -> Self {
        let mut arrays = Self::default();
        for row in rows {
            arrays.next = 0;
            bind(row, &mut arrays);
        }
        arrays
    }

    pub(super) fn columns(&self) -> &[Array] {
        &self.columns
    }

    /// The values, or why one could not be written.
    pub(super) fn finish(self) -> Result<PgArguments, sqlx::Error> {
        let mut binder = Binder { failed: self.failed, ..Binder::default() };
        for column in self.columns {
            match column {
                Array::Bytes(values) => binder.put(values),
                Array::Integers(values) => binder.put(values),
                Array::Texts(values) | Array::Documents(values) => binder.put(values),
                Array::Flags(values) => binder.put(values),
            }
        }
        binder.finish()
    }

    fn next(&mut self, new: impl FnOnce() -> Array) -> &mut Array {
        let at = self.next;
        self.next += 1;
        if at == self.columns.len() {
            self.columns.push(new());
        }
        &mut self.columns[at]
    }
}

macro_rules! into_column {
    ($arrays:ident, $variant:ident, $value:expr) => {
        match $arrays.next(|| Array::$variant(Vec::new())) {
            Array::$variant(values) => values.push($value),
            _ => $arrays.fail("a column holds values of two types".into()),
        }
    };
}

impl Bind for Arrays {
    fn bytes_opt(&mut self, value: Option<Vec<u8>>) {
        into_column!(self, Bytes, value);
    }

    fn integer_opt(&mut self, value: Option<i64>) {
        into_column!(self, Integers, value);
    }

    fn text_opt(&mut self, value: Option<&str>) {
        into_column!(self, Texts, value.map(str::to_owned));
    }

    fn document_opt(&mut self, value: Option<String>) {
        into_column!(self, Documents, value);
    }

    fn flag_opt(&mut self, value: Option<bool>) {
        into_column!(self, Flags, value);
    }

    fn fail(&mut self, error: BoxDynError) {
        self.failed.get_or_insert(error);
    }
}

/// The columns of a row, from the left.
#[derive(Clone)]
pub(super) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r PgRow) -> Self {
        Self { row, next: 0 }
    }

    fn take(&mut self) -> Result<Option<PgValueRef<'r>>, sqlx::Error> {
        let index = self.next;
        self.next += 1;
        let value = self.row.try_get_raw(index)?;
        Ok(if value.is_null() { None } else { Some(value) })
    }

    fn decode<T: sqlx::Decode<'r, Postgres>>(&mut self) -> Result<Option<T>, sqlx::Error> {
        let value = self.take()?.map(T::decode);
        value.transpose().map_err(|error| self.wrong(error))
    }
}

impl Take for Columns<'_> {
    fn bytes_opt(&mut self) -> Result<Option<&[u8]>, sqlx::Error> {
        self.decode()
    }

    fn integer_opt(&mut self) -> Result<Option<i64>, sqlx::Error> {
        self.decode()
    }

    fn text_opt(&mut self) -> Result<Option<&str>, sqlx::Error> {
        self.decode()
    }

    fn document_opt(&mut self) -> Result<Option<&str>, sqlx::Error> {
        // `json` travels as the text that was written
        self.decode()
    }

    fn flag_opt(&mut self) -> Result<Option<bool>, sqlx::Error> {
        self.decode()
    }

    fn wrong(&self, source: impl Into<BoxDynError>) -> sqlx::Error {
        let index = self.next.saturating_sub(1);
        let name = |column: &sqlx::postgres::PgColumn| column.name().to_owned();
        let index = self.row.columns().get(index).map_or_else(|| index.to_string(), name);
        sqlx::Error::ColumnDecode { index, source: source.into() }
    }
}

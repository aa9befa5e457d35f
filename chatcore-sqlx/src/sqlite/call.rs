//! Statements, and how many of them the connection is asked at a time.
//!
//! A connection has a thread of its own, and each call waits until it has woken up and answered. What a group of a batch
//! or two has to do takes less time than that, so its statements go in one call. A group of many batches has few
//! statements for its size, and one call for each.

use chatcore::store::Loaded;
use futures::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Either, Executor};

use super::row::{Binder, Columns};
use super::statement::{Shape, Statement, Texts};
use super::writer::Failure;
use crate::error::inconsistent;
use crate::table::Mapped;

/// With more rows than this, each statement is a call of its own. It keeps the number of different calls low, too: the
/// driver keeps each prepared.
pub(super) const FEW: usize = 24;

/// Where the rows of a kind are put.
pub(super) type Into<R> = fn(&mut Loaded) -> &mut Vec<R>;

type Take = Box<dyn Fn(&SqliteRow, &mut Loaded) -> Result<(), Failure> + Send + Sync>;

/// What comes of a statement.
enum Part {
    Begin,
    /// Rows, which are taken.
    Load {
        table: &'static str,
        take: Take,
    },
    /// As many changes as there are rows.
    Change {
        table: &'static str,
        verb: &'static str,
        rows: usize,
    },
}

impl Part {
    const fn table(&self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Load { table, .. } | Self::Change { table, .. } => table,
        }
    }

    fn take(&self, row: &SqliteRow, loaded: &mut Loaded) -> Result<(), Failure> {
        match self {
            Self::Load { take, .. } => take(row, loaded),
            Self::Begin | Self::Change { .. } => Ok(()),
        }
    }

    /// Whether something was done to each row.
    fn check(&self, changed: u64) -> Result<(), Failure> {
        match self {
            Self::Change { table, verb, rows } if usize::try_from(changed) != Ok(*rows) => {
                Err(inconsistent(table, verb, *rows, changed).into())
            }
            _ => Ok(()),
        }
    }
}

/// The transaction of one group: what is asked of the connection, in order.
pub(super) struct Call<'a> {
    connection: &'a mut SqliteConnection,
    texts: &'a mut Texts,
    begun: bool,
    together: bool,
    parts: Vec<Part>,
    shape: Shape,
    values: Binder,
    loaded: Loaded,
}

impl<'a> Call<'a> {
    pub(super) fn new(connection: &'a mut SqliteConnection, texts: &'a mut Texts) -> Self {
        let (parts, shape) = (Vec::new(), Shape::default());
        let (values, loaded) = (Binder::default(), Loaded::default());
        Self { connection, texts, begun: false, together: true, parts, shape, values, loaded }
    }

    /// Whether the transaction has begun: one that neither read nor wrote has not.
    pub(super) const fn is_begun(&self) -> bool {
        self.begun
    }

    /// So many rows come now. Few go in one call.
    pub(super) const fn expect(&mut self, rows: usize) {
        self.together = rows <= FEW;
    }

    /// Reads the rows of some keys.
    pub(super) async fn load<R: Mapped>(&mut self, keys: &[R::Key], into: Into<R>) -> Result<(), Failure> {
        let take = move |row: &SqliteRow, loaded: &mut Loaded| {
            let record = R::read(&mut Columns::of(row)).map_err(|error| Failure::unreadable(R::TABLE, error))?;
            into(loaded).push(record);
            Ok(())
        };
        let part = Part::Load { table: R::TABLE, take: Box::new(take) };
        self.ask(part, Statement::load::<R>(keys.len()), |to| keys.iter().for_each(|key| R::bind_key(key, to))).await
    }

    /// Changes rows.
    pub(super) async fn change<R: Mapped>(
        &mut self,
        verb: &'static str,
        statement: Statement,
        rows: &[&R],
        bind: impl Fn(&R, &mut Binder),
    ) -> Result<(), Failure> {
        let part = Part::Change { table: R::TABLE, verb, rows: rows.len() };
        self.ask(part, statement, |to| rows.iter().for_each(|row| bind(row, to))).await
    }

    async fn ask(&mut self, part: Part, statement: Statement, bind: impl FnOnce(&mut Binder)) -> Result<(), Failure> {
        if !self.begun {
            self.begun = true;
            self.parts.push(Part::Begin);
            self.shape.push(Statement::begin());
        }
        let before = self.values.len();
        bind(&mut self.values);
        // places that are left over
        self.values.pad(before + statement.places());
        self.parts.push(part);
        self.shape.push(statement);
        if self.together { Ok(()) } else { self.run().await }
    }

    /// Asks for what was collected. Returns the rows that were read.
    pub(super) async fn finish(&mut self) -> Result<Loaded, Failure> {
        self.run().await?;
        Ok(std::mem::take(&mut self.loaded))
    }

    async fn run(&mut self) -> Result<(), Failure> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let (parts, shape) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.shape));
        let mut parts = parts.into_iter();
        let Some(mut part) = parts.next() else { return Ok(()) };
        let failed = |part: &Part, error| Failure::of(part.table(), error);
        let values = std::mem::take(&mut self.values).finish().map_err(|error| failed(&part, error))?;
        let query = sqlx::query_with(AssertSqlSafe(self.texts.of(&shape)), values);
        let mut answers = self.connection.fetch_many(query);
        while let Some(answer) = answers.try_next().await.map_err(|error| failed(&part, error))? {
            match answer {
                Either::Right(row) => part.take(&row, &mut self.loaded)?,
                Either::Left(done) => {
                    part.check(done.rows_affected())?;
                    let Some(next) = parts.next() else { break };
                    part = next;
                }
            }
        }
        Ok(())
    }
}

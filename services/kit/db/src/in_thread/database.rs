//! What sqlx wants to know of a database before it reads its rows. Its own way to one, by connections and
//! statements, is not gone: there are no values of those types.

use std::str::FromStr;
use std::time::Duration;

use log::LevelFilter;
use sqlx::error::BoxDynError;
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{Database, Either, Encode, Error, FromRow, IntoArguments, SqlStr, Transaction, Type};
use sqlx_core::Url;
use sqlx_core::transaction::TransactionManager;

use super::row::{Column, Kind, Owned, Ref, Row};

/// SQLite in the thread that asks.
#[derive(Debug)]
pub struct Sqlite;

impl Database for Sqlite {
    type Connection = Nobody;
    type TransactionManager = Nobody;
    type Row = Row;
    type QueryResult = Nothing;
    type Column = Column;
    type TypeInfo = Kind;
    type Value = Owned;
    type ValueRef<'r> = Ref<'r>;
    type Arguments = Nothing;
    type ArgumentBuffer = ();
    type Statement = Nobody;

    const NAME: &'static str = "SQLite";
    /// None of them: it is not opened by a URL.
    const URL_SCHEMES: &'static [&'static str] = &[];
}

/// Nothing is bound through sqlx, nor counted.
#[derive(Debug, Default)]
pub struct Nothing;

impl Extend<Self> for Nothing {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, all: T) {
        all.into_iter().for_each(drop);
    }
}

impl sqlx::Arguments for Nothing {
    type Database = Sqlite;

    fn reserve(&mut self, _: usize, _: usize) {}

    fn add<'t, T>(&mut self, _: T) -> Result<(), BoxDynError>
    where
        T: Encode<'t, Sqlite> + Type<Sqlite>,
    {
        Err("a statement is not run through sqlx here".into())
    }

    fn len(&self) -> usize {
        0
    }
}

/// A connection, a statement: there are none.
#[derive(Debug, Clone, Copy)]
pub enum Nobody {}

impl FromStr for Nobody {
    type Err = Error;

    fn from_str(_: &str) -> Result<Self, Error> {
        Err(Error::Configuration("it is not opened by a URL".into()))
    }
}

impl sqlx::ConnectOptions for Nobody {
    type Connection = Self;

    fn from_url(url: &Url) -> Result<Self, Error> {
        url.as_str().parse()
    }

    async fn connect(&self) -> Result<Self, Error> {
        match *self {}
    }

    fn log_statements(self, _: LevelFilter) -> Self {
        match self {}
    }

    fn log_slow_statements(self, _: LevelFilter, _: Duration) -> Self {
        match self {}
    }
}

impl sqlx::Connection for Nobody {
    type Database = Sqlite;
    type Options = Self;

    async fn close(self) -> Result<(), Error> {
        match self {}
    }

    async fn close_hard(self) -> Result<(), Error> {
        match self {}
    }

    async fn ping(&mut self) -> Result<(), Error> {
        match *self {}
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, Error> {
        match *self {}
    }

    fn shrink_buffers(&mut self) {
        match *self {}
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match *self {}
    }

    fn should_flush(&self) -> bool {
        match *self {}
    }
}

impl TransactionManager for Nobody {
    type Database = Sqlite;

    async fn begin(nobody: &mut Self, _: Option<SqlStr>) -> Result<(), Error> {
        match *nobody {}
    }

    async fn commit(nobody: &mut Self) -> Result<(), Error> {
        match *nobody {}
    }

    async fn rollback(nobody: &mut Self) -> Result<(), Error> {
        match *nobody {}
    }

    fn start_rollback(nobody: &mut Self) {
        match *nobody {}
    }

    fn get_transaction_depth(nobody: &Self) -> usize {
        match *nobody {}
    }
}

impl sqlx::Statement for Nobody {
    type Database = Sqlite;

    fn into_sql(self) -> SqlStr {
        match self {}
    }

    fn sql(&self) -> &SqlStr {
        match *self {}
    }

    fn parameters(&self) -> Option<Either<&[Kind], usize>> {
        match *self {}
    }

    fn columns(&self) -> &[Column] {
        match *self {}
    }

    fn query(&self) -> Query<'_, Sqlite, Nothing> {
        match *self {}
    }

    fn query_with<A: IntoArguments<Sqlite>>(&self, _: A) -> Query<'_, Sqlite, A> {
        match *self {}
    }

    fn query_as<O>(&self) -> QueryAs<'_, Sqlite, O, Nothing>
    where
        O: for<'r> FromRow<'r, Row>,
    {
        match *self {}
    }

    fn query_as_with<'s, O, A>(&'s self, _: A) -> QueryAs<'s, Sqlite, O, A>
    where
        O: for<'r> FromRow<'r, Row>,
        A: IntoArguments<Sqlite>,
    {
        match *self {}
    }

    fn query_scalar<O>(&self) -> QueryScalar<'_, Sqlite, O, Nothing>
    where
        (O,): for<'r> FromRow<'r, Row>,
    {
        match *self {}
    }

    fn query_scalar_with<'s, O, A>(&'s self, _: A) -> QueryScalar<'s, Sqlite, O, A>
    where
        (O,): for<'r> FromRow<'r, Row>,
        A: IntoArguments<Sqlite>,
    {
        match *self {}
    }
}

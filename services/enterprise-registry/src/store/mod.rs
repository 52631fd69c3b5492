//! The registry's tables and every statement on them. Rules are elsewhere: what is found here is
//! judged by its caller.

pub(crate) mod acceptance;
pub(crate) mod archive;
pub(crate) mod change;
pub(crate) mod conversion;
pub(crate) mod disqualification;
pub(crate) mod enterprise;
pub(crate) mod history;
pub(crate) mod licence;
pub(crate) mod lock;
pub(crate) mod name;
pub(crate) mod overview;
pub(crate) mod penalty;
pub(crate) mod population;
pub(crate) mod release;
pub(crate) mod seed;
pub(crate) mod sequence;
pub(crate) mod shareholder;
pub(crate) mod state;
pub(crate) mod transfer;

use onething_db::{Migrations, Sql, sqlx};

/// The registry's tables, beside the ledger's.
pub const MIGRATIONS: Migrations = Migrations::new(
    "enterprise_registry",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// Every statement, so that a test can prepare them on both databases.
pub const STATEMENTS: &[Sql] = &[
    acceptance::FIND,
    acceptance::INSERT,
    acceptance::MARK,
    archive::DOCUMENTS,
    archive::LOCK,
    archive::MOVE,
    change::CHANGE,
    change::NOTICE,
    conversion::CANCEL,
    conversion::CONVERT,
    conversion::COPY_ARCHIVE,
    conversion::COPY_DOCUMENTS,
    conversion::ISSUE_PERMIT,
    conversion::NOTE,
    conversion::PERMITS,
    conversion::SET_UP,
    conversion::VOID_PERMIT,
    disqualification::FIND,
    enterprise::LOCK,
    enterprise::RELOCATE,
    enterprise::SAME_NAME,
    history::ADD,
    licence::INSERT,
    licence::VOID,
    lock::FIND,
    lock::IN_FORCE,
    lock::INSERT,
    lock::MARK,
    name::FIND,
    name::INSERT,
    name::MARK,
    name::REGISTERED,
    name::RESERVED,
    overview::READ,
    penalty::COMPLETE,
    penalty::DECIDE,
    penalty::DECISION,
    penalty::ENTER,
    penalty::FIND,
    penalty::MARK,
    penalty::MARK_DECISION,
    penalty::OF,
    penalty::REPAIR,
    penalty::UNFULFILLED,
    population::ANY,
    population::ARCHIVES,
    population::DOCUMENTS,
    population::ENTERPRISES,
    release::FIND,
    release::IN_FORCE,
    release::INSERT,
    release::MARK,
    seed::DISQUALIFICATIONS,
    seed::PENALTIES,
    seed::PERMITS,
    seed::SHAREHOLDERS,
    sequence::NEXT,
    shareholder::LEAVE,
    shareholder::OF,
    shareholder::ONE,
    shareholder::SET,
    transfer::FIND,
    transfer::INSERT,
    transfer::MARK,
];

//! What a list of sagas is asked for, and a page of it.

use std::time::Duration;

use onething_saga::{
    SagaId, SagaState, Timestamp,
    store::{Filter, Page},
};
use serde::Serialize;

use super::view::Summary;

/// Which sagas are wanted; every criterion that is given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Query {
    /// In this state.
    pub(crate) state: Option<SagaState>,
    /// Of this bundle.
    pub(crate) bundle: Option<String>,
    /// With this department to act next.
    pub(crate) department: Option<String>,
    /// Accepted longer ago than this.
    pub(crate) older_than: Option<Duration>,
    /// Set aside, or not.
    pub(crate) quarantined: Option<bool>,
    /// Not ended and without a wake time: nothing will ever happen to it by itself.
    pub(crate) without_wake: bool,
    /// The last saga of the page before.
    pub(crate) after: Option<SagaId>,
    /// How many at most.
    pub(crate) size: u32,
}

impl Query {
    /// The store's filter at a time.
    pub(super) fn filter(&self, now: Timestamp) -> Filter {
        let micros = |age: Duration| i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        Filter {
            state: self.state,
            definition: self.bundle.clone(),
            responsible: self.department.clone(),
            accepted_before: self
                .older_than
                .map(|age| Timestamp(now.0.saturating_sub(micros(age)))),
            quarantined: self.quarantined,
            without_wake: self.without_wake,
        }
    }

    /// The page, one longer than asked for: that one tells whether there is another page.
    pub(super) fn page(&self) -> Page {
        Page {
            after: self.after,
            limit: self.size.saturating_add(1),
        }
    }
}

/// A page of sagas, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// The sagas.
    pub(crate) sagas: Vec<Summary>,
    /// Asks for the next page; none on the last one.
    pub(crate) next_page_token: Option<String>,
}

//! Civil affairs: marriage records.

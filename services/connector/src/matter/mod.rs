//! A matter: one method of a department, as a program over the embedded record store. A program
//! always runs in one order: it finds records, requires conditions, takes numbers, creates records,
//! changes found ones, and answers. So every refusal comes before every effect.
//!
//! A method that an HTTP system backs has the same requests, conditions and answers; what it does
//! is in [`crate::http`].

mod check;
mod judge;
mod perform;
mod program;
mod trail;
#[cfg(test)]
mod vectors;

pub(crate) use check::Ground;
pub(crate) use perform::Recorded;
pub(crate) use program::{Each, Matter};

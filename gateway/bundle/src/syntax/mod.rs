//! The TOML of bundle files: reads a file into a [`Document`] and reports what is not in the
//! language. Resolves no name.

mod document;
mod read;
mod table;

pub(crate) use document::{Document, Literal, SegmentSyntax, StepSyntax, WithSyntax};
pub(crate) use read::{instead, read};

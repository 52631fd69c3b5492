//! The TOML of bundle files: reads a file into a [`Document`] and reports what is not in the
//! language. Resolves no name.

mod document;
mod duration;
mod overlay;
mod read;
mod step;
mod table;

pub(crate) use document::{
    AwaitSyntax, Document, ForEachSyntax, Literal, SegmentSyntax, StepSyntax, WithSyntax,
};
pub(crate) use overlay::variants;
pub(crate) use read::{VALUES, instead, parse, read};

//! What the designer's tools print, as a designer sees it: the program runs, and its pages are read.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod explain;
mod graph;
mod program;
mod simulate;
mod xml;

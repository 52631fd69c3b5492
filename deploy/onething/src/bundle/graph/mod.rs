//! `onething bundle graph`: a bundle's steps as a picture, departments as lanes. The layout is worked
//! out here; a picture of a few dozen steps needs no library.

mod layout;
mod mermaid;
mod svg;

use anyhow::Context as _;

use super::{Format, Graph};
use crate::outcome::Outcome;

/// Draws a bundle.
pub(super) fn run(arguments: &Graph) -> anyhow::Result<Outcome> {
    let bundle = arguments.which.load()?;
    let picture = match arguments.format {
        Format::Svg => svg::draw(&bundle),
        Format::Mermaid => mermaid::draw(&bundle),
    };
    match &arguments.out {
        Some(file) => {
            std::fs::write(file, picture).with_context(|| file.display().to_string())?;
        }
        None => anstream::print!("{picture}"),
    }
    Ok(Outcome::Done)
}

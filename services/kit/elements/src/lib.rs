//! The data-element dictionary: titles, formats, validators.

//! The data-element dictionary (数据元): titles, formats, validators.
//!
//! Every datum that crosses a department's border is declared once, in `data/dictionary.toml`, with
//! its titles, its format and how it is asked for. Contracts name elements by id
//! (`person.id_number`); forms, validation and masking all follow from the declaration.
//!
//! ```
//! use onething_elements::Dictionary;
//!
//! let element = Dictionary::standard().get("person.id_number").expect("declared");
//! assert_eq!(element.validate("15010520190715996x").unwrap().as_str(), "15010520190715996X");
//! assert_eq!(element.validate("150302196603159978").unwrap_err().code(), "CHECK_DIGIT");
//! ```

mod certificate;
mod credit_code;
mod dictionary;
mod division;
mod element;
mod ethnicity;
mod format;
mod invalid;
mod mask;
mod material;
mod mobile;
mod money;
mod name;
mod normalized;
mod plate;
mod registration_serial;
mod resident_number;
mod scalar;
mod vin;

pub use certificate::{BirthCertificate, MarriageCertificate, RealEstateTitle, StudentNumber};
pub use credit_code::CreditCode;
pub use dictionary::{Dictionary, DictionaryError};
pub use division::{Division, Divisions, Level};
pub use element::{Choice, Element, Input, Sensitivity, Titles, ValueType};
pub use ethnicity::{Ethnicity, ethnicity};
pub use format::Format;
pub use invalid::{Fault, Invalid};
pub use mask::Masked;
pub use material::{MaterialError, Materials};
pub use mobile::mobile;
pub use money::Fen;
pub use name::personal_name;
pub use normalized::{Normalized, Warning};
pub use plate::{Plate, PlateKind};
pub use registration_serial::RegistrationSerial;
pub use resident_number::{ResidentNumber, Sex};
pub use scalar::{boolean, date, integer};
pub use vin::Vin;

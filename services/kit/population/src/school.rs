//! School areas: which primary school the children of an area go to.

use serde::{Deserialize, Serialize};

use crate::address::counties;

/// A school area (学区) of a county.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolArea {
    /// The county's division code.
    pub region: String,
    /// The area's name, unique within the county.
    pub name: String,
    /// Its primary school.
    pub school: String,
}

/// The areas of all counties: three each, the third with a school that teaches in Mongolian.
pub(crate) fn areas() -> Vec<SchoolArea> {
    let kinds = [
        ("第一学区", "第一小学"),
        ("第二学区", "第二小学"),
        ("第三学区", "蒙古族小学"),
    ];
    let area = |region: &str, county: &str, (name, school): (&str, &str)| SchoolArea {
        region: region.to_owned(),
        name: format!("{county}{name}"),
        school: format!("{county}{school}"),
    };
    counties()
        .iter()
        .flat_map(|county| kinds.map(|kind| area(&county.code, &county.name, kind)))
        .collect()
}

//! Places: counties in which people live, and addresses in them.

use std::sync::LazyLock;

use onething_elements::{Division, Divisions};

use crate::random::Random;

/// The streets of every county in which homes and premises are.
pub const STREETS: &[&str] = &[
    "新华街",
    "团结路",
    "人民路",
    "草原路",
    "建设街",
    "青年路",
    "文化街",
    "和平路",
    "胜利街",
    "锡林路",
    "成吉思汗街",
    "迎宾路",
    "光明街",
    "友谊路",
];

/// The counties whose codes are those of GB/T 2260. Development zones (71–79) are administered as
/// counties but register no households.
pub(crate) fn counties() -> &'static [&'static Division] {
    static COUNTIES: LazyLock<Vec<&'static Division>> = LazyLock::new(|| {
        let zone = |code: &str| code.as_bytes().get(4) == Some(&b'7');
        Divisions::standard()
            .counties()
            .filter(|county| !zone(&county.code))
            .collect()
    });
    &COUNTIES
}

/// The address of a flat.
pub(crate) fn home(random: &mut Random, region: &str) -> String {
    format!(
        "{}{}{}号{}号楼{}单元{}{:02}室",
        full_name(region),
        random.pick(STREETS),
        random.between(1, 199),
        random.between(1, 28),
        random.between(1, 4),
        random.between(1, 18),
        random.between(1, 4),
    )
}

/// The address of a business.
pub(crate) fn premises(random: &mut Random, region: &str) -> String {
    format!(
        "{}{}{}号{}层{:03}室",
        full_name(region),
        random.pick(STREETS),
        random.between(1, 199),
        random.between(1, 12),
        random.between(101, 120),
    )
}

/// The name of a division itself, for example 海勃湾区.
pub(crate) fn name(code: &str) -> &'static str {
    Divisions::standard()
        .get(code)
        .map_or("", |division| &division.name)
}

/// The name of the league or city that a county belongs to, for example 乌海市.
pub(crate) fn city_name(code: &str) -> &'static str {
    let parent = Divisions::standard()
        .get(code)
        .and_then(|county| county.parent.as_deref());
    parent.map_or("", name)
}

fn full_name(code: &str) -> String {
    Divisions::standard().full_name(code).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn addresses_begin_with_their_division() {
        let mut random = Random::new(1, Stream::Household, 0);
        assert!(home(&mut random, "150302").starts_with("内蒙古自治区乌海市海勃湾区"));
        assert!(premises(&mut random, "150602").starts_with("内蒙古自治区鄂尔多斯市东胜区"));
        assert_eq!(city_name("150302"), "乌海市");
    }

    #[test]
    fn no_county_is_a_development_zone() {
        assert_eq!(counties().len(), 103);
        assert!(
            counties()
                .iter()
                .all(|county| !county.name.contains("开发区"))
        );
    }
}

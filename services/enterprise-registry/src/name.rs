//! Which names an enterprise may have (企业名称登记管理规定, State Council decree 734, articles 6 to 13):
//! the division, a trade name, the trade, and the form of organisation, in this order. Whether somebody
//! has the name already is asked elsewhere.

use onething_elements::{Division, Divisions};
use onething_participant::Refusal;

use crate::store::enterprise::Enterprise;

/// What the end of a name says that the enterprise is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A limited company (有限公司).
    LimitedCompany,
    /// A partnership (合伙企业), which says so at its end.
    Partnership,
    /// A farmers' co-operative (专业合作社).
    Cooperative,
    /// Any other: a sole proprietorship or an individual business (厂、店、部、中心).
    Other,
}

impl Form {
    /// The form that a name ends with.
    pub(crate) fn of(name: &str) -> Self {
        let ends = |forms: &[&str]| forms.iter().any(|form| name.ends_with(form));
        if ends(&["有限公司", "有限责任公司"]) {
            Self::LimitedCompany
        } else if ends(&["（有限合伙）", "（普通合伙）", "(有限合伙)", "(普通合伙)"])
        {
            Self::Partnership
        } else if ends(&["专业合作社"]) {
            Self::Cooperative
        } else {
            Self::Other
        }
    }

    /// Whether it is the form of a value of the element `enterprise.legal_form`.
    pub(crate) fn fits(self, legal_form: &str) -> bool {
        matches!(
            (self, legal_form),
            (Self::LimitedCompany, "limited_company")
                | (Self::Partnership, "partnership")
                | (Self::Other, "sole_proprietorship")
        )
    }
}

/// Words that only the State Council may allow (article 12).
const NATIONAL: &[&str] = &["中国", "中华", "中央", "全国", "国家"];
/// Letters that a trade name of two and a trade have at least.
const SHORTEST_MIDDLE: usize = 2;

/// Checks the parts of a name at a registrar.
///
/// # Errors
/// `NAME_NOT_ALLOWED`.
pub(crate) fn check(name: &str, registrar: &str) -> Result<(), Refusal> {
    let refused = |message: &str| Err(Refusal::new("NAME_NOT_ALLOWED", message).about("name"));
    if NATIONAL.iter().any(|word| name.contains(word)) {
        return refused("The name has a word that only the State Council may allow.");
    }
    let Some(rest) = after_division(name, registrar) else {
        return refused("The name does not begin with the division of its registrar.");
    };
    let form = match Form::of(name) {
        Form::LimitedCompany => 4,
        Form::Partnership => 6,
        Form::Cooperative => 5,
        Form::Other if rest.ends_with("公司") || rest.ends_with("企业") => {
            return refused("The form of organisation at the name's end is incomplete.");
        }
        Form::Other => 1,
    };
    if rest.chars().count() < SHORTEST_MIDDLE + form {
        return refused("The name has no trade name of two characters or more.");
    }
    Ok(())
}

/// Checks that a record may take a name of this form: a company stays one; an individual business may
/// take any form, as it may become any enterprise.
///
/// # Errors
/// `NAME_NOT_ALLOWED`.
pub(crate) fn fits_record(name: &str, record: &Enterprise) -> Result<(), Refusal> {
    let form = Form::of(name);
    let fits = match (record.kind.as_str(), record.legal_form.as_deref()) {
        ("individual_business", _) => form != Form::Cooperative,
        ("cooperative", _) => form == Form::Cooperative,
        (_, Some(legal_form)) => form.fits(legal_form),
        (_, None) => form == Form::LimitedCompany,
    };
    if fits {
        return Ok(());
    }
    let message = "The name's end says another form of organisation than the enterprise has.";
    Err(Refusal::new("NAME_NOT_ALLOWED", message).about("name"))
}

/// What follows the name of the registrar's division, of its league or city, or of the region.
fn after_division<'a>(name: &'a str, registrar: &str) -> Option<&'a str> {
    let table = Divisions::standard();
    let mut division: Option<&Division> = table.get(registrar);
    while let Some(found) = division {
        let long = found.name.as_str();
        let short = ["自治区", "市", "区", "盟", "旗", "县"]
            .iter()
            .find_map(|end| long.strip_suffix(end))
            .filter(|short| short.chars().count() >= 2);
        // The long name first: the short one begins it.
        let rest = std::iter::once(long)
            .chain(short)
            .find_map(|prefix| name.strip_prefix(prefix));
        if rest.is_some() {
            return rest;
        }
        division = found.parent.as_deref().and_then(|code| table.get(code));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::enterprise::sample;

    #[test]
    fn a_name_has_its_four_parts() {
        for name in [
            "乌海市新程商贸有限公司",
            "海勃湾区新程商贸有限公司",
            "内蒙古新程能源有限责任公司",
            "内蒙古自治区新程能源股份有限公司",
            "乌海新程咨询中心",
            "乌海市新程投资中心（有限合伙）",
        ] {
            assert_eq!(check(name, "150302"), Ok(()), "{name}");
        }
        for name in [
            "新程商贸有限公司",
            "包头市新程商贸有限公司",
            "乌海市有限公司",
            "乌海市新有限公司",
            "乌海市新程商贸公司",
            "乌海市新程企业",
            "乌海市中国新程商贸有限公司",
            "",
        ] {
            let refusal = check(name, "150302").unwrap_err();
            assert_eq!(refusal.reason, "NAME_NOT_ALLOWED", "{name}");
        }
    }

    #[test]
    fn the_end_says_the_form() {
        for (name, form, legal_form) in [
            ("甲有限公司", Form::LimitedCompany, "limited_company"),
            ("甲（普通合伙）", Form::Partnership, "partnership"),
            ("甲加工厂", Form::Other, "sole_proprietorship"),
        ] {
            assert_eq!(Form::of(name), form);
            assert!(form.fits(legal_form));
        }
        assert!(!Form::LimitedCompany.fits("partnership"));
        assert!(!Form::Cooperative.fits("sole_proprietorship"));
    }

    #[test]
    fn a_record_keeps_its_form_and_an_individual_business_may_become_any() {
        let company = sample("91150105YYYY00012D");
        let allowed = |name: &str, record: &Enterprise| fits_record(name, record).is_ok();
        assert!(allowed("甲有限公司", &company) && !allowed("甲加工厂", &company));
        let individual = Enterprise {
            kind: "individual_business".to_owned(),
            ..company.clone()
        };
        assert!(allowed("甲有限公司", &individual) && allowed("甲加工厂", &individual));
        assert!(!allowed("甲专业合作社", &individual));
        let converted = Enterprise {
            legal_form: Some("partnership".to_owned()),
            ..company
        };
        assert!(allowed("甲（普通合伙）", &converted) && !allowed("甲有限公司", &converted));
    }
}

//! When an individual business may become an enterprise, and as what (国市监注发〔2025〕58号; 促进个体工商户
//! 发展条例, article 13). Pure rules over what the register holds.

use jiff::civil::Date;
use onething_elements::ResidentNumber;
use onething_participant::Refusal;
use onething_proto::enterprise_registry::RegisterConversionRequest;

use crate::{
    destination::Destination,
    eligibility,
    name::Form,
    store::{enterprise::Enterprise, shareholder::Shareholder},
    value::value,
};

/// What an application asks for.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Whether the enterprise is set up under a code of its own.
    pub(crate) set_up: bool,
    pub(crate) mode: String,
    pub(crate) legal_form: String,
    pub(crate) name: String,
    pub(crate) reservation_number: String,
    pub(crate) operator: ResidentNumber,
    pub(crate) capital_fen: i64,
    partner: Option<(ResidentNumber, i64)>,
    address: Option<String>,
    scope: Option<String>,
}

impl Plan {
    /// Reads a request.
    ///
    /// # Errors
    /// A refusal of a malformed field, `FORM_OF_NAME` or `CAPITAL_MISSING`.
    pub(crate) fn read(request: &RegisterConversionRequest) -> Result<Self, Refusal> {
        let text = |element: &str, field: &str, given: &Option<String>| {
            let given = given.as_deref().filter(|text| !text.trim().is_empty());
            given.map(|text| value(element, field, text)).transpose()
        };
        let mode = value("conversion.mode", "mode", &request.mode)?;
        let plan = Self {
            set_up: mode == "set_up",
            mode,
            legal_form: value("enterprise.legal_form", "legal_form", &request.legal_form)?,
            name: value("enterprise.name", "name", &request.name)?,
            reservation_number: value(
                "name_reservation.number",
                "reservation_number",
                &request.reservation_number,
            )?,
            operator: eligibility::person("operator_id_number", &request.operator_id_number)?,
            capital_fen: request.capital_fen.unwrap_or_default(),
            partner: partner(request)?,
            address: text("enterprise.address", "address", &request.address)?,
            scope: text("enterprise.scope", "scope", &request.scope)?,
        };
        if !Form::of(&plan.name).fits(&plan.legal_form) {
            let message = "The name's end says another form of organisation.";
            return Err(Refusal::new("FORM_OF_NAME", message).about("name"));
        }
        if plan.capital_fen < 0 || (plan.capital_fen == 0 && plan.legal_form == "limited_company") {
            let message = "A limited company has a registered capital.";
            return Err(Refusal::new("CAPITAL_MISSING", message).about("capital_fen"));
        }
        if plan
            .partner
            .as_ref()
            .is_some_and(|(_, part)| *part >= plan.capital_fen)
        {
            let message = "is less than the whole capital";
            return Err(Refusal::invalid("partner_share_fen", message));
        }
        if plan.legal_form == "partnership" && plan.partner.is_none() {
            let message = "a partnership has a second partner";
            return Err(Refusal::invalid("partner_id_number", message));
        }
        if plan.legal_form == "sole_proprietorship" && plan.partner.is_some() {
            let message = "a sole proprietorship has one owner";
            return Err(Refusal::invalid("partner_id_number", message));
        }
        Ok(plan)
    }

    /// Checks the plan against the business and the day.
    ///
    /// # Errors
    /// `ADDRESS_OUTSIDE_REGISTRAR` or `UNDERAGE`.
    pub(crate) fn fits(&self, record: &Enterprise, today: Date) -> Result<(), Refusal> {
        if let Some(address) = &self.address
            && !Destination::find(&record.registrar).is_some_and(|place| place.covers(address))
        {
            let message = "The domicile lies in another registrar's area.";
            return Err(Refusal::new("ADDRESS_OUTSIDE_REGISTRAR", message).about("address"));
        }
        let born_on = self.operator.birth_date();
        eligibility::check("operator_id_number", born_on, None, today)
    }

    /// The record of the enterprise. In the direct mode code and day of foundation stay (mode A).
    pub(crate) fn apply(
        &self,
        record: &Enterprise,
        new_code: Option<String>,
        today: Date,
    ) -> Enterprise {
        let mut after = record.clone();
        "company".clone_into(&mut after.kind);
        after.legal_form = Some(self.legal_form.clone());
        after.name.clone_from(&self.name);
        after.capital_fen = self.capital_fen;
        after.legal_representative_id_number = self.operator.to_string();
        after.family_operated = false;
        if let Some(address) = &self.address {
            after.address.clone_from(address);
        }
        if let Some(scope) = &self.scope {
            after.scope.clone_from(scope);
        }
        if let Some(code) = new_code {
            after.credit_code = code;
            after.founded_on = today.to_string();
        }
        after
    }

    /// Who holds the enterprise.
    pub(crate) fn holders(&self, today: Date) -> Vec<Shareholder> {
        let holder = |person: &ResidentNumber, amount_fen| Shareholder {
            id_number: person.to_string(),
            amount_fen,
            subscribed_on: today.to_string(),
        };
        let part = self.partner.as_ref().map_or(0, |(_, part)| *part);
        let mut holders = vec![holder(&self.operator, self.capital_fen - part)];
        holders.extend(
            self.partner
                .as_ref()
                .map(|(person, part)| holder(person, *part)),
        );
        holders.retain(|holder| holder.amount_fen > 0);
        holders
    }
}

fn partner(request: &RegisterConversionRequest) -> Result<Option<(ResidentNumber, i64)>, Refusal> {
    match (&request.partner_id_number, request.partner_share_fen) {
        (None, None) => Ok(None),
        (Some(number), Some(part)) if part > 0 => {
            let person = eligibility::person("partner_id_number", number)?;
            if person.as_str() == request.operator_id_number.trim() {
                return Err(Refusal::invalid("partner_id_number", "is the operator"));
            }
            Ok(Some((person, part)))
        }
        _ => {
            let message = "a second shareholder has a number and a part";
            Err(Refusal::invalid("partner_share_fen", message))
        }
    }
}

/// Checks that a record is one of an individual business.
///
/// # Errors
/// `NOT_INDIVIDUAL_BUSINESS`.
pub(crate) fn is_individual(record: &Enterprise) -> Result<(), Refusal> {
    if record.kind == "individual_business" {
        return Ok(());
    }
    let message = "Only an individual business (个体工商户) is converted.";
    Err(Refusal::new("NOT_INDIVIDUAL_BUSINESS", message).about("credit_code"))
}

/// Checks what must be settled first: open penalties, and the consent of the family members who take
/// part.
///
/// # Errors
/// `OPEN_PENALTY` or `CONSENT_MISSING`.
pub(crate) fn settled(
    record: &Enterprise,
    unfulfilled_penalties: i64,
    consent: Option<bool>,
) -> Result<(), Refusal> {
    if unfulfilled_penalties > 0 {
        let message = "A penalty against the business is not fulfilled.";
        return Err(Refusal::new("OPEN_PENALTY", message));
    }
    if record.family_operated && consent != Some(true) {
        let message = "The family members who take part in the business must consent.";
        return Err(Refusal::new("CONSENT_MISSING", message).about("holders_consent"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::store::enterprise::sample;

    const TODAY: Date = date(2026, 5, 1);

    fn request() -> RegisterConversionRequest {
        RegisterConversionRequest {
            credit_code: "92150302YYYY000204".to_owned(),
            mode: "direct".to_owned(),
            legal_form: "limited_company".to_owned(),
            name: "乌海市转程商贸有限公司".to_owned(),
            reservation_number: "MC150302-2026-000001".to_owned(),
            operator_id_number: "150302196603159977".to_owned(),
            capital_fen: Some(1_000),
            ..RegisterConversionRequest::default()
        }
    }

    fn business() -> Enterprise {
        Enterprise {
            kind: "individual_business".to_owned(),
            family_operated: true,
            ..sample("92150302YYYY000204")
        }
    }

    fn reason(request: &RegisterConversionRequest) -> (String, String) {
        let refusal = Plan::read(request).unwrap_err();
        (refusal.reason, refusal.field)
    }

    #[test]
    fn directly_converted_it_keeps_code_and_foundation() {
        let plan = Plan::read(&request()).unwrap();
        let after = plan.apply(&business(), None, TODAY);
        // The code of a company may begin with 92.
        assert_eq!(after.credit_code, "92150302YYYY000204");
        assert_eq!(after.founded_on, "2015-06-01");
        assert_eq!(
            (after.kind.as_str(), after.family_operated),
            ("company", false)
        );
        let anew = plan.apply(&business(), Some("91150105YYYY00012D".to_owned()), TODAY);
        assert_eq!(anew.founded_on, "2026-05-01");
        assert_eq!(plan.holders(TODAY).len(), 1);
    }

    #[test]
    fn a_second_shareholder_has_a_part_of_the_capital() {
        let two = RegisterConversionRequest {
            partner_id_number: Some("15010520190715996X".to_owned()),
            partner_share_fen: Some(400),
            ..request()
        };
        let parts: Vec<i64> = Plan::read(&two)
            .unwrap()
            .holders(TODAY)
            .iter()
            .map(|holder| holder.amount_fen)
            .collect();
        assert_eq!(parts, [600, 400]);
        for part in [Some(1_000), Some(0), None] {
            let wrong = RegisterConversionRequest {
                partner_share_fen: part,
                ..two.clone()
            };
            assert_eq!(reason(&wrong).1, "partner_share_fen", "{part:?}");
        }
        let alone = RegisterConversionRequest {
            partner_id_number: Some("150302196603159977".to_owned()),
            ..two
        };
        assert_eq!(reason(&alone).1, "partner_id_number");
    }

    #[test]
    fn the_form_decides_about_name_and_capital() {
        let no_capital = RegisterConversionRequest {
            capital_fen: None,
            ..request()
        };
        assert_eq!(reason(&no_capital).0, "CAPITAL_MISSING");
        let sole = RegisterConversionRequest {
            legal_form: "sole_proprietorship".to_owned(),
            ..no_capital
        };
        assert_eq!(reason(&sole).0, "FORM_OF_NAME");
        let named = RegisterConversionRequest {
            name: "乌海市转程加工厂".to_owned(),
            ..sole
        };
        assert!(Plan::read(&named).unwrap().holders(TODAY).is_empty());
        let partners = RegisterConversionRequest {
            legal_form: "partnership".to_owned(),
            name: "乌海市转程商行（普通合伙）".to_owned(),
            ..request()
        };
        assert_eq!(reason(&partners).1, "partner_id_number");
    }

    #[test]
    fn penalties_consent_place_and_age_stand_in_the_way() {
        let record = business();
        assert_eq!(settled(&record, 0, Some(true)), Ok(()));
        assert_eq!(
            settled(&record, 1, Some(true)).unwrap_err().reason,
            "OPEN_PENALTY"
        );
        for consent in [None, Some(false)] {
            assert_eq!(
                settled(&record, 0, consent).unwrap_err().reason,
                "CONSENT_MISSING"
            );
        }
        let alone = Enterprise {
            family_operated: false,
            ..business()
        };
        assert_eq!(settled(&alone, 0, None), Ok(()));
        assert!(is_individual(&record).is_ok());
        let company = is_individual(&sample("91150105YYYY00012D"));
        assert_eq!(company.unwrap_err().reason, "NOT_INDIVIDUAL_BUSINESS");

        let elsewhere = RegisterConversionRequest {
            address: Some("内蒙古自治区包头市青山区团结路1号".to_owned()),
            ..request()
        };
        let refusal = Plan::read(&elsewhere)
            .unwrap()
            .fits(&record, TODAY)
            .unwrap_err();
        assert_eq!(refusal.reason, "ADDRESS_OUTSIDE_REGISTRAR");
        let young = RegisterConversionRequest {
            operator_id_number: "15010520190715996X".to_owned(),
            ..request()
        };
        let refusal = Plan::read(&young)
            .unwrap()
            .fits(&record, TODAY)
            .unwrap_err();
        assert_eq!(refusal.reason, "UNDERAGE");
    }
}

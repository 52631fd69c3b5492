//! How an enterprise comes about: its name, numbers, archive and, sometimes, its troubles.

use std::collections::HashSet;

use jiff::civil::date;
use onething_elements::CreditCode;

use crate::address;
use crate::business::{Permit, Shareholder};
use crate::enterprise::{ArchiveDocument, Enterprise, EnterpriseKind, EnterpriseStatus};
use crate::random::{Random, Stream};

/// How many enterprises, after the first clean one, each have one trouble of their own.
pub(crate) const EXCEPTIONAL: u64 = 5;

/// The registrar of the samples.
pub(crate) const FIRST_REGISTRAR: &str = "150302";
/// The index of a clean company whose penalties are published.
pub(crate) const PENALISED: u64 = 900_000;
/// The index of a clean individual business.
pub(crate) const INDIVIDUAL: u64 = 900_001;

const TRADE_NAMES: &[&str] = &[
    "晨", "曦", "瑞", "丰", "恒", "泰", "鸿", "源", "嘉", "禾", "卓", "远", "朗", "悦", "青", "穹",
    "沃", "野", "沐", "川", "云", "驰", "景", "澄", "牧", "歌",
];

const INDUSTRIES: &[&str] = &[
    "商贸",
    "科技",
    "建材",
    "物流",
    "农牧",
    "能源",
    "乳业",
    "餐饮管理",
    "电子商务",
    "机械",
    "环保工程",
    "文化传媒",
];

const SCOPES: &[&str] = &[
    "日用百货销售；食品销售；建筑材料销售",
    "信息技术咨询服务；计算机系统服务；软件开发",
    "道路货物运输；国内货物运输代理；仓储服务",
    "农副产品销售；牲畜销售；饲料销售",
];

const BANKS: &[&str] = &[
    "中国工商银行",
    "中国农业银行",
    "中国银行",
    "中国建设银行",
    "中国邮政储蓄银行",
];

/// Founds enterprises, no two with one name or code.
#[derive(Debug, Default)]
pub(crate) struct Founder(HashSet<String>);

impl Founder {
    /// The enterprise with an index. The first six are at 150302, whatever the owner's county: one
    /// clean company and then one for each trouble.
    pub(crate) fn found(
        &mut self,
        seed: u64,
        index: u64,
        region: &str,
        representative: &str,
    ) -> Enterprise {
        let mut random = Random::new(seed, Stream::Enterprise, index);
        let kind = match (index, random.between(1, 100)) {
            (INDIVIDUAL, _) => EnterpriseKind::IndividualBusiness,
            (0..=EXCEPTIONAL | PENALISED, _) | (_, 1..=70) => EnterpriseKind::Company,
            (_, 71..=92) => EnterpriseKind::IndividualBusiness,
            _ => EnterpriseKind::Cooperative,
        };
        let credit_code = credit_code(kind, region, index);
        let name = self.name(&mut random, kind, region);
        let founded_on = random.day(date(2005, 1, 4), date(2024, 12, 31));
        let mut enterprise = Enterprise {
            address: address::premises(&mut random, region),
            legal_representative_id_number: representative.to_owned(),
            capital_fen: i64::from(random.between(1, 200)) * 10_000_000,
            archive: archive(&mut random, &name, &credit_code, &founded_on.to_string()),
            tax_office: format!(
                "国家税务总局{}{}税务局",
                address::city_name(region),
                address::name(region)
            ),
            seal_filing_number: format!("{region}{:07}", index + 1),
            social_insurance_number: format!("SI{region}-{:07}", index + 1),
            medical_insurance_number: format!("MI{region}-{:07}", index + 1),
            housing_fund_number: format!("HF{region}-{:07}", index + 1),
            bank_name: format!("{}{}支行", random.pick(BANKS), address::name(region)),
            bank_account_number: format!("9999{region}{:09}", index + 1),
            registrar: region.to_owned(),
            credit_code,
            name,
            kind,
            status: EnterpriseStatus::Active,
            founded_on,
            abnormal_listed: false,
            serious_breach_listed: false,
            equity_frozen: false,
            tax_arrears_fen: 0,
            open_cases: 0,
            business_scope: SCOPES[(index % SCOPES.len() as u64) as usize].to_owned(),
            shareholders: Vec::new(),
            family_operated: kind == EnterpriseKind::IndividualBusiness && index % 2 == 1,
            permits: Vec::new(),
            trademark_number: (kind == EnterpriseKind::IndividualBusiness)
                .then(|| format!("9{:08}", index + 1)),
        };
        hold(&mut enterprise);
        trouble(&mut random, index, &mut enterprise);
        enterprise
    }

    fn name(&mut self, random: &mut Random, kind: EnterpriseKind, region: &str) -> String {
        let form = match kind {
            EnterpriseKind::Company => "有限公司",
            EnterpriseKind::IndividualBusiness => "经营部",
            EnterpriseKind::Cooperative => "专业合作社",
        };
        let place = address::city_name(region);
        let mut trade_name = String::new();
        loop {
            // One more character each time that the name is taken, so this ends.
            while trade_name.chars().count() < 2 {
                trade_name.push_str(random.pick(TRADE_NAMES));
            }
            let name = format!("{place}{trade_name}{}{form}", random.pick(INDUSTRIES));
            if self.0.insert(name.clone()) {
                return name;
            }
            trade_name.push_str(random.pick(TRADE_NAMES));
        }
    }
}

/// The code of the company whose penalties are published.
pub(crate) fn penalised_code() -> String {
    credit_code(EnterpriseKind::Company, FIRST_REGISTRAR, PENALISED)
}

/// The code of the clean individual business.
pub(crate) fn individual_code() -> String {
    credit_code(
        EnterpriseKind::IndividualBusiness,
        FIRST_REGISTRAR,
        INDIVIDUAL,
    )
}

/// The code: `YYYY` and the index in the alphabet's base mark the organisation code as synthetic.
fn credit_code(kind: EnterpriseKind, region: &str, index: u64) -> String {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let class = match kind {
        EnterpriseKind::Company => "91",
        EnterpriseKind::IndividualBusiness => "92",
        EnterpriseKind::Cooperative => "93",
    };
    let number = index + 1;
    let digit = |power: u32| char::from(ALPHABET[(number / 31_u64.pow(power) % 31) as usize]);
    let organisation = format!("YYYY{}{}{}{}", digit(3), digit(2), digit(1), digit(0));
    CreditCode::compose(class, region, &organisation)
        .map(|code| code.to_string())
        .unwrap_or_default()
}

/// A company's representative holds all of it; an individual business has a food permit.
fn hold(enterprise: &mut Enterprise) {
    match enterprise.kind {
        EnterpriseKind::Company => enterprise.shareholders.push(Shareholder {
            id_number: enterprise.legal_representative_id_number.clone(),
            amount_fen: enterprise.capital_fen,
            subscribed_on: enterprise.founded_on,
        }),
        EnterpriseKind::IndividualBusiness => enterprise.permits.push(Permit {
            number: format!("JY{}", enterprise.seal_filing_number),
            kind: "food".to_owned(),
        }),
        EnterpriseKind::Cooperative => {}
    }
}

fn archive(
    random: &mut Random,
    name: &str,
    credit_code: &str,
    founded_on: &str,
) -> Vec<ArchiveDocument> {
    let titles = [
        "设立登记申请书",
        "公司章程",
        "股东会决议",
        "住所使用证明",
        "年度报告",
        "变更登记申请书",
    ];
    let count = random.between(4, 6) as usize;
    titles[..count]
        .iter()
        .map(|title| {
            let pages = random.between(1, 24);
            ArchiveDocument {
                title: (*title).to_owned(),
                pages,
                content: format!(
                    "{title}\n名称：{name}\n统一社会信用代码：{credit_code}\n成立日期：{founded_on}\n共{pages}页\n"
                ),
            }
        })
        .collect()
}

/// Gives one enterprise in forty a trouble, and the second to sixth one each.
fn trouble(random: &mut Random, index: u64, enterprise: &mut Enterprise) {
    let arrears = i64::from(random.between(1_000, 900_000)) * 100;
    let drawn = u64::from(random.between(1, 240));
    let trouble = match index {
        0..=EXCEPTIONAL => index,
        PENALISED | INDIVIDUAL => 0,
        _ => drawn,
    };
    match trouble {
        1 => enterprise.abnormal_listed = true,
        2 => enterprise.serious_breach_listed = true,
        3 => enterprise.equity_frozen = true,
        4 => enterprise.tax_arrears_fen = arrears,
        5 => enterprise.open_cases = 1,
        6 => enterprise.status = EnterpriseStatus::Revoked,
        _ => {}
    }
}

//! Household and digital products, and who ordered one.

use std::fmt;

use onething_elements::Masked;
use serde::{Deserialize, Serialize};

use crate::enterprise::{Enterprise, EnterpriseKind};
use crate::population::Population;

/// A product in the register of product codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Its code. It begins with 200, which no maker has.
    pub code: &'static str,
    /// Its kind, a value of the element `appliance.kind`.
    pub kind: &'static str,
    /// The grade of its energy label; 0 without one.
    pub grade: i64,
    /// Its usual price, in fen.
    pub price_fen: i64,
}

const fn product(code: &'static str, kind: &'static str, grade: i64, price_fen: i64) -> Product {
    Product {
        code,
        kind,
        grade,
        price_fen,
    }
}

/// The products: first those that are ordered, in turns.
const PRODUCTS: [Product; 18] = [
    product("2000000000015", "fridge", 1, 499_900),
    product("2000000000022", "washer", 1, 329_900),
    product("2000000000039", "tv", 1, 1_200_000),
    product("2000000000046", "air_conditioner", 1, 279_900),
    product("2000000000053", "phone", 0, 399_900),
    product("2000000000060", "tablet", 0, 249_900),
    product("2000000000077", "computer", 1, 699_900),
    product("2000000000084", "water_heater", 1, 189_900),
    product("2000000000091", "stove", 2, 129_900),
    product("2000000000107", "hood", 2, 219_900),
    product("2000000000114", "purifier", 2, 159_900),
    product("2000000000121", "dishwasher", 2, 459_900),
    product("2000000000138", "rice_cooker", 2, 39_900),
    product("2000000000145", "microwave", 2, 59_900),
    product("2000000000152", "watch", 0, 99_900),
    product("2000000000169", "glasses", 0, 199_900),
    product("2000000000176", "tv", 2, 399_900),
    product("2000000000183", "phone", 0, 699_900),
];

/// How many of the products are ordered.
const ORDERED: usize = 6;

/// What a person ordered at a merchant, who has not sold it yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The number of the order.
    pub number: String,
    /// The buyer's resident number.
    pub buyer_id_number: String,
    /// The merchant's credit code.
    pub merchant_credit_code: String,
    /// The product's code.
    pub product_code: String,
    /// The kind of product.
    pub kind: String,
    /// The serial number of the piece.
    pub serial_number: String,
    /// The final price, in fen.
    pub price_fen: i64,
    /// The division of the delivery.
    pub region: String,
    /// The address of the delivery.
    pub address: String,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("number", &self.number)
            .field("buyer_id_number", &Masked(&self.buyer_id_number))
            .finish_non_exhaustive()
    }
}

impl Population {
    /// The products of the register.
    #[must_use]
    pub const fn products(&self) -> &'static [Product] {
        &PRODUCTS
    }

    /// The enterprises that take part in the subsidies: companies against which nothing stands.
    pub fn merchants(&self) -> impl Iterator<Item = &Enterprise> {
        let enterprises = self.enterprises.iter();
        enterprises.filter(|e| e.is_clean() && e.kind == EnterpriseKind::Company)
    }

    /// The orders, one of each buyer.
    pub fn orders(&self) -> impl Iterator<Item = Order> + '_ {
        let merchants: Vec<_> = self.merchants().collect();
        let buyers = self.buyers().enumerate();
        buyers.filter_map(move |(turn, (index, household))| {
            let merchant = merchants.get(turn % merchants.len().max(1))?;
            let product = PRODUCTS[turn % ORDERED];
            Some(Order {
                number: format!("DD{:010}", index + 1),
                buyer_id_number: household.head_id_number.clone(),
                merchant_credit_code: merchant.credit_code.clone(),
                product_code: product.code.to_owned(),
                kind: product.kind.to_owned(),
                serial_number: format!("SN{:012}", index + 1),
                price_fen: product.price_fen,
                region: household.region.clone(),
                address: household.address.clone(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;
    use onething_elements::Dictionary;

    use super::*;

    #[test]
    fn every_kind_of_product_is_in_the_register() {
        let kinds = Dictionary::standard().get("appliance.kind").unwrap();
        let codes: HashSet<_> = PRODUCTS.iter().map(|product| product.code).collect();
        assert_eq!(codes.len(), PRODUCTS.len());
        for choice in kinds.choices() {
            assert!(PRODUCTS.iter().any(|p| p.kind == choice.value));
        }
    }

    #[test]
    fn orders_are_at_merchants_and_the_first_is_in_every_population() {
        let small = Population::generate(4, 1, date(2026, 6, 1));
        let large = Population::generate(600, 1, date(2026, 6, 1));
        assert_eq!(small.orders().next().unwrap().kind, "fridge");
        let merchants: HashSet<_> = large.merchants().map(|m| &m.credit_code).collect();
        for order in large.orders() {
            assert!(merchants.contains(&order.merchant_credit_code));
        }
    }
}

//! What the departments behind the connector know of vehicles, products and the accounts of persons.

use onething_population::{
    Enterprise, NewVehicle, Order, PersonalAccount, Population, Product, TradeIn,
};
use serde_json::json;

use super::{Register, seed};
use crate::store::Seed;

/// The models in the catalogue of new-energy vehicles.
const NEW_ENERGY_MODELS: [&str; 1] = ["ZZZ7000BEV"];
/// The years for which there is a budget; what each has for cars and for products, in fen.
const PROGRAMMES: [&str; 3] = ["2025", "2026", "2027"];
const BUDGET_FEN: i64 = 50_000_000_000;

/// The registers of commerce, finance, industry, insurance, merchants, product codes, taxation and
/// the banks.
pub(super) fn registers(population: &Population) -> Vec<Register> {
    let trades: Vec<_> = population.trade_ins().collect();
    let traded = trades.iter().map(|trade| trade.new.clone());
    let vehicles: Vec<_> = population.new_vehicles().chain(traded).collect();
    let all = |kind: fn(&NewVehicle) -> Seed| vehicles.iter().map(kind).collect();
    vec![
        (
            "BK",
            "personal_account",
            population.accounts().map(|a| account(&a)).collect(),
        ),
        ("CO", "budget", budgets()),
        (
            "CO",
            "merchant",
            population.merchants().map(merchant).collect(),
        ),
        (
            "CO",
            "recycling",
            trades.iter().filter_map(recycled).collect(),
        ),
        (
            "EL",
            "product",
            population.products().iter().map(product).collect(),
        ),
        ("FI", "allotment", allotments()),
        (
            "ME",
            "order",
            population.orders().map(|o| order(&o)).collect(),
        ),
        ("MIIT", "catalogue_model", models()),
        ("MIIT", "certificate", all(certificate)),
        ("TX", "vehicle_invoice", all(invoice)),
    ]
}

fn account(account: &PersonalAccount) -> Seed {
    seed(
        &account.account_number,
        json!({
            "holder_id_number": account.holder_id_number,
            "bank": account.bank,
        }),
    )
}

fn budgets() -> Vec<Seed> {
    let budget = |purpose: &str, programme: &str| {
        seed(
            &format!("{purpose}/{programme}"),
            json!({ "total_fen": BUDGET_FEN, "reserved_fen": 0 }),
        )
    };
    PROGRAMMES
        .iter()
        .flat_map(|programme| [budget("car", programme), budget("product", programme)])
        .collect()
}

fn allotments() -> Vec<Seed> {
    let allotment = |purpose| seed(purpose, json!({ "total_fen": BUDGET_FEN, "paid_fen": 0 }));
    ["car", "product"].map(allotment).into()
}

fn merchant(enterprise: &Enterprise) -> Seed {
    seed(
        &enterprise.credit_code,
        json!({ "name": enterprise.name, "delivers_to": "15", "suspended": false }),
    )
}

fn recycled(trade: &TradeIn) -> Option<Seed> {
    let number = trade.old.recycling_certificate_number.as_ref()?;
    let issued_on = trade.old.deregistered_on?;
    Some(seed(
        number,
        json!({ "vin": trade.old.vin, "issued_on": issued_on.to_string() }),
    ))
}

fn product(product: &Product) -> Seed {
    seed(
        product.code,
        json!({ "kind": product.kind, "grade": product.grade }),
    )
}

fn order(order: &Order) -> Seed {
    seed(
        &order.number,
        json!({
            "buyer_id_number": order.buyer_id_number,
            "merchant_credit_code": order.merchant_credit_code,
            "product_code": order.product_code,
            "kind": order.kind,
            "serial_number": order.serial_number,
            "price_fen": order.price_fen,
            "region": order.region,
            "address": order.address,
        }),
    )
}

fn models() -> Vec<Seed> {
    NEW_ENERGY_MODELS
        .map(|model| seed(model, json!({ "entered_on": "2023-12-07" })))
        .into()
}

fn certificate(vehicle: &NewVehicle) -> Seed {
    seed(
        &vehicle.certificate_number,
        json!({
            "vin": vehicle.vin,
            "model": vehicle.model,
            "energy": vehicle.energy,
            "displacement_ml": vehicle.displacement_ml,
            "seats": 5,
            "origin": "domestic",
            "usage": "private",
            "void": false,
        }),
    )
}

fn invoice(vehicle: &NewVehicle) -> Seed {
    seed(
        &vehicle.invoice_number,
        json!({
            "buyer_id_number": vehicle.buyer_id_number,
            "vin": vehicle.vin,
            "issued_on": vehicle.issued_on.to_string(),
            "price_fen": vehicle.price_fen,
            "total_fen": vehicle.total_fen,
            "place": vehicle.place,
            "void": false,
        }),
    )
}

//! What the departments behind the connector know of vehicles, products and the accounts of persons.

use onething_population::{NewVehicle, PersonalAccount, Population};
use serde_json::json;

use super::{Register, seed};
use crate::store::Seed;

/// The registers of taxation and the banks.
pub(super) fn registers(population: &Population) -> Vec<Register> {
    let traded = population.trade_ins().map(|trade| trade.new);
    let vehicles: Vec<_> = population.new_vehicles().chain(traded).collect();
    vec![
        (
            "BK",
            "personal_account",
            population.accounts().map(|a| account(&a)).collect(),
        ),
        (
            "TX",
            "vehicle_invoice",
            vehicles.iter().map(invoice).collect(),
        ),
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

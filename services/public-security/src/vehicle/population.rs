//! How the vehicles of the synthetic population become rows of the register.

use onething_population::{NewVehicle, OldVehicle, Population, TradeIn};

use crate::store::vehicle_population::Vehicle;

/// The vehicles that are or were registered: of each trade the old one and the new one.
pub(crate) fn vehicles(population: &Population) -> Vec<Vehicle> {
    let trades = population.trade_ins().flat_map(|trade| {
        let TradeIn {
            old,
            new,
            plate,
            registered_on,
            ..
        } = trade;
        let owner = new.buyer_id_number.clone();
        [
            traded_in(old, owner),
            bought(new, plate, registered_on.to_string()),
        ]
    });
    trades.collect()
}

fn traded_in(old: OldVehicle, owner: String) -> Vehicle {
    Vehicle {
        registration_number: format!("JD-{}", old.vin),
        vin: old.vin,
        plate: old.plate,
        model: "ZZZ7160".to_owned(),
        energy: old.energy,
        displacement_ml: 1_598,
        first_registered_on: old.first_registered_on.to_string(),
        deregistered_on: old.deregistered_on.map(|day| day.to_string()),
        owner,
        owned_since: old.owned_since.to_string(),
        transferred_on: old.transferred_on.map(|day| day.to_string()),
    }
}

fn bought(new: NewVehicle, plate: String, registered_on: String) -> Vehicle {
    Vehicle {
        registration_number: format!("JD-{}", new.vin),
        vin: new.vin,
        plate,
        model: new.model,
        energy: new.energy,
        displacement_ml: new.displacement_ml,
        first_registered_on: registered_on.clone(),
        deregistered_on: None,
        owner: new.buyer_id_number,
        owned_since: registered_on,
        transferred_on: None,
    }
}

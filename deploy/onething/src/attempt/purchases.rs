//! Who bought something in the synthetic population: a new car, a car for an old one, an appliance.

use onething_elements::Divisions;
use onething_population::Population;
use serde_json::{Value, json};

/// What the bundles about purchases find in the population, in a division if one is named. Where nobody
/// bought such a thing there, it is null.
pub(super) fn samples(population: &Population, region: Option<&str>) -> [(&'static str, Value); 3] {
    let here =
        |place: &str| region.is_none_or(|region| Divisions::standard().is_within(place, region));
    let new_vehicle = population.new_vehicles().find(|new| here(&new.place));
    let new_vehicle = new_vehicle.and_then(|new| {
        let mut sample = serde_json::to_value(&new).ok()?;
        let household = population.household_of(&new.buyer_id_number)?;
        sample["address"] = household.address.clone().into();
        Some(sample)
    });
    let mut scrapped = population.trade_ins().filter(|trade| trade.mode == "scrap");
    let trade_in = scrapped.find(|trade| here(&trade.new.place));
    let trade_in = trade_in.and_then(|trade| {
        let mut sample = serde_json::to_value(&trade).ok()?;
        let account = population.account_of(&trade.new.buyer_id_number)?;
        sample["account_number"] = account.account_number.into();
        Some(sample)
    });
    let order = population.orders().find(|order| here(&order.region));
    [
        ("new_vehicle", new_vehicle.unwrap_or_default()),
        ("trade_in", trade_in.unwrap_or_default()),
        ("order", order.map_or(Value::Null, |order| json!(order))),
    ]
}

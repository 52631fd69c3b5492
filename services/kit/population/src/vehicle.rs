//! Vehicles: those that were just bought and wait for their plates, and old ones that their owners
//! traded in.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use onething_elements::{Masked, Plate, Vin};
use serde::{Deserialize, Serialize};

use crate::family::Household;
use crate::population::Population;

/// After the first three households, the head of one in so many buys cars and products.
const HOUSEHOLDS_PER_BUYER: usize = 4;
/// The households whose heads are buyers in every population.
const SAMPLES: usize = 3;

/// A new vehicle as its maker and its invoice describe it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVehicle {
    /// The buyer's resident number.
    pub buyer_id_number: String,
    /// The vehicle identification number.
    pub vin: String,
    /// The number of its conformity certificate.
    pub certificate_number: String,
    /// Its model.
    pub model: String,
    /// What drives it, a value of the element `vehicle.energy`.
    pub energy: String,
    /// Whether its model is in the catalogue of new-energy vehicles.
    pub new_energy: bool,
    /// Its displacement in millilitres.
    pub displacement_ml: i64,
    /// The number of its sales invoice.
    pub invoice_number: String,
    /// The day of the invoice.
    pub issued_on: Date,
    /// The division of the invoice.
    pub place: String,
    /// Its price without value-added tax, in fen.
    pub price_fen: i64,
    /// Its price with value-added tax (13 %), in fen.
    pub total_fen: i64,
}

impl fmt::Debug for NewVehicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewVehicle")
            .field("vin", &Masked(&self.vin))
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// An old vehicle that its owner scrapped or passed on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldVehicle {
    /// The vehicle identification number.
    pub vin: String,
    /// Its plate number.
    pub plate: String,
    /// What drives it, a value of the element `vehicle.energy`.
    pub energy: String,
    /// The day of its first registration.
    pub first_registered_on: Date,
    /// Since when the owner has had it.
    pub owned_since: Date,
    /// The day on which it was deregistered as scrapped.
    pub deregistered_on: Option<Date>,
    /// The number of its recycling certificate, if it was scrapped.
    pub recycling_certificate_number: Option<String>,
    /// The day on which it was transferred to somebody else.
    pub transferred_on: Option<Date>,
}

impl fmt::Debug for OldVehicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldVehicle")
            .field("vin", &Masked(&self.vin))
            .finish_non_exhaustive()
    }
}

/// An old vehicle traded in for a new one, which is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeIn {
    /// `scrap` or `replace`, a value of the element `subsidy.mode`.
    pub mode: String,
    /// The old vehicle.
    pub old: OldVehicle,
    /// The new one.
    pub new: NewVehicle,
    /// The new one's plate number.
    pub plate: String,
    /// The day on which it was registered.
    pub registered_on: Date,
}

impl Population {
    /// The households whose heads buy cars and products, with their place among all.
    pub(crate) fn buyers(&self) -> impl Iterator<Item = (usize, &Household)> {
        let households = self.households.iter().enumerate();
        households.filter(|(index, _)| *index < SAMPLES || *index % HOUSEHOLDS_PER_BUYER == 0)
    }

    /// The vehicles that were bought six days ago and are not registered yet.
    pub fn new_vehicles(&self) -> impl Iterator<Item = NewVehicle> + '_ {
        let issued_on = self.today.saturating_sub(6.days());
        let buyers = self.buyers().enumerate();
        buyers.map(move |(turn, (index, household))| {
            new_vehicle(household, index * 3, issued_on, turn)
        })
    }

    /// The vehicles that were traded in, in turns passed on and scrapped, in the last weeks.
    pub fn trade_ins(&self) -> impl Iterator<Item = TradeIn> + '_ {
        let buyers = self.buyers().enumerate();
        buyers.map(|(turn, (index, household))| trade_in(household, index, turn, self.today))
    }
}

fn new_vehicle(household: &Household, serial: usize, issued_on: Date, turn: usize) -> NewVehicle {
    let new_energy = turn.is_multiple_of(2);
    let price_fen = 15_000_000 + i64::try_from(turn % 10).unwrap_or_default() * 1_000_000;
    NewVehicle {
        buyer_id_number: household.head_id_number.clone(),
        vin: vin('T', serial),
        certificate_number: format!("WZZ{:012}", serial + 1),
        model: if new_energy { "ZZZ7000BEV" } else { "ZZZ7150" }.to_owned(),
        energy: if new_energy { "electric" } else { "gasoline" }.to_owned(),
        new_energy,
        displacement_ml: if new_energy { 0 } else { 1_498 },
        invoice_number: format!("26{:018}", serial + 1),
        issued_on,
        place: household.region.clone(),
        price_fen,
        total_fen: price_fen + price_fen * 13 / 100,
    }
}

fn trade_in(household: &Household, index: usize, turn: usize, today: Date) -> TradeIn {
    let scrapped = !turn.is_multiple_of(2);
    let disposed_on = today.saturating_sub(20.days());
    let first_registered_on = if scrapped {
        date(2010, 3, 16)
    } else {
        date(2018, 9, 4)
    };
    let letter = Plate::letter(&household.region).unwrap_or('A');
    // The other way round, so that each mode is seen with each kind of new vehicle.
    let issued_on = today.saturating_sub(12.days());
    let new = new_vehicle(household, index * 3 + 1, issued_on, turn + 1);
    let tail = format!("{:05}", index % 100_000);
    TradeIn {
        mode: if scrapped { "scrap" } else { "replace" }.to_owned(),
        old: OldVehicle {
            vin: vin(if scrapped { 'A' } else { 'J' }, index * 3 + 2),
            plate: format!("蒙{letter}{tail}"),
            energy: "gasoline".to_owned(),
            first_registered_on,
            owned_since: first_registered_on.saturating_add(2.years()),
            deregistered_on: scrapped.then_some(disposed_on),
            recycling_certificate_number: scrapped.then(|| format!("BF15{:010}", index + 1)),
            transferred_on: (!scrapped).then_some(disposed_on),
        },
        plate: if new.new_energy {
            format!("蒙{letter}D{tail}")
        } else {
            format!("蒙{letter}Z{}", &tail[1..])
        },
        new,
        registered_on: today.saturating_sub(10.days()),
    }
}

/// A valid number of the maker `L0Z`, which is nobody's: model year and serial decide it.
fn vin(year: char, serial: usize) -> String {
    let numbers = "0123456789X"
        .chars()
        .map(|check| format!("L0ZZZ00A{check}{year}A{:06}", serial + 1));
    let mut valid = numbers.filter(|number| Vin::parse(number).is_ok());
    valid.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_vehicle_is_valid_and_another_one() {
        let population = Population::generate(600, 1, date(2026, 6, 1));
        let mut vins = HashSet::new();
        let mut plates = HashSet::new();
        for new in population.new_vehicles() {
            assert!(vins.insert(new.vin.clone()), "{new:?}");
            Vin::parse(&new.vin).unwrap();
            assert_eq!(new.issued_on, date(2026, 5, 26));
        }
        for trade in population.trade_ins() {
            for vin in [&trade.old.vin, &trade.new.vin] {
                Vin::parse(vin).unwrap();
                assert!(vins.insert(vin.clone()));
            }
            for plate in [&trade.old.plate, &trade.plate] {
                Plate::parse(plate).unwrap();
                assert!(plates.insert(plate.clone()), "{plate}");
            }
            let scrapped = trade.mode == "scrap";
            assert_eq!(trade.old.deregistered_on.is_some(), scrapped);
            assert_eq!(trade.old.transferred_on.is_some(), !scrapped);
        }
        assert!(vins.len() > 60);
        let scrapped = population.trade_ins().filter(|t| t.mode == "scrap").count();
        assert!(scrapped * 3 > population.trade_ins().count());
    }

    #[test]
    fn the_samples_are_in_every_population() {
        let small = Population::generate(4, 1, date(2026, 6, 1));
        let large = Population::generate(600, 1, date(2026, 6, 1));
        let trades = |population: &Population| population.trade_ins().take(3).collect::<Vec<_>>();
        assert_eq!(trades(&small), trades(&large));
        let modes: Vec<_> = trades(&small).into_iter().map(|t| t.mode).collect();
        assert_eq!(modes, ["replace", "scrap", "replace"]);
        assert!(small.new_vehicles().next().is_some_and(|v| v.new_energy));
    }
}

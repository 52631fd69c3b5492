//! The saga engine's tests. Names that begin with `sNN_` are numbered scenarios: crashes, undo and
//! pivot, ownership, damage.

#[cfg(test)]
mod ahead;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod chapters;
#[cfg(test)]
mod core;
#[cfg(test)]
mod corrections;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod definition;
#[cfg(test)]
mod departments;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod forgetful;
#[cfg(test)]
mod items;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod mortal;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod random;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod resting;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod settling;
#[cfg(test)]
mod store;
#[cfg(test)]
mod thread;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod waits;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod world;

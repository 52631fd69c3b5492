//! The engine's benchmark: cases through a real journal and over real gRPC to another process, and in
//! the same run the same calls without engine or journal, and the disk's syncs. No suite: it measures.

mod answering;
mod bare;
mod caller;
mod cases;
mod closed_loop;
mod command;
mod crowd;
mod disk;
mod ledger;
mod million;
mod participant;
mod processor;
mod report;
mod run;
mod workload;

pub use command::main;

//! Farwander: walk through a world that a neural network generates as you move, and make such worlds.
//!
//! The modules stand in the order of their layers (`tests/layering.rs` holds the table): a module imports only from
//! modules of its own table row's list. See `ARCHITECTURE.md`.

pub mod control;
pub mod frame;
pub mod paths;
pub mod settings;
pub mod telemetry;
pub mod words;

pub mod device;
pub mod flow;
pub mod model;
pub mod package;
pub mod rollout;

pub mod data;
pub mod gpu;
pub mod record;
pub mod synth;

pub mod engine;
pub mod eval;
pub mod train;

pub mod app;
pub mod input;
pub mod ui;

pub mod cli;

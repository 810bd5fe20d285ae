//! How good a generator is: measures, tables and plots.

pub mod plot;

//! The store, on both databases with the same assertions.

mod aggregates;
mod chain;
mod changes;
mod hostile;
mod injection;
mod objects;
mod postgres;
mod readers;
mod replaced;
mod samples;
mod search;
mod server;
mod support;
mod views;

//! The store, on both databases with the same assertions.

mod aggregates;
mod chain;
mod exports;
mod injection;
mod postgres;
mod samples;
mod search;
mod support;
mod views;

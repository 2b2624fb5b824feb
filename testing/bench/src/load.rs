//! The load generator: submits profiles in closed loops (a number in flight) or open ones (a rate), and reports their
//! outcomes.

mod bench;
mod chain;
mod command;
mod document;
mod figures;
pub(crate) mod grants;
mod maker;
pub(crate) mod organizations;
mod pace;
mod plan;
mod profile;
mod reads;
mod transactions;
mod work;

pub(crate) use bench::{Bench, since_epoch};
pub(crate) use command::{Arguments, connect, run};
pub(crate) use figures::{Figures, Times, quantile};
pub(crate) use plan::Plan;
pub(crate) use profile::Profile;
pub(crate) use work::{Done, Work, measure, together};

//! The load generator: submits profiles in closed loops (a number in flight) or open ones (a rate), and reports their
//! outcomes.

mod bench;
mod chain;
mod command;
mod document;
mod figures;
pub mod grants;
mod maker;
pub mod organizations;
mod pace;
mod plan;
mod profile;
mod reads;
mod transactions;
mod work;

pub use bench::{since_epoch, Bench};
pub use command::{connect, run, Arguments};
pub use figures::{quantile, Figures, Times};
pub use plan::Plan;
pub use profile::Profile;
pub use work::{measure, together, Done, Work};

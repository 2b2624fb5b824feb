//! Reports: every figure matches the chain.

mod activity;
mod assets;
mod page;
mod watch;

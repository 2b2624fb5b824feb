//! Reports: every figure is what was done.

mod activity;
mod assets;
mod page;
mod watch;

mod append;
mod append_refusals;
mod properties;
mod try_state;
mod weight;

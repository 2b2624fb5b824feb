mod append;
mod append_object;
mod append_refusals;
mod demand_objects;
mod erase;
mod properties;
mod try_state;
mod weight;

//! What only a real node can show: every test starts one, uses it as a partner would, and stops it.
//!
//! One binary, since each would be linked with all of the client again.

mod adversary;
mod anchors_and_streams;
mod attacks_on_governance;
mod attacks_on_grants;
mod attacks_on_offers;
mod attacks_on_pool;
mod attacks_on_requests;
mod bundles;
mod chains;
mod closed;
mod evidence;
mod exactly_once;
mod export;
mod faults;
mod front_page;
mod gateway;
mod gateways;
mod governance;
mod hanging_node;
mod health;
mod index;
mod index_faults;
mod lies;
mod light_client;
mod lying_node;
mod main_job;
mod monitoring;
mod names;
mod objects;
mod outbox;
mod refusals;
mod renewal;
mod report;
mod rpc;
mod signing;
mod standard_tools;
mod unproven;

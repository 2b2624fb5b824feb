mod extension;
mod lanes;
mod properties;
mod receipts;
mod rejection;
mod repeats;
mod submit;
mod weight;

//! Exactly once and in order, decided by the chain: many requests at once, from several clients and accounts, in random
//! order, again and again.
//!
//! `CREDIO_UPLOADS` sets how many requests the larger tests make: 400, and 8000 by `scripts/exactly-once.sh`.

mod duplicates;
mod lanes;
mod rejections;
mod requests;

//! What the addresses of one client share, and the loop around their calls.

mod call;
mod connection;
mod endpoints;
mod freshness;
mod ledgers;
mod link;
mod raw;
mod rpc;
mod rules;
mod tokens;
mod under_way;

pub(crate) use connection::{Connection, Options, bearer};
pub(crate) use freshness::Freshness;
pub use raw::RawChannel;
pub(crate) use rpc::{Rpc, SYNC};
pub(crate) use rules::{NextStep, for_following};

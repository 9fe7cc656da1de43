#![doc = include_str!("../README.md")]
#![deny(unreachable_pub)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod acl;
mod calls;
mod client;
mod collection;
mod document;
mod edit;
mod error;
mod follow;
mod list;
mod name;
mod reason;
mod retry;
mod space;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod write;

/// The contract's messages and clients, for [`Client::raw`].
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, clippy::pedantic, rustdoc::all)]
#[path = "gen/mod.rs"]
pub mod generated;

pub use tonic::Code;

pub use acl::{Acl, AclRule, Operation};
pub use calls::RawChannel;
pub use client::{Client, ClientBuilder};
pub use collection::Collection;
pub use document::{DocumentRef, DocumentSnapshot, Get};
pub use edit::{Edit, pointer};
pub use error::{BoxError, Error, Result, Violation};
pub use follow::{Change, ChangePage, CollectionSnapshot, Documents, RemovalCause, Snapshots, Subscribe};
pub use list::{ListPage, Listing, Pages};
pub use reason::Reason;
pub use retry::RetryPolicy;
pub use space::Space;
pub use token::{AccessToken, TokenSource};
pub use write::{Changes, Commit, Write, WriteBatch, WriteResult, verb};

/// A document as raw JSON.
pub type Object = serde_json::Map<String, serde_json::Value>;

//! The SCIM protocol, pure: no sockets, no storage, no clock. Everything works on [`serde_json::Value`].
//!
//! How data passes through: bytes become a checked value ([`json`]), a resource in a request becomes a normalised
//! document ([`resource::accept`]), a PATCH body becomes operations ([`patch::parse`]) that turn one document into the
//! next ([`patch::apply`]), a query string becomes a [`query::ListQuery`] whose filter ([`filter`]) picks documents, and
//! a document leaves through a [`projection::Projection`]. What an attribute is (type, mutability, case, …) comes from
//! schema data ([`schema::Registry`]), never from a case in code.
//!
//! What real identity providers send beside the RFC is accepted by name, one switch each: [`leniency`].

pub mod authorization;
pub mod bulk;
mod elements;
pub mod error;
pub mod filter;
pub mod json;
pub mod leniency;
pub mod patch;
pub mod path;
pub mod projection;
pub mod query;
pub mod resource;
pub mod schema;
pub mod text;
pub mod urn;
mod value;

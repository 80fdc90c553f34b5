//! Schema data: what attributes there are and how they behave (RFC 7643 sections 2, 6 and 7).
//!
//! Schemas and resource types are read from JSON, the embedded standard ones and a user's own alike ([`Registry`]), and
//! are written back as `/Schemas` and `/ResourceTypes` show them. Nothing else in the crate knows an attribute by name.

mod attribute;
mod load;
mod registry;

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub use load::SchemaError;
pub use registry::{Registry, Resolved, ResourceType, Schema, Target};

//! Defects: named, sourced server bugs that the provider can be told to have.
//!
//! Core code knows nothing of them. A defect is a layer around the router, another entry in the effects' rule table, or a
//! [`DeliveryTampering`] that the delivery worker is given.

mod delivery;

pub use delivery::DeliveryTampering;

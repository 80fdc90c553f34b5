//! Defects: named, sourced server bugs that the provider can be told to have.
//!
//! Core code knows nothing of them. A defect is a layer around the router, another entry in the effects' rule table, or a
//! [`DeliveryTampering`] that the delivery worker is given.

mod delivery;

pub use delivery::DeliveryTampering;
//STUB
#[allow(missing_docs)]
pub struct DefectInfo {
    pub id: &'static str,
    pub summary: &'static str,
    pub source: &'static str,
    pub caught_by: &'static [&'static str],
}
#[allow(missing_docs)]
pub static DEFECTS: &[DefectInfo] = &[];

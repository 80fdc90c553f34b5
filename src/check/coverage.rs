//! Which requirements the checks cover, and which no test over HTTP can see.

use std::collections::BTreeMap;

use super::{Check, all};

/// The checks of each requirement that has one, by requirement id.
pub fn coverage() -> BTreeMap<&'static str, Vec<&'static Check>> {
    let mut covered: BTreeMap<&'static str, Vec<&'static Check>> = BTreeMap::new();
    for check in all() {
        covered.entry(check.requirement).or_default().push(check);
    }
    covered
}

/// Why a requirement cannot be judged over HTTP, for those where that is so.
pub fn unseen(requirement: &str) -> Option<&'static str> {
    UNSEEN.iter().find(|(id, _)| *id == requirement).map(|(_, why)| *why)
}

/// Requirement id and reason, in catalogue order.
pub static UNSEEN: &[(&str, &str)] = &[
    ("RFC7643-4.1.1-R11", "how a password is stored cannot be seen from outside"),
    ("RFC7643-4.1.1-R12", "how a password is handed on inside the provider cannot be seen from outside"),
    ("RFC7643-9.2-R1", "how a password is stored cannot be seen from outside"),
    ("RFC7643-9.2-R2", "practices of RFC 6819 are a matter of review; their visible signs have rows of their own"),
    ("RFC7643-9.3-R1", "who needs to know an identifier is a matter of policy"),
    ("RFC7644-2-R1", "a permission that no answer can break"),
    ("RFC7644-2-R2", "a permission that no answer can break"),
    ("RFC7644-2-R3", "how a token was issued cannot be seen from its use"),
    ("RFC7644-2.1-R2", "threat analysis is a matter of review"),
    ("RFC7644-7.4-R1", "entropy of a token is not measurable from one sample"),
    ("RFC7644-7.4-R3", "the lifetime of a token is known to its issuer only"),
    ("RFC7644-7.5.1-R1", "privacy considerations are a matter of review"),
    ("RFC7644-7.6-R1", "countermeasures inside the provider cannot be seen from outside"),
];

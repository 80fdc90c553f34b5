//! Which requirements the checks cover.

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

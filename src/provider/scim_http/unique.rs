//! Values that no other resource of their type may have (RFC 7643 section 7, `uniqueness`), as the schema says it, of
//! extensions and custom types alike. `server` and `global` both mean the connection: to tell more would tell one tenant
//! what another has.

use serde_json::Value;

use super::{answer::Refusal, endpoint::Kind, scope::Scope};
use crate::{
    provider::store::{Transaction, unique},
    scim::resource,
};

/// Claims the values of a resource that is written; 409 if another resource of the type has one of them.
pub(super) fn claim(
    scope: &Scope,
    tx: &Transaction,
    kind: Kind,
    id: &str,
    before: Option<&Value>,
    after: &Value,
) -> Result<(), Refusal> {
    let rt = scope.resource_type(kind)?;
    let values = |document: &Value| {
        let mut values = resource::unique_values(document, rt, scope.registry());
        // A UNIQUE column of its own holds this one.
        values.retain(|(path, _)| !(kind == Kind::User && path == "userName"));
        values
    };
    let (held, wanted) = (before.map(values).unwrap_or_default(), values(after));
    if held == wanted {
        return Ok(());
    }
    match unique::claim(tx, &scope.connection_id, &rt.name, id, &wanted)? {
        None => Ok(()),
        Some((path, value)) => Err(Refusal::taken(&format!("the value of `{path}`,"), value)),
    }
}

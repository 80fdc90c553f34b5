//! The first organization with its SCIM connection: made by calls of the management API, or one of the seed's.

use axum::http::Method;
use serde_json::json;

use super::{
    caller::{CallError, Caller, text},
    seed::Seeded,
};

/// The slug under which a data file's organization is found again.
const SLUG: &str = "scimulate";

/// What an IdP needs to provision, and an observer to look.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// Where the IdP sends.
    pub scim_base_url: String,
    /// With what. It is not stored and cannot be shown again.
    pub scim_token: String,
    /// The organization.
    pub organization_id: String,
    /// The connection.
    pub connection_id: String,
}

/// Why there is no first organization.
#[derive(Debug, thiserror::Error)]
#[error("the first organization cannot be made: {0}")]
pub struct BootstrapError(#[from] CallError);

/// The first organization of the seed that has a connection, or else one of our own.
pub(super) async fn bootstrap(caller: &Caller, seeded: Option<&Seeded>) -> Result<Bootstrap, BootstrapError> {
    let seeded = seeded.into_iter().flat_map(|seeded| &seeded.organizations);
    let with_connection = |organization: &super::SeededOrganization| {
        organization.scim_connection.clone().map(|connection| (organization.organization_id.clone(), connection))
    };
    match seeded.into_iter().find_map(with_connection) {
        Some((organization_id, connection)) => match connection.scim_token {
            Some(scim_token) => Ok(Bootstrap {
                scim_base_url: connection.scim_base_url,
                scim_token,
                organization_id,
                connection_id: connection.connection_id,
            }),
            None => Ok(further_token(caller, organization_id, connection.connection_id).await?),
        },
        None => Ok(own(caller).await?),
    }
}

async fn own(caller: &Caller) -> Result<Bootstrap, CallError> {
    let known = format!("/v1/b2b/scim/{SLUG}/connection");
    match caller.send(Method::GET, &known, None).await? {
        (200, found) => {
            let connection = &found["connection"];
            let organization_id = text(connection, "organization_id", &known)?;
            further_token(caller, organization_id, text(connection, "connection_id", &known)?).await
        }
        _ => create(caller).await,
    }
}

/// The token of the earlier run may be in an IdP: it stays good, and this run gets the other one of the two.
async fn further_token(
    caller: &Caller,
    organization_id: String,
    connection_id: String,
) -> Result<Bootstrap, CallError> {
    let base = format!("/v1/b2b/scim/{organization_id}/connection/{connection_id}");
    let _ = caller.send(Method::POST, &format!("{base}/rotate/cancel"), None).await?;
    let path = format!("{base}/rotate/start");
    let rotated = caller.done(Method::POST, &path, None).await?;
    let connection = &rotated["connection"];
    Ok(Bootstrap {
        scim_base_url: text(connection, "base_url", &path)?,
        scim_token: text(connection, "next_bearer_token", &path)?,
        organization_id,
        connection_id,
    })
}

async fn create(caller: &Caller) -> Result<Bootstrap, CallError> {
    let path = "/v1/b2b/organizations";
    let body = json!({"organization_name": "scimulate", "organization_slug": SLUG});
    let organization_id = match caller.send(Method::POST, path, Some(body)).await? {
        (200, made) => text(&made["organization"], "organization_id", path)?,
        // The organization may be there without a connection: somebody deleted it.
        _ => {
            let path = format!("/v1/b2b/organizations/{SLUG}");
            let found = caller.done(Method::GET, &path, None).await?;
            text(&found["organization"], "organization_id", &path)?
        }
    };
    let path = format!("/v1/b2b/scim/{organization_id}/connection");
    let body = json!({"display_name": "scimulate", "identity_provider": "generic"});
    let made = caller.done(Method::POST, &path, Some(body)).await?;
    let connection = &made["connection"];
    Ok(Bootstrap {
        scim_base_url: text(connection, "base_url", &path)?,
        scim_token: text(connection, "bearer_token", &path)?,
        connection_id: text(connection, "connection_id", &path)?,
        organization_id,
    })
}

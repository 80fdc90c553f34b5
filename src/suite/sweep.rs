//! The last look at a target that scenarios shared: what still bears the run's name is deleted.
//!
//! Each scenario deletes what it was told that it made. A server may make something and answer with an error, give no id,
//! or move a resource to another id when its name changes; nothing but the name tells then whose it is. The target is
//! asked for names that hold the run's id, and only what shows that id in an answer is touched: it has eight random
//! characters, which nobody else's data has.

use std::time::Duration;

use serde_json::Value;

use super::shared::Shared;
use crate::{
    target::Tenant,
    wire::{Client, Request, Sender, Transcript, url_encode},
};

/// How long the look may take.
const ALLOWED: Duration = Duration::from_secs(20);

/// How often a list is read again: a page may not show everything at once.
const ROUNDS: usize = 5;

/// Where the names are, and the attribute that has them.
const NAMED: [(&str, &str); 2] = [("/Users", "userName"), ("/Groups", "displayName")];

/// Deletes what is left of the run, and corrects the list of what could not be deleted.
pub(super) async fn sweep(shared: &Shared) {
    let label = format!("{}-sweep", shared.run_id);
    let Ok(tenant) = shared.target.open_tenant(&label, &Transcript::new()).await else { return };
    if !tenant.isolated() {
        let mut leftovers = shared.leftovers();
        // What is not done in time stays in the list.
        let _ = tokio::time::timeout(ALLOWED, sweep_names(&tenant, &shared.run_id, &mut leftovers)).await;
        shared.leave_only(leftovers);
    }
    tenant.close().await;
}

async fn sweep_names(tenant: &Tenant, run_id: &str, leftovers: &mut Vec<String>) {
    let client = tenant.scim();
    for (endpoint, attribute) in NAMED {
        for _ in 0..ROUNDS {
            let found = named(&client, endpoint, attribute, run_id).await;
            let mut removed = 0;
            for id in &found {
                removed += usize::from(remove(&client, endpoint, id, leftovers).await);
            }
            if removed == 0 {
                break;
            }
        }
        for id in named(&client, endpoint, attribute, run_id).await {
            let url = client.endpoint().url(&format!("{endpoint}/{}", url_encode(&id)));
            let url = url.split('?').next().unwrap_or_default();
            if !leftovers.iter().any(|left| left.split(' ').next() == Some(url)) {
                leftovers.push(format!("{url} (still listed after its DELETE)"));
            }
        }
    }
}

/// Ids of the listed resources that show the run's id.
async fn named(client: &Client, endpoint: &str, attribute: &str, run_id: &str) -> Vec<String> {
    let filter = url_encode(&format!("{attribute} co \"{run_id}\""));
    let request = Request::new("GET", format!("{endpoint}?filter={filter}&startIndex=1&count=100"));
    let answer = client.send(Sender::Observer, request.header("Accept", "application/scim+json")).await;
    let list = answer.json().filter(|_| answer.status() == Some(200)).unwrap_or_default();
    let resources = list.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
    resources
        .iter()
        .filter(|resource| is_ours(resource, run_id))
        .filter_map(|resource| resource.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()))
        .map(str::to_owned)
        .collect()
}

/// Whether a resource bears the run's id in one of its own names. Its members and groups may be anybody's.
fn is_ours(resource: &Value, run_id: &str) -> bool {
    ["userName", "displayName", "externalId", "id"].iter().any(|name| {
        let text = resource.get(name).and_then(Value::as_str).unwrap_or_default();
        text.to_lowercase().contains(&run_id.to_lowercase())
    })
}

/// Deletes one resource; says whether it is gone.
async fn remove(client: &Client, endpoint: &str, id: &str, leftovers: &mut Vec<String>) -> bool {
    let exchange =
        client.send(Sender::Observer, Request::new("DELETE", format!("{endpoint}/{}", url_encode(id)))).await;
    let url = exchange.url.split('?').next().unwrap_or_default().to_owned();
    leftovers.retain(|left| left.split(' ').next() != Some(&url));
    let gone = matches!(exchange.status(), Some(200..=299 | 404 | 410));
    if !gone {
        let answer = exchange.status().map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        leftovers.push(format!("{url} (DELETE answered {answer})"));
    }
    gone
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Only a resource that bears the id itself is the run's: not the group that one of the run's users was put into.
    #[test]
    fn tells_ours_from_theirs() {
        assert!(is_ours(&json!({"userName": "ADA.K7T2NQ4W-3@example.com"}), "k7t2nq4w"));
        assert!(is_ours(&json!({"id": "x-k7t2nq4w-3"}), "k7t2nq4w"));
        let theirs = json!({"displayName": "Staff", "members": [{"display": "ada.k7t2nq4w-3"}]});
        assert!(!is_ours(&theirs, "k7t2nq4w"));
    }
}

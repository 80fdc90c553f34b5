//! The SCIM connection: its shapes, its token and rotation, its groups and their roles.

use serde_json::{Value, json};

use super::server::{Server, text};

/// Protects the three shapes: a token is shown once, at creation and at the start of a rotation, and never again.
#[tokio::test]
async fn tokens_are_shown_once() {
    let server = Server::start().await;
    let organization = server.organization("Tokens").await;
    let path = format!("/v1/b2b/scim/{organization}/connection");
    server.get(&path).await.refused(404, "no_active_scim_connection");
    let body = json!({"display_name": "Okta", "identity_provider": "okta"});
    let made = server.post(&path, body).await.ok()["connection"].take();
    let token = text(&made["bearer_token"]);
    let id = text(&made["connection_id"]);
    assert_eq!(made["base_url"], json!(format!("{}/v1/b2b/scim/{id}", server.url)));
    assert_eq!((made["status"].as_str(), made.get("bearer_token_last_four")), (Some("active"), None));
    let read = server.get(&path).await.ok()["connection"].take();
    assert_eq!(read["bearer_token_last_four"], json!(&token[token.len() - 4..]));
    assert_eq!((read.get("bearer_token"), &read["next_bearer_token_last_four"]), (None, &json!("")));

    let one = format!("{path}/{id}");
    for end in ["complete", "cancel"] {
        server.post(&format!("{one}/rotate/{end}"), json!({})).await.refused(400, "scim_connection_not_rotating_token");
    }
    let started = server.post(&format!("{one}/rotate/start"), json!({})).await.ok()["connection"].take();
    let next = text(&started["next_bearer_token"]);
    assert_eq!(started["bearer_token_last_four"], read["bearer_token_last_four"]);
    server.post(&format!("{one}/rotate/start"), json!({})).await.refused(400, "scim_connection_already_rotating_token");
    let rotating = server.get(&path).await.ok()["connection"].take();
    assert_eq!(rotating["next_bearer_token_last_four"], json!(&next[next.len() - 4..]));
    let cancelled = server.post(&format!("{one}/rotate/cancel"), json!({})).await.ok()["connection"].take();
    assert_eq!(cancelled, read, "a cancelled rotation leaves nothing behind");
    let started = server.post(&format!("{one}/rotate/start"), json!({})).await.ok()["connection"].take();
    let next = text(&started["next_bearer_token"]);
    let completed = server.post(&format!("{one}/rotate/complete"), json!({})).await.ok()["connection"].take();
    assert_eq!(completed["bearer_token_last_four"], json!(&next[next.len() - 4..]));
    assert_eq!(completed["next_bearer_token_last_four"], "");
}

/// Protects the one-connection rule, the list of identity providers, and Entra's flag in the base URL.
#[tokio::test]
async fn one_connection_for_one_known_identity_provider() {
    let server = Server::start().await;
    let organization = server.organization("One").await;
    let path = format!("/v1/b2b/scim/{organization}/connection");
    server.post(&path, json!({"identity_provider": "acme-idp"})).await.refused(400, "invalid_scim_idp");
    server.post(&path, json!({"idp": "okta"})).await.refused(400, "invalid_argument");
    let made = server.post(&path, json!({"identity_provider": "microsoft-entra"})).await.ok();
    assert!(text(&made["connection"]["base_url"]).ends_with("?aadOptscim062020"));
    server.post(&path, json!({})).await.refused(400, "active_scim_connection_exists");
    let one = format!("{path}/{}", text(&made["connection"]["connection_id"]));
    let shown = server.get(&format!("/v1/b2b/organizations/{organization}")).await.ok();
    assert_eq!(shown["organization"]["scim_active_connection"]["connection_id"], made["connection"]["connection_id"]);
    server.delete(&one).await.ok();
    server.delete(&one).await.refused(404, "scim_connection_not_found");
    server.post(&path, json!({})).await.ok();
}

/// Protects role assignments: they need a pushed group, replace each other, grant to its members, and go with the
/// connection.
#[tokio::test]
async fn groups_carry_roles() {
    let server = Server::start().await;
    let organization = server.organization("Groups").await;
    let path = format!("/v1/b2b/scim/{organization}/connection");
    let made = server.post(&path, json!({})).await.ok();
    let connection = text(&made["connection"]["connection_id"]);
    let one = format!("{path}/{connection}");
    let groups: Vec<String> =
        ["Staff", "Board", "Guests"].iter().map(|name| server.push_group(&connection, &organization, name)).collect();
    let page = server.get(&format!("{one}?limit=2")).await.ok();
    assert_eq!(page["scim_groups"].as_array().expect("groups").len(), 2);
    assert_eq!(page["scim_groups"][0]["group_name"], "Staff");
    let rest = server.get(&format!("{one}?limit=2&cursor={}", text(&page["next_cursor"]))).await.ok();
    assert_eq!((&rest["scim_groups"][0]["group_name"], &rest["next_cursor"]), (&json!("Guests"), &Value::Null));
    server.get(&format!("{one}?limit=0")).await.refused(400, "invalid_argument");

    let assign = |rows: Value| server.put(&one, json!({"scim_group_implicit_role_assignments": rows}));
    assign(json!([{"role_id": "staff"}])).await.refused(400, "scim_group_role_assignment_does_not_contain_group_id");
    assign(json!([{"role_id": "staff", "group_id": "scim-group-test-0"}]))
        .await
        .refused(400, "scim_group_role_assignment_group_does_not_exist");
    let both = json!([{"role_id": "staff", "group_id": groups[0]}, {"role_id": "editor", "group_id": groups[0]}]);
    let shown = assign(both).await.ok();
    let rows = shown["connection"]["scim_group_implicit_role_assignments"].clone();
    assert_eq!(rows.as_array().expect("rows").len(), 2);
    assert_eq!(rows[0]["group_name"], "Staff");
    let again = assign(rows.clone()).await.ok();
    assert_eq!(again["connection"]["scim_group_implicit_role_assignments"], rows, "what is read can be written back");

    let ada = server.member(&organization, "ada@acme.example").await;
    server
        .state
        .store
        .write::<_, scimulate::provider::store::StoreError>(|tx| {
            tx.execute(
                "INSERT INTO scim_group_members (group_id, value, type) VALUES (?1, ?2, 'User')",
                [&groups[0], &ada],
            )?;
            Ok(())
        })
        .expect("a membership");
    let member = server.read_member(&organization, &ada).await;
    let staff =
        member["roles"].as_array().expect("roles").iter().find(|role| role["role_id"] == "staff").expect("the role");
    let source =
        json!([{"type": "scim_connection_group", "details": {"connection_id": connection, "group_id": groups[0]}}]);
    assert_eq!(staff["sources"], source);
    assign(json!([])).await.ok();
    let member = server.read_member(&organization, &ada).await;
    assert_eq!(member["roles"].as_array().expect("roles").len(), 1, "an assignment that is gone grants nothing");
    assign(rows).await.ok();
    server.delete(&one).await.ok();
    let member = server.read_member(&organization, &ada).await;
    assert_eq!((member["status"].as_str(), member["roles"].as_array().expect("roles").len()), (Some("active"), 1));
}

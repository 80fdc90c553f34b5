//! Organizations, members and the RBAC policy.

use reqwest::Method;
use serde_json::{Value, json};

use super::server::{Server, text};

/// Protects the Organization object and its three names: id, slug and external id lead to the same one.
#[tokio::test]
async fn an_organization_is_made_read_by_each_of_its_names_changed_and_deleted() {
    let server = Server::start().await;
    let body = json!({
        "organization_name": "Acme, Inc.", "organization_slug": "acme", "organization_external_id": "crm|42",
        "email_allowed_domains": ["acme.example"], "trusted_metadata": {"plan": "gold"},
    });
    let made = server.post("/v1/b2b/organizations", body).await.ok();
    let id = text(&made["organization"]["organization_id"]);
    assert!(id.starts_with("organization-test-"));
    assert_eq!(made["organization"]["scim_active_connection"], Value::Null);
    for key in [id.as_str(), "acme", "crm%7C42"] {
        let read = server.get(&format!("/v1/b2b/organizations/{key}")).await.ok();
        assert_eq!(read["organization"], made["organization"], "by {key}");
    }
    let changes =
        json!({"organization_name": "Acme", "organization_external_id": null, "mfa_policy": "REQUIRED_FOR_ALL"});
    let changed = server.put("/v1/b2b/organizations/acme", changes).await.ok()["organization"].take();
    assert_eq!(changed["organization_name"], "Acme");
    assert_eq!(changed["organization_external_id"], Value::Null);
    assert_eq!(changed["mfa_policy"], "REQUIRED_FOR_ALL");
    assert_eq!(changed["email_allowed_domains"], json!(["acme.example"]), "what an update leaves out stays");
    assert_eq!(server.delete("/v1/b2b/organizations/acme").await.ok()["organization_id"], json!(id));
    server.get(&format!("/v1/b2b/organizations/{id}")).await.refused(404, "organization_not_found");
    server.delete(&format!("/v1/b2b/organizations/{id}")).await.refused(404, "organization_not_found");
}

/// Protects uniqueness: slug and external id belong to one organization, and a name without a slug gets a free one.
#[tokio::test]
async fn slugs_and_external_ids_are_unique() {
    let server = Server::start().await;
    let make = |body: Value| server.post("/v1/b2b/organizations", body);
    make(json!({"organization_name": "A", "organization_slug": "one", "organization_external_id": "x"})).await.ok();
    make(json!({"organization_name": "B", "organization_slug": "one"}))
        .await
        .refused(400, "organization_slug_already_used");
    make(json!({"organization_name": "B", "organization_external_id": "x"}))
        .await
        .refused(400, "duplicate_organization_external_id");
    let first = make(json!({"organization_name": "Same Name"})).await.ok();
    let second = make(json!({"organization_name": "Same Name"})).await.ok();
    assert_eq!(first["organization"]["organization_slug"], "same-name");
    assert_ne!(second["organization"]["organization_slug"], "same-name");
}

/// Protects callers from silent mistakes: broken JSON, unknown or wrong fields, bounds and unknown policies are named.
#[tokio::test]
async fn wrong_bodies_are_refused_by_name() {
    let server = Server::start().await;
    for (raw, error) in [
        ("{", "invalid_json"),
        ("[]", "invalid_json"),
        ("\"text\"", "invalid_json"),
        ("{\"organisation_name\": \"x\"}", "invalid_argument"),
        ("{\"organization_name\": 7}", "invalid_argument"),
        ("{\"organization_name\": \"\"}", "invalid_organization_name"),
        ("", "organization_name_missing"),
        ("{\"organization_name\": \"x\", \"organization_slug\": \"a b\"}", "invalid_organization_slug"),
        ("{\"organization_name\": \"x\", \"policies\": {\"existing_member\": \"whatever\"}}", "invalid_argument"),
        ("{\"organization_name\": \"x\", \"policies\": {\"no_such_policy\": true}}", "invalid_argument"),
        ("{\"organization_name\": \"x\", \"email_invites\": \"SOMETIMES\"}", "invalid_argument"),
        ("{\"organization_name\": \"x\", \"email_jit_provisioning\": \"ALL_ALLOWED\"}", "invalid_argument"),
        ("{\"organization_name\": \"x\", \"auth_methods\": \"NOT_ALLOWED\"}", "invalid_argument"),
        (
            "{\"organization_name\": \"x\", \"email_allowed_domains\": [\"Gmail.com\"]}",
            "organization_settings_domain_too_common",
        ),
    ] {
        let request = server.request(Method::POST, "/v1/b2b/organizations").body(raw);
        server.send(request).await.refused(400, error);
    }
    let deep = format!("{{\"organization_name\":\"x\",\"trusted_metadata\":{{\"a\":{}}}}}", "[".repeat(100_000));
    server.send(server.request(Method::POST, "/v1/b2b/organizations").body(deep)).await.refused(400, "invalid_json");
    let huge = json!({"organization_name": "x".repeat(2 << 20)});
    server.post("/v1/b2b/organizations", huge).await.refused(413, "request_body_too_large");
    server.send(server.request(Method::PATCH, "/v1/b2b/organizations")).await.refused(405, "method_not_allowed");
    server.get("/v1/b2b/nothing").await.refused(404, "route_not_found");
}

/// Protects the named policies: they are set one by one, stay set, and are shown.
#[tokio::test]
async fn policies_are_set_one_by_one() {
    let server = Server::start().await;
    let id = server.organization("Policies").await;
    let path = format!("/v1/b2b/organizations/{id}");
    server.put(&path, json!({"policies": {"existing_member": "refuse"}})).await.ok();
    let shown = server.put(&path, json!({"policies": {"event_names": "older"}})).await.ok();
    assert_eq!(shown["organization"]["policies"]["existing_member"], "refuse");
    assert_eq!(shown["organization"]["policies"]["event_names"], "older");
    assert_eq!(shown["organization"]["policies"]["deleted_member"], "reactivate");
}

/// Protects the member's life: made, read by id, e-mail and external id, changed, deactivated, reactivated as the same.
#[tokio::test]
async fn a_member_lives_through_all_states() {
    let server = Server::start().await;
    let organization = server.organization("Members").await;
    let path = format!("/v1/b2b/organizations/{organization}/members");
    let body = json!({"email_address": "Ada@acme.example", "name": "Ada", "external_id": "hr-1", "roles": ["editor"]});
    let made = server.post(&path, body).await.ok();
    let id = text(&made["member_id"]);
    assert_eq!(made["member"]["status"], "active");
    assert_eq!(role_ids(&made["member"]), ["stytch_member", "editor"]);
    for query in [format!("member_id={id}"), "member_id=hr-1".to_owned(), "email_address=ada@ACME.example".to_owned()] {
        let read = server.get(&format!("/v1/b2b/organizations/{organization}/member?{query}")).await.ok();
        assert_eq!(read["member"]["member_id"], json!(id), "by {query}");
    }
    server.post(&path, json!({"email_address": "ADA@acme.example"})).await.refused(400, "duplicate_member_email");
    server
        .post(&path, json!({"email_address": "b@acme.example", "external_id": "hr-1"}))
        .await
        .refused(400, "duplicate_member_external_id");
    server.post(&path, json!({"email_address": "nobody"})).await.refused(400, "invalid_email");
    server.post(&path, json!({})).await.refused(400, "invalid_argument");

    let one = format!("{path}/{id}");
    let changed = server.put(&one, json!({"name": "Ada L.", "roles": [], "trusted_metadata": {"a": 1}})).await.ok();
    assert_eq!(changed["member"]["name"], "Ada L.");
    assert_eq!(role_ids(&changed["member"]), ["stytch_member"]);
    assert_eq!(changed["member"]["trusted_metadata"], json!({"a": 1}));

    server.put(&format!("{one}/reactivate"), json!({})).await.refused(404, "no_deleted_member_found_for_reactivation");
    server.delete(&one).await.ok();
    let deleted = server.read_member(&organization, &id).await;
    assert_eq!(deleted["status"], "deleted");
    assert_eq!(deleted["roles"], json!([]));
    let dangerous = format!("/v1/b2b/organizations/members/dangerously_get/{id}");
    server.get(&dangerous).await.refused(404, "member_not_found");
    assert_eq!(server.get(&format!("{dangerous}?include_deleted=True")).await.ok()["member_id"], json!(id));
    server.get(&format!("{dangerous}?include_deleted=perhaps")).await.refused(400, "invalid_argument");
    server.put(&format!("{one}/reactivate"), json!({})).await.refused(400, "email_unverified_for_reactivation");
}

fn role_ids(member: &Value) -> Vec<String> {
    let roles = member["roles"].as_array().expect("roles");
    roles.iter().map(|role| text(&role["role_id"])).collect()
}

/// Protects retirement: a changed address stays reserved for its member, who may take it back, until it is unlinked.
#[tokio::test]
async fn a_changed_email_stays_reserved_until_it_is_unlinked() {
    let server = Server::start().await;
    let organization = server.organization("Retired").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let bob = server.member(&organization, "bob@acme.example").await;
    let members = format!("/v1/b2b/organizations/{organization}/members");
    let changed = server.put(&format!("{members}/{ada}"), json!({"email_address": "lovelace@acme.example"})).await.ok();
    let retired = &changed["member"]["retired_email_addresses"];
    assert_eq!(retired[0]["email_address"], "ada@acme.example");
    assert_eq!(changed["member"]["email_address_verified"], false);
    let take = json!({"email_address": "Ada@acme.example"});
    server.put(&format!("{members}/{bob}"), take.clone()).await.refused(400, "retired_member_email");
    server.post(&members, take.clone()).await.refused(400, "retired_member_email");
    let unlink = format!("{members}/{ada}/unlink_retired_email");
    server.post(&unlink, json!({"email_address": "other@acme.example"})).await.refused(404, "retired_email_not_found");
    server.post(&unlink, json!({"email_id": retired[0]["email_id"]})).await.ok();
    server.put(&format!("{members}/{bob}"), take).await.ok();
    let unlinked = json!({"email_address": "third@acme.example", "unlink_email": true});
    let after = server.put(&format!("{members}/{ada}"), unlinked).await.ok();
    assert_eq!(after["member"]["retired_email_addresses"], json!([]));
}

/// Protects implicit roles by e-mail domain: they come and go with the organization's settings and the member's address.
#[tokio::test]
async fn roles_by_domain_follow_settings_and_address() {
    let server = Server::start().await;
    let organization = server.organization("Domains").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let path = format!("/v1/b2b/organizations/{organization}");
    let grant = json!({"rbac_email_implicit_role_assignments": [{"domain": "acme.example", "role_id": "staff"}]});
    server.put(&path, grant).await.ok();
    let member = server.read_member(&organization, &ada).await;
    assert_eq!(role_ids(&member), ["stytch_member", "staff"]);
    assert_eq!(member["roles"][1]["sources"][0]["type"], "email_assignment");
    server.put(&format!("{path}/members/{ada}"), json!({"email_address": "ada@else.example"})).await.ok();
    assert_eq!(role_ids(&server.read_member(&organization, &ada).await), ["stytch_member"]);
}

/// Protects searches: filters, operators, pages, and deactivated members only on request.
#[tokio::test]
async fn members_and_organizations_are_found() {
    let server = Server::start().await;
    let one = server.organization("Search One").await;
    let two = server.organization("Search Two").await;
    let ada = server.member(&one, "ada@acme.example").await;
    let bob = server.member(&one, "bob@acme.example").await;
    let cyd = server.member(&two, "cyd@acme.example").await;
    server.delete(&format!("/v1/b2b/organizations/{one}/members/{bob}")).await.ok();
    let search = |body: Value| server.post("/v1/b2b/organizations/members/search", body);
    let ids = |body: &Value| -> Vec<String> {
        body["members"].as_array().expect("members").iter().map(|member| text(&member["member_id"])).collect()
    };
    let all = search(json!({"organization_ids": [one, two]})).await.ok();
    assert_eq!(ids(&all), [ada.as_str(), &cyd], "without a query, deactivated members are left out");
    let deleted = json!({"operator": "AND", "operands": [{"filter_name": "statuses", "filter_value": ["deleted"]}]});
    assert_eq!(ids(&search(json!({"organization_ids": [one], "query": deleted})).await.ok()), [bob]);
    let either = json!({"operator": "OR", "operands": [
        {"filter_name": "member_emails", "filter_value": ["ADA@acme.example"]},
        {"filter_name": "member_email_fuzzy", "filter_value": "cyd"},
    ]});
    let found = search(json!({"organization_ids": [one, two], "query": either, "limit": 1})).await.ok();
    assert_eq!((ids(&found), &found["results_metadata"]["total"]), (vec![ada.clone()], &json!(2)));
    assert_eq!(found["organizations"].as_object().expect("organizations").keys().collect::<Vec<_>>(), [&one]);
    let cursor = &found["results_metadata"]["next_cursor"];
    let rest =
        search(json!({"organization_ids": [one, two], "query": either, "limit": 1, "cursor": cursor})).await.ok();
    assert_eq!((ids(&rest), &rest["results_metadata"]["next_cursor"]), (vec![cyd], &Value::Null));
    search(json!({})).await.refused(400, "member_search_organization_ids_empty");
    let unknown = json!({"operator": "AND", "operands": [{"filter_name": "shoe_size", "filter_value": ["44"]}]});
    search(json!({"organization_ids": [one], "query": unknown}))
        .await
        .refused(400, "member_search_filter_name_not_recognized");

    let by_member = json!({"operator": "AND", "operands": [
        {"filter_name": "member_emails", "filter_value": ["ada@acme.example"]},
        {"filter_name": "organization_name_fuzzy", "filter_value": "search"},
    ]});
    let found = server.post("/v1/b2b/organizations/search", json!({"query": by_member})).await.ok();
    assert_eq!(found["organizations"][0]["organization_id"], json!(one));
    assert_eq!(found["results_metadata"]["total"], 1);
}

/// Protects the policy: once one is put, only its roles can be given; contradictions in it are refused.
#[tokio::test]
async fn a_policy_that_was_put_decides_which_roles_there_are() {
    let server = Server::start().await;
    let organization = server.organization("Rbac").await;
    let ada = server.member(&organization, "ada@acme.example").await;
    let member = format!("/v1/b2b/organizations/{organization}/members/{ada}");
    server.put(&member, json!({"roles": ["anything"]})).await.ok();
    let policy = json!({"policy": {
        "resources": [{"resource_id": "invoice", "actions": ["read"]}],
        "roles": [{"role_id": "reader", "permissions": [{"resource_id": "invoice", "actions": ["read"]}]}],
    }});
    let put = server.put("/v1/b2b/rbac/policy", policy).await.ok();
    assert_eq!(server.get("/v1/b2b/rbac/policy").await.ok()["policy"], put["policy"]);
    let again = server.put("/v1/b2b/rbac/policy", json!({"policy": put["policy"]})).await.ok();
    assert_eq!(again["policy"], put["policy"], "what is read can be written back");
    let reserved =
        put["policy"]["roles"].as_array().expect("roles").iter().any(|role| role["role_id"] == "stytch_admin");
    assert!(reserved, "the reserved roles are always there");
    server.put(&member, json!({"roles": ["reader"]})).await.ok();
    server.put(&member, json!({"roles": ["writer"]})).await.refused(400, "invalid_role");
    let custom =
        json!({"custom_roles": [{"role_id": "writer", "permissions": [{"resource_id": "invoice", "actions": ["*"]}]}]});
    server.put(&format!("/v1/b2b/organizations/{organization}"), custom).await.ok();
    server.put(&member, json!({"roles": ["writer"]})).await.ok();
    let own = server.get(&format!("/v1/b2b/rbac/organizations/{organization}")).await.ok();
    assert_eq!(own["org_policy"]["roles"][0]["role_id"], "writer");
    let broken =
        json!({"policy": {"roles": [{"role_id": "x", "permissions": [{"resource_id": "none", "actions": ["*"]}]}]}});
    server.put("/v1/b2b/rbac/policy", broken).await.refused(400, "invalid_rbac_policy");
    let typo = json!({"policy": {"rolls": []}});
    server.put("/v1/b2b/rbac/policy", typo).await.refused(400, "invalid_rbac_policy");
}

/// Protects integrations that give up their own ids: they are removed, can be used again, and a fuzzy search needs
/// something to search for.
#[tokio::test]
async fn external_ids_are_removed_and_used_again() {
    let server = Server::start().await;
    let named = |name: &str| json!({"organization_name": name, "organization_external_id": "crm-1"});
    let first = server.post("/v1/b2b/organizations", named("First")).await.ok();
    let first = text(&first["organization"]["organization_id"]);
    server.post("/v1/b2b/organizations", named("Second")).await.refused(400, "duplicate_organization_external_id");
    let path = format!("/v1/b2b/organizations/{first}/members");
    let made = server.post(&path, json!({"email_address": "a@acme.example", "external_id": "hr-1"})).await.ok();
    let again = json!({"email_address": "b@acme.example", "external_id": "hr-1"});
    server.post(&path, again.clone()).await.refused(400, "duplicate_member_external_id");
    let shown = server.delete(&format!("{path}/hr-1/external_id")).await.ok();
    assert_eq!((&shown["member_id"], &shown["member"]["external_id"]), (&made["member_id"], &json!(null)));
    server.delete(&format!("{path}/hr-1/external_id")).await.refused(404, "member_not_found");
    server.post(&path, again).await.ok();
    let shown = server.delete("/v1/b2b/organizations/crm-1/external_id").await.ok();
    assert_eq!(shown["organization"]["organization_external_id"], json!(null));
    server.get("/v1/b2b/organizations/crm-1").await.refused(404, "organization_not_found");
    server.post("/v1/b2b/organizations", named("Second")).await.ok();
    let query = json!({"operator": "OR", "operands": [{"filter_name": "member_email_fuzzy", "filter_value": "ac"}]});
    let search = json!({"organization_ids": [first], "query": query});
    server
        .post("/v1/b2b/organizations/members/search", search)
        .await
        .refused(400, "member_search_member_email_fuzzy_too_short");
}

/// Protects an address that a deactivated member holds: another member cannot move to it, and is told why.
#[tokio::test]
async fn a_deactivated_members_address_is_not_free() {
    let server = Server::start().await;
    let organization = server.organization("Held").await;
    let (ada, eve) = (
        server.member(&organization, "ada@acme.example").await,
        server.member(&organization, "eve@acme.example").await,
    );
    let one = format!("/v1/b2b/organizations/{organization}/members/{eve}");
    let desired = json!({"email_address": "ada@acme.example"});
    server.put(&one, desired.clone()).await.refused(400, "duplicate_member_email");
    server.delete(&format!("/v1/b2b/organizations/{organization}/members/{ada}")).await.ok();
    server.put(&one, desired).await.refused(400, "desired_email_deactivated_by_different_member");
}

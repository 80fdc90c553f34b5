//! Named policies: each value other than the default does what it says. (Those for known members are in `effects.rs`.)

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, user};

async fn with_policies(policies: Value) -> World {
    let world = World::new().await;
    world.api(Method::PUT, &world.organization(""), json!({"policies": policies})).await.expect(200);
    world
}

async fn activate(world: &World, id: &str, active: bool) -> u16 {
    world.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": active}])).await.status
}

async fn types(world: &World) -> Vec<String> {
    world.events().await.into_iter().map(|(kind, _)| kind).collect()
}

/// Older names of group events, for consumers that were written against the older guide.
#[tokio::test]
async fn events_can_have_their_older_names() {
    let world = with_policies(json!({"event_names": "older", "group_deleted_events": "group_and_members"})).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.listen().await;
    let group = world.group("Team", &[&ada, &bob]).await;
    let path = format!("/Groups/{group}");
    world.patch(&path, json!([{"op": "replace", "path": "displayName", "value": "Crew"}])).await.expect(200);
    world.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}])).await.expect(200);
    world.delete(&path).await.expect(204);
    assert_eq!(
        types(&world).await,
        [
            "scim.idp_group.create",
            "scim.idp_group.member_add",
            "scim.idp_group.member_add",
            "scim.idp_group.update",
            "scim.idp_group.member_delete",
            "scim.idp_group.member_delete",
            "scim.idp_group.delete",
        ]
    );
}

/// Memberships dropped on deactivation do not give their roles back.
#[tokio::test]
async fn memberships_can_be_dropped_on_deactivation() {
    let world = with_policies(json!({"memberships_on_deactivation": "drop"})).await;
    world.make_roles(&["auditor"]).await;
    let ada = world.user("ada").await;
    let group = world.group("Auditors", &[&ada]).await;
    world.map(&group, "auditor").await;
    activate(&world, &ada, false).await;
    assert_eq!(world.get(&format!("/Groups/{group}")).await.json["members"], Value::Null);
    activate(&world, &ada, true).await;
    assert_eq!(world.roles(&ada).await, [""; 0]);
}

/// A deleted connection can take its members, or only their sessions, with it.
#[tokio::test]
async fn a_deleted_connection_can_take_more_with_it() {
    for (policies, status, open) in [
        (json!({"connection_deleted_members": "deprovision"}), "deleted", false),
        (json!({"connection_deleted_sessions": "revoke"}), "active", false),
        (json!({}), "active", true),
    ] {
        let world = with_policies(policies.clone()).await;
        let ada = world.user("ada").await;
        let session = world.sign_in(&ada).await;
        let path = format!("/v1/b2b/scim/{}/connection/{}", world.base.organization_id, world.base.connection_id);
        world.api(Method::DELETE, &path, Value::Null).await.expect(200);
        assert_eq!((world.status(&ada).await.as_str(), world.is_open(&session).await), (status, open), "{policies}");
    }
}

/// Joining a group can be announced as a change of the member as well.
#[tokio::test]
async fn memberships_can_update_members() {
    let world = with_policies(json!({"membership_updates_member": true})).await;
    let ada = world.user("ada").await;
    world.listen().await;
    let group = world.group("Team", &[&ada]).await;
    let events = world.events().await;
    assert_eq!(events[1], ("scim.scim_member_group.create".to_owned(), group));
    assert_eq!(events[2], ("scim.member.update".to_owned(), ada));
}

/// E-mails by SCIM can count as unverified, and then SCIM can be kept from reactivating their members.
#[tokio::test]
async fn verification_can_be_asked_for() {
    let world =
        with_policies(json!({"scim_email_verified": false, "scim_reactivation_needs_verified_email": true})).await;
    let ada = world.user("ada").await;
    assert_eq!(world.member(&ada).await["email_address_verified"], false);
    activate(&world, &ada, false).await;
    assert_eq!(activate(&world, &ada, true).await, 400);
    assert_eq!(world.status(&ada).await, "deleted");
    assert_eq!(world.get(&format!("/Users/{ada}")).await.json["active"], false, "nothing is half done");
}

/// An e-mail that SCIM changes can stay reserved for its member.
#[tokio::test]
async fn emails_can_be_retired() {
    let world = with_policies(json!({"scim_retires_email": true})).await;
    let ada = world.user("ada").await;
    let mut body = user("ada");
    body["emails"][0]["value"] = json!("countess@example.com");
    world.put(&format!("/Users/{ada}"), body).await.expect(200);
    let member = world.member(&ada).await;
    assert_eq!(member["email_address"], "countess@example.com");
    assert_eq!(member["retired_email_addresses"][0]["email_address"], "ada@example.com");
}

fn with_email(name: &str, email: &str) -> Value {
    let mut body = user(name);
    body["emails"][0]["value"] = json!(email);
    body
}

/// Users can share an e-mail, as the RFC allows: the member of the second goes by its userName, through updates as well,
/// until a write finds the address free. `/Schemas` says so.
#[tokio::test]
async fn users_can_share_an_email() {
    let world = with_policies(json!({"scim_taken_email": "user_name"})).await;
    let ada = world.user("ada").await;
    let shared = with_email("bob", "ada@example.com");
    let bob = world.post("/Users", shared.clone()).await.expect(201);
    assert_eq!(bob.json["emails"][0]["value"], "ada@example.com");
    let bob = bob.id();
    let address = async |id: &str| world.member(id).await["email_address"].as_str().unwrap_or_default().to_owned();
    assert_eq!((address(&ada).await, address(&bob).await), ("ada@example.com".into(), "bob@example.com".into()));
    let both = world.filter("/Users", "emails eq \"ada@example.com\"").await.expect(200);
    assert_eq!(both.json["totalResults"], 2);

    let mut renamed = shared.clone();
    renamed["displayName"] = json!("Robert");
    world.put(&format!("/Users/{bob}"), renamed).await.expect(200);
    assert_eq!(address(&bob).await, "bob@example.com");
    let eve = world.user("eve").await;
    world.put(&format!("/Users/{eve}"), with_email("eve", "ada@example.com")).await.expect(200);
    assert_eq!(address(&eve).await, "eve@example.com");

    world.put(&format!("/Users/{ada}"), with_email("ada", "countess@example.com")).await.expect(200);
    assert_eq!(address(&bob).await, "bob@example.com", "nobody wrote it");
    world.put(&format!("/Users/{bob}"), shared).await.expect(200);
    assert_eq!(address(&bob).await, "ada@example.com");

    let schema = world.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await.expect(200).text;
    assert_eq!(schema.matches(r#""uniqueness":"server""#).count(), 1, "userName alone: {schema}");
}

/// Where users may share an e-mail, nobody takes over another's: not the User of a member that is gone but holds its
/// address, nor a member whose address is the userName that would stand in.
#[tokio::test]
async fn who_shares_an_email_takes_nobody_over() {
    let world = with_policies(json!({"scim_taken_email": "user_name"})).await;
    let ada = world.user("ada").await;
    let bob = world.post("/Users", with_email("bob", "ada@example.com")).await.expect(201).id();
    world.delete(&format!("/Users/{ada}")).await.expect(204);
    let mut renamed = with_email("bob", "ada@example.com");
    renamed["displayName"] = json!("Robert");
    world.put(&format!("/Users/{bob}"), renamed).await.expect(200);
    assert_eq!(world.member(&bob).await["email_address"], "bob@example.com");
    let again = world.user("ada").await;
    assert_eq!((again, world.status(&ada).await.as_str()), (ada.clone(), "active"));

    world.delete(&format!("/Users/{bob}")).await.expect(204);
    let returned = world.post("/Users", with_email("bob", "ada@example.com")).await.expect(201).id();
    assert_eq!((returned, world.status(&bob).await.as_str()), (bob.clone(), "active"), "the same person comes back");

    let body = json!({"email_address": "carol@example.com"});
    world.api(Method::POST, &world.organization("/members"), body).await.expect(200);
    world.post("/Users", with_email("carol", "ada@example.com")).await.expect_error(409, Some("uniqueness"));
}

/// Where users share an e-mail and may not any more, they stay what they are and can be changed and deactivated: only who
/// writes a taken e-mail anew is refused.
#[tokio::test]
async fn users_who_share_an_email_can_be_deactivated_afterwards() {
    let world = with_policies(json!({"scim_taken_email": "user_name"})).await;
    world.user("ada").await;
    let bob = world.post("/Users", with_email("bob", "ada@example.com")).await.expect(201).id();
    let policies = json!({"policies": {"scim_taken_email": "refuse"}});
    world.api(Method::PUT, &world.organization(""), policies).await.expect(200);
    assert_eq!(activate(&world, &bob, false).await, 200);
    assert_eq!((world.status(&bob).await.as_str(), activate(&world, &bob, true).await), ("deleted", 200));
    assert_eq!(world.member(&bob).await["email_address"], "bob@example.com");
    world.put(&format!("/Users/{bob}"), user("bob")).await.expect(200);
    let again = with_email("bob", "ada@example.com");
    world.put(&format!("/Users/{bob}"), again).await.expect_error(409, Some("uniqueness"));
}

/// A break-glass account is never linked to an IdP's user, whatever the policy says.
#[tokio::test]
async fn break_glass_accounts_are_not_linked() {
    let world = World::new().await;
    let body = json!({"email_address": "ada@example.com", "is_breakglass": true});
    world.api(Method::POST, &world.organization("/members"), body).await.expect(200);
    world.post("/Users", user("ada")).await.expect_error(409, Some("uniqueness"));
}

//! Single sign-on connections: the roles that they give, in which sessions those count, and what ends them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    receiver::{Receiver, status},
    server::{Server, text},
};

/// An organization with a connection that gives `staff` to everybody, and `editor` to the group Writers.
struct Company {
    organization: String,
    connection: String,
}

impl Company {
    async fn new(server: &Server) -> Company {
        let organization = server.organization("Sign On").await;
        let body = json!({"display_name": "Okta", "identity_provider": "okta"});
        let made = server.post(&format!("/v1/b2b/sso/saml/{organization}"), body).await.ok();
        let connection = text(&made["connection"]["connection_id"]);
        let company = Company { organization, connection };
        let roles = json!({
            "attribute_mapping": {"email": "NameID", "groups": "groups"},
            "saml_connection_implicit_role_assignments": [{"role_id": "staff"}],
            "saml_group_implicit_role_assignments": [{"role_id": "editor", "group": "Writers"}],
        });
        server.put(&company.path(), roles).await.ok();
        company
    }

    fn path(&self) -> String {
        format!("/v1/b2b/sso/saml/{}/connections/{}", self.organization, self.connection)
    }

    async fn sign_in(&self, server: &Server, email: &str, groups: Value) -> Value {
        let body = json!({
            "organization_id": self.organization, "method": "sso", "email_address": email,
            "sso_connection_id": self.connection, "groups": groups,
        });
        server.post("/v1/b2b/sessions/sign_in", body).await.ok()
    }
}

fn sources(member: &Value, role: &str) -> Vec<Value> {
    let mut roles = member["roles"].as_array().expect("roles").iter();
    roles.find(|held| held["role_id"] == role).map_or_else(Vec::new, |held| held["sources"].as_array().unwrap().clone())
}

/// Protects the two sources of roles by single sign-on: they are listed with the member, count only in sessions that began
/// with the connection, and follow the groups that it named last.
#[tokio::test]
async fn roles_by_sign_on_count_in_its_sessions() {
    let server = Server::start().await;
    let company = Company::new(&server).await;
    let (organization, connection) = (&company.organization, &company.connection);
    let came = company.sign_in(&server, "ada@acme.example", json!(["Writers"])).await;
    let ada = text(&came["member_id"]);
    let member = server.read_member(organization, &ada).await;
    let details = json!({"connection_id": connection});
    assert_eq!(sources(&member, "staff"), [json!({"type": "sso_connection", "details": details})]);
    let details = json!({"connection_id": connection, "group": "Writers"});
    assert_eq!(sources(&member, "editor"), [json!({"type": "sso_connection_group", "details": details})]);
    let registration = &member["sso_registrations"][0];
    assert_eq!(
        (&registration["connection_id"], &registration["external_id"]),
        (&json!(connection), &json!("ada@acme.example"))
    );
    assert_eq!(registration["sso_attributes"], json!({"groups": ["Writers"]}));
    let factor = &came["member_session"]["authentication_factors"][0]["saml_sso_factor"];
    assert_eq!(factor["id"], registration["registration_id"]);

    let roles = |session: &Value| session["member_session"]["roles"].clone();
    assert_eq!(roles(&came), json!(["stytch_member", "staff", "editor"]));
    let other = server.session(organization, &ada).await;
    assert_eq!(roles(&other), json!(["stytch_member"]), "a session that began otherwise has none of them");
    let check = |resource: &str| json!({"organization_id": organization, "resource_id": resource, "action": "get"});
    server
        .put(&company.path(), json!({"saml_connection_implicit_role_assignments": [{"role_id": "stytch_admin"}]}))
        .await
        .ok();
    let ask = async |session: &Value| {
        let body = json!({"session_token": session["session_token"], "authorization_check": check("stytch.scim")});
        server.post("/v1/b2b/sessions/authenticate", body).await
    };
    assert_eq!(ask(&came).await.ok()["verdict"]["granting_roles"], json!(["stytch_admin"]));
    ask(&other).await.refused(403, "session_authorization_error");

    let again = company.sign_in(&server, "ada@acme.example", json!([])).await;
    assert_eq!(roles(&again), json!(["stytch_member", "stytch_admin"]), "the groups are those that were named last");
    let member = server.read_member(organization, &ada).await;
    assert_eq!(member["sso_registrations"][0]["registration_id"], factor["id"], "the registration stays the same");
}

/// Protects deprovisioning: the registration is a factor, goes with the others, and does not come back by itself.
#[tokio::test]
async fn a_deactivated_member_loses_its_registrations() {
    let server = Server::start().await;
    let company = Company::new(&server).await;
    let ada = text(&company.sign_in(&server, "ada@acme.example", json!(["Writers"])).await["member_id"]);
    let one = format!("/v1/b2b/organizations/{}/members/{ada}", company.organization);
    server.delete(&one).await.ok();
    let member = server.put(&format!("{one}/reactivate"), json!({})).await.ok();
    assert_eq!(member["member"]["sso_registrations"], json!([]));
    assert_eq!(sources(&member["member"], "staff"), Vec::<Value>::new());
}

/// Protects whoever takes a role away that single sign-on gives besides: sessions that began with it end, others and those
/// that the caller wants to keep do not.
#[tokio::test]
async fn removing_a_role_ends_the_sessions_that_would_keep_it() {
    let server = Server::start().await;
    let company = Company::new(&server).await;
    let came = company.sign_in(&server, "ada@acme.example", json!([])).await;
    let ada = text(&came["member_id"]);
    let one = format!("/v1/b2b/organizations/{}/members/{ada}", company.organization);
    let other = server.session(&company.organization, &ada).await;
    let stands = async |session: &Value| {
        server.post("/v1/b2b/sessions/authenticate", json!({"session_token": session["session_token"]})).await.status
            == 200
    };
    let both = json!({"roles": ["staff", "reader"]});
    server.put(&one, both.clone()).await.ok();
    server.put(&one, json!({"roles": ["staff"]})).await.ok();
    assert!(stands(&came).await, "nothing gives `reader` besides");
    server.put(&one, json!({"roles": [], "preserve_existing_sessions": true})).await.ok();
    assert!(stands(&came).await, "the caller wants to keep it");
    server.put(&one, both).await.ok();
    server.put(&one, json!({"roles": ["reader"]})).await.ok();
    assert!(!stands(&came).await && stands(&other).await);
}

/// Protects connections: what is written is read, wrong input is named, foreign ones are not there, and the end of one is
/// the end of its roles.
#[tokio::test]
async fn connections_are_kept_and_deleted() {
    let server = Server::start().await;
    let company = Company::new(&server).await;
    let organization = &company.organization;
    let create = format!("/v1/b2b/sso/saml/{organization}");
    server.post(&create, json!({"identity_provider": "nobody"})).await.refused(400, "invalid_sso_idp");
    let list = format!("/v1/b2b/sso/{organization}");
    let known = server.get(&list).await.ok();
    assert_eq!(known["saml_connections"][0]["saml_group_implicit_role_assignments"][0]["group"], "Writers");
    for (body, error) in [
        (
            json!({"saml_group_implicit_role_assignments": [{"role_id": "x"}]}),
            "saml_group_role_assignment_does_not_contain_member_group",
        ),
        (
            json!({"attribute_mapping": {}, "saml_group_implicit_role_assignments": [{"role_id": "x", "group": "g"}]}),
            "saml_connection_attribute_mapping_missing_groups_key",
        ),
        (json!({"saml_connection_implicit_role_assignments": [{"role_id": ""}]}), "invalid_role"),
        (json!({"x509_certificate": "none is used here"}), "invalid_argument"),
    ] {
        server.put(&company.path(), body).await.refused(400, error);
    }
    assert_eq!(
        server.get(&list).await.ok()["saml_connections"],
        known["saml_connections"],
        "nothing of it was written"
    );
    let shown = server.get(&format!("/v1/b2b/organizations/{organization}")).await.ok();
    let brief = json!({"connection_id": company.connection, "display_name": "Okta", "identity_provider": "okta"});
    assert_eq!(shown["organization"]["sso_active_connections"], json!([brief]));

    let stranger = server.organization("Stranger").await;
    let path = format!("/v1/b2b/sso/{stranger}/connections/{}", company.connection);
    server.delete(&path).await.refused(404, "sso_connection_not_found");
    let foreign = json!({
        "organization_id": stranger, "method": "sso", "email_address": "ada@acme.example",
        "sso_connection_id": company.connection,
    });
    server.post("/v1/b2b/sessions/sign_in", foreign).await.refused(404, "sso_connection_not_found");

    // Just in time by the connections that the organization lists.
    let restricted = json!({"sso_jit_provisioning": "RESTRICTED", "sso_jit_provisioning_allowed_connections": []});
    let own = format!("/v1/b2b/organizations/{organization}");
    server.put(&own, restricted).await.ok();
    let body = json!({
        "organization_id": organization, "method": "sso", "email_address": "ada@acme.example",
        "sso_connection_id": company.connection,
    });
    server.post("/v1/b2b/sessions/sign_in", body).await.refused(403, "invalid_connection_for_jit_provisioning");
    server.put(&own, json!({"sso_jit_provisioning_allowed_connections": [company.connection]})).await.ok();
    let came = company.sign_in(&server, "ada@acme.example", json!([])).await;
    server.delete(&format!("/v1/b2b/sso/{organization}/connections/{}", company.connection)).await.ok();
    let member = server.read_member(organization, &text(&came["member_id"])).await;
    assert_eq!((&member["sso_registrations"], sources(&member, "staff").len()), (&json!([]), 0));
    server.put(&company.path(), json!({})).await.refused(404, "sso_connection_not_found");
}

/// Protects organizations from their members: connections need permissions on `stytch.sso`, their roles another one.
#[tokio::test]
async fn members_need_permissions() {
    let server = Server::start().await;
    let company = Company::new(&server).await;
    let ada = server.member(&company.organization, "ada@acme.example").await;
    let token = text(&server.session(&company.organization, &ada).await["session_token"]);
    let send = async |method: Method, path: String, body: Value| {
        server.send(server.request(method, &path).header("X-Stytch-Member-Session", &token).json(&body)).await
    };
    let organization = &company.organization;
    let list = format!("/v1/b2b/sso/{organization}");
    let invite = |address: &str| json!({"organization_id": organization, "email_address": address});
    let magic = "/v1/b2b/magic_links/email/invite".to_owned();
    let refused = "session_authorization_error";
    send(Method::GET, list.clone(), json!({})).await.refused(403, refused);
    send(Method::POST, magic.clone(), invite("b@acme.example")).await.refused(403, refused);
    let external = format!("/v1/b2b/organizations/{organization}/members/{ada}/external_id");
    send(Method::DELETE, external.clone(), json!({})).await.refused(403, refused);
    let own = format!("/v1/b2b/organizations/{organization}");
    let sso_only = json!({"custom_roles": [
        {"role_id": "sso", "permissions": [{"resource_id": "stytch.sso", "actions": ["*"]}]},
    ]});
    server.put(&own, sso_only).await.ok();
    let member = format!("{own}/members/{ada}");
    server.put(&member, json!({"roles": ["sso"]})).await.ok();
    send(Method::GET, list, json!({})).await.ok();
    send(Method::PUT, company.path(), json!({"display_name": "Entra"})).await.ok();
    let roles = json!({"saml_connection_implicit_role_assignments": []});
    send(Method::PUT, company.path(), roles.clone()).await.refused(403, refused);
    server.put(&member, json!({"roles": ["stytch_admin"]})).await.ok();
    send(Method::PUT, company.path(), roles).await.ok();
    send(Method::POST, magic.clone(), invite("b@acme.example")).await.ok();
    send(Method::DELETE, external, json!({})).await.ok();
    let foreign = server.organization("Foreign").await;
    for organization in [foreign.as_str(), "organization-test-0"] {
        let body = json!({"organization_id": organization, "email_address": "b@acme.example"});
        send(Method::POST, magic.clone(), body).await.refused(403, "session_authorization_tenancy_error");
    }
}

/// Protects consumers of events: connections tell of themselves, without a token, and only if something is different.
#[tokio::test]
async fn connections_send_events() {
    let server = Server::start().await;
    let mut receiver = Receiver::start((0..10).map(|_| status(204))).await;
    let organization = server.organization("Told").await;
    let endpoint = json!({"url": receiver.url, "organization_id": organization});
    server.post("/v1/webhooks/endpoints", endpoint).await.ok();
    let scim = format!("/v1/b2b/scim/{organization}/connection");
    let made = server.post(&scim, json!({})).await.ok();
    let one = format!("{scim}/{}", text(&made["connection"]["connection_id"]));
    server.put(&one, json!({"display_name": "SCIM Connection"})).await.ok();
    server.put(&one, json!({"display_name": "Okta"})).await.ok();
    let next = server.post(&format!("{one}/rotate/start"), json!({})).await.ok();
    server.post(&format!("{one}/rotate/complete"), json!({})).await.ok();
    server.delete(&one).await.ok();
    let saml = server.post(&format!("/v1/b2b/sso/saml/{organization}"), json!({})).await.ok();
    let saml = text(&saml["connection"]["connection_id"]);
    server.put(&format!("/v1/b2b/sso/saml/{organization}/connections/{saml}"), json!({})).await.ok();
    server.delete(&format!("/v1/b2b/sso/{organization}/connections/{saml}")).await.ok();

    let mut seen = Vec::new();
    let secrets = [text(&made["connection"]["bearer_token"]), text(&next["connection"]["next_bearer_token"])];
    for _ in 0..7 {
        let event = receiver.next().await.body;
        assert!(!secrets.iter().any(|secret| event.to_string().contains(secret)), "{event}");
        let kind = text(&event["object_type"]);
        assert_eq!(event.get(&kind).is_some(), event["action"] != "DELETE", "{event}");
        seen.push(format!("{kind} {}", text(&event["action"])));
    }
    assert_eq!(
        seen,
        [
            "scim_connection CREATE",
            "scim_connection UPDATE",
            "scim_connection UPDATE",
            "scim_connection UPDATE",
            "scim_connection DELETE",
            "saml_connection CREATE",
            "saml_connection DELETE",
        ]
    );
}

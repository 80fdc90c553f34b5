//! `fixtures/config/embedded.toml` against the embedded provider: every observer and act of it, over HTTP.

use scimulate::{
    provider::app::{self, Options, Running},
    target::{Config, MemberStatus, Role, Session, SessionState, SignIn, Signature, Subject, Target, Tenant},
    wire::{Client, Exchange, Http, Redactor, Request, Sender, Transcript},
};
use serde_json::{Value, json};

const MEDIA: &str = "application/scim+json";
const ADMIN: &str = "stytch_admin";

async fn start() -> (Running, Target) {
    let provider = app::start(Options::default()).await.expect("the provider starts");
    let config = Config::embedded(&provider.api_base_url(), &provider.project_id(), &provider.project_secret())
        .expect("a valid configuration");
    let http = Http::new(&config.http_options().expect("options")).expect("a client");
    let target = Target::new(config, http).expect("a target");
    (provider, target)
}

async fn open(target: &Target, label: &str) -> Tenant {
    target.open_tenant(label, &Transcript::new()).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn send(scim: &Client, method: &str, path: &str, body: Value) -> Exchange {
    let exchange = scim.send(Sender::Idp, Request::new(method, path).json(MEDIA, &body)).await;
    assert!(exchange.response().is_some_and(|response| response.is_success()), "{exchange:?}");
    exchange
}

/// Provisions a member, as an IdP would.
async fn provision(tenant: &Tenant, name: &str) -> Subject {
    let email = format!("{name}@example.com");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email, "active": true, "externalId": name,
        "name": {"givenName": name, "familyName": "Example"},
        "emails": [{"value": email, "primary": true, "type": "work"}],
    });
    let exchange = send(&tenant.scim(), "POST", "/Users", body).await;
    let id = exchange.json().and_then(|body| body["id"].as_str().map(str::to_owned)).expect("an id");
    Subject { id, user_name: email.clone(), email, external_id: Some(name.to_owned()) }
}

async fn group(tenant: &Tenant, name: &str, member: &Subject) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name, "members": [{"value": member.id}],
    });
    let exchange = send(&tenant.scim(), "POST", "/Groups", body).await;
    exchange.json().and_then(|body| body["id"].as_str().map(str::to_owned)).expect("an id")
}

async fn deactivate(tenant: &Tenant, subject: &Subject) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    send(&tenant.scim(), "PATCH", &format!("/Users/{}", subject.id), body).await;
}

async fn sign_in(tenant: &Tenant, subject: &Subject) -> Session {
    match tenant.sign_in(subject).await.unwrap_or_else(|error| panic!("{error}")) {
        SignIn::Opened(session) => session,
        refused => panic!("{refused:?}"),
    }
}

fn role<'a>(roles: &'a [Role], id: &str) -> Option<&'a Role> {
    roles.iter().find(|role| role.id == id)
}

/// Member state, sign-in, sessions and JWTs are seen before and after deprovisioning.
#[tokio::test]
async fn state_and_sessions() {
    let (provider, target) = start().await;
    let tenant = open(&target, "state").await;
    let ann = provision(&tenant, "ann").await;
    let member = tenant.member(&ann).await.unwrap();
    assert_eq!((member.status, member.email.as_deref()), (MemberStatus::Active, Some("ann@example.com")));
    assert_eq!(member.name.as_deref(), Some("ann Example"));
    let session = sign_in(&tenant, &ann).await;
    assert!(!session.id.is_empty() && session.jwt.is_some());
    assert!(matches!(tenant.session(&session).await.unwrap(), SessionState::Open { roles: Some(_) }));
    assert!(matches!(tenant.jwt(&session).await.unwrap(), SessionState::Open { .. }));

    deactivate(&tenant, &ann).await;
    assert_eq!(tenant.member(&ann).await.unwrap().status, MemberStatus::Deactivated);
    assert!(matches!(tenant.session(&session).await.unwrap(), SessionState::Refused { status: 404, .. }));
    assert!(matches!(tenant.jwt(&session).await.unwrap(), SessionState::Refused { .. }));
    assert!(matches!(tenant.sign_in(&ann).await.unwrap(), SignIn::Refused { status: 403, .. }));
    let nobody = Subject { id: "member-test-00000000-0000-0000-0000-000000000000".to_owned(), ..ann };
    assert_eq!(tenant.member(&nobody).await.unwrap().status, MemberStatus::Absent);
    provider.shutdown().await;
}

/// Roles are seen with their sources; granting, and mapping a group or a domain, take nothing away that was there.
#[tokio::test]
async fn roles() {
    let (provider, target) = start().await;
    let tenant = open(&target, "roles").await;
    let ann = provision(&tenant, "ann").await;
    let (one, two) = (group(&tenant, "One", &ann).await, group(&tenant, "Two", &ann).await);
    tenant.map_group_role(&one, ADMIN).await.unwrap_or_else(|error| panic!("{error}"));
    tenant.map_group_role(&two, ADMIN).await.unwrap_or_else(|error| panic!("{error}"));
    tenant.map_domain_role("example.com", ADMIN).await.unwrap_or_else(|error| panic!("{error}"));
    tenant.grant_role(&ann, ADMIN).await.unwrap_or_else(|error| panic!("{error}"));
    tenant.grant_role(&ann, ADMIN).await.unwrap_or_else(|error| panic!("{error}"));
    let roles = tenant.roles(&ann).await.unwrap();
    let mut sources = role(&roles, ADMIN).expect("admin").sources.clone();
    sources.sort();
    assert_eq!(
        sources,
        ["direct_assignment", "email_assignment", "scim_connection_group", "scim_connection_group"],
        "{roles:?}"
    );
    assert!(role(&roles, "stytch_member").is_some(), "{roles:?}");
    let session = sign_in(&tenant, &ann).await;
    let SessionState::Open { roles: Some(held) } = tenant.session(&session).await.unwrap() else { panic!() };
    assert!(held.contains(&ADMIN.to_owned()), "{held:?}");

    send(&tenant.scim(), "DELETE", &format!("/Groups/{one}"), json!(null)).await;
    let roles = tenant.roles(&ann).await.unwrap();
    let count = role(&roles, ADMIN).map(|role| role.sources.iter().filter(|s| *s == "scim_connection_group").count());
    assert_eq!(count, Some(1), "{roles:?}");
    provider.shutdown().await;
}

/// Webhooks arrive signed, in our words, read back from the member API; the fence closes the list.
#[tokio::test]
async fn webhooks() {
    let (provider, target) = start().await;
    let tenant = open(&target, "hooks").await;
    let other = open(&target, "other").await;
    let mailbox = tenant.mailbox_reading_back().await.unwrap_or_else(|error| panic!("{error}"));
    let ann = provision(&tenant, "ann").await;
    provision(&other, "bob").await;
    deactivate(&tenant, &ann).await;
    tenant.fence().await.unwrap_or_else(|error| panic!("{error}"));
    let deliveries = mailbox.deliveries();
    let seen: Vec<(&str, Option<&str>, &Signature)> =
        deliveries.iter().map(|delivery| (delivery.kind(), delivery.object_id(), &delivery.signature)).collect();
    let id = Some(ann.id.as_str());
    assert_eq!(seen, [("scim.member.create", id, &Signature::Valid), ("scim.member.delete", id, &Signature::Valid)]);
    let last = &deliveries[1];
    assert_eq!(last.read_back.as_ref().unwrap().as_ref().unwrap().status, MemberStatus::Deactivated);
    assert_eq!(last.event.as_ref().unwrap().source.as_deref(), Some("SCIM"));
    assert_eq!(last.event.as_ref().unwrap().organization_id.as_deref(), tenant.vars()["organization_id"].as_str());
    provider.shutdown().await;
}

/// The identity provider of the connection comes from the scenario; Entra's base URL carries its flag on every request, and
/// none for an Entra job that was set up without it.
#[tokio::test]
async fn identity_provider() {
    let (provider, target) = start().await;
    let target = target.with_variables([("identity_provider", "microsoft-entra")]);
    let plain = open(&target, "entra-default").await;
    let exchange = plain.scim().send(Sender::Client, Request::new("GET", "/Users?count=1")).await;
    assert!(exchange.url.ends_with("/Users?count=1"), "{}", exchange.url);
    let target = target.with_variables([("tenant_url_flag", "aadOptscim062020")]);
    let tenant = open(&target, "entra").await;
    let exchange = tenant.scim().send(Sender::Client, Request::new("GET", "/Users?count=1")).await;
    assert_eq!(exchange.status(), Some(200), "{exchange:?}");
    assert!(exchange.url.ends_with("/Users?count=1&aadOptscim062020"), "{}", exchange.url);
    let capabilities = tenant.capabilities().await;
    assert_eq!((capabilities.patch, &capabilities.notes), (Some(true), &Vec::new()));
    assert!(capabilities.schemas.len() >= 3 && capabilities.resource_types.len() >= 2);
    provider.shutdown().await;
}

/// Removing the connection ends SCIM access of its tenant alone; closed tenants are left to the end of the provider.
#[tokio::test]
async fn the_end() {
    let (provider, target) = start().await;
    let (one, two) = (open(&target, "one").await, open(&target, "two").await);
    one.mailbox().await.unwrap();
    one.remove_connection().await.unwrap_or_else(|error| panic!("{error}"));
    let get = |tenant: &Tenant| {
        let scim = tenant.scim();
        async move { scim.send(Sender::Client, Request::new("GET", "/Users")).await.status() }
    };
    assert_eq!(get(&one).await, Some(401));
    assert_eq!(get(&two).await, Some(200));
    assert_eq!(target.close_all().await, Vec::<String>::new());
    assert_eq!(get(&two).await, Some(200));
    provider.shutdown().await;
    assert_eq!(get(&two).await, None);
}

/// No secret of the target, and none captured from it, is left in a redacted transcript.
#[tokio::test]
async fn no_secret_is_left() {
    let (provider, target) = start().await;
    let transcript = Transcript::new();
    let tenant = target.open_tenant("secrets", &transcript).await.unwrap();
    tenant.mailbox().await.unwrap();
    let ann = provision(&tenant, "ann").await;
    let session = sign_in(&tenant, &ann).await;
    tenant.session(&session).await.unwrap();
    tenant.jwt(&session).await.unwrap();
    let redactor = Redactor::new(tenant.secrets());
    let shown: String =
        transcript.exchanges().into_iter().map(|exchange| format!("{:?}", redactor.exchange(exchange))).collect();
    let vars = tenant.vars();
    assert!(vars["scim_token"].as_str().is_some_and(|token| !shown.contains(token)));
    for secret in tenant.secrets() {
        assert!(!shown.contains(secret.expose()), "{secret:?} of length {}", secret.expose().len());
    }
    assert!(tenant.secrets().len() >= 5, "project secret, SCIM token, webhook secret, session token, JWT");
    provider.shutdown().await;
}

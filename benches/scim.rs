//! `cargo bench --bench scim`: what the pure protocol costs, step by step, and a query from its text to the rows.
//!
//! The names are stable, so that criterion compares a run with the one before (`--save-baseline`, `--baseline`).

use std::hint::black_box;

use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use criterion::{Criterion, criterion_group, criterion_main};
use scimulate::{
    provider::{
        app::{Settings, State},
        clock::Clock,
        ids,
        model::{MemberStatus, Profile},
        scim_http,
        store::{
            Store, StoreError,
            members::{self, NewMember},
            users,
        },
    },
    scim::{
        filter::{self, Prepared, UnknownAttributes},
        leniency::Leniency,
        patch,
        projection::{Projection, Writer},
        resource,
        schema::Registry,
    },
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

const LOOK_UP: &str = r#"userName eq "user-00500@example.com""#;
const COMPOUND: &str = r#"active eq true and (emails[type eq "work" and value ew "@example.com"] or name.familyName sw "L") and not (title pr) and meta.lastModified gt "2020-01-01T00:00:00Z""#;
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Users in the store that queries run over.
const USERS: usize = 1_000;

fn user(number: usize) -> Value {
    let name = format!("user-{number:05}@example.com");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": name,
        "externalId": format!("00u{number}"),
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
        "displayName": "Ada Lovelace",
        "emails": [{"primary": true, "value": name, "type": "work"}, {"value": format!("{number}@home.example"), "type": "home"}],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        "locale": "en-US",
        "active": true,
        ENTERPRISE: {"employeeNumber": number.to_string(), "department": "Analysis", "manager": {"value": "26118915"}},
    })
}

fn filters(c: &mut Criterion) {
    let registry = Registry::standard();
    let rt = registry.resource_type("User").expect("User");
    let (leniency, limits) = (Leniency::lenient(), filter::Limits::default());
    let mut resource = user(500);
    resource["meta"] = json!({"lastModified": "2026-11-24T08:00:00.000000Z"});
    for (name, text) in [("look-up", LOOK_UP), ("compound", COMPOUND)] {
        c.bench_function(&format!("filter/parse/{name}"), |b| b.iter(|| filter::parse(black_box(text), &limits)));
        let parsed = filter::parse(text, &limits).expect("a filter");
        let prepare = || Prepared::new(&parsed, rt, &registry, UnknownAttributes::Refuse, &leniency);
        c.bench_function(&format!("filter/bind/{name}"), |b| b.iter(prepare));
        let prepared = prepare().expect("known attributes");
        assert!(prepared.matches(&resource));
        c.bench_function(&format!("filter/evaluate/{name}"), |b| b.iter(|| prepared.matches(black_box(&resource))));
    }
}

/// What an IdP sends: a few attributes of a User, and a thousand members of a Group.
fn patches(c: &mut Criterion) {
    let registry = Registry::standard();
    let leniency = Leniency::lenient();
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let attributes = json!({"schemas": [urn], "Operations": [
        {"op": "Replace", "path": "displayName", "value": "Countess"},
        {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "countess@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "King"},
        {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Engines"},
        {"op": "Replace", "value": {"active": "False", "title": "Countess"}},
    ]});
    let member = |number: usize| json!({"op": "add", "path": "members", "value": [{"value": format!("m{number}")}]});
    let members = json!({"schemas": [urn], "Operations": (0..1_000).map(member).collect::<Vec<_>>()});
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team"});
    for (name, type_, body, before) in
        [("five-attributes", "User", &attributes, user(1)), ("thousand-members", "Group", &members, group)]
    {
        let rt = registry.resource_type(type_).expect("a type");
        let parse = || patch::parse(black_box(body), rt, &registry, &leniency);
        c.bench_function(&format!("patch/parse/{name}"), |b| b.iter(parse));
        let operations = parse().expect("operations");
        let apply = || patch::apply(black_box(&before), &operations, rt, &registry, &leniency);
        assert!(apply().expect("a document").changed);
        c.bench_function(&format!("patch/apply/{name}"), |b| b.iter(apply));
    }
}

fn resources(c: &mut Criterion) {
    let registry = Registry::standard();
    let rt = registry.resource_type("User").expect("User");
    let leniency = Leniency::lenient();
    let sent = user(1);
    let accept = || resource::accept(black_box(&sent), None, rt, &registry, &leniency);
    c.bench_function("schema/accept/enterprise-user", |b| b.iter(accept));
    let stored = accept().expect("a User").to_string();
    for (name, wanted) in [("default", None), ("two-attributes", Some("userName,name.givenName"))] {
        let projection = Projection::parse(wanted, None, rt, &registry).expect("a projection");
        c.bench_function(&format!("projection/text/{name}"), |b| {
            b.iter(|| {
                let mut writer = Writer::new(Some(&projection), rt, &registry, 2_048);
                writer.document(black_box(&stored), |writer| writer.member("id", "\"1\"")).expect("JSON");
                writer.finish()
            });
        });
    }
}

/// A store with one connection and some Users; the connection's id and its token.
fn filled() -> Result<(Store, String, String), StoreError> {
    let store = Store::in_memory()?;
    let (at, token) = (OffsetDateTime::now_utc(), ids::new_secret());
    let (organization, connection) = (ids::new_id("organization"), ids::new_id("scim-connection"));
    store.write::<_, StoreError>(|tx| {
        tx.execute("INSERT INTO organizations VALUES (?1, 'Bench', 'bench', NULL, '{}', '', '')", [&organization])?;
        tx.execute(
            "INSERT INTO scim_connections (connection_id, organization_id, display_name, identity_provider, status,
               token_hash, token_last_four, token_expires_at, created_at)
             VALUES (?1, ?2, 'Bench', 'generic', 'active', ?3, '', '9999-01-01T00:00:00Z', '')",
            (&connection, &organization, ids::hash(&token)),
        )?;
        for number in 0..USERS {
            let (user, profile) = (user(number), Profile::default());
            let member = NewMember {
                organization_id: &organization,
                email: user["userName"].as_str().unwrap_or_default(),
                email_verified: true,
                status: MemberStatus::Active,
                name: "Ada Lovelace",
                external_id: None,
                profile: &profile,
                at,
            };
            let id = members::insert(tx, &member)?;
            users::insert(tx, &connection, &id, &user, at)?;
        }
        Ok(())
    })?;
    Ok((store, connection, token))
}

/// From the query string to the answer's bytes, without a socket: the filter is compiled to SQL and run.
fn queries(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (store, connection, token) = filled().expect("a store");
    let settings = Settings::new(ids::new_id("project"), "http://127.0.0.1:1".to_owned());
    let router = scim_http::router(State::new(store, Clock::system(), settings));
    for (name, filter, found) in [("look-up", LOOK_UP, 1), ("compound", COMPOUND, USERS), ("none", "id eq \"0\"", 0)] {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let uri = format!("{}{connection}/Users?count=10&filter={filter}", scim_http::PREFIX);
        let answer = || {
            let request = Request::get(&uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
            let request = request.body(Body::empty()).expect("a request");
            runtime.block_on(async {
                let Ok(response) = router.clone().oneshot(request).await;
                to_bytes(response.into_body(), usize::MAX).await.expect("a body")
            })
        };
        let json: Value = serde_json::from_slice(&answer()).expect("JSON");
        assert_eq!(json["totalResults"], found, "{json}");
        c.bench_function(&format!("query/{name}"), |b| b.iter(answer));
    }
}

criterion_group!(benches, filters, patches, resources, queries);
criterion_main!(benches);

//! What requests cost: counted in steps of SQLite's machine and in rows changed, which do not depend on the load of the
//! computer that the tests run on.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use scimulate::provider::{
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
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

use crate::support::{GROUP, PATCH, user};

/// A provider without a socket, in memory unless said otherwise: there one connection reads and writes, which counts its
/// steps.
struct Counted {
    store: Store,
    router: Router,
    organization: String,
    connection: String,
    token: String,
    steps: Arc<AtomicU64>,
}

/// An answer, and what it took.
struct Cost {
    status: u16,
    text: String,
    steps: u64,
    rows: u64,
}

impl Counted {
    fn new() -> Counted {
        Counted::of(Store::in_memory().expect("a store"))
    }

    fn of(store: Store) -> Counted {
        let (organization, connection) = (ids::new_id("organization"), ids::new_id("scim-connection"));
        let token = ids::new_secret();
        let steps = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&steps);
        let made = store.write::<_, StoreError>(|tx| {
            tx.progress_handler(
                1,
                Some(move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                    false
                }),
            );
            tx.execute("INSERT INTO organizations VALUES (?1, 'Cost', 'cost', NULL, '{}', '', '')", [&organization])?;
            tx.execute(
                "INSERT INTO scim_connections (connection_id, organization_id, display_name, identity_provider, status,
                   token_hash, token_last_four, token_expires_at, created_at)
                 VALUES (?1, ?2, 'Cost', 'generic', 'active', ?3, '', '9999-01-01T00:00:00Z', '')",
                (&connection, &organization, ids::hash(&token)),
            )?;
            Ok(())
        });
        made.expect("rows");
        let settings = Settings::new(ids::new_id("project"), "http://127.0.0.1:1".to_owned());
        let router = scim_http::router(State::new(store.clone(), Clock::system(), settings));
        Counted { store, router, organization, connection, token, steps }
    }

    fn rows(&self) -> u64 {
        self.store.read::<_, StoreError>(|conn| Ok(conn.total_changes())).expect("a number")
    }

    /// Sends a request twice and counts the second, when all statements are prepared.
    async fn cost(&self, method: Method, path: &str, bodies: [Value; 2]) -> Cost {
        let [first, second] = bodies;
        self.send(method.clone(), path, &first).await;
        self.send(method, path, &second).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Cost {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{}{path}", scim_http::PREFIX, self.connection))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .expect("a request");
        let (rows, steps) = (self.rows(), self.steps.load(Ordering::Relaxed));
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let steps = self.steps.load(Ordering::Relaxed) - steps;
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Cost { status, text, steps, rows: self.rows() - rows }
    }

    /// Makes users by rows alone. Returns the last one's id.
    fn users(&self, names: impl Iterator<Item = String>) -> String {
        let (at, profile) = (OffsetDateTime::now_utc(), Profile::default());
        let made = self.store.write::<_, StoreError>(|tx| {
            let mut last = String::new();
            for name in names {
                let member = NewMember {
                    organization_id: &self.organization,
                    email: &name,
                    email_verified: true,
                    status: MemberStatus::Active,
                    name: "",
                    external_id: None,
                    profile: &profile,
                    at,
                };
                last = members::insert(tx, &member)?;
                users::insert(tx, &self.connection, &last, &json!({"schemas": [], "userName": name}), at)?;
            }
            Ok(last)
        });
        made.expect("rows")
    }

    /// A group with so many members that are nobody.
    async fn group(&self, members: usize) -> String {
        let body = json!({"schemas": [GROUP], "displayName": format!("{members} members")});
        let made = self.send(Method::POST, "/Groups", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made: Value = serde_json::from_str(&made.text).expect("JSON");
        let id = made["id"].as_str().expect("an id").to_owned();
        let filled = self.store.write::<_, StoreError>(|tx| {
            for number in 0..members {
                tx.prepare_cached(
                    "INSERT INTO scim_group_members (group_id, value, type, display) VALUES (?1, ?2, 'User', 'x')",
                )?
                .execute([&id, &format!("member-test-{number:08}")])?;
            }
            Ok(())
        });
        filled.expect("rows");
        id
    }
}

fn patch(operation: Value) -> Value {
    json!({"schemas": [PATCH], "Operations": [operation]})
}

/// A change of one member of a group of 100,000 changes the rows, and takes the steps, that it takes in a group of ten;
/// so does a read that leaves the members out.
#[tokio::test]
async fn one_member_of_a_large_group() {
    let counted = Counted::new();
    let ada = counted.users(["ada".to_owned()].into_iter());
    let (small, large) = (counted.group(10).await, counted.group(100_000).await);
    let add = patch(json!({"op": "add", "path": "members", "value": [{"value": ada}]}));
    let remove = patch(json!({"op": "remove", "path": format!("members[value eq \"{ada}\"]")}));
    let mut costs = Vec::new();
    for group in [&small, &large] {
        let path = format!("/Groups/{group}?excludedAttributes=members");
        let removed = counted.cost(Method::PATCH, &path, [add.clone(), remove.clone()]).await;
        let added = counted.send(Method::PATCH, &path, &add).await;
        let read = counted.cost(Method::GET, &path, [Value::Null, Value::Null]).await;
        let listed = counted.send(Method::GET, "/Groups?excludedAttributes=members", &Value::Null).await;
        for cost in [&removed, &added, &read, &listed] {
            assert!(cost.status == 200 && cost.text.len() < 2_000, "{}", cost.text);
        }
        costs.push([(added.rows, added.steps), (removed.rows, removed.steps), (read.rows, read.steps)]);
    }
    println!("(rows, steps) of add, remove, read: {costs:?}");
    for (small, large) in costs[0].iter().zip(&costs[1]) {
        assert_eq!(small.0, large.0, "rows");
        assert!(large.1 <= small.1 + small.1 / 2, "{large:?} and {small:?} steps");
    }
    // Without excludedAttributes the answer leaves the list out by itself, and has only looked how long it is.
    let path = format!("/Groups/{large}");
    let cost = counted.cost(Method::PATCH, &path, [remove, add]).await;
    assert_eq!((cost.status, cost.rows), (204, costs[0][0].0));
    assert!(cost.steps < 20_000, "{} steps", cost.steps);
}

/// Creates that come together share a commit, and what they write is there when they are answered.
#[tokio::test]
async fn creates_of_one_time_share_a_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let counted = Counted::of(Store::open(&folder.path().join("data.db")).expect("a new file"));
    counted.send(Method::POST, "/Users", &user("first")).await;
    let commits = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&commits);
    let watched = counted.store.write::<_, StoreError>(|tx| {
        tx.commit_hook(Some(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        }));
        Ok(())
    });
    watched.expect("a hook");
    let before = commits.load(Ordering::Relaxed);
    let create = async |number: usize| {
        let created = counted.send(Method::POST, "/Users", &user(&format!("user{number}"))).await;
        assert_eq!(created.status, 201, "{}", created.text);
    };
    futures::future::join_all((0..16).map(create)).await;
    assert_eq!(commits.load(Ordering::Relaxed) - before, 1);
    let there: i64 = counted
        .store
        .read::<_, StoreError>(|conn| Ok(conn.query_row("SELECT count(*) FROM scim_users", [], |row| row.get(0))?))
        .expect("a number");
    assert_eq!(there, 17);
}

/// The look-up that every IdP sends before each create costs what the first read by id costs, whether it finds one or none,
/// and however many Users there are; who was read or looked up once is found again without a step.
#[tokio::test]
async fn a_look_up_costs_what_a_read_costs() {
    /// Steps of a read by id that finds the User in the file.
    const READ: u64 = 36;
    let counted = Counted::new();
    // Prepares the statement of a look-up.
    counted.send(Method::GET, "/Users?filter=userName%20eq%20%22somebody%22", &Value::Null).await;
    let mut before: [Option<u64>; 2] = [None; 2];
    for (from, to) in [(0, 1_000), (1_000, 20_000)] {
        let id = counted.users((from..to).map(|number| format!("user{number}")));
        let read = counted.cost(Method::GET, &format!("/Users/{id}"), [Value::Null, Value::Null]).await;
        assert_eq!(read.status, 200);
        assert!(read.steps <= READ, "{} steps a read", read.steps);
        for (found, name) in ["nobody".to_owned(), format!("USER{}", to - 1)].into_iter().enumerate() {
            let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
            let look_up = counted.send(Method::GET, &path, &Value::Null).await;
            let again = counted.send(Method::GET, &path, &Value::Null).await;
            assert!(again.text == look_up.text && (found == 0 || again.steps == 0), "{} steps again", again.steps);
            let json: Value = serde_json::from_str(&look_up.text).expect("JSON");
            assert_eq!(json["totalResults"], found);
            println!("{to} users: {} steps a read, {} steps a look-up of {found}", read.steps, look_up.steps);
            let steps = look_up.steps;
            assert!(steps <= READ + READ / 2, "{steps} steps a look-up of {found}");
            assert_eq!(*before[found].get_or_insert(steps), steps, "a look-up costs the same in a larger directory");
        }
    }
}

/// A create changes a bounded number of rows, one that changes nothing changes none.
#[tokio::test]
async fn a_change_writes_what_it_changes() {
    let counted = Counted::new();
    let made = counted.cost(Method::POST, "/Users", [user("ada"), user("eve")]).await;
    assert_eq!(made.status, 201, "{}", made.text);
    println!("a create: {} rows, {} steps", made.rows, made.steps);
    assert!(made.rows <= 8, "{} rows", made.rows);
    let id = serde_json::from_str::<Value>(&made.text).expect("JSON")["id"].as_str().expect("an id").to_owned();
    let same = counted.send(Method::PUT, &format!("/Users/{id}"), &user("eve")).await;
    assert_eq!((same.status, same.rows), (200, 0), "{}", same.text);
}

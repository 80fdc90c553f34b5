//! Data files of other versions: one of the first release opens with all that is in it, one of a later release and one of
//! another program are refused and left as they are.

use std::{fs, path::Path};

use reqwest::Method;
use rusqlite::Connection;
use scimulate::provider::{
    app::{self, Options, StartError},
    clock::{self, Clock},
    store::{Store, StoreError},
};
use serde_json::{Value, json};

use super::server::text;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stores").join(name);
    fs::read_to_string(path).expect("a fixture")
}

/// A file of the first release, in which each user has another e-mail at home.
fn first_release(path: &Path) {
    let file = Connection::open(path).expect("a new file");
    file.execute_batch(&fixture("first-release.sql")).expect("the tables of the first release");
    let more = "INSERT INTO scim_user_emails SELECT member_id, connection_id, 'home-' || value_fold, 'home'
                FROM scim_user_emails";
    assert!(file.execute(more, []).expect("e-mails") > 0);
}

/// Protects whoever upgrades: organizations, members, tokens, sessions, keys and deliveries of the first release's file are
/// there, and its secrets open it.
#[tokio::test]
async fn a_file_of_the_first_release_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db");
    first_release(&data);
    let known: Value = serde_json::from_str(&fixture("first-release.json")).expect("JSON");
    let at = clock::parse(&text(&known["written_at"])).expect("a time");
    let options = Options { data: Some(data.clone()), clock: Clock::manual(at), ..Options::default() };
    let running = app::start(options).await.expect("the file opens");
    assert_eq!(running.project_id(), text(&known["project_id"]));

    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let (url, secret) = (running.api_base_url(), text(&known["project_secret"]));
    let call = async |method: Method, path: String, body: Value| -> Value {
        let request = http.request(method, format!("{url}{path}")).basic_auth(running.project_id(), Some(&secret));
        request
            .json(&body)
            .send()
            .await
            .expect("an answer")
            .error_for_status()
            .expect("a success")
            .json()
            .await
            .expect("JSON")
    };
    let organization = text(&known["organization_id"]);
    let member = call(
        Method::GET,
        format!("/v1/b2b/organizations/crm-1/member?member_id={}", text(&known["member_id"])),
        json!({}),
    )
    .await;
    assert_eq!(member["organization"]["organization_id"], known["organization_id"]);
    assert_eq!(member["member"]["scim_registration"]["external_id"], "00u1");
    let staff = &member["member"]["roles"][1];
    assert_eq!((&staff["role_id"], &staff["sources"][0]["details"]["group_id"]), (&json!("staff"), &known["group_id"]));
    let session = json!({"session_token": known["session_token"]});
    call(Method::POST, "/v1/b2b/sessions/authenticate".into(), session).await;
    let log = call(Method::GET, format!("/v1/webhooks/deliveries?organization_id={organization}"), json!({})).await;
    assert_eq!(log["deliveries"].as_array().map(Vec::len), Some(3));
    let keys = call(Method::GET, format!("/v1/b2b/sessions/jwks/{}", running.project_id()), json!({})).await;
    assert_eq!(keys["keys"][0]["kid"], "jwk-test-01a21794-5ccd-73a7-b0d5-fddbbfe87a46");

    for asked in ["externalId%20eq%20%2200u1%22", "emails%20eq%20%22ADA@acme.example%22"] {
        let users = format!("{url}/v1/b2b/scim/{}/Users?filter={asked}", text(&known["connection_id"]));
        let found = http.get(users).bearer_auth(text(&known["bearer_token"])).send().await.expect("an answer");
        let found: Value = found.json().await.expect("JSON");
        let user = (&found["totalResults"], &found["Resources"][0]["userName"]);
        assert_eq!(user, (&json!(1), &json!("ada@acme.example")), "{asked}");
    }
    running.shutdown().await;
}

/// Tables, indexes and triggers with their definitions.
fn schema(path: &Path) -> Vec<(String, String)> {
    let file = Connection::open(path).expect("a file");
    let mut statement = file
        .prepare("SELECT name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
        .expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("the schema")
}

/// Protects the way up: a migrated file has the tables of a new one, so that a released migration was not edited.
#[test]
fn a_migrated_file_has_the_tables_of_a_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    first_release(&old);
    drop(Store::open(&old).expect("a migration"));
    drop(Store::open(&new).expect("a new file"));
    let advice = "a released migration was edited: put the change into a new file under src/provider/store/migrations";
    // The comments of the first file are not part of what it makes.
    let plain = |schema: Vec<(String, String)>| -> Vec<(String, String)> {
        let bare = |sql: &str| -> String {
            let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
            lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
        };
        schema.into_iter().map(|(name, sql)| (name, bare(&sql))).collect()
    };
    assert_same(&plain(schema(&old)), &plain(schema(&new)), advice);
    drop(Store::open(&old).expect("the second time there is nothing to do"));
}

fn assert_same(old: &[(String, String)], new: &[(String, String)], advice: &str) {
    for (old, new) in old.iter().zip(new) {
        assert_eq!(old, new, "{advice}");
    }
    assert_eq!(old.len(), new.len(), "{advice}");
}

/// Protects a file that something else has written to: what refers to nothing is not carried on, and nothing is changed.
#[test]
fn a_file_with_dangling_references_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.db");
    first_release(&path);
    let file = Connection::open(&path).expect("the file");
    file.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM members;").expect("an orphan");
    let before = schema(&path);
    drop(file);
    let refused = Store::open(&path).err().expect("a refusal");
    assert!(matches!(&refused, StoreError::Dangling { parent, .. } if parent == "members"), "{refused}");
    assert_eq!(schema(&path), before);
}

/// Protects the columns whose values the program knows: a migrated file refuses others, as a new one does.
#[test]
fn a_state_that_there_is_none_of_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.db");
    first_release(&path);
    drop(Store::open(&path).expect("a migration"));
    let file = Connection::open(&path).expect("the file");
    for (table, known) in [("members", "deleted"), ("deliveries", "failed")] {
        let set = |status: &str| file.execute(&format!("UPDATE {table} SET status = ?1"), [status]);
        assert!(set(known).expect("a known state") > 0);
        let refused = set("gone").expect_err("an unknown state").to_string();
        assert!(refused.contains("CHECK constraint failed"), "{refused}");
    }
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(sound, "ok");
}

/// Protects what somebody else owns: a newer file, a database of another program and a text file are refused with the
/// reason, and not a byte of them changes.
#[tokio::test]
async fn files_that_are_not_ours_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let (newer, foreign, note) = (path("newer.db"), path("foreign.db"), path("note.txt"));
    drop(Store::open(&newer).expect("a new file"));
    Connection::open(&newer).expect("the file").pragma_update(None, "user_version", 99).expect("a version");
    Connection::open(&foreign).expect("a file").execute_batch("CREATE TABLE notes (text)").expect("a table");
    fs::write(&note, "not a database at all, but long enough to be read as the head of one".repeat(20))
        .expect("a file");
    for (file, words) in [(newer, "version 99"), (foreign, "not a data file of scimulate"), (note, "not a database")] {
        let before = fs::read(&file).expect("the file");
        let refused = app::start(Options { data: Some(file.clone()), ..Options::default() }).await.err();
        let refused = refused.expect("a refusal");
        assert!(matches!(
            refused,
            StartError::Store(StoreError::TooNew { .. } | StoreError::Foreign { .. } | StoreError::Open { .. })
        ));
        assert!(refused.to_string().contains(words), "{refused}");
        assert!(refused.to_string().contains(&file.display().to_string()), "{refused}");
        assert_eq!(fs::read(&file).expect("the file"), before, "{} was changed", file.display());
    }
}

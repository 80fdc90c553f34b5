//! `serve --seed` and `--reset`, as the program that a user starts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    process::{Serve, program},
    server::text,
};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config/seed.toml")
}

/// What a seed made of an organization.
fn organization<'s>(server: &'s Serve, slug: &str) -> &'s Value {
    let organizations = server.facts["seeded"]["organizations"].as_array().expect("organizations");
    organizations.iter().find(|organization| organization["organization_slug"] == slug).expect("the organization")
}

fn roles(member: &Value) -> Vec<&str> {
    let roles = member["roles"].as_array().expect("roles");
    roles.iter().map(|role| role["role_id"].as_str().expect("an id")).collect()
}

/// The example of the documentation, over three starts: made, left alone, made anew after a reset. Its tokens work, and
/// none of them is in the file.
#[tokio::test]
async fn the_example_is_made_once_and_again_after_a_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db");
    let (data, seed) = (data.display().to_string(), example().display().to_string());
    let secret = "ci-secret-that-nobody-guesses";
    let first = Serve::start(&["--data", &data, "--seed", &seed]);
    let acme = organization(&first, "acme");
    assert_eq!(acme["created"], true);
    assert_eq!(
        first.facts["scim_token"], "acme-scim-token-for-tests",
        "the first connection of the seed is the one printed"
    );
    assert!(
        organization(&first, "globex")["scim_connection"]["scim_token"].as_str().is_some_and(|token| token.len() == 48)
    );

    let member = async |email: &str| {
        let path = format!("/v1/b2b/organizations/acme/member?email_address={email}");
        first.call(Method::GET, &path, secret, Value::Null).await["member"].take()
    };
    let ada = member("ada@acme.example").await;
    assert_eq!(roles(&ada), ["stytch_member", "stytch_admin", "reader", "editor"]);
    assert_eq!(ada["scim_registration"]["external_id"], "00u1");
    let alan = member("alan@acme.example").await;
    assert_eq!((&alan["email_address_verified"], &alan["external_id"]), (&json!(true), &json!("hr-2")));
    assert_eq!(member("edsger@acme.example").await["status"], "deleted");
    assert_eq!(
        member("grace@acme.example").await["status"],
        "deleted",
        "an inactive SCIM user is a deactivated member"
    );
    let users = format!("{}/Users", text(&acme["scim_connection"]["scim_base_url"]));
    let users = first.http.get(users).bearer_auth("acme-scim-token-for-tests").send().await.expect("an answer");
    assert_eq!(users.json::<Value>().await.expect("JSON")["totalResults"], 2);
    let session = json!({"session_token": "session-token-of-ada-for-tests"});
    let opened = first.call(Method::POST, "/v1/b2b/sessions/authenticate", secret, session).await;
    assert_eq!(opened["member_id"], ada["member_id"]);
    let endpoints = first.call(Method::GET, "/v1/webhooks/endpoints", secret, Value::Null).await;
    assert_eq!(endpoints["endpoints"].as_array().map(Vec::len), Some(2));
    let log = first.call(Method::GET, "/v1/webhooks/deliveries", secret, Value::Null).await;
    assert_eq!(log["deliveries"], json!([]), "seeding sends no events");
    let token = format!("{}/v1/public/{}/oauth2/token", first.fact("api_base_url"), first.fact("project_id"));
    let token = first.http.post(token).basic_auth("provisioner", Some("provisioner-secret-for-tests"));
    let token = token.form(&[("grant_type", "client_credentials")]).send().await.expect("an answer");
    let token = text(&token.json::<Value>().await.expect("JSON")["access_token"]);
    let users = format!("{}/Users", text(&acme["scim_connection"]["scim_base_url"]));
    let users = first.http.get(users).bearer_auth(token).send().await.expect("an answer");
    assert_eq!(users.json::<Value>().await.expect("JSON")["totalResults"], 2);
    first.stop();

    let stored = [data.clone(), format!("{data}-wal")].map(|file| fs::read(file).unwrap_or_default()).concat();
    let holds = |secret: &str| stored.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(holds("ada@acme.example"), "the search finds what is there");
    for given in [secret, "acme-scim-token-for-tests", "session-token-of-ada-for-tests", "provisioner-secret-for-tests"]
    {
        assert!(!holds(given), "{given} is stored in clear");
    }

    let second = Serve::start(&["--data", &data, "--seed", &seed]);
    assert_eq!(organization(&second, "acme")["created"], false);
    assert_eq!(organization(&second, "acme")["organization_id"], *acme_id(&second, secret).await);
    assert_eq!(second.facts["scim_token"], "acme-scim-token-for-tests", "the token of the file is still good");
    let endpoints = second.call(Method::GET, "/v1/webhooks/endpoints", secret, Value::Null).await;
    assert_eq!(endpoints["endpoints"].as_array().map(Vec::len), Some(2), "none is made twice");
    assert!(second.stop().contains("organization acme is there already and left as it is"));

    let third = Serve::start(&["--data", &data, "--reset", "--seed", &seed]);
    assert_eq!(organization(&third, "acme")["created"], true);
    let said = third.stop();
    assert!(said.contains(&format!("emptied {data}, which had 2 organizations with 4 members")), "{said}");
}

async fn acme_id(server: &Serve, secret: &str) -> Box<Value> {
    let found = server.call(Method::GET, "/v1/b2b/organizations/acme", secret, Value::Null).await;
    Box::new(found["organization"]["organization_id"].clone())
}

/// Protects the author of a seed: each mistake is named with its place, before the data file is touched.
#[test]
fn a_mistake_is_named_and_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db");
    fs::write(&data, "").expect("a file");
    let org = "[[organizations]]\norganization_slug = \"acme\"\n";
    let cases = [
        ("seed.yaml", String::new(), "neither .toml nor .json"),
        ("seed.toml", "[[organizations]\n".to_owned(), "line 1, column"),
        ("seed.json", "{\n  \"organisations\": []\n}".to_owned(), "unknown field `organisations`"),
        ("seed.toml", "[[organizations]]\norganization_name = \"x\"\n".to_owned(), "organization_slug"),
        (
            "seed.toml",
            format!("{org}organisation_name = \"x\"\n"),
            "organizations[0]: unknown field `organisation_name`",
        ),
        ("seed.toml", format!("{org}{org}"), "organizations[1]: organization_slug \"acme\" is there twice"),
        (
            "seed.toml",
            format!("{org}policies = {{ event_names = \"new\" }}\n"),
            "organizations[0]: policies: unknown variant",
        ),
        (
            "seed.toml",
            format!("{org}[[organizations.members]]\nemail_address = \"ada\"\n"),
            "organizations[0].members[0]: ",
        ),
        (
            "seed.toml",
            format!("{org}scim_connection = {{ bearer_token = \"short\" }}\n"),
            "bearer_token: is shorter than 16",
        ),
        (
            "seed.toml",
            format!("{org}scim_connection = {{ identity_provider = \"idp\" }}\n"),
            "scim_connection: there is no",
        ),
        (
            "seed.toml",
            format!("{org}scim_connection = {{ groups = [{{ display_name = \"G\", members = [\"nobody\"] }}] }}\n"),
            "organizations[0].scim_connection.groups[0].members: no user of the connection has the userName \"nobody\"",
        ),
        (
            "seed.toml",
            format!("{org}[[organizations.sessions]]\nemail_address = \"nobody@acme.example\"\n"),
            "organizations[0].sessions[0]: the member cannot be found",
        ),
        (
            "seed.toml",
            format!("{org}scim_connection = {{ bearer_token = \"${{SCIMULATE_TEST_NOT_SET}}\" }}\n"),
            "organizations[0].scim_connection.bearer_token: the environment variable `SCIMULATE_TEST_NOT_SET` is not set",
        ),
        (
            "seed.toml",
            "m2m_clients = [{ client_id = \"ci\", organization_slug = \"acme\" }]\n".to_owned(),
            "m2m_clients[0].organization_slug: no organization \"acme\" of the file has a SCIM connection",
        ),
        ("seed.toml", "webhook_endpoints = [{ url = \"ftp://x\" }]\n".to_owned(), "webhook_endpoints[0]: "),
        (
            "seed.toml",
            "webhook_endpoints = [{ url = \"http://x\", secret = \"s\" }]\n".to_owned(),
            "[0].secret: a webhook",
        ),
    ];
    for (name, content, words) in cases {
        let file = folder.path().join(name);
        fs::write(&file, &content).expect("a file");
        let (seed, data) = (file.display().to_string(), data.display().to_string());
        let output = program(&["--data", &data, "--reset", "--seed", &seed]).output().expect("the program");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{content}\n{said}");
        assert!(said.contains(&seed) && said.contains(words), "{content}\n{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(fs::read(&data).expect("the file"), b"", "nothing was written");
}

/// Protects files that are not to be emptied: somebody else's, one that is in use; and whoever forgets to name one.
#[test]
fn a_reset_touches_only_a_data_file_that_nobody_uses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (ours, foreign, note) = (path("ours.db"), path("foreign.db"), path("note.txt"));
    let refused = |file: &str, words: &str| {
        let before = fs::read(file).expect("the file");
        let output = program(&["--data", file, "--reset"]).output().expect("the program");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(fs::read(file).expect("the file"), before, "{file} was changed");
    };
    Connection::open(&foreign).expect("a file").execute_batch("CREATE TABLE notes (text)").expect("a table");
    fs::write(&note, "remember the milk ".repeat(100)).expect("a file");
    refused(&foreign, "is not a data file of scimulate");
    refused(&note, "not a database");
    let server = Serve::start(&["--data", &ours]);
    refused(&ours, "is open in another process");
    server.stop();
    let server = Serve::start(&["--data", &ours, "--reset"]);
    assert!(server.stop().contains("which had 1 organizations with 0 members"));
    let fresh = Serve::start(&["--data", &path("new.db"), "--reset"]);
    assert!(fresh.stop().contains("is not there yet: nothing to empty"));
    assert_eq!(program(&["--reset"]).output().expect("the program").status.code(), Some(2));
}

/// Protects against a kill in mid-seed: an organization that was being made is made anew, whole.
#[tokio::test]
async fn a_half_made_organization_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.db").display().to_string();
    let seed = example().display().to_string();
    let first = Serve::start(&["--data", &data, "--seed", &seed]);
    let before = text(&organization(&first, "acme")["organization_id"]);
    first.stop();
    let file = Connection::open(&data).expect("the file");
    file.execute_batch("DELETE FROM sessions; INSERT INTO meta VALUES ('seeding', 'acme')").expect("a kill's traces");
    drop(file);
    let second = Serve::start(&["--data", &data, "--seed", &seed]);
    let acme = organization(&second, "acme");
    assert_eq!(acme["created"], true);
    assert_ne!(text(&acme["organization_id"]), before);
    let session = json!({"session_token": "session-token-of-ada-for-tests"});
    let opened =
        second.call(Method::POST, "/v1/b2b/sessions/authenticate", "ci-secret-that-nobody-guesses", session).await;
    assert_eq!(opened["status_code"], 200);
}

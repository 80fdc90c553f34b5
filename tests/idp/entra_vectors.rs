//! Bodies and queries that Entra and Microsoft's validator were seen to send, or are documented to send
//! (`fixtures/vectors/idp/entra.json`), each reproduced by a profile. Compared after key ordering.

use scimulate::{
    idp::{AppRole, Change, Group, Idp, Profile, User},
    wire::Transcript,
};
use serde_json::{Map, Value, json};

use crate::fake::Fake;

const VECTORS: &str = include_str!("../../fixtures/vectors/idp/entra.json");
/// Vectors that no profile produces, and why.
const NOT_PRODUCED: &[(&str, &str)] = &[(
    "val-group-add-remove",
    "a test of the validator that adds and removes one member at once: no IdP has a reason to",
)];

fn vector(id: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    all.into_iter().find(|vector| vector["id"] == id).unwrap_or_else(|| panic!("no vector {id}"))
}

/// The value with all object keys sorted.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Asserts that a request with the body of the vector was sent to the endpoint of the vector.
pub fn assert_sent(vector: &Value, transcript: &Transcript) {
    let method = vector["method"].as_str().expect("a method");
    let endpoint = vector["path"].as_str().and_then(|path| path.split('/').nth(1)).expect("an endpoint");
    let wanted = sorted(&vector["body"]);
    let sent: Vec<Value> = transcript
        .exchanges()
        .iter()
        .filter(|exchange| exchange.method == method && exchange.path().starts_with(&format!("/{endpoint}")))
        .filter_map(|exchange| exchange.request_json())
        .collect();
    assert!(
        sent.iter().any(|body| sorted(body) == wanted),
        "{}: nothing sent equals\n{}\nsent were\n{}",
        vector["id"],
        vector["body"],
        sent.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
    );
}

fn profile(toml: &str) -> Profile {
    Profile::parse(toml, "test.toml").unwrap_or_else(|error| panic!("{error}"))
}

fn named(id: &str, quirks: &[&str]) -> Profile {
    let profile = Profile::named(id).expect("embedded");
    quirks.iter().fold(profile, |profile, quirk| profile.with_quirk(quirk).expect("a quirk"))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn user(login: &str) -> User {
    User { key: "u".to_owned(), user_name: login.to_owned(), mail_nickname: Some("u".to_owned()), ..User::default() }
}

async fn assigned(idp: &mut Idp, user: User) {
    let key = user.key.clone();
    idp.change(Change::AddUser(user)).expect("fits");
    idp.change(Change::AssignUser { key }).expect("fits");
    idp.settle().await;
}

async fn update(idp: &mut Idp, set: Value) {
    idp.change(Change::UpdateUser { key: "u".to_owned(), set: object(set) }).expect("fits");
    idp.settle().await;
}

/// Creates the user, changes it, and asserts the body of the PATCH.
async fn changed(id: &str, profile: Profile, before: User, set: Value) {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(profile);
    assigned(&mut idp, before).await;
    update(&mut idp, set).await;
    assert_sent(&vector(id), &transcript);
}

/// Finds an existing user and asserts the body of the PATCH that makes it equal.
async fn matched(id: &str, profile: Profile, existing: Value, user: User) {
    let fake = Fake::start().await;
    fake.has_user(existing);
    let (mut idp, transcript) = fake.idp(profile);
    assigned(&mut idp, user).await;
    assert_sent(&vector(id), &transcript);
}

async fn disabled(id: &str, profile: Profile, hidden: &[&'static str]) {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(profile);
    assigned(&mut idp, user("x@example.com")).await;
    fake.hides(hidden);
    idp.change(Change::DisableUser { key: "u".to_owned() }).expect("fits");
    idp.settle().await;
    assert_sent(&vector(id), &transcript);
}

async fn managed(id: &str, profile: Profile, manager: &str, then_none: bool) {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(profile);
    fake.next_ids([manager]);
    let boss = User { key: "boss".to_owned(), user_name: "boss@example.com".to_owned(), ..User::default() };
    assigned(&mut idp, boss).await;
    assigned(&mut idp, User { manager: Some("boss".to_owned()), ..user("x@example.com") }).await;
    if then_none {
        update(&mut idp, json!({"manager": null})).await;
    }
    assert_sent(&vector(id), &transcript);
}

async fn grouped(id: &str, profile: Profile, group: Group, member: Option<&str>, leaves: bool) {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(profile);
    let key = group.key.clone();
    if let Some(member) = member {
        fake.next_ids([member]);
        assigned(&mut idp, user("x@example.com")).await;
    }
    idp.change(Change::AddGroup(group)).expect("fits");
    idp.change(Change::PushGroup { key: key.clone() }).expect("fits");
    if member.is_some() {
        idp.change(Change::AddMember { group: key.clone(), user: "u".to_owned() }).expect("fits");
    }
    idp.settle().await;
    if leaves {
        idp.change(Change::RemoveMember { group: key, user: "u".to_owned() }).expect("fits");
        idp.settle().await;
    }
    assert_sent(&vector(id), &transcript);
}

/// Every vector has a test of its name here, or a reason why not.
#[test]
fn every_vector_has_a_test() {
    let all: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors");
    let tests = include_str!("entra_vectors.rs");
    for vector in all {
        let id = vector["id"].as_str().expect("an id");
        let test = format!("async fn {}()", id.replace('-', "_").to_lowercase());
        let excused = NOT_PRODUCED.iter().any(|(known, _)| *known == id);
        assert!(tests.contains(&test) || excused, "write `{test}`, or list {id} in NOT_PRODUCED");
    }
}

/// A probe is a filter for a GUID, form-encoded, without a User-Agent.
#[tokio::test]
async fn probe_user() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    idp.test_connection().await;
    let first = transcript.exchanges().swap_remove(0);
    let wanted = vector("probe-user")["path"].as_str().expect("a path").to_owned();
    let (start, end) = wanted.split_once("3e59e27b-68ad-41f5-bb0e-dadf130e2ac8").expect("the GUID");
    assert!(first.url.contains(start) && first.url.ends_with(end), "{}", first.url);
    assert_eq!(first.url.len() - first.url.find("/Users").expect("users"), wanted.len());
    assert_eq!(first.request_header("User-Agent"), None);
}

#[tokio::test]
async fn match_externalid() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &["+entra-extid-filter"]));
    assigned(&mut idp, User { mail_nickname: Some("johnwong".to_owned()), ..user("john@example.com") }).await;
    let wanted = vector("match-externalId")["path"].as_str().expect("a path").to_owned();
    assert!(transcript.exchanges().iter().any(|exchange| exchange.url.ends_with(&wanted)));
}

#[tokio::test]
async fn create_user_doc() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    let user = User {
        mail_nickname: Some("0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef".to_owned()),
        given_name: Some("givenName".to_owned()),
        family_name: Some("familyName".to_owned()),
        email: Some("Test_User_fd0ea19b-0777-472c-9f96-4f70d2226f2e@testuser.com".to_owned()),
        ..user("Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1")
    };
    assigned(&mut idp, user).await;
    assert_sent(&vector("create-user-doc"), &transcript);
    // Not only equal, but in the same order of keys.
    let sent = transcript.exchanges().iter().find_map(|e| (e.method == "POST").then(|| e.body.clone())?).expect("sent");
    assert_eq!(sent, vector("create-user-doc")["body"].to_string());
}

#[tokio::test]
async fn create_user_live_customext() {
    let fake = Fake::start().await;
    let text = "id = \"t\"\nextends = \"entra-default\"\nwithout = [\"entra-roles-empty\"]\n\
                unmap = [\"name.formatted\", \"externalId\"]\n";
    let (mut idp, transcript) = fake.idp(profile(text));
    let urn = "urn:ietf:params:scim:schemas:extension:custom:2.0:User";
    let user = User {
        given_name: Some("joe".to_owned()),
        family_name: Some("TestLastName1".to_owned()),
        email: Some("x@joe.com".to_owned()),
        title: Some("scim tester".to_owned()),
        custom: object(json!({format!("{urn}:employeeNumber"): "99887766", format!("{urn}:worksiteId"): "180"})),
        ..user("x@testaccount.onmicrosoft.com")
    };
    assigned(&mut idp, user).await;
    assert_sent(&vector("create-user-live-customext"), &transcript);
}

#[tokio::test]
async fn patch_mixed_add_replace() {
    let existing = json!({"userName": "x@example.com", "externalId": "u", "active": true, "title": "old"});
    let user = User { title: Some("tester".to_owned()), email: Some("x@joe.com".to_owned()), ..user("x@example.com") };
    matched("patch-mixed-add-replace", named("entra-default", &[]), existing, user).await;
}

#[tokio::test]
async fn patch_multi_replace() {
    let text = "id = \"t\"\nextends = \"entra-default\"\n[knobs]\nenvelope = \"operations-first\"\n\
                [[mapping]]\ntarget = \"name.formatted\"\nsource = \"displayName\"\n";
    let before = User {
        display_name: Some("Test".to_owned()),
        email: Some("test@example.com".to_owned()),
        given_name: Some("Test".to_owned()),
        family_name: Some("Test".to_owned()),
        ..user("test@example.com")
    };
    let set = json!({"display_name": "Test 01", "email": "test01@example.com", "user_name": "test01@example.com",
                     "family_name": "Tesst 01"});
    changed("patch-multi-replace", profile(text), before, set).await;
}

#[tokio::test]
async fn patch_email_address_dept() {
    let before =
        User { email: Some("old@example.com".to_owned()), office: Some("1/1".to_owned()), ..user("adele@example.com") };
    let set = json!({"mail": "AdeleV2@REDACTED.onmicrosoft.com", "office": "18/2111", "department": "Retail"});
    changed("patch-email-address-dept", named("entra-default", &[]), before, set).await;
}

#[tokio::test]
async fn patch_add_address_absent() {
    let set = json!({"physicalDeliveryOfficeName": "Columbus"});
    changed("patch-add-address-absent", named("entra-default", &[]), user("x@example.com"), set).await;
}

#[tokio::test]
async fn patch_add_name_replace_name() {
    let text = "id = \"t\"\nextends = \"entra-default\"\nunmap = [\"name.formatted\"]\n";
    let existing = json!({"userName": "x@example.com", "externalId": "u", "active": true,
                          "name": {"givenName": "", "familyName": "Foo"}});
    let user =
        User { given_name: Some("Bar".to_owned()), family_name: Some("Foo2".to_owned()), ..user("x@example.com") };
    matched("patch-add-name-replace-name", profile(text), existing, user).await;
}

#[tokio::test]
async fn patch_add_email() {
    let set = json!({"email": "something@outlook.com"});
    changed("patch-add-email", named("entra-default", &[]), user("x@example.com"), set).await;
}

#[tokio::test]
async fn patch_add_employeenumber() {
    let set = json!({"employeeId": "6546579"});
    changed("patch-add-employeeNumber", named("entra-default", &[]), user("x@example.com"), set).await;
}

#[tokio::test]
async fn patch_custom_mv_add() {
    let path = "urn:ietf:params:scim:schemas:extension:greenhouse:2.0:User:department_ids";
    let set = json!({path: [{"value": "1"}]});
    changed("patch-custom-mv-add", named("entra-default", &[]), user("x@example.com"), set).await;
}

#[tokio::test]
async fn manager_add_string() {
    managed("manager-add-string", named("entra-default", &[]), "45619541-95de-4d5e-9872-571b5d2c5577", false).await;
}

#[tokio::test]
async fn manager_add_string_lower() {
    let id = "2c2f6fb8-254f-492e-b7fe-c09c5a61c8a2";
    managed("manager-add-string-lower", named("entra-062020", &[]), id, false).await;
}

#[tokio::test]
async fn disable_string() {
    let text = "id = \"t\"\nextends = \"entra-default\"\n[knobs]\nenvelope = \"operations-first\"\n";
    disabled("disable-string", profile(text), &[]).await;
}

#[tokio::test]
async fn disable_string_lower() {
    let text = "id = \"t\"\nextends = \"entra-default\"\n[knobs]\nactive_type = \"lower-text\"\n";
    disabled("disable-string-lower", profile(text), &[]).await;
}

#[tokio::test]
async fn disable_add() {
    disabled("disable-add", named("entra-default", &[]), &["active"]).await;
    disabled("disable-add", named("entra-default", &["+entra-active-add"]), &[]).await;
}

#[tokio::test]
async fn disable_bool() {
    disabled("disable-bool", named("entra-062020", &[]), &[]).await;
}

#[tokio::test]
async fn update_multi_062020() {
    let text = "id = \"t\"\nextends = \"entra-062020\"\nunmap = [\"name.formatted\"]\n";
    let before = User {
        display_name: Some("B".to_owned()),
        email: Some("old@test.microsoft.com".to_owned()),
        given_name: Some("K".to_owned()),
        family_name: Some("U".to_owned()),
        employee_number: Some("A".to_owned()),
        ..user("x@example.com")
    };
    let set = json!({"display_name": "Bjfe", "email": "TestMhvaes@test.microsoft.com", "given_name": "Kkom",
                     "family_name": "Unua", "employee_number": "Aklq"});
    changed("update-multi-062020", profile(text), before, set).await;
}

fn role(id: &str, value: &str, name: &str) -> AppRole {
    AppRole { id: id.to_owned(), value: value.to_owned(), display_name: name.to_owned() }
}

#[tokio::test]
async fn roles_single_patch() {
    let roles = vec![role("06b07648-ecfe-589f-9d2f-6325724a46ee", "25", "Role1234")];
    let existing = json!({"userName": "x@example.com", "externalId": "u", "active": true});
    let user = User { roles, ..user("x@example.com") };
    matched("roles-single-patch", named("entra-default", &["+entra-roles-json-string"]), existing, user).await;
}

#[tokio::test]
async fn roles_complex_patch() {
    let roles = vec![
        role("827f0d2e-be15-4d8f-a8e3-f8697239c112", "DocumentMgmt-Admin", "DocumentMgmt Admin"),
        role("8ae06bd4-35bb-4fcd-977e-14e074ad1192", "Admin", "Admin"),
    ];
    let existing = json!({"userName": "x@example.com", "externalId": "u", "active": true});
    let user = User { roles, ..user("x@example.com") };
    matched("roles-complex-patch", named("entra-default", &["+entra-roles-json-string"]), existing, user).await;
}

fn group(object_id: &str, name: &str) -> Group {
    Group {
        key: "g".to_owned(),
        object_id: Some(object_id.to_owned()),
        display_name: name.to_owned(),
        members: Vec::new(),
    }
}

#[tokio::test]
async fn group_create_doc() {
    let profile = named("entra-default", &["+entra-adscim-group-schema", "-entra-group-members-empty"]);
    let text = profile.knobs.show("group_create_members");
    assert_eq!(text.as_deref(), Some("\"none\""));
    grouped("group-create-doc", profile, group("8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName"), None, false)
        .await;
}

#[tokio::test]
async fn group_create_live() {
    let group = group("0899060-370e-46a-bc5f-3aas207ed41d", "Org Admin");
    grouped("group-create-live", named("entra-default", &[]), group, None, false).await;
}

#[tokio::test]
async fn group_add_member_ref_null() {
    let profile = named("entra-default", &["+entra-members-ref-null"]);
    grouped("group-add-member-ref-null", profile, group("g", "G"), Some("f648f8d5ea4e4cd38e9c"), false).await;
}

#[tokio::test]
async fn group_remove_member_ref_null() {
    let profile = named("entra-default", &["+entra-members-ref-null"]);
    grouped("group-remove-member-ref-null", profile, group("g", "G"), Some("f648f8d5ea4e4cd38e9c"), true).await;
}

#[tokio::test]
async fn group_remove_member_value() {
    let profile = named("entra-default", &[]);
    grouped("group-remove-member-value", profile, group("g", "G"), Some("u1091"), true).await;
}

#[tokio::test]
async fn group_remove_member_filter() {
    let profile = named("entra-062020", &[]);
    let id = "7f4bc1a3-285e-48ae-8202-5accb43efb0e";
    grouped("group-remove-member-filter", profile, group("g", "G"), Some(id), true).await;
}

#[tokio::test]
async fn group_rename_doc() {
    let fake = Fake::start().await;
    let (mut idp, transcript) = fake.idp(named("entra-default", &[]));
    idp.change(Change::AddGroup(group("g", "G"))).expect("fits");
    idp.change(Change::PushGroup { key: "g".to_owned() }).expect("fits");
    idp.settle().await;
    let name = "1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName".to_owned();
    idp.change(Change::RenameGroup { key: "g".to_owned(), name }).expect("fits");
    idp.settle().await;
    assert_sent(&vector("group-rename-doc"), &transcript);
}

#[tokio::test]
async fn val_username_pathless() {
    let set = json!({"user_name": "burdette@beer.co.uk"});
    changed("val-username-pathless", named("entra-validator", &[]), user("x@example.com"), set).await;
}

#[tokio::test]
async fn val_manager_remove() {
    managed("val-manager-remove", named("entra-validator", &[]), "m-1", true).await;
}

#[tokio::test]
async fn val_group_add_member() {
    let profile = named("entra-validator", &[]);
    let id = "805d32c6-9e01-43b9-9735-4576cae634b5";
    grouped("val-group-add-member", profile, group("g", "G"), Some(id), false).await;
}

/// The validator adds and removes a member in one PATCH: no profile has a reason to, and the scenario of that preview sends
/// these operations.
#[test]
fn val_group_add_remove() {
    let feature = include_str!("../../features/entra/validator-groups.feature");
    let scenario = feature.split("@ENTRA-VAL-P5").nth(1).expect("the scenario");
    let body = scenario.split("\"\"\"").nth(1).expect("a body").replace("{ada}", "761ac150");
    let sent: Value = serde_json::from_str(&body).expect("operations");
    assert_eq!(sorted(&sent), sorted(&vector("val-group-add-remove")["body"]["Operations"]));
}

//! Queries: parameters, projection, sort.

use scimulate::scim::{
    leniency::Leniency,
    projection::{Projection, project},
    query::{ListQuery, Scope, sort},
};
use serde_json::{Value, json};

use super::helpers::{at, keyword, registry, user};

fn query(text: &str) -> Result<ListQuery, scimulate::scim::error::ScimError> {
    let registry = registry();
    let leniency = Leniency::lenient();
    let types = [at(&registry, "/Users")];
    ListQuery::from_query_string(text, &Scope::new(&types, &registry, &leniency))
}

/// Blanks come as `+` and as `%20`; a `+` in a value comes as `%2B`.
#[test]
fn a_query_string_is_decoded() {
    for text in [
        "filter=userName+eq+%22a%2Bb%40c%22&startIndex=1&count=100",
        "filter=userName%20eq%20%22a%2Bb%40c%22&startIndex=1&count=100&foo=bar",
    ] {
        let query = query(text).expect("a query");
        assert_eq!(query.filter.expect("a filter").to_string(), r#"userName eq "a+b@c""#);
        assert_eq!((query.start_index, query.count), (1, Some(100)));
    }
}

/// Odd numbers are read as RFC 7644 section 3.4.2.4 says, the rest is refused.
#[test]
fn paging_parameters() {
    let page = |text: &str| query(text).map(|query| (query.start_index, query.count));
    assert_eq!(page(""), Ok((1, None)));
    assert_eq!(page("startIndex=0&count=-1"), Ok((1, Some(0))));
    assert_eq!(page("startindex=-5&COUNT=0"), Ok((1, Some(0))));
    assert_eq!(page("startIndex=99999999999999999999"), Ok((i64::MAX as usize, None)));
    for (text, expected) in [
        ("count=abc", "400 invalidValue"),
        ("cursor=&count=abc", "400 invalidCount"),
        ("startIndex=1.5", "400 invalidValue"),
        ("cursor=x&startIndex=1", "400 invalidCursor"),
        ("filter=", "400 invalidFilter"),
        ("filter=+", "400 invalidFilter"),
        ("filter=userName+pr&filter=title+pr", "400 invalidValue"),
        ("sortOrder=desc", "400 invalidValue"),
        ("sortBy=name", "400 invalidPath"),
        ("attributes=userName&excludedAttributes=emails", "400 invalidValue"),
    ] {
        assert_eq!(keyword(query(text)), expected, "{text}");
    }
}

/// `attributes` shows the minimum and what is named, `excludedAttributes` the rest without what is named.
#[test]
fn projections() {
    let registry = registry();
    let rt = at(&registry, "/Users");
    let mut user = user();
    user["id"] = json!("1");
    user["password"] = json!("secret");
    let show = |attributes: Option<&str>, excluded: Option<&str>| -> Value {
        let projection = Projection::parse(attributes, excluded, rt, &registry).expect("a projection");
        project(&user, &projection, rt, &registry)
    };
    let schemas = user["schemas"].clone();
    assert_eq!(
        show(Some("USERNAME,password"), None),
        json!({ "schemas": schemas, "userName": "bjensen@example.com", "id": "1" })
    );
    assert_eq!(
        show(Some("name.givenName, emails.value"), None),
        json!({
            "schemas": schemas, "name": { "givenName": "Barbara" },
            "emails": [{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }], "id": "1",
        })
    );
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(
        show(Some(&format!("{enterprise}:department")), None),
        json!({ "schemas": schemas, enterprise: { "department": "Tour Operations" }, "id": "1" })
    );
    assert_eq!(show(Some(enterprise), None)[enterprise], user[enterprise]);
    let rest = show(None, Some("id,emails.type,name"));
    assert_eq!(rest["id"], "1");
    assert!(rest.get("name").is_none() && rest.get("password").is_none());
    assert_eq!(rest["emails"][1], json!({ "value": "babs@jensen.org" }));
    assert!(show(None, None).get("password").is_none());
}

/// Missing values come last, in descending order first; case does not count where it does not.
#[test]
fn sorting() {
    let registry = registry();
    let rt = at(&registry, "/Users");
    let names = |list: &[Value]| -> Vec<String> {
        list.iter().map(|user| user["id"].as_str().unwrap_or("").to_owned()).collect()
    };
    let mut users = vec![
        json!({ "id": "1", "title": "b", "emails": [{ "value": "z" }, { "value": "a", "primary": true }] }),
        json!({ "id": "2" }),
        json!({ "id": "3", "title": "A", "emails": [{ "value": "m" }] }),
    ];
    let path = |text: &str| scimulate::scim::path::AttrPath::parse(text).expect("a path");
    sort(&mut users, &path("title"), false, rt, &registry).expect("sorted");
    assert_eq!(names(&users), ["3", "1", "2"]);
    sort(&mut users, &path("title"), true, rt, &registry).expect("sorted");
    assert_eq!(names(&users), ["2", "1", "3"]);
    sort(&mut users, &path("emails"), false, rt, &registry).expect("sorted");
    assert_eq!(names(&users), ["1", "3", "2"]);
}

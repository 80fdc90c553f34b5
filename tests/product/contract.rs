//! The API's own description, `/openapi.json`, held against what the handlers do: every accepted request and every answer
//! of every test is validated, and no route is missing.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Mutex, OnceLock},
};

use reqwest::Method;
use serde_json::{Value, json};

use super::server::Server;

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/api/openapi.json");
        serde_json::from_str(&fs::read_to_string(path).expect("the description")).expect("JSON")
    })
}

/// Every route of the description.
pub fn routes() -> Vec<(Method, String)> {
    let paths = document()["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().expect("operations").keys();
            methods.map(|method| (method.to_uppercase().parse().expect("a method"), path.clone()))
        })
        .collect()
}

/// Those of them that need credentials.
pub fn guarded_routes() -> Vec<(Method, String)> {
    let open = |method: &Method, path: &str| {
        document()["paths"][path][method.as_str().to_lowercase()]["security"].as_array().is_some_and(Vec::is_empty)
    };
    routes().into_iter().filter(|(method, path)| !open(method, path)).collect()
}

/// Whether the token of a SCIM connection opens a route.
pub fn takes_connection_token(method: &Method, path: &str) -> bool {
    let security = &document()["paths"][path][method.as_str().to_lowercase()]["security"];
    security.as_array().is_some_and(|ways| ways.iter().any(|way| way.get("connection").is_some()))
}

/// The path of the description that a request's path matches; a literal segment wins over a parameter.
fn template(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('/').collect();
    let matching = document()["paths"].as_object().expect("paths").keys().filter(|template| {
        let own: Vec<&str> = template.split('/').collect();
        own.len() == segments.len()
            && own.iter().zip(&segments).all(|(own, given)| own.starts_with('{') || own == given)
    });
    matching.min_by_key(|template| template.matches('{').count()).map(String::as_str)
}

/// Fails the test if `value` is not what the schema at `pointer` says. Compiling is slow, so that each is kept.
fn validate(pointer: &str, value: &Value, what: &str) {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, jsonschema::Validator>>> = OnceLock::new();
    let mut validators = VALIDATORS.get_or_init(Mutex::default).lock().expect("no panic");
    let validator = validators.entry(pointer.to_owned()).or_insert_with(|| {
        let mut schema = document().pointer(pointer).unwrap_or_else(|| panic!("no schema at {pointer}")).clone();
        schema["components"] = document()["components"].clone();
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a valid schema")
    });
    let problems: Vec<String> =
        validator.iter_errors(value).map(|problem| format!("{}: {problem}", problem.instance_path())).collect();
    drop(validators);
    assert!(problems.is_empty(), "{what} is not as described:\n{}\n{value}", problems.join("\n"));
}

/// Holds one exchange against the description.
pub fn hold(method: &Method, path: &str, sent: &[u8], status: u16, answer: &Value) {
    let described = template(path).and_then(|template| {
        let operation =
            format!("/paths/{}/{}", template.replace('~', "~0").replace('/', "~1"), method.as_str().to_lowercase());
        document().pointer(&operation).map(|_| operation)
    });
    match described {
        Some(operation) if (200..300).contains(&status) => {
            let schema = "content/application~1json/schema";
            let described = format!("{operation}/responses/{status}");
            assert!(
                document().pointer(&described).is_some(),
                "{method} {path} answered {status}, which is not described"
            );
            let content = format!("{described}/{schema}");
            if document().pointer(&content).is_some() {
                validate(&content, answer, &format!("the answer of {method} {path}"));
            } else {
                assert!(answer.is_null(), "{method} {path} answered a body that is not described: {answer}");
            }
            let body = format!("{operation}/requestBody/{schema}");
            if document().pointer(&body).is_some() && !sent.is_empty() {
                let sent = serde_json::from_slice(sent).expect("an accepted body is JSON");
                validate(&body, &sent, &format!("the accepted body of {method} {path}"));
            }
        }
        Some(_) => validate("/components/schemas/Error", answer, &format!("the error of {method} {path}")),
        None => assert!(status >= 400, "{method} {path} answered {status} and is not described"),
    }
}

/// Protects readers of the description from routes that it forgets: every path in the sources stands in it.
#[test]
fn every_route_of_the_sources_is_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/api");
    let mut files = vec![folder];
    let mut found = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        for literal in text.split('"').filter(|literal| literal.starts_with("/v1/") && !literal.contains(' ')) {
            found += 1;
            let known = document()["paths"].get(literal).is_some();
            assert!(known, "{}: {literal} is not in openapi.json: describe it there", path.display());
        }
    }
    assert!(found > 20, "the routes are written in another way now: mend this test");
}

/// Protects the operations of the server: health and description need no credentials, metrics do and count.
#[tokio::test]
async fn health_description_and_metrics_are_served() {
    let server = Server::start().await;
    let open = |path: &str| server.http.get(format!("{}{path}", server.url)).send();
    let health: Value = open("/healthz").await.expect("an answer").json().await.expect("JSON");
    assert_eq!(health["status"], "ok");
    let described: Value = open("/openapi.json").await.expect("an answer").json().await.expect("JSON");
    assert_eq!(described["openapi"], "3.1.0");
    assert_eq!(described["servers"], json!([{"url": server.url}]));
    assert_eq!(open("/metrics").await.expect("an answer").status(), 401);
    let organization = server.organization("Metrics").await;
    server.member(&organization, "ada@acme.example").await;
    let answer = server.request(Method::GET, "/metrics").send().await.expect("an answer");
    let text = answer.text().await.expect("a text");
    assert!(text.contains("\nscimulate_members{status=\"active\"} 1\n"), "{text}");
}

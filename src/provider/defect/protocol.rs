//! Defects of the SCIM protocol: layers that change a request on its way in, or an answer on its way out.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, Response as Http, StatusCode, header, request::Parts},
    middleware::{Next, from_fn},
    response::Response,
};
use serde_json::{Value, json};

use crate::{
    provider::{app::State, scim_http},
    scim::error::{ScimError, ScimType},
};

/// More than any body that the provider takes.
const MOST: usize = 64 << 20;

/// A SCIM request with its body read.
struct Opened {
    parts: Parts,
    bytes: Bytes,
    json: Value,
}

impl Opened {
    async fn read(request: Request) -> Opened {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, MOST).await.unwrap_or_default();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Opened { parts, bytes, json }
    }

    /// Whether it is a request of this method to `/Users` or `/Groups`, or to something below.
    fn is(&self, method: &Method, endpoint: &str) -> bool {
        let path = self.parts.uri.path();
        self.parts.method == *method && scim_http::serves(path) && path.split('/').any(|segment| segment == endpoint)
    }

    /// The request as it came.
    fn unchanged(self) -> Request {
        Request::from_parts(self.parts, Body::from(self.bytes))
    }

    /// The request with another body.
    fn with(mut self, json: &Value) -> Request {
        self.parts.headers.remove(header::CONTENT_LENGTH);
        Request::from_parts(self.parts, Body::from(json.to_string()))
    }

    /// A read of the resource that the request was to change.
    fn read_instead(self) -> Request {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.parts.uri;
        if let Some(authorization) = self.parts.headers.get(header::AUTHORIZATION) {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        request
    }
}

fn operations(json: &Value) -> &[Value] {
    json["Operations"].as_array().map_or(&[], Vec::as_slice)
}

fn op_is(operation: &Value, op: &str) -> bool {
    operation["op"].as_str().is_some_and(|word| word.eq_ignore_ascii_case(op))
}

fn path_is(operation: &Value, path: &str) -> bool {
    operation["path"].as_str().is_some_and(|word| word.eq_ignore_ascii_case(path))
}

/// Runs a PATCH without the operations that the server does not see. When none is left it answers 200 with the resource,
/// as if it had done something.
async fn ignoring(opened: Opened, next: Next, ignored: impl Fn(&Value) -> bool) -> Response {
    let kept: Vec<Value> = operations(&opened.json).iter().filter(|one| !ignored(one)).cloned().collect();
    if kept.len() == operations(&opened.json).len() {
        return next.run(opened.unchanged()).await;
    }
    if kept.is_empty() {
        return next.run(opened.read_instead()).await;
    }
    let mut json = opened.json.clone();
    json["Operations"] = kept.into();
    next.run(opened.with(&json)).await
}

/// The strings `"True"` and `"False"` for `active` are ignored, with 200.
pub(super) fn string_false_ignored(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        if opened.is(&Method::PATCH, "Users") {
            return ignoring(opened, next, |operation| {
                (path_is(operation, "active") && operation["value"].is_string())
                    || (operation["path"].is_null() && operation["value"]["active"].is_string())
            })
            .await;
        }
        if opened.is(&Method::PUT, "Users") && opened.json["active"].is_string() {
            let json = without(&opened.json, "active");
            return next.run(opened.with(&json)).await;
        }
        next.run(opened.unchanged()).await
    }))
}

fn without(json: &Value, name: &str) -> Value {
    let mut json = json.clone();
    if let Value::Object(members) = &mut json {
        members.shift_remove(name);
    }
    json
}

/// `Replace` is refused: `op` is compared with its lower-case words.
pub(super) fn op_case_sensitive(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        let patch = opened.is(&Method::PATCH, "Users") || opened.is(&Method::PATCH, "Groups");
        let unknown =
            |operation: &Value| operation["op"].as_str().is_some_and(|op| !matches!(op, "add" | "replace" | "remove"));
        if patch && operations(&opened.json).iter().any(unknown) {
            return refused(&ScimError::bad(ScimType::InvalidSyntax, "op must be one of add, remove, replace"));
        }
        next.run(opened.unchanged()).await
    }))
}

/// `add` of `active` is ignored: only `replace` is looked at.
pub(super) fn add_active_ignored(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        if opened.is(&Method::PATCH, "Users") {
            return ignoring(opened, next, |operation| op_is(operation, "add") && path_is(operation, "active")).await;
        }
        next.run(opened.unchanged()).await
    }))
}

/// Operations without a path are ignored.
pub(super) fn pathless_patch_ignored(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        if opened.is(&Method::PATCH, "Users") || opened.is(&Method::PATCH, "Groups") {
            return ignoring(opened, next, |operation| operation["path"].is_null()).await;
        }
        next.run(opened.unchanged()).await
    }))
}

/// PUT writes the profile and leaves `active` as it is.
pub(super) fn put_ignores_active(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        if opened.is(&Method::PUT, "Users") {
            let json = without(&opened.json, "active");
            return next.run(opened.with(&json)).await;
        }
        next.run(opened.unchanged()).await
    }))
}

/// `remove` of `members` with a list of values removes every member.
pub(super) fn remove_value_empties_group(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        if opened.is(&Method::PATCH, "Groups") {
            let mut json = opened.json.clone();
            for operation in json["Operations"].as_array_mut().map_or(&mut [][..], Vec::as_mut_slice) {
                if op_is(operation, "remove") && path_is(operation, "members") {
                    *operation = without(operation, "value");
                }
            }
            return next.run(opened.with(&json)).await;
        }
        next.run(opened.unchanged()).await
    }))
}

/// Whether the request is a query of users.
fn is_user_query(request: &Request) -> bool {
    let path = request.uri().path().trim_end_matches('/');
    request.method() == Method::GET && scim_http::serves(path) && path.ends_with("/Users")
}

/// Users that are not active do not exist for a query.
pub(super) fn inactive_hidden(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let query = is_user_query(&request);
        let response = next.run(request).await;
        if !query || response.status() != StatusCode::OK {
            return response;
        }
        rewritten(response, |json| {
            let Some(resources) = json["Resources"].as_array_mut() else { return };
            let before = resources.len();
            resources.retain(|user| user["active"] != Value::Bool(false));
            let (shown, hidden) = (resources.len(), before - resources.len());
            json["itemsPerPage"] = shown.into();
            json["totalResults"] =
                json["totalResults"].as_u64().map_or(0, |total| total.saturating_sub(hidden as u64)).into();
        })
        .await
    }))
}

/// A filter that finds nobody is answered 404.
pub(super) fn filter_miss_404(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let filtered = is_user_query(&request) && request.uri().query().is_some_and(|query| query.contains("filter="));
        let response = next.run(request).await;
        if !filtered || response.status() != StatusCode::OK {
            return response;
        }
        let (parts, json) = read_answer(response).await;
        if json["totalResults"] == 0 {
            return refused(&ScimError::not_found("no user matches the filter"));
        }
        Response::from_parts(parts, Body::from(json.to_string()))
    }))
}

/// A second create of the same user is answered 200 with the first.
pub(super) fn duplicate_create_200(router: Router, _: &State) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let opened = Opened::read(request).await;
        let Some(user_name) = opened.json["userName"].as_str().filter(|_| opened.is(&Method::POST, "Users")) else {
            return next.run(opened.unchanged()).await;
        };
        let literal = Value::from(user_name).to_string();
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("filter", &format!("userName eq {literal}"))
            .finish();
        let Ok(uri) = format!("{}?{query}", opened.parts.uri.path()).parse() else {
            return next.run(opened.unchanged()).await;
        };
        let mut look_up = Request::new(Body::empty());
        *look_up.uri_mut() = uri;
        if let Some(authorization) = opened.parts.headers.get(header::AUTHORIZATION) {
            look_up.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let response = next.clone().run(opened.unchanged()).await;
        if response.status() != StatusCode::CONFLICT {
            return response;
        }
        let (_, found) = read_answer(next.run(look_up).await).await;
        answered(StatusCode::OK, &found["Resources"][0])
    }))
}

/// A deactivated member can open a session.
pub(super) fn sign_in_after_deactivation(router: Router, state: &State) -> Router {
    let state = state.clone();
    router.layer(from_fn(move |request: Request, next: Next| {
        let state = state.clone();
        async move {
            let opened = Opened::read(request).await;
            if opened.parts.uri.path() != "/v1/b2b/sessions/create" {
                return next.run(opened.unchanged()).await;
            }
            let (member, email) = (opened.json["member_id"].as_str(), opened.json["email_address"].as_str());
            let which = member.or(email).unwrap_or_default().to_owned();
            let organization = opened.json["organization_id"].as_str().unwrap_or_default().to_owned();
            let set = |from: &str, to: &str| {
                let changed = state.store.write::<usize, crate::provider::store::StoreError>(|tx| {
                    Ok(tx.execute(
                        "UPDATE members SET status = ?4 WHERE organization_id = ?1 AND status = ?3
                           AND (member_id = ?2 OR email_fold = lower(?2))",
                        [&organization, &which, from, to],
                    )?)
                });
                changed.unwrap_or(0) > 0
            };
            let was_deleted = set("deleted", "active");
            let response = next.run(opened.unchanged()).await;
            if was_deleted {
                set("active", "deleted");
            }
            response
        }
    }))
}

fn answered(status: StatusCode, json: &Value) -> Response {
    let mut response = Http::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(scim_http::MEDIA_TYPE));
    response
}

fn refused(error: &ScimError) -> Response {
    answered(StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST), &error.to_json())
}

async fn read_answer(response: Response) -> (axum::http::response::Parts, Value) {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let bytes = to_bytes(body, MOST).await.unwrap_or_default();
    (parts, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({})))
}

async fn rewritten(response: Response, rewrite: impl FnOnce(&mut Value)) -> Response {
    let (parts, mut json) = read_answer(response).await;
    rewrite(&mut json);
    Response::from_parts(parts, Body::from(json.to_string()))
}

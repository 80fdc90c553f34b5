//! What whoever runs the provider asks for: `/healthz`, `/metrics` and the API's own description, `/openapi.json`.
//!
//! The description is written by hand and held against the handlers by the tests, which validate every request that was
//! accepted and every answer against it.

use std::fmt::Write as _;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use serde_json::{Value, json};

use super::{context::Context, error::ApiError};

/// The OpenAPI 3.1 document, without the server's address.
static DOCUMENT: &str = include_str!("openapi.json");

/// The routes that need no credentials: they tell nothing about anybody.
pub fn public_routes() -> Router<Context> {
    Router::new().route("/healthz", routing::get(health)).route("/openapi.json", routing::get(openapi))
}

/// The routes that need credentials.
pub fn routes() -> Router<Context> {
    Router::new().route("/metrics", routing::get(metrics))
}

/// 200 if the store answers, 503 if not.
async fn health(State(context): State<Context>) -> Response {
    let alive = context.read(|conn| Ok(conn.query_row("SELECT 1", [], |_| Ok(()))?)).is_ok();
    let (status, word) = if alive { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    (status, Json(json!({"status": word, "version": env!("CARGO_PKG_VERSION")}))).into_response()
}

async fn openapi(State(context): State<Context>) -> Response {
    // The document is part of the program; the test that reads it would find it broken.
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let settings = &context.state.settings;
    document["servers"] = json!([{"url": settings.api_base_url}]);
    document["components"]["securitySchemes"]["machine"]["flows"]["clientCredentials"]["tokenUrl"] =
        json!(format!("{}/v1/public/{}/oauth2/token", settings.api_base_url, settings.project_id));
    Json(document).into_response()
}

/// A gauge: name, help, label, and the SQL that gives (label value, number).
type Gauge = (&'static str, &'static str, &'static str, &'static str);

const GAUGES: &[Gauge] = &[
    (
        "scimulate_members",
        "Members by status.",
        "status",
        "SELECT status, count(*) FROM members GROUP BY status ORDER BY status",
    ),
    (
        "scimulate_scim_connections",
        "SCIM connections by status.",
        "status",
        "SELECT status, count(*) FROM scim_connections GROUP BY status ORDER BY status",
    ),
    (
        "scimulate_sessions",
        "Sessions by whether they were revoked.",
        "state",
        "SELECT iif(revoked_at IS NULL, 'open', 'revoked'), count(*) FROM sessions GROUP BY 1 ORDER BY 1",
    ),
    (
        "scimulate_webhook_deliveries",
        "Webhook deliveries by status.",
        "status",
        "SELECT status, count(*) FROM deliveries GROUP BY status ORDER BY status",
    ),
    (
        "scimulate_webhook_endpoints",
        "Webhook endpoints by whether they are disabled.",
        "state",
        "SELECT iif(disabled_at IS NULL, 'enabled', 'disabled'), count(*) FROM webhook_endpoints GROUP BY 1 ORDER BY 1",
    ),
    (
        "scimulate_event_streams",
        "Open streams of security events by status.",
        "status",
        "SELECT status, count(*) FROM event_streams WHERE closed_at IS NULL GROUP BY status ORDER BY status",
    ),
    (
        "scimulate_security_events",
        "Security events by status.",
        "status",
        "SELECT status, count(*) FROM security_events GROUP BY status ORDER BY status",
    ),
];

/// A gauge without a label: name, help, and the SQL that gives the number.
const PLAIN: &[(&str, &str, &str)] = &[
    (
        "scimulate_webhook_queue_depth",
        "Webhook deliveries that are to be sent, now or later.",
        "SELECT count(*) FROM deliveries WHERE status = 'pending'",
    ),
    (
        "scimulate_store_size_bytes",
        "Size of the database.",
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    ),
];

/// The Prometheus text format: requests since the start, and what is counted in the tables at each scrape
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
async fn metrics(State(context): State<Context>) -> Result<Response, ApiError> {
    let text = context.read(|conn| {
        let mut text = String::new();
        context.state.metrics.write(&mut text);
        for (name, help, sql) in PLAIN {
            let number: i64 = conn.query_row(sql, [], |row| row.get(0))?;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {number}");
        }
        for (name, help, label, sql) in GAUGES {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (value, count): (String, i64) = (row.get(0)?, row.get(1)?);
                let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
            }
        }
        Ok(text)
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

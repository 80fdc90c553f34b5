//! A defect of order: events are committed and delivered before the change that they tell of.
//!
//! A change of a User is rehearsed first, on a copy of the tables. The events that it wrote there are put into the real
//! outbox; when they are delivered the change is made in earnest, with rules that emit nothing. What a receiver reads
//! back on arrival is therefore the state before.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::Method,
    middleware::{Next, from_fn},
};
use rusqlite::{params, params_from_iter, types::Value};
use tower::ServiceExt as _;

use super::{Routes, effects};
use crate::provider::{
    app::State,
    scim_http,
    store::{Store, StoreError, Transaction},
};

/// How long a receiver may take before the change is made all the same.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn webhook_before_commit(routes: Routes, state: &State) -> Router {
    let mut rules = (*state.rules).clone();
    effects::silent(&mut rules);
    let silent = routes(&State { rules: Arc::new(rules), ..state.clone() });
    let router = routes(state);
    let state = state.clone();
    router.layer(from_fn(move |request: Request, next: Next| {
        let (silent, state, routes) = (silent.clone(), state.clone(), Arc::clone(&routes));
        async move {
            let path = request.uri().path();
            let changes = matches!(*request.method(), Method::PUT | Method::PATCH | Method::DELETE);
            if !changes || !scim_http::serves(path) || !path.contains("/Users/") {
                return next.run(request).await;
            }
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let rehearsed = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
            if announce(&routes, &state, rehearsed).await.is_ok() {
                // If the receiver never answers, the change must not be lost.
                let _ = tokio::time::timeout(PATIENCE, delivered(&state.store)).await;
            }
            let Ok(response) = silent.oneshot(Request::from_parts(parts, Body::from(bytes))).await;
            response
        }
    }))
}

/// Rehearses the request and commits the events it would cause.
async fn announce(routes: &Routes, state: &State, request: Request) -> Result<(), StoreError> {
    let copy = copy_of(&state.store)?;
    let last = last_event(&copy)?;
    let Ok(_) = routes(&State { store: copy.clone(), ..state.clone() }).oneshot(request).await;
    let events = rows(&copy, &format!("SELECT * FROM outbox WHERE seq > {last} ORDER BY seq"))?;
    let deliveries = rows(&copy, &format!("SELECT * FROM deliveries WHERE seq > {last}"))?;
    state.store.write(|tx| {
        for mut event in events {
            let old = std::mem::replace(&mut event[0], Value::Null);
            insert(tx, "outbox", &event)?;
            let seq = tx.last_insert_rowid();
            for delivery in deliveries.iter().filter(|delivery| delivery[1] == old) {
                let mut delivery = delivery.clone();
                delivery[1] = Value::Integer(seq);
                insert(tx, "deliveries", &delivery)?;
            }
        }
        Ok(())
    })
}

fn last_event(store: &Store) -> Result<i64, StoreError> {
    store.read(|conn| Ok(conn.query_row("SELECT coalesce(max(seq), 0) FROM outbox", [], |row| row.get(0))?))
}

/// All tables, in a store of their own.
fn copy_of(store: &Store) -> Result<Store, StoreError> {
    let copy = Store::in_memory()?;
    let tables = rows(&copy, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    copy.write::<(), StoreError>(|tx| {
        tx.execute_batch("PRAGMA defer_foreign_keys = ON")?;
        for table in &tables {
            let Value::Text(table) = &table[0] else { continue };
            tx.execute(&format!("DELETE FROM {table}"), params![])?;
            for row in rows(store, &format!("SELECT * FROM {table}"))? {
                insert(tx, table, &row)?;
            }
        }
        Ok(())
    })?;
    Ok(copy)
}

fn insert(tx: &Transaction, table: &str, row: &[Value]) -> Result<(), StoreError> {
    let places = vec!["?"; row.len()].join(", ");
    tx.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?.execute(params_from_iter(row))?;
    Ok(())
}

fn rows(store: &Store, sql: &str) -> Result<Vec<Vec<Value>>, StoreError> {
    store.read(|conn| {
        let mut statement = conn.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

/// Ends when nothing is pending.
async fn delivered(store: &Store) {
    loop {
        let pending = store.read::<bool, StoreError>(|conn| {
            let mut statement = conn.prepare_cached("SELECT 1 FROM deliveries WHERE status = 'pending' LIMIT 1")?;
            Ok(statement.exists([])?)
        });
        if !pending.unwrap_or(false) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

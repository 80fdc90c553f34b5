//! What a connection of the server talks to: telemetry, then the guard, then the surface that the path belongs to.
//!
//! A request for the SCIM surface goes there directly: a router and layers around it would cost as much as reading a
//! resource does. Everything else, and everything of a provider with a defect in a layer, takes the router.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response};
use tower::{Service, ServiceExt as _};

use super::{State, guard::guard};
use crate::provider::{scim_http, telemetry::observe};

/// The whole provider as a service. Clones share it.
#[derive(Clone)]
pub(super) struct Front(Arc<Inner>);

struct Inner {
    state: State,
    routes: Router,
    direct: bool,
}

impl Front {
    /// `direct`: whether nothing lies around the routes.
    pub(super) fn new(state: State, routes: Router, direct: bool) -> Front {
        Front(Arc::new(Inner { state, routes, direct }))
    }

    async fn answer(self, request: Request) -> Response {
        let Inner { state, routes, direct } = &*self.0;
        let answer = async |request: Request| {
            if *direct && scim_http::serves(request.uri().path()) {
                scim_http::serve(state, request).await
            } else {
                let answered: Result<Response, Infallible> = routes.clone().oneshot(request).await;
                match answered {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };
        observe(&state.metrics, request, async |request| guard(request, answer).await).await
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let front = self.clone();
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

//! RFC 9967 section 2.5: asynchronous requests.

use crate::check::{Check, Context, Seen, Sight, judging::sight};

pub(in crate::check) static CHECKS: &[Check] = &[check! {
    Exchange(asked_for), "RFC9967-2.5.1.1-R6" / "only-when-asked-for",
    summary: "202 is answered only to a client that prefers it",
    how: "Every answer to POST, PUT, PATCH or DELETE of a resource whose request has no Prefer: respond-async: the status \
          is not 202.",
    why: "a client that knows nothing of asynchronous requests takes 202 for done, or for a failure",
}];

fn asked_for(seen: &Seen<'_>, _: &Context<'_>) -> Sight {
    (seen.is_create() || matches!(seen.method(), "PUT" | "PATCH" | "DELETE")).then_some(())?;
    seen.place.endpoint()?;
    let prefers = seen.exchange.request_header("prefer").unwrap_or_default().to_ascii_lowercase();
    (!prefers.contains("respond-async")).then_some(())?;
    sight(seen.status() != 202, "an answer that says what was done", || "202".to_owned())
}

//! HTTP Archive 1.2: every exchange of the run, one page a scenario, for the network panels of browsers and for
//! `scimulate judge`.

use std::io;

use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{run::Run, text::name};
use crate::{verdict::Kind, wire::har};

/// The HAR document of a run. Checks send nothing, so they have no page.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let mut pages = Vec::new();
    let mut entries = Vec::new();
    for result in run.results.iter().filter(|result| result.kind == Kind::Scenario) {
        let Some(first) = result.transcript.first() else { continue };
        let page = format!("page-{}", pages.len() + 1);
        pages.push(json!({
            "startedDateTime": first.at.format(&Rfc3339).unwrap_or_default(),
            "id": page,
            "title": name(result),
            "pageTimings": {},
            "comment": format!("{}: {}", result.verdict.word(), result.title),
        }));
        entries.extend(result.transcript.iter().map(|exchange| {
            let mut entry = har::entry(exchange);
            entry["pageref"] = json!(page);
            entry
        }));
    }
    let mut bytes = serde_json::to_vec_pretty(&har::archive(pages, entries))?;
    bytes.push(b'\n');
    Ok(bytes)
}

//! HTTP Archive 1.2: every exchange of the run, one page a scenario, for the network panels of browsers and for
//! `scimulate judge`.

use std::io;

use serde_json::{Value, json};

use super::{run::Run, text::name};
use crate::{verdict::Kind, wire::har};

/// The HAR document of a run. Checks send nothing, so they have no page.
pub(super) fn render(run: &Run) -> io::Result<Vec<u8>> {
    let scenarios: Vec<_> =
        run.results.iter().filter(|result| result.kind == Kind::Scenario && !result.transcript.is_empty()).collect();
    let mut archive = har::write(scenarios.iter().flat_map(|result| &result.transcript));
    let mut pages = Vec::new();
    let mut entries = archive["log"]["entries"].as_array_mut().into_iter().flatten();
    for result in scenarios {
        let id = format!("page-{}", pages.len() + 1);
        let mut started = Value::Null;
        for entry in entries.by_ref().take(result.transcript.len()) {
            entry["pageref"] = id.clone().into();
            if started.is_null() {
                started = entry["startedDateTime"].clone();
            }
        }
        pages.push(json!({
            "startedDateTime": started,
            "id": id,
            "title": name(result),
            "pageTimings": {},
            "comment": format!("{}: {}", result.verdict.word(), result.title),
        }));
    }
    archive["log"]["pages"] = pages.into();
    let mut bytes = serde_json::to_vec_pretty(&archive)?;
    bytes.push(b'\n');
    Ok(bytes)
}

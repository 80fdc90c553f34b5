//! Findings that have one cause: the same request to the same kind of place got the same status, where the same was expected.
//! A server that refuses every PATCH is told of in many rows, and a reader wants to see it once, with the rows behind it.

use indexmap::IndexMap;

use super::text::{evidence, plural, telling, to_repeat};
use crate::{
    verdict::{ScenarioResult, Verdict},
    wire::Exchange,
};

/// From how many findings on a cause is worth a line of its own.
const SEVERAL: usize = 3;

/// What findings of one cause share: `PATCH /Users/{id} → 400`, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// What the run made of all of them.
    pub verdict: Verdict,
    /// Method, place and status.
    pub request: String,
    /// What was expected.
    pub expected: String,
}

impl Shape {
    /// How many there are, and what was expected: `14 findings, expected status 200`.
    pub fn phrase(&self, count: usize) -> String {
        format!("{}, expected {}", plural(count, "finding"), self.expected)
    }
}

/// One finding, or several of one cause.
pub(super) enum Told<'a> {
    One(&'a ScenarioResult),
    Several(Shape, Vec<&'a ScenarioResult>),
}

/// The shape of a broken result, by the exchange that shows it best; `None` if no exchange does.
pub(super) fn shape(result: &ScenarioResult) -> Option<Shape> {
    let evidence = evidence(result).filter(|evidence| !evidence.expected.is_empty())?;
    let exchange = to_repeat(&telling(result))?;
    let status = exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    Some(Shape {
        verdict: result.verdict,
        request: format!("{} {} → {status}", exchange.method, place(exchange)),
        expected: evidence.expected.clone(),
    })
}

/// The findings in their order; those of one cause stand together where the first of them stood.
pub(super) fn gather<'a>(
    findings: &[&'a ScenarioResult],
    shape_of: impl Fn(&ScenarioResult) -> Option<Shape>,
) -> Vec<Told<'a>> {
    let mut groups: IndexMap<Result<Shape, usize>, Vec<&'a ScenarioResult>> = IndexMap::new();
    for (at, finding) in findings.iter().enumerate() {
        groups.entry(shape_of(finding).ok_or(at)).or_default().push(*finding);
    }
    let mut told = Vec::new();
    for (shape, findings) in groups {
        match shape {
            Ok(shape) if findings.len() >= SEVERAL => told.push(Told::Several(shape, findings)),
            _ => told.extend(findings.into_iter().map(Told::One)),
        }
    }
    told
}

/// The path from its resource type on, with `{id}` for whatever follows: `/Users/{id}`, `/Groups/.search`, `/Users?filter`.
/// Endpoints begin with a capital letter (RFC 7644 section 3.2, table 1), what stands before them is the server's own.
fn place(exchange: &Exchange) -> String {
    let path = exchange.path();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let endpoint = |segment: &&str| segment.starts_with(|c: char| c.is_ascii_uppercase());
    let start = segments.iter().position(endpoint).unwrap_or(segments.len().saturating_sub(1));
    let mut place = String::new();
    for (at, segment) in segments[start..].iter().enumerate() {
        place.push('/');
        place.push_str(if at == 0 || segment.starts_with('.') { segment } else { "{id}" });
    }
    let query = exchange.query().unwrap_or_default();
    let mut names: Vec<&str> =
        query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { place } else { format!("{place}?{}", names.join("&")) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::{
        spec::Severity,
        verdict::{Basis, Evidence, Kind, Outcome},
        wire::{Reply, Response, Sender},
    };

    fn finding(id: &str, method: &str, path: &str, status: u16, expected: &str) -> ScenarioResult {
        let exchange = Exchange {
            seq: 1,
            sender: Sender::Client,
            method: method.into(),
            url: format!("http://target/api/scim/v2{path}"),
            headers: Vec::new(),
            body: None,
            reply: Reply::Response(Response { status, headers: Vec::new(), body: String::new() }),
            at: OffsetDateTime::UNIX_EPOCH,
            micros: 1,
        };
        let evidence = Evidence {
            what: String::new(),
            expected: expected.into(),
            actual: format!("what {id} saw"),
            exchanges: vec![1],
        };
        ScenarioResult {
            id: id.into(),
            kind: Kind::Scenario,
            title: String::new(),
            source: String::new(),
            family: "rfc".into(),
            requirement: String::new(),
            severity: Severity::Must,
            profile: None,
            cell: None,
            outcome: Outcome::Broken(evidence),
            verdict: Verdict::Fail,
            basis: Basis::default(),
            expected: None,
            duration: Duration::ZERO,
            measurements: Vec::new(),
            transcript: vec![exchange],
        }
    }

    /// Which user it was does not matter, what was sent, answered and expected does; two of a kind stand for themselves, and
    /// nothing is lost.
    #[test]
    fn findings_of_one_cause_stand_together() {
        let all = [
            finding("a", "PATCH", "/Users/1", 400, "status 200"),
            finding("b", "PATCH", "/Users/1", 400, "status 204"),
            finding("c", "PATCH", "/Users/2?attributes=x", 400, "status 200"),
            finding("d", "PATCH", "/Users/2", 400, "status 200"),
            finding("e", "PATCH", "/Groups/2", 400, "status 200"),
            finding("f", "PATCH", "/Users/f%2B3", 400, "status 200"),
            finding("g", "PUT", "/Users/1", 400, "status 200"),
            finding("h", "PATCH", "/Users/1", 500, "status 200"),
            finding("i", "PATCH", "/Users/1", 500, "status 200"),
        ];
        let told: Vec<(String, Vec<String>)> = gather(&all.iter().collect::<Vec<_>>(), shape)
            .into_iter()
            .map(|told| match told {
                Told::One(one) => (String::new(), vec![one.id.clone()]),
                Told::Several(shape, several) => {
                    (shape.request, several.into_iter().map(|one| one.id.clone()).collect())
                }
            })
            .collect();
        let of = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(told[0], ("PATCH /Users/{id} → 400".to_owned(), of(&["a", "d", "f"])));
        let rest: Vec<String> = told[1..]
            .iter()
            .flat_map(|(request, ids)| {
                assert!(request.is_empty(), "{request}");
                ids.clone()
            })
            .collect();
        assert_eq!(rest, of(&["b", "c", "e", "g", "h", "i"]));
        assert_eq!(shape(&all[2]).map(|shape| shape.request).as_deref(), Some("PATCH /Users/{id}?attributes → 400"));
    }
}

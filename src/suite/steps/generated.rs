//! Generated steps: they walk what the target advertises about itself, attribute by attribute, whatever its resource
//! types and extensions are called.
//!
//! *`/ResourceTypes` and `/Schemas` → kinds and made-up values → one resource that carries all attributes → what the
//! target makes of it, reported attribute by attribute.* A resource that the target refuses proves nothing, as the values
//! are made up: the walk uses only values that the target itself has taken and shown, and where none are left the
//! scenario is not exercised.

mod filters;
mod model;
mod parts;
mod references;
mod walks;

use serde_json::{Map, Value, json};

pub(in crate::suite) use self::model::complete;
use self::model::{Kind, Leaf, kinds, made_up};
use super::{lists::names, requests::request};
use crate::{
    scim::urn,
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::{World, shorten},
    },
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "Then",
        "every advertised attribute can be {string}",
        "walks the attributes of all resource types: `created`, `replaced`, `added`, `changed`, `changed in part`, \
         `removed`, `referred to`, `told apart by a filter`, `asked for`, `left out`",
        |w, a| Box::pin(can_be(w, a)),
    ),
    step(
        "Then",
        "every advertised attribute can be filtered with {string}",
        "walks the attributes and sub-attributes with each of these operators that their type has: `eq, ne`",
        |w, a| Box::pin(filtered(w, a)),
    ),
    step(
        "Then",
        "every attribute advertised as {string} is kept so",
        "walks the attributes of that characteristic: `readOnly`, `immutable`, `never`, `always`, `request`, `unique`, \
         `required`, `caseExact`",
        |w, a| Box::pin(is_kept(w, a)),
    ),
];

/// A resource that was made, with what it may be compared with.
struct Made {
    id: String,
    seq: u64,
    /// What was sent.
    sent: Map<String, Value>,
    /// What GET of it shows.
    shown: Value,
}

/// What a walk has found.
#[derive(Default)]
struct Findings {
    /// The attributes that were looked at: `/Users emails.value`.
    covered: Vec<String>,
    /// How often one was looked at.
    walked: usize,
    /// One line for each attribute that is not as advertised, by name.
    broken: Vec<String>,
    /// Exchanges that show it.
    seqs: Vec<u64>,
    /// Why resource types or attributes were left out.
    left_out: Vec<String>,
    /// The newest create that the target failed at, with 5xx: status and body, and the exchange.
    failed: Option<(String, u64)>,
}

impl Findings {
    /// An attribute was looked at.
    fn cover(&mut self, kind: &Kind, path: &str) {
        self.walked += 1;
        let name = format!("{} {path}", kind.endpoint);
        if !self.covered.contains(&name) {
            self.covered.push(name);
        }
    }

    fn broken(&mut self, kind: &Kind, leaf: &Leaf, what: impl std::fmt::Display, seqs: &[u64]) {
        self.broken.push(format!("{} {}: {what}", kind.endpoint, leaf.path()));
        for seq in seqs {
            if !self.seqs.contains(seq) {
                self.seqs.push(*seq);
            }
        }
    }

    fn leave(&mut self, kind: &Kind, why: impl std::fmt::Display) {
        self.left_out.push(format!("{}: {why}", kind.endpoint));
    }

    fn played(self, world: &mut World, expected: &str) -> Played {
        let basis = &mut world.stage()?.basis;
        (basis.judged, basis.covered) = (self.walked, self.covered);
        if !self.broken.is_empty() {
            let count = format!("{} of {} are not: ", self.broken.len(), self.walked);
            return Err(Stop::mismatch("", expected, count + &self.broken.join("; "), self.seqs));
        }
        if self.walked == 0 {
            let why = if self.left_out.is_empty() {
                "the target advertises no attribute of that kind".to_owned()
            } else {
                self.left_out.join("; ")
            };
            return Err(Stop::NotExercised(why));
        }
        Ok(())
    }
}

/// The target's kinds of resource.
fn advertised(world: &World) -> Result<Vec<Kind>, Stop> {
    let kinds = world.shared.discovery.get().map(|known| kinds(known)).unwrap_or_default();
    if kinds.is_empty() {
        let why = "the target's /ResourceTypes and /Schemas do not describe a resource type together";
        return Err(Stop::NotExercised(why.to_owned()));
    }
    Ok(kinds)
}

async fn can_be(world: &mut World, args: Args) -> Played {
    let deed = args.text(0)?.to_owned();
    let mut findings = Findings::default();
    let kinds = advertised(world)?;
    for kind in &kinds {
        match deed.as_str() {
            "created" => walks::created(world, kind, &mut findings).await?,
            "replaced" => walks::replaced(world, kind, &mut findings).await?,
            "added" => walks::added(world, kind, &mut findings).await?,
            "changed" => walks::changed(world, kind, &mut findings).await?,
            "removed" => walks::removed(world, kind, &mut findings).await?,
            "changed in part" => parts::changed(world, kind, &mut findings).await?,
            "referred to" => references::referred(world, &kinds, kind, &mut findings).await?,
            "told apart by a filter" => filters::unmatched(world, kind, &mut findings).await?,
            "asked for" => walks::projected(world, kind, "attributes", &mut findings).await?,
            "left out" => walks::projected(world, kind, "excludedAttributes", &mut findings).await?,
            other => return Err(Stop::script(format!("`{other}` is nothing that the walk can do"))),
        }
    }
    findings.played(world, &format!("every advertised attribute can be {deed}"))
}

async fn filtered(world: &mut World, args: Args) -> Played {
    let list = args.text(0)?.to_owned();
    let operators: Vec<&str> = names(&list).collect();
    let mut findings = Findings::default();
    for kind in advertised(world)? {
        filters::filtered(world, &kind, &operators, &mut findings).await?;
    }
    findings.played(world, &format!("every advertised attribute can be filtered with {list}"))
}

async fn is_kept(world: &mut World, args: Args) -> Played {
    let word = args.text(0)?.to_owned();
    let mut findings = Findings::default();
    for kind in advertised(world)? {
        match word.as_str() {
            "readOnly" => walks::read_only(world, &kind, &mut findings).await?,
            "immutable" => walks::immutable(world, &kind, &mut findings).await?,
            "never" => walks::never(world, &kind, &mut findings).await?,
            "always" => walks::always(world, &kind, &mut findings).await?,
            "request" => walks::on_request(world, &kind, &mut findings).await?,
            "unique" => walks::unique(world, &kind, &mut findings).await?,
            "required" => walks::required(world, &kind, &mut findings).await?,
            "caseExact" => filters::case_exact(world, &kind, &mut findings).await?,
            other => return Err(Stop::script(format!("`{other}` is no characteristic that the walk knows"))),
        }
    }
    findings.played(world, &format!("every attribute advertised as {word} is kept so"))
}

/// A body with a value for each attribute that `wanted` admits.
fn body(kind: &Kind, turn: usize, unique: &str, wanted: impl Fn(&Leaf) -> bool) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("schemas".to_owned(), json!([kind.schema]));
    for leaf in kind.attributes.iter().filter(|leaf| wanted(leaf)) {
        leaf.put(&mut body, made_up(&leaf.entry, turn, unique));
    }
    body
}

/// Sends a request and gives status, body and number.
async fn exchange(
    world: &mut World,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<(u16, Value, u64), Stop> {
    request(world, method, path, body.map(Value::to_string)).await?;
    let last = world.stage()?.last()?;
    Ok((last.status().unwrap_or_default(), last.json().unwrap_or_default(), last.seq))
}

/// Makes a resource and reads it. Where the target refuses it, the kind is left out with the reason.
async fn make(
    world: &mut World,
    kind: &Kind,
    sent: Map<String, Value>,
    findings: &mut Findings,
) -> Result<Option<Made>, Stop> {
    let (status, answer, seq) = exchange(world, "POST", &kind.endpoint, Some(&Value::Object(sent.clone()))).await?;
    let Some(id) = answer["id"].as_str().filter(|_| matches!(status, 200 | 201)).map(str::to_owned) else {
        let text = shorten(&answer.to_string());
        if status >= 500 {
            findings.failed = Some((format!("status {status}: {text}"), seq));
        }
        findings.leave(kind, format!("a resource with made-up values is refused with {status}: {text}"));
        return Ok(None);
    };
    let (status, shown, _) = exchange(world, "GET", &format!("{}/{id}", kind.endpoint), None).await?;
    if status != 200 {
        findings.leave(kind, format!("the new resource is read with status {status}"));
        return Ok(None);
    }
    Ok(Some(Made { id, seq, sent, shown }))
}

/// How many attributes a target may refuse by name before its kind of resource is left out.
const REFUSALS: usize = 4;

/// Makes a resource with all attributes; `turn` picks the values. An optional attribute that the target names when it
/// refuses the resource is left out, with its answer as the reason.
async fn make_whole(
    world: &mut World,
    kind: &Kind,
    turn: usize,
    findings: &mut Findings,
) -> Result<Option<Made>, Stop> {
    let unique = world.stage()?.expand("{unique}")?;
    let mut refused: Vec<String> = Vec::new();
    loop {
        let sent = body(kind, turn, &unique, |leaf| !refused.contains(&leaf.path()));
        let reasons = findings.left_out.len();
        if let Some(made) = make(world, kind, sent, findings).await? {
            return Ok(Some(made));
        }
        let reason = findings.left_out[reasons..].join(" ");
        let named =
            |leaf: &&Leaf| !leaf.required() && !refused.contains(&leaf.path()) && names_word(&reason, leaf.name());
        match kind.attributes.iter().find(named) {
            Some(leaf) if refused.len() < REFUSALS => refused.push(leaf.path()),
            _ => return Ok(None),
        }
    }
}

/// Whether a text names an attribute as a word of its own.
fn names_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || "$-_".contains(c))).any(|word| word == name)
}

/// Values of the same form as those that the target has taken, but of their own: what is unique on a target is not always
/// advertised so.
async fn fresh(world: &mut World, kind: &Kind, turn: usize) -> Result<Map<String, Value>, Stop> {
    let unique = world.stage()?.expand("fresh-{unique}")?;
    Ok(body(kind, turn, &unique, |_| true))
}

/// The attributes that the target has taken and shows as they were sent: what a walk may rely on.
fn kept<'k>(kind: &'k Kind, made: &Made) -> Vec<&'k Leaf> {
    let sent = Value::Object(made.sent.clone());
    kind.attributes
        .iter()
        .filter(|leaf| match (leaf.value(&sent), leaf.value(&made.shown)) {
            (Some(sent), Some(shown)) => leaf.shows(sent, shown),
            _ => false,
        })
        .collect()
}

/// An operation of a PATCH: the path that is reported, the attribute that it is about, and the operation.
type Operation<'k> = (String, &'k Leaf, Value);

/// One PatchOp message with all operations. Where it is refused, each is sent alone, so that those to blame can be named.
/// Returns the paths that were refused.
async fn patch(
    world: &mut World,
    kind: &Kind,
    id: &str,
    operations: &[Operation<'_>],
    findings: &mut Findings,
) -> Result<Vec<String>, Stop> {
    let path = format!("{}/{id}", kind.endpoint);
    let message = |operations: Vec<Value>| json!({"schemas": [urn::PATCH_OP], "Operations": operations});
    let all = message(operations.iter().map(|(.., operation)| operation.clone()).collect());
    let (status, ..) = exchange(world, "PATCH", &path, Some(&all)).await?;
    if matches!(status, 200 | 204) {
        return Ok(Vec::new());
    }
    let mut refused = Vec::new();
    for (name, leaf, operation) in operations {
        let (status, answer, seq) = exchange(world, "PATCH", &path, Some(&message(vec![operation.clone()]))).await?;
        if !matches!(status, 200 | 204) {
            refused.push(name.clone());
            let said = answer["detail"].as_str().map_or_else(|| answer.to_string(), str::to_owned);
            if status == 409 {
                // A conflict is about what else there is on the target, not about the attribute.
                findings.leave(kind, format!("{name} conflicts: {}", shorten(&said)));
                continue;
            }
            findings.cover(kind, &leaf.path());
            findings.broken(kind, leaf, format!("refused with {status}: {}", shorten(&said)), &[seq]);
        }
    }
    Ok(refused)
}

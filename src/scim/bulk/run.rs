//! Runs a bulk request step by step, and writes its answer.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};

use super::{Entry, Method, Operation, Request, references};
use crate::scim::{
    error::{ScimError, ScimType},
    path::shortened,
    urn,
};

/// An operation to do now, its references resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The operation's place in the request, to be given back to [`Run::report`].
    pub index: usize,
    /// What to do.
    pub operation: Operation,
}

/// What came of an operation that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// HTTP status of the operation.
    pub status: u16,
    /// Id of the resource.
    pub id: String,
    /// Absolute URL of the resource.
    pub location: String,
    /// Its version, if there is one.
    pub version: Option<String>,
}

/// What waits to be done.
enum Task {
    /// The operation itself.
    Entry(usize),
    /// The rest of a create that was done without some references: its PatchOp.
    Rest(usize, Value),
}

/// A bulk request being run.
pub struct Run {
    base_url: String,
    fail_on_errors: usize,
    entries: Vec<Entry>,
    tasks: VecDeque<Task>,
    /// Position of the POST of each bulkId.
    posts: HashMap<String, usize>,
    results: Vec<Option<Result<Done, ScimError>>>,
    errors: usize,
}

impl Run {
    /// Prepares a run; `base_url` without a slash at its end is put before the paths of operations that fail.
    pub fn new(request: Request, base_url: &str) -> Run {
        let entries = request.operations;
        let mut posts = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let (Some(id), Ok(Operation { method: Method::Post, .. })) = (&entry.bulk_id, &entry.operation) {
                posts.insert(id.clone(), at);
            }
        }
        Run {
            base_url: base_url.to_owned(),
            fail_on_errors: request.fail_on_errors.unwrap_or(usize::MAX),
            tasks: order(&entries, &posts).into_iter().map(Task::Entry).collect(),
            results: entries.iter().map(|_| None).collect(),
            entries,
            posts,
            errors: 0,
        }
    }

    /// The next operation to do; `None` when all is done or enough has failed. Operations that cannot be done (not
    /// readable, or referring to what was not created) are answered here and passed over.
    pub fn next_step(&mut self) -> Option<Step> {
        while self.errors < self.fail_on_errors {
            let (index, prepared) = match self.tasks.pop_front()? {
                Task::Entry(index) => (index, self.prepare(index)),
                Task::Rest(index, data) => match self.rest(index, data) {
                    Some(prepared) => (index, prepared),
                    None => continue,
                },
            };
            match prepared {
                Ok(operation) => return Some(Step { index, operation }),
                Err(error) => self.report(index, Err(error)),
            }
        }
        None
    }

    /// What came of a step.
    pub fn report(&mut self, index: usize, result: Result<Done, ScimError>) {
        let Some(slot) = self.results.get_mut(index) else { return };
        let result = match (slot.take(), result) {
            // The rest of a create: the create's own answer stands, with the newer version.
            (Some(Ok(created)), Ok(rest)) => Ok(Done { version: rest.version, ..created }),
            (Some(Ok(_)), Err(error)) => {
                let detail = format!("created, but a circular reference could not be set: {}", error.detail);
                Err(ScimError::status(409, detail))
            }
            (_, result) => result,
        };
        self.errors += usize::from(result.is_err());
        *slot = Some(result);
    }

    fn prepare(&mut self, index: usize) -> Result<Operation, ScimError> {
        let mut operation = match self.entries.get(index).map(|entry| &entry.operation) {
            Some(Ok(operation)) => operation.clone(),
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(ScimError::status(500, "no such operation")),
        };
        if operation.method == Method::Post
            && let Some(data) = &mut operation.data
        {
            // Only a circle leaves a reference to a create that has not been done by now.
            let pending =
                |id: &str| self.posts.get(id).is_some_and(|at| self.results.get(*at).is_some_and(Option::is_none));
            let mut needed = Vec::new();
            if let Some(rest) = references::postpone(data, &pending, &mut needed) {
                // As soon as all that it needs is there, and before whatever the request does to it after that.
                let is_needed = |task: &Task| match task {
                    Task::Entry(at) => needed.iter().any(|id| self.posts.get(id) == Some(at)),
                    Task::Rest(..) => false,
                };
                let at = self.tasks.iter().rposition(is_needed).map_or(0, |last| last + 1);
                self.tasks.insert(at, Task::Rest(index, rest));
            }
        }
        references::resolve(&mut operation, &mut |id| self.id_of(id))?;
        Ok(operation)
    }

    fn rest(&self, index: usize, data: Value) -> Option<Result<Operation, ScimError>> {
        let (Some(Some(Ok(created))), Some(Ok(operation))) =
            (self.results.get(index), self.entries.get(index).map(|entry| &entry.operation))
        else {
            return None;
        };
        let mut rest = Operation {
            method: Method::Patch,
            endpoint: operation.endpoint.clone(),
            id: Some(created.id.clone()),
            version: None,
            data: Some(data),
        };
        Some(references::resolve(&mut rest, &mut |id| self.id_of(id)).map(|()| rest))
    }

    fn id_of(&self, bulk_id: &str) -> Result<String, ScimError> {
        let id = shortened(bulk_id);
        match self.posts.get(bulk_id).and_then(|at| self.results.get(*at)) {
            Some(Some(Ok(done))) => Ok(done.id.clone()),
            Some(_) => Err(ScimError::status(409, format!("`bulkId:{id}` refers to an operation that failed"))),
            None => {
                let detail = format!("`bulkId:{id}` refers to no POST of this request");
                Err(ScimError::bad(ScimType::InvalidValue, detail))
            }
        }
    }

    /// The answer: the result of every operation that was done, in the order of the request.
    pub fn finish(self) -> Value {
        let Run { base_url, entries, results, .. } = self;
        let operations: Vec<Value> = entries
            .iter()
            .zip(results)
            .filter_map(|(entry, result)| result.map(|result| answer(entry, result, &base_url)))
            .collect();
        json!({ "schemas": [urn::BULK_RESPONSE], "Operations": operations })
    }
}

/// The result of one operation (RFC 7644 section 3.7.3): a location unless a POST failed, the error's body if it failed,
/// `status` as a string.
fn answer(entry: &Entry, result: Result<Done, ScimError>, base_url: &str) -> Value {
    let mut json = Map::new();
    json.insert("method".into(), entry.method.clone().into());
    if let Some(id) = &entry.bulk_id {
        json.insert("bulkId".into(), id.clone().into());
    }
    match result {
        Ok(done) => {
            json.insert("location".into(), done.location.into());
            if let Some(version) = done.version {
                json.insert("version".into(), version.into());
            }
            json.insert("status".into(), done.status.to_string().into());
        }
        Err(error) => {
            if ["PUT", "PATCH", "DELETE"].contains(&entry.method.as_str()) && entry.path.starts_with('/') {
                json.insert("location".into(), format!("{base_url}{}", entry.path).into());
            }
            json.insert("status".into(), error.status.to_string().into());
            json.insert("response".into(), error.to_json());
        }
    }
    Value::Object(json)
}

/// The order of the request, except that a create goes before the first operation that refers to it. References in a
/// circle are left as they are.
fn order(entries: &[Entry], posts: &HashMap<String, usize>) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let needs: Vec<Vec<usize>> = entries
        .iter()
        .map(|entry| {
            let referred = entry.operation.as_ref().map(references::of).unwrap_or_default();
            referred.into_iter().filter_map(|id| posts.get(id).copied()).collect()
        })
        .collect();
    let mut marks = vec![Mark::New; entries.len()];
    let mut order = Vec::with_capacity(entries.len());
    for first in 0..entries.len() {
        // A stack of its own: a chain of a thousand references must not use up the thread's.
        let mut stack = vec![(first, 0)];
        while let Some((at, next)) = stack.pop() {
            if marks[at] == Mark::Done || marks[at] == Mark::Open && next == 0 {
                continue;
            }
            marks[at] = Mark::Open;
            match needs[at].get(next) {
                Some(need) => {
                    stack.push((at, next + 1));
                    if marks[*need] == Mark::New {
                        stack.push((*need, 0));
                    }
                }
                None => {
                    marks[at] = Mark::Done;
                    order.push(at);
                }
            }
        }
    }
    order
}

//! The link state: what a run leaves for the next one, as one file of JSON. It holds names and attributes of people, no
//! password and no credential of the target; on Unix only its owner may read it.
//!
//! The first line is all that is known between two cycles. Each line after it is a link that was made or lost since, so
//! that a run which is killed in the middle leaves nothing on the target that the next one does not know: what the cycle
//! did is gone through again, under the ids that are known.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{super::exit::Fault, plan::Progress};
use crate::idp::Memory;

/// Version of the format. A reader refuses a newer one.
const VERSION: u32 = 1;

/// What stands under `format`.
const FORMAT: &str = "scimulate-link-state";

/// How often a long run writes it.
const PAUSE: Duration = Duration::from_secs(5);

/// And how many times as long as writing takes it does something else in between.
const SHARE: u32 = 100;

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    format: String,
    version: u32,
    /// Base URL of the target.
    pub target: String,
    /// How far the directory and its change feed were played.
    pub progress: Progress,
    /// Every link that there ever was: SCIM id and directory key.
    pub made: BTreeMap<String, String>,
    /// What the IdP remembers.
    pub idp: Memory,
    /// Links that were made or lost since.
    #[serde(skip)]
    pub late: Vec<Late>,
}

/// A link that was made, or lost, after the rest was written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Late {
    /// Directory key.
    pub object: String,
    /// SCIM id; `None` if the link was lost.
    pub id: Option<String>,
}

/// The beginning of the file, which every version has.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

impl Kept {
    /// What is to be kept now.
    pub(super) fn new(target: &str, progress: Progress, made: BTreeMap<String, String>, idp: Memory) -> Kept {
        Kept {
            format: FORMAT.to_owned(),
            version: VERSION,
            target: target.to_owned(),
            progress,
            made,
            idp,
            late: Vec::new(),
        }
    }

    /// Reads the file; `None` if there is none yet.
    ///
    /// # Errors
    /// If it cannot be read, is no link state, or one of a version that is not known here.
    pub(super) fn read(path: &Path) -> Result<Option<Kept>, Fault> {
        let place = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::usage(format!("cannot read the link state {place}: {error}"))),
        };
        let other = |why: String| {
            Fault::usage(format!("{place} is not a link state of scimulate: {why}; name another file with --state"))
        };
        let head = Head::deserialize(&mut serde_json::Deserializer::from_str(&text));
        let head = head.map_err(|error| other(error.to_string()))?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(other(format!("its `format` is not {FORMAT:?}")));
        }
        match head.version {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => {
                return Err(Fault::usage(format!(
                    "{place} has version {newer} of the link state, and this scimulate reads {VERSION}; use a newer one"
                )));
            }
            other => {
                let version = other.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
                return Err(Fault::usage(format!("{place} has {version}; delete it to begin anew")));
            }
        }
        let mut parts = serde_json::Deserializer::from_str(&text).into_iter::<Kept>();
        let Some(whole) = parts.next() else { return Err(other("it is empty".to_owned())) };
        let mut kept = whole.map_err(|error| other(error.to_string()))?;
        // A line without its end was being written when the run was killed.
        let lines = text[parts.byte_offset()..].split_inclusive('\n').filter(|line| line.ends_with('\n'));
        for line in lines.filter(|line| !line.trim().is_empty()) {
            kept.late.push(serde_json::from_str(line).map_err(|error| other(format!("its line {line:?}: {error}")))?);
        }
        Ok(Some(kept))
    }

    /// Refuses a state of another target: its ids mean nothing here.
    ///
    /// # Errors
    /// If it is one.
    pub(super) fn check_target(&self, path: &Path, target: &str) -> Result<(), Fault> {
        if self.target == target {
            return Ok(());
        }
        Err(Fault::usage(format!(
            "{} holds links to {}, and the target is {target}; name another --state for each target, or delete the file \
             to begin anew",
            path.display(),
            self.target
        )))
    }
}

/// Writes the state now and then, and at the end; and every new link at once.
pub(super) struct Keeper {
    path: PathBuf,
    written: Option<Written>,
}

/// What was written last.
struct Written {
    at: Instant,
    /// How long it took.
    took: Duration,
    /// The file, to append to.
    file: File,
    /// The links that are in it: directory key and SCIM id.
    links: HashMap<String, String>,
}

impl Keeper {
    /// A keeper of that file.
    pub(super) fn new(path: PathBuf) -> Keeper {
        Keeper { path, written: None }
    }

    /// Where it writes.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a long run should write again: not so often that it takes much of the time.
    pub(super) fn is_due(&self) -> bool {
        self.written.as_ref().is_none_or(|last| last.at.elapsed() >= PAUSE.max(last.took * SHARE))
    }

    /// Appends the link of an object, if it is not what the file says.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn link(&mut self, object: &str, id: Option<&str>) -> io::Result<()> {
        let Some(last) = &mut self.written else { return Ok(()) };
        if last.links.get(object).map(String::as_str) == id {
            return Ok(());
        }
        match id {
            Some(id) => last.links.insert(object.to_owned(), id.to_owned()),
            None => last.links.remove(object),
        };
        let mut line = serde_json::to_vec(&Late { object: object.to_owned(), id: id.map(str::to_owned) })?;
        line.push(b'\n');
        last.file.write_all(&line)
    }

    /// Writes the file whole or not at all: into a new one beside it, which then takes its place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, kept: &Kept, links: HashMap<String, String>) -> Result<(), Fault> {
        let at = Instant::now();
        let failed =
            |error: io::Error| Fault::aborted(format!("cannot write the link state {}: {error}", self.path.display()));
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let beside = self.path.with_file_name(name);
        let mut text = serde_json::to_vec(kept).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        self.written = None;
        let done = private(&beside).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            Ok(file)
        });
        if done.is_err() {
            // What is left beside the old state is of no use to anybody.
            let _ = fs::remove_file(&beside);
        }
        let file = done.map_err(failed)?;
        self.written = Some(Written { at: Instant::now(), took: at.elapsed(), file, links });
        Ok(())
    }
}

/// A new file that only its owner may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

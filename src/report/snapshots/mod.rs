//! Snapshots of the wire: what each scenario sent and got, made stable, compared with what it was before.
//!
//! *transcript → [`normal`] text → file `{folder}/{target}/{profile}/{scenario}.snap`.* The files have the form of insta's,
//! so `cargo insta review` accepts what a check found to differ. Only the requests of the IdP or of the scenario count:
//! how often an observer looked is not part of the target's behaviour.

mod normal;

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use similar::{ChangeTag, TextDiff};

use super::{Report, style::Paint, text::name};
use crate::verdict::{Kind, RunEvent, ScenarioResult, Verdict};

/// What is done with the snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Show what differs; it is a finding.
    Check,
    /// Write what was seen.
    Update,
}

/// Counts of what became of the snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// As before.
    pub same: usize,
    /// Different from before; in update mode: written anew.
    pub changed: usize,
    /// Not there before.
    pub new: usize,
}

/// The report that keeps the snapshots.
pub struct Snapshots<W> {
    mode: Mode,
    folder: PathBuf,
    out: W,
    paint: Paint,
    run_id: String,
    compared: std::rc::Rc<std::cell::Cell<Compared>>,
}

impl<W: Write> Snapshots<W> {
    /// Snapshots below `folder`; differences are shown on `out`.
    pub fn new(mode: Mode, folder: impl Into<PathBuf>, out: W, color: bool) -> Snapshots<W> {
        Snapshots {
            mode,
            folder: folder.into(),
            out,
            paint: Paint { color },
            run_id: String::new(),
            compared: std::rc::Rc::default(),
        }
    }

    /// The counts, readable while and after the report is written.
    pub fn compared(&self) -> impl Fn() -> Compared + 'static {
        let compared = self.compared.clone();
        move || compared.get()
    }

    fn take(&mut self, result: &ScenarioResult) -> io::Result<()> {
        let text = normal::transcript(&result.transcript, &self.run_id);
        let path = self
            .folder
            .join(file_name(result.profile.as_deref().unwrap_or("any")))
            .join(format!("{}.snap", file_name(&result.id)));
        let before = read(&path)?;
        let mut compared = self.compared.get();
        match &before {
            Some(before) if *before == text => compared.same += 1,
            Some(_) => compared.changed += 1,
            None => compared.new += 1,
        }
        self.compared.set(compared);
        if before.as_ref() == Some(&text) {
            return remove_if_there(&beside(&path));
        }
        match self.mode {
            Mode::Update => {
                remove_if_there(&beside(&path))?;
                write(&path, result, &text)
            }
            Mode::Check => {
                write(&beside(&path), result, &text)?;
                self.show(result, &path, before.as_deref(), &text)
            }
        }
    }

    fn show(&mut self, result: &ScenarioResult, path: &Path, before: Option<&str>, text: &str) -> io::Result<()> {
        let word = if before.is_some() { " CHANGED" } else { "     NEW" };
        writeln!(self.out, "{} {}", self.paint.verdict(Verdict::Fail, word), self.paint.bold(&name(result)))?;
        writeln!(self.out, "{:8} {}", "", path.display())?;
        let Some(before) = before else {
            return writeln!(self.out, "{:8} there is no snapshot yet: --snapshots update records it", "");
        };
        let diff = TextDiff::from_lines(before, text);
        for (at, group) in diff.grouped_ops(2).iter().enumerate() {
            if at > 0 {
                writeln!(self.out, "{:8} {}", "", self.paint.dim("…"))?;
            }
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let line = super::text::plain(change.value().trim_end_matches('\n'));
                let line = match change.tag() {
                    ChangeTag::Delete => self.paint.verdict(Verdict::Fail, &format!("- {line}")),
                    ChangeTag::Insert => self.paint.verdict(Verdict::Pass, &format!("+ {line}")),
                    ChangeTag::Equal => format!("  {line}"),
                };
                writeln!(self.out, "{:8} {line}", "")?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Report for Snapshots<W> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Started(info) => {
                self.run_id.clone_from(&info.run_id);
                self.folder.push(file_name(info.target.split("://").nth(1).unwrap_or(&info.target)));
                Ok(())
            }
            // What was not exercised sent nothing that could be compared, or only its beginning.
            RunEvent::Result(result) if result.kind == Kind::Scenario && result.verdict != Verdict::Skip => {
                self.take(result)
            }
            RunEvent::Result(_) | RunEvent::Finished { .. } | RunEvent::Aborted(_) => Ok(()),
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let Compared { same, changed, new } = self.compared.get();
        let folder = self.folder.display();
        match self.mode {
            Mode::Update => {
                writeln!(self.out, "Snapshots in {folder}: {new} new, {changed} changed, {same} as before")?
            }
            Mode::Check if changed + new == 0 => writeln!(self.out, "Snapshots in {folder}: {same} as before")?,
            Mode::Check => writeln!(
                self.out,
                "Snapshots in {folder}: {changed} changed, {new} without a snapshot, {same} as before; \
                 `cargo insta review` or --snapshots update accepts them"
            )?,
        }
        self.out.flush()
    }
}

/// A name that is one on every file system.
fn file_name(text: &str) -> String {
    let safe: String = text.chars().map(|c| if c.is_alphanumeric() || "-._@".contains(c) { c } else { '-' }).collect();
    safe.trim_matches('-').to_owned()
}

/// Where a text that was not accepted yet stands.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// The text of a snapshot file, without its head.
fn read(path: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(named(path, &error)),
    };
    let text = text.replace("\r\n", "\n");
    let body =
        text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text.as_str(), |(_, body)| body);
    Ok(Some(format!("{}\n", body.trim_end())))
}

fn write(path: &Path, result: &ScenarioResult, text: &str) -> io::Result<()> {
    let source = super::text::file(&result.source).0;
    let head = format!("---\nsource: {source}\nexpression: {}\n---\n", name(result));
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, head + text)).map_err(|error| named(path, &error))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(path, &error)),
        _ => Ok(()),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("the snapshot {}: {error}", path.display()))
}

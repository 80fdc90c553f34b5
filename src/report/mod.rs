//! Reports: what a person and what CI sees of a run. They read run events and nothing else, so a report can be drawn
//! again from a saved run, and none of them can change a verdict.
//!
//! ```text
//! RunEvent ─┬─> human, github, snapshots      written while the run goes (streams)
//!           └─> Run (collected)    ──finish──> json, junit, html, har, markdown, matrix (documents)
//! ```
//!
//! A stream implements [`Report`]. A document is a function from the collected [`Run`] to bytes, listed in
//! [`Format::render`]; a new one is one file here, one variant of [`Format`] and one arm. Documents share one
//! collected run, so that five of them hold its transcripts once.

mod causes;
mod github;
mod har;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod matrix;
mod readiness;
mod readings;
mod run;
pub mod snapshots;
mod style;
mod text;

use std::{
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
};

pub use github::Github;
pub use human::{Human, HumanOptions, Verbosity};
pub use json::{FORMAT, MergeError, merge, read};
pub use run::Run;

use crate::verdict::RunEvent;

/// A reader of run events.
pub trait Report {
    /// Takes one event, in the order of the run.
    ///
    /// # Errors
    /// If what it says about the event cannot be written.
    fn event(&mut self, event: &RunEvent) -> io::Result<()>;

    /// Writes what is left to write. Called once, after the last event, whichever it was.
    ///
    /// # Errors
    /// If the report cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A document format: what `--report FORMAT=PATH` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One self-contained page: requirement × profile with transcripts.
    Html,
    /// The versioned machine format; `fixtures/reports/report.schema.json` is its schema.
    Json,
    /// JUnit XML for CI servers.
    Junit,
    /// HTTP Archive 1.2 of every exchange.
    Har,
    /// A summary for a pull request.
    Markdown,
    /// The effects matrix as plain text.
    Matrix,
}

impl Format {
    /// All formats, in the order of the help text.
    pub const ALL: [Format; 6] =
        [Format::Html, Format::Json, Format::Junit, Format::Har, Format::Markdown, Format::Matrix];

    /// The word on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Har => "har",
            Format::Markdown => "markdown",
            Format::Matrix => "matrix",
        }
    }

    /// What it is, as one line.
    pub fn about(self) -> &'static str {
        match self {
            Format::Html => "one self-contained page: requirement × profile, with the transcript behind each cell",
            Format::Json => "the versioned machine format; its JSON Schema is `fixtures/reports/report.schema.json`",
            Format::Junit => "JUnit XML: a suite a feature, a case `id [profile]`",
            Format::Har => "HTTP Archive 1.2 of every exchange, one page a scenario",
            Format::Markdown => "a summary for a pull request or a job's page",
            Format::Matrix => "the effects matrix as plain text",
        }
    }

    /// The document of a collected run.
    ///
    /// # Errors
    /// If the run cannot be expressed in the format.
    pub fn render(self, run: &Run) -> io::Result<Vec<u8>> {
        match self {
            Format::Html => html::render(run),
            Format::Json => json::render(run),
            Format::Junit => junit::render(run),
            Format::Har => har::render(run),
            Format::Markdown => Ok(markdown::render(run).into_bytes()),
            Format::Matrix => Ok(matrix::text(run, None).into_bytes()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        Format::ALL.into_iter().find(|format| format.id() == text).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.id()).collect();
            format!("there is no report format `{text}`: use one of {}", known.join(", "))
        })
    }
}

/// A report that cannot be written. It ends the run with exit code 3, whatever the verdicts were.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file cannot be made or written.
    #[error("cannot write the {format} report to {}: {source}; give a path that this user may write", path.display())]
    File {
        /// The format of the report.
        format: Format,
        /// Where it should have gone.
        path: PathBuf,
        /// Why it did not.
        source: io::Error,
    },
    /// The report on the terminal or the pipe behind it.
    #[error("cannot write the report to the output: {0}")]
    Output(#[from] io::Error),
}

/// All reports of one run: any number of streams, and the documents that share one collected run.
#[derive(Default)]
pub struct Reports {
    streams: Vec<Box<dyn Report>>,
    documents: Vec<Document>,
    run: Run,
    failed: Option<ReportError>,
}

struct Document {
    format: Format,
    /// The file; none for a document on an output.
    path: Option<PathBuf>,
    out: Box<dyn Write>,
}

impl Reports {
    /// No report yet.
    pub fn new() -> Reports {
        Reports::default()
    }

    /// Adds a report that is written while the run goes.
    pub fn stream(&mut self, report: impl Report + 'static) {
        self.streams.push(Box::new(report));
    }

    /// Adds a document. Its file is made at once, with the folders above it, so that a path that cannot be written
    /// is known before the first request.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn document(&mut self, format: Format, path: &Path) -> Result<(), ReportError> {
        let failed = |source| ReportError::File { format, path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = fs::File::create(path).map_err(failed)?;
        self.documents.push(Document { format, path: Some(path.to_owned()), out: Box::new(file) });
        Ok(())
    }

    /// Adds a document that goes to an output which is open already.
    pub fn output(&mut self, format: Format, out: Box<dyn Write>) {
        self.documents.push(Document { format, path: None, out });
    }

    /// Hands one event to all. A report that fails does not stop the others; its error is kept for
    /// [`Reports::finish`].
    pub fn event(&mut self, event: &RunEvent) {
        for stream in &mut self.streams {
            if let Err(error) = stream.event(event) {
                self.failed.get_or_insert(ReportError::Output(error));
            }
        }
        if self.documents.is_empty() {
            self.run.count(event);
        } else {
            self.run.take(event);
        }
    }

    /// What was seen so far. Without a document it holds counts, but neither results nor transcripts.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Writes what is left: the ends of the streams, then the documents. All are tried.
    ///
    /// # Errors
    /// The first failure.
    pub fn finish(mut self) -> Result<(), ReportError> {
        for stream in self.streams {
            if let Err(error) = stream.finish() {
                self.failed.get_or_insert(ReportError::Output(error));
            }
        }
        self.run.sort();
        for Document { format, path, mut out } in self.documents {
            let written = format.render(&self.run).and_then(|bytes| out.write_all(&bytes)).and_then(|()| out.flush());
            if let Err(source) = written {
                self.failed.get_or_insert(match path {
                    Some(path) => ReportError::File { format, path, source },
                    None => ReportError::Output(source),
                });
            }
        }
        self.failed.map_or(Ok(()), Err)
    }
}

/// Opens one document as a report of its own.
///
/// # Errors
/// If its file cannot be made.
pub fn open(format: Format, path: &Path) -> Result<Box<dyn Report>, ReportError> {
    let mut reports = Reports::new();
    reports.document(format, path)?;
    Ok(Box::new(reports))
}

impl Report for Reports {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        Reports::event(self, event);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Reports::finish(*self).map_err(|error| match error {
            ReportError::Output(source) => source,
            file @ ReportError::File { .. } => io::Error::other(file),
        })
    }
}

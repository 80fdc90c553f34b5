//! `explain`: what an id means, why it matters, where it comes from, and how to see it for oneself.

use std::{fmt::Write as _, io::Write};

use clap::Args;

use super::{
    exit::{Exit, Fault},
    registry::{self, Entry},
    screen, suggest,
};
use crate::{
    check::Check,
    idp::{self, Profile},
    provider::defect::{self, DefectInfo},
    scim::leniency::LeniencyInfo,
    spec::{self, Requirement, Severity},
    suite::{self, ScenarioInfo},
};

/// Columns of text; the terminal's if it is narrower.
const WIDTH: usize = 100;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scimulate explain EFF-SESSIONS
  scimulate explain RFC7644-3.6-R2
  scimulate explain entra-default
Every id that a report or `scimulate list` prints can be given.")]
pub struct Explain {
    /// The id of anything that `list` prints, or the path of a profile of your own
    id: String,
}

impl Explain {
    /// Writes the explanation.
    ///
    /// # Errors
    /// If there is no such id.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        // A user's own profile is known by its file only.
        if self.id.ends_with(".toml") || self.id.contains(['/', '\\']) {
            let profile = Profile::find(&self.id).map_err(|error| Fault::usage(error.to_string()))?;
            write!(out, "{}", profile.explain())?;
            return Ok(Exit::Conforms);
        }
        let Some(entry) = registry::find(&self.id) else {
            let ids = registry::ids();
            let hint =
                suggest::did_you_mean(&self.id, ids.iter().map(String::as_str), "`scimulate list` shows what there is");
            return Err(Fault::usage(format!("nothing has the id `{}`{hint}", self.id)));
        };
        let text = match entry {
            Entry::Requirement(row) => requirement(row),
            Entry::Scenario(info) => scenario(&info),
            Entry::Check(check) => explain_check(check),
            Entry::Profile(profile) => profile.explain(),
            Entry::Quirk(quirk) => explain_quirk(quirk),
            Entry::Defect(defect) => explain_defect(defect),
            Entry::Leniency(leniency) => explain_leniency(leniency),
        };
        write!(out, "{text}")?;
        Ok(Exit::Conforms)
    }
}

/// A page of text: a head, then named paragraphs.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new(head: &str, what: &str) -> Page {
        let width = screen::width().map_or(WIDTH, |width| WIDTH.min(usize::from(width)));
        Page { text: format!("{head}\n{}", screen::wrap(what, width, "  ")), width }
    }

    fn field(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            let _ = writeln!(self.text, "\n{name}");
            self.text.push_str(&screen::wrap(text, self.width, "  "));
        }
    }

    /// Lines that must stay whole: they are meant to be pasted.
    fn lines<S: AsRef<str>>(&mut self, name: &str, lines: impl IntoIterator<Item = S>) {
        let lines: String = lines.into_iter().map(|line| format!("  {}\n", line.as_ref())).collect();
        if !lines.is_empty() {
            let _ = write!(self.text, "\n{name}\n{lines}");
        }
    }
}

/// What a severity means for the verdict.
fn force(row: &Requirement) -> &'static str {
    if row.ambiguous {
        return "The text can be read in more than one way: a deviation is a note and never fails a run.";
    }
    match row.severity {
        Severity::Must => "A deviation fails the run.",
        Severity::Should => "A deviation is a warning; with --strict it fails the run.",
        Severity::May => "A deviation is a note.",
        Severity::Def => {
            "The RFC states it without a keyword: a deviation fails the run on the create, read, query, replace, patch and \
             delete paths, and is a warning elsewhere."
        }
        Severity::Drv => {
            "Deduced from several rules: a deviation is a warning, and fails the run where it lets someone in, leaks or \
             loses data."
        }
    }
}

fn requirement(row: &'static Requirement) -> String {
    let mut page = Page::new(&format!("{}  {}  {}", row.id, row.level, row.clause), &row.requirement);
    page.lines("Source", row.url());
    page.field("Verdict", force(row));
    readings(&mut page, &row.id);
    page.field("How it is seen", &row.check);
    page.field("What servers do instead", &row.violations);
    page.field("Only where the target says that it can", &row.gate.join(", "));
    if let Some(case) = &row.case {
        let review = spec::review(&case.review).map_or(case.review.as_str(), |review| review.title);
        page.field("Case of a review", &format!("{review}, {}: {}", case.number, case.title));
        page.field("By hand", case.by_hand.as_deref().unwrap_or_default());
        page.lines("The whole review", [format!("scimulate run @{}", case.review)]);
    }
    page.field("Not tested, because", row.untested.as_deref().unwrap_or_default());
    let coverage = registry::coverage();
    let covered = coverage.get(&row.id).cloned().unwrap_or_default();
    let tested = !covered.is_empty();
    page.lines("Scenarios and checks", covered);
    page.lines("Tests of the provider's own", row.held_by.iter().map(String::as_str));
    page.lines(
        "Defects that it catches",
        defect::DEFECTS.iter().filter(|defect| caught_by(defect, &row.id)).map(|defect| defect.id),
    );
    if tested {
        page.lines("Try it", [format!("scimulate run {}", row.id)]);
    }
    page.text
}

fn caught_by(defect: &DefectInfo, id: &str) -> bool {
    defect.caught_by.iter().any(|caught| *caught == id || id.starts_with(&format!("{caught}.")))
}

fn scenario(info: &ScenarioInfo) -> String {
    let mut page = Page::new(&format!("{}  scenario  {}", info.id, info.source), &info.title);
    under(&mut page, &info.requirement);
    if let Some(cell) = &info.cell {
        page.field("Place in the effects matrix", &format!("{}, {}", cell.path, cell.effect));
    }
    page.field(
        "Played",
        match (info.each_profile, info.needs_idp) {
            (true, _) if !info.profiles.is_empty() => {
                "once for each chosen profile; if none is chosen, by the profiles of its @as- tags"
            }
            (true, _) => "once for each chosen profile",
            (false, true) => "once, by the first chosen profile that can",
            (false, false) => "once, without an identity provider",
        },
    );
    let scene = suite::library::embedded().scenes.iter().find(|scene| scene.info.id == info.id);
    page.lines(
        "Steps",
        scene.into_iter().flat_map(|scene| &scene.scenario.steps).map(|step| format!("{}{}", step.keyword, step.value)),
    );
    page.lines("Try it", [format!("scimulate run {}", info.id)]);
    page.text
}

fn explain_check(check: &'static Check) -> String {
    let mut page = Page::new(&format!("{}  check  {}", check.id, check.file), check.summary);
    under(&mut page, check.requirement);
    page.field("How it judges", check.explanation);
    page.field("Why it matters", check.why);
    page.lines("Try it", [format!("scimulate run {}", check.id)]);
    page.text
}

/// The requirement that a scenario or check is about.
fn under(page: &mut Page, id: &str) {
    match spec::requirement(id) {
        Some(row) => {
            page.field("Requirement", &format!("{}, {}, {}\n{}", row.id, row.level, row.clause, row.requirement));
            page.lines("Source", row.url());
            page.field("Verdict", force(row));
            readings(page, id);
        }
        None => page.field("Requirement", id),
    }
}

/// The readings that pass, where the texts allow more than one.
fn readings(page: &mut Page, id: &str) {
    if let Some(dispute) = spec::dispute(id) {
        let all: Vec<String> =
            dispute.readings.iter().map(|one| format!("{}: {} ({})", one.id, one.says, one.clause)).collect();
        let text = format!("What is open: {}. Each of these passes, and the report names the one seen.", dispute.about);
        page.field("Readings", &format!("{text}\n{}", all.join("\n")));
    }
}

fn explain_quirk(quirk: &idp::Quirk) -> String {
    let mut text = quirk.explain();
    let profiles: Vec<&str> = idp::profiles()
        .iter()
        .filter(|profile| profile.quirks.iter().any(|one| one.id == quirk.id))
        .map(|profile| profile.id.as_str())
        .collect();
    let _ = writeln!(
        text,
        "\nProfiles that have it\n  {}",
        match profiles.as_slice() {
            [] => format!("none of the embedded ones; add it with `--quirk +{}`", quirk.id),
            profiles => profiles.join(", "),
        }
    );
    let scenarios: Vec<String> =
        suite::scenarios().into_iter().filter(|info| info.tags.contains(&quirk.id)).map(|info| info.id).collect();
    if !scenarios.is_empty() {
        let _ = writeln!(text, "\nScenarios that are about it (scimulate run @{})", quirk.id);
        for id in scenarios {
            let _ = writeln!(text, "  {id}");
        }
    }
    text
}

fn explain_leniency(leniency: &LeniencyInfo) -> String {
    let mut page = Page::new(&format!("{}  leniency", leniency.id), leniency.summary);
    page.lines("Source", [leniency.evidence]);
    page.field(
        "Where",
        "The embedded provider accepts it. Started with --strict-rfc it keeps to the RFC and refuses it.",
    );
    page.lines("Try it", ["scimulate serve --strict-rfc"]);
    page.text
}

fn explain_defect(defect: &'static DefectInfo) -> String {
    let mut page = Page::new(&format!("{}  defect of the embedded provider", defect.id), defect.summary);
    page.lines("Source", [defect.source]);
    page.lines("Must be caught by", defect.caught_by);
    page.lines(
        "Try it",
        [format!("scimulate run --defect {}", defect.id), format!("scimulate serve --defect {}", defect.id)],
    );
    page.text
}

//! `list`: the registries as tables, or as JSON for scripts.

use std::{collections::BTreeMap, io::Write};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{
    exit::{Exit, Fault},
    registry, screen,
};
use crate::{
    check, idp,
    provider::defect,
    scim::leniency::LENIENCIES,
    spec::{self, Requirement},
    suite,
};

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The catalogue of requirements and effects.
    Requirements,
    /// The Gherkin scenarios.
    Scenarios,
    /// The passive checks.
    Checks,
    /// The identity-provider profiles.
    Profiles,
    /// The quirks of identity providers.
    Quirks,
    /// The defects that the embedded provider can be told to have.
    Defects,
    /// What the embedded provider accepts beside the RFC, unless it is started with --strict-rfc.
    Leniencies,
    /// The step vocabulary for feature files of your own.
    Steps,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table.
    #[default]
    Human,
    /// An array of objects, each with `id`.
    Json,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  scimulate list requirements --uncovered     rows that no scenario and no check is about yet
  scimulate list scenarios EFF-SESSIONS       the scenarios whose id begins so
  scimulate list steps --format json          the vocabulary, for an editor")]
pub struct List {
    /// What to list
    what: What,
    /// Only entries whose id begins so, or that carry this @tag
    prefix: Option<String>,
    /// Only requirements that no scenario and no check is about
    #[arg(long)]
    uncovered: bool,
    /// Table or JSON
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// A list: the columns of its table, and its objects. Columns name members of the objects.
struct Listing {
    columns: &'static [&'static str],
    objects: Vec<Value>,
}

impl List {
    /// Writes the list.
    ///
    /// # Errors
    /// If the prefix matches nothing, or `--uncovered` is asked of something that covers.
    pub fn run(self, out: &mut dyn Write) -> Result<Exit, Fault> {
        if self.uncovered && self.what != What::Requirements {
            return Err(Fault::usage(
                "--uncovered is about requirements; use `scimulate list requirements --uncovered`",
            ));
        }
        let mut listing = match self.what {
            What::Requirements => requirements(self.uncovered),
            What::Scenarios => scenarios(),
            What::Checks => checks(),
            What::Profiles => profiles(),
            What::Quirks => quirks(),
            What::Defects => defects(),
            What::Leniencies => leniencies(),
            What::Steps => steps(),
        };
        if let Some(prefix) = &self.prefix {
            let all = listing.objects.len();
            let before: Vec<Value> = listing.objects.clone();
            listing.objects.retain(|object| fits(object, prefix));
            if listing.objects.is_empty() && all > 0 {
                let ids: Vec<&str> = before.iter().filter_map(|object| object["id"].as_str()).collect();
                let hint = super::suggest::did_you_mean(prefix, ids, "leave it out to see them all");
                return Err(Fault::usage(format!("nothing listed here begins with `{prefix}`{hint}")));
            }
        }
        match self.format {
            ListFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &listing.objects).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            ListFormat::Human => {
                let rows = listing
                    .objects
                    .iter()
                    .map(|object| listing.columns.iter().map(|column| text(&object[*column])).collect())
                    .collect();
                screen::table(out, listing.columns, rows)?;
                writeln!(out, "\n{}", count(listing.objects.len(), self.what, self.uncovered))?;
            }
        }
        Ok(Exit::Conforms)
    }
}

fn count(count: usize, what: What, uncovered: bool) -> String {
    let words = what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let words = match (count, words.strip_suffix("ies")) {
        (1, Some(stem)) => format!("{stem}y"),
        (1, None) => words.trim_end_matches('s').to_owned(),
        _ => words,
    };
    let kind = if uncovered { " that bind a service provider and are not covered" } else { "" };
    match what {
        What::Steps => format!("{count} {words}"),
        _ => format!("{count} {words}{kind}; `scimulate explain ID` says more about each"),
    }
}

fn fits(object: &Value, prefix: &str) -> bool {
    let id = object["id"].as_str().unwrap_or_default();
    let begins = id.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let tag = prefix.strip_prefix('@').unwrap_or(prefix);
    let tagged = object["tags"].as_array().is_some_and(|tags| tags.iter().any(|one| one == tag));
    begins || tagged
}

/// A member as the cell of a table.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn requirements(uncovered: bool) -> Listing {
    let coverage = registry::coverage();
    let wanted =
        |row: &&'static Requirement| !uncovered || (registry::binds_target(row) && !coverage.contains_key(&row.id));
    let objects = spec::catalogue()
        .iter()
        .filter(wanted)
        .map(|row| {
            let mut object = json!(registry::requirement_row(row, &coverage));
            let covered = object["covered_by"].as_array().map_or(0, Vec::len);
            object["tests"] = covered.into();
            object["reason"] = match &row.untested {
                Some(reason) => reason.clone().into(),
                None => row.held_by.join(", ").into(),
            };
            object
        })
        .collect();
    let columns: &[&str] = if uncovered {
        &["id", "level", "clause", "requirement", "reason"]
    } else {
        &["id", "level", "clause", "binds", "tests", "requirement"]
    };
    Listing { columns, objects }
}

fn scenarios() -> Listing {
    let objects = suite::scenarios().iter().map(|scenario| json!(scenario)).collect();
    Listing { columns: &["id", "requirement", "family", "title"], objects }
}

fn checks() -> Listing {
    let objects = check::all()
        .map(|check| {
            json!({
                "id": check.id,
                "requirement": check.requirement,
                "summary": check.summary,
                "why": check.why,
                "explanation": check.explanation,
                "source": check.file,
            })
        })
        .collect();
    Listing { columns: &["id", "requirement", "summary"], objects }
}

fn profiles() -> Listing {
    let objects = idp::profiles()
        .iter()
        .map(|profile| {
            json!({
                "id": profile.id,
                "kind": profile.kind.to_string(),
                "title": profile.title,
                "about": profile.about,
                "extends": profile.extends,
                "quirks": profile.quirks.iter().map(|quirk| quirk.id.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    Listing { columns: &["id", "kind", "extends", "title"], objects }
}

fn quirks() -> Listing {
    let mut profiles: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for profile in idp::profiles() {
        for quirk in &profile.quirks {
            profiles.entry(&quirk.id).or_default().push(&profile.id);
        }
    }
    let objects = idp::quirks()
        .iter()
        .map(|quirk| {
            json!({
                "id": quirk.id,
                "confidence": quirk.confidence.to_string(),
                "summary": quirk.summary,
                "breaks": quirk.breaks,
                "knob": quirk.knob,
                "evidence": quirk.evidence,
                "profiles": profiles.get(quirk.id.as_str()).cloned().unwrap_or_default(),
            })
        })
        .collect();
    Listing { columns: &["id", "confidence", "profiles", "summary"], objects }
}

fn defects() -> Listing {
    let objects = defect::DEFECTS
        .iter()
        .map(|defect| {
            json!({
                "id": defect.id,
                "summary": defect.summary,
                "source": defect.source,
                "caught_by": defect.caught_by,
            })
        })
        .collect();
    Listing { columns: &["id", "caught_by", "summary"], objects }
}

fn leniencies() -> Listing {
    let objects =
        LENIENCIES.iter().map(|one| json!({"id": one.id, "summary": one.summary, "source": one.evidence})).collect();
    Listing { columns: &["id", "summary", "source"], objects }
}

fn steps() -> Listing {
    let objects = suite::vocabulary()
        .iter()
        .map(|step| {
            let mut object = json!(step);
            object["id"] = format!("{} {}", step.keyword, step.pattern).into();
            object["step"] = object["id"].clone();
            object
        })
        .collect();
    Listing { columns: &["tier", "step", "about", "example"], objects }
}

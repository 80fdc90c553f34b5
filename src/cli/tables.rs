//! The tables that README.md and ARCHITECTURE.md hold between `<!-- generated: NAME -->` and `<!-- end -->`, made from the
//! registries. `tests/docs.rs` compares them, and writes them anew with `BLESS=1 cargo test --test docs`.

use clap::CommandFactory;

use super::{Cli, exit::Exit};
use crate::{
    check, idp,
    provider::{defect, effects},
    report::Format,
    scim::leniency::LENIENCIES,
    spec, suite,
};

/// A generated table: its name, and what makes it.
pub type Table = (&'static str, fn() -> String);

/// All tables, by name.
pub const TABLES: [Table; 11] = [
    ("commands", commands),
    ("coverage", coverage),
    ("defects", defects),
    ("environment", environment),
    ("exit-codes", exit_codes),
    ("leniencies", leniencies),
    ("policies", policies),
    ("profiles", profiles),
    ("report-formats", report_formats),
    ("scenarios", scenarios),
    ("unseen", unseen),
];

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    text.push_str(&format!("|{}\n", "---|".repeat(head.len())));
    text.extend(rows.into_iter().map(line));
    text
}

fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

fn exit_codes() -> String {
    table(
        &["code", "name", "when"],
        Exit::ALL.iter().map(|(exit, name, when)| vec![code(exit.code()), (*name).to_owned(), (*when).to_owned()]),
    )
}

fn commands() -> String {
    let command = Cli::command();
    let rows = command.get_subcommands().filter(|command| command.get_name() != "help").map(|command| {
        vec![code(command.get_name()), command.get_about().map(ToString::to_string).unwrap_or_default()]
    });
    table(&["command", "does"], rows)
}

/// Every `SCIMULATE_*` variable that stands for a flag.
fn environment() -> String {
    let root = Cli::command();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for command in root.get_subcommands() {
        for argument in command.get_arguments() {
            let (Some(variable), Some(flag)) = (argument.get_env(), argument.get_long()) else { continue };
            let row = vec![code(variable.to_string_lossy()), code(format!("--{flag}"))];
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows.sort();
    table(&["variable", "flag"], rows)
}

fn report_formats() -> String {
    table(&["format", "what it is"], Format::ALL.iter().map(|format| vec![code(format), format.about().to_owned()]))
}

fn policies() -> String {
    table(
        &["policy", "where the documentation is silent", "values, the default first"],
        effects::POLICIES.iter().map(|policy| {
            let values: Vec<String> = policy.values.iter().map(code).collect();
            vec![code(policy.id), policy.question.to_owned(), values.join(", ")]
        }),
    )
}

fn leniencies() -> String {
    table(
        &["leniency", "what is accepted beside the RFC"],
        LENIENCIES.iter().map(|one| vec![code(one.id), one.summary.to_owned()]),
    )
}

fn profiles() -> String {
    table(
        &["profile", "what it is", "quirks"],
        idp::profiles()
            .iter()
            .map(|profile| vec![code(&profile.id), profile.title.clone(), profile.quirks.len().to_string()]),
    )
}

fn defects() -> String {
    table(
        &["defect", "what it is", "caught by"],
        defect::DEFECTS.iter().map(|defect| {
            let caught: Vec<String> = defect.caught_by.iter().map(code).collect();
            vec![code(defect.id), defect.summary.to_owned(), caught.join(", ")]
        }),
    )
}

fn scenarios() -> String {
    let scenarios = suite::scenarios();
    let mut families: Vec<&str> = scenarios.iter().map(|scenario| scenario.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    table(
        &["family", "scenarios", "requirements and effects"],
        families.into_iter().map(|family| {
            let of: Vec<_> = scenarios.iter().filter(|scenario| scenario.family == family).collect();
            let mut requirements: Vec<&str> = of.iter().map(|scenario| scenario.requirement.as_str()).collect();
            requirements.sort_unstable();
            requirements.dedup();
            vec![code(format!("@{family}")), of.len().to_string(), requirements.len().to_string()]
        }),
    )
}

/// How many rows of each document are tested: what can be claimed in the README, and no more.
fn coverage() -> String {
    let covered = super::registry::coverage();
    let mut documents: Vec<(String, [usize; 4])> = Vec::new();
    for row in spec::catalogue().iter().filter(|row| super::registry::binds_target(row)) {
        let document = match row.id.split_once('-') {
            Some((document, _)) => document.to_owned(),
            None => row.id.clone(),
        };
        if documents.last().is_none_or(|(last, _)| *last != document)
            && !documents.iter().any(|(one, _)| *one == document)
        {
            documents.push((document.clone(), [0; 4]));
        }
        let Some((_, counts)) = documents.iter_mut().find(|(one, _)| *one == document) else { continue };
        let ids = covered.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let checked = ids.iter().any(|id| check::check(id).is_some());
        let played = ids.iter().any(|id| check::check(id).is_none());
        counts[0] += 1;
        counts[1] += usize::from(played);
        counts[2] += usize::from(checked);
        counts[3] += usize::from(played || checked);
    }
    table(
        &["document", "rows that bind a target", "by scenarios", "by checks", "tested"],
        documents.into_iter().map(|(document, counts)| {
            let mut cells = vec![document];
            cells.extend(counts.map(|count| count.to_string()));
            cells
        }),
    )
}

/// The rows that no scenario and no check is about: which tests of the provider's own hold them, or why nothing does.
fn unseen() -> String {
    let covered = super::registry::coverage();
    let rows = spec::catalogue().iter().filter(|row| {
        let excused = row.untested.is_some() || !row.held_by.is_empty();
        super::registry::binds_target(row) && excused && !covered.contains_key(&row.id)
    });
    table(
        &["row", "level", "what it says", "held by a test of the provider's own, or why not tested"],
        rows.map(|row| {
            let held: Vec<String> = row.held_by.iter().map(code).collect();
            let answer = row.untested.clone().unwrap_or_else(|| held.join(", "));
            vec![code(&row.id), row.level.clone(), row.requirement.clone(), answer]
        }),
    )
}

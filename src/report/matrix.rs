//! The effects matrix: which effect followed which kind of change, per profile. Rows are paths (the way in which the
//! change reached the target), columns are effects, and a cell holds the worst verdict of its scenarios.

use std::fmt::Write;

use console::measure_text_width;
use indexmap::IndexMap;

use super::{run::Run, style::Paint, text::plain};
use crate::verdict::{ScenarioResult, Verdict};

/// The matrix of one profile.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    /// The profile; absent for scenarios that no profile plays.
    pub profile: Option<String>,
    /// Effect ids, in the order of the catalogue.
    pub effects: Vec<String>,
    /// The rows, each with one cell an effect: by the first effect that they have, then by name.
    pub rows: Vec<(String, Vec<Option<Verdict>>)>,
}

impl Matrix {
    /// Whether any cell was. A target without observers has nothing to show in a table.
    pub fn exercised(&self) -> bool {
        self.rows.iter().flat_map(|(_, cells)| cells).flatten().any(|verdict| *verdict != Verdict::Skip)
    }
}

/// Each verdict with its sign: what stands in a cell, and the word that explains it below.
pub(super) const SIGNS: [(Verdict, &str, &str); 7] = [
    (Verdict::Pass, "✓", "pass"),
    (Verdict::Fail, "✗", "fail"),
    (Verdict::Warn, "!", "warn"),
    (Verdict::Note, "n", "note"),
    (Verdict::Known, "k", "known"),
    (Verdict::Fixed, "f", "fixed"),
    (Verdict::Skip, "·", "not exercised"),
];

/// The sign of a verdict.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    SIGNS.iter().find(|(one, ..)| *one == verdict).map_or("?", |(_, sign, _)| sign)
}

/// The column head of an effect: `EFF-SESSIONS` as `sessions`.
pub(super) fn short(effect: &str) -> String {
    effect.strip_prefix("EFF-").unwrap_or(effect).to_lowercase()
}

/// The matrices of a run, one a profile, in the order of the profiles; scenarios without a profile come last.
pub(super) fn matrices(run: &Run) -> Vec<Matrix> {
    let mut profiles: Vec<Option<&str>> = run.profiles().into_iter().map(Some).collect();
    profiles.push(None);
    profiles.into_iter().filter_map(|profile| matrix(&run.results, profile)).collect()
}

fn matrix(results: &[ScenarioResult], profile: Option<&str>) -> Option<Matrix> {
    let mut cells: IndexMap<&str, IndexMap<&str, Verdict>> = IndexMap::new();
    let mut seen: Vec<&str> = Vec::new();
    for result in results.iter().filter(|result| result.profile.as_deref() == profile) {
        let Some(cell) = &result.cell else { continue };
        let worst = cells.entry(&cell.path).or_default().entry(&cell.effect).or_insert(Verdict::Pass);
        *worst = (*worst).max(result.verdict);
        if !seen.contains(&cell.effect.as_str()) {
            seen.push(&cell.effect);
        }
    }
    let catalogue = crate::spec::catalogue();
    seen.sort_by_key(|id| catalogue.iter().position(|row| row.id == *id).unwrap_or(usize::MAX));
    // Paths that are about the same effects stand together: those of the first column first.
    let first = |row: &IndexMap<&str, Verdict>| seen.iter().position(|effect| row.contains_key(effect));
    cells.sort_by(|a, row_a, b, row_b| first(row_a).cmp(&first(row_b)).then_with(|| a.cmp(b)));
    (!cells.is_empty()).then(|| Matrix {
        profile: profile.map(str::to_owned),
        rows: cells
            .iter()
            .map(|(path, row)| ((*path).to_owned(), seen.iter().map(|effect| row.get(effect).copied()).collect()))
            .collect(),
        effects: seen.into_iter().map(str::to_owned).collect(),
    })
}

/// The matrices as plain text, with a legend; empty if no result has a place in one. `width` is that of the terminal:
/// where the heads do not fit, letters stand for them.
pub(super) fn text(run: &Run, width: Option<usize>) -> String {
    painted(run, width, Paint { color: false })
}

/// As [`text`], in colour.
pub(super) fn painted(run: &Run, width: Option<usize>, paint: Paint) -> String {
    let matrices = matrices(run);
    let mut out = String::new();
    for matrix in &matrices {
        let profile = matrix.profile.as_deref().unwrap_or("without a profile");
        let _ = writeln!(out, "{}", paint.bold(&format!("Effects, {profile}")));
        if matrix.exercised() {
            write_matrix(&mut out, matrix, width, paint);
        } else {
            let (paths, effects) = (matrix.rows.len(), matrix.effects.len());
            let _ = writeln!(out, "  not exercised: {paths} paths × {effects} effects; the reasons are counted below");
        }
        out.push('\n');
    }
    if matrices.iter().any(Matrix::exercised) {
        let used: Vec<String> = SIGNS
            .iter()
            .filter(|(verdict, ..)| {
                matrices.iter().flat_map(|matrix| &matrix.rows).any(|(_, cells)| cells.contains(&Some(*verdict)))
            })
            .map(|(verdict, sign, word)| format!("{} {word}", paint.verdict(*verdict, sign)))
            .collect();
        let _ = writeln!(out, "  {}   (blank: no scenario)", used.join("   "));
    }
    out
}

fn write_matrix(out: &mut String, matrix: &Matrix, width: Option<usize>, paint: Paint) {
    let paths: Vec<String> = matrix.rows.iter().map(|(path, _)| plain(path)).collect();
    let first = paths.iter().map(|path| measure_text_width(path)).max().unwrap_or(0);
    let mut heads: Vec<String> = matrix.effects.iter().map(|effect| short(effect)).collect();
    let needed = 2 + first + heads.iter().map(|head| head.len() + 2).sum::<usize>();
    let mut letters = None;
    if width.is_some_and(|width| needed > width) {
        let short: Vec<String> = (b'a'..=b'z').map(|letter| char::from(letter).to_string()).collect();
        let keyed: Vec<String> = short.iter().zip(&heads).map(|(letter, head)| format!("{letter} {head}")).collect();
        heads = short.into_iter().take(heads.len()).collect();
        letters = Some(keyed.join("  "));
    }
    let _ = write!(out, "  {:first$}", "");
    for head in &heads {
        let _ = write!(out, "  {head}");
    }
    out.push('\n');
    for (path, (_, cells)) in paths.iter().zip(&matrix.rows) {
        let mut line = format!("  {path}{}", " ".repeat(first - measure_text_width(path)));
        for (head, cell) in heads.iter().zip(cells) {
            let left = 2 + (head.len() - 1) / 2;
            let right = head.len() - 1 - (head.len() - 1) / 2;
            let mark = cell.map_or_else(|| " ".to_owned(), |verdict| paint.verdict(verdict, sign(verdict)));
            let _ = write!(line, "{:left$}{mark}{:right$}", "", "");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if let Some(letters) = letters {
        let _ = writeln!(out, "  {letters}");
    }
}

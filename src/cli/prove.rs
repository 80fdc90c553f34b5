//! `prove`: the suite must catch every defect that the embedded provider can be told to have. What survives is a hole in
//! the suite.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    exit::{Exit, Fault},
    interrupt,
    run::{self, ProfileArgs, SuiteArgs},
    screen::Color,
};
use crate::{
    provider::defect::DEFECTS,
    suite::{self, Choice, Options, Proof, ProveError, ProveOptions},
    target::Config,
};

/// How the proof is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProveFormat {
    /// A line a defect.
    #[default]
    Human,
    /// An array of objects, when all are decided.
    Json,
}

/// Arguments of `prove`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Without a selector each defect is played against what its registry entry says must catch it;
with one, against what is selected. Exit code 1 if a defect survives, or is not caught by what
should have caught it.

Examples:
  scimulate prove
  scimulate prove webhook-sent-twice
  scimulate prove @effects --whole-suite")]
pub struct Prove {
    /// Only this defect (repeatable; `scimulate list defects`)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    defect: Vec<String>,
    /// Play everything against each defect
    #[arg(long)]
    whole_suite: bool,
    /// Stop at the first catch: say whether a defect is caught, not by how much
    #[arg(long)]
    quick: bool,
    /// Lines or JSON
    #[arg(long, value_enum, default_value_t)]
    format: ProveFormat,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, env = "SCIMULATE_COLOR", hide_env_values = true)]
    color: Color,
    #[command(flatten)]
    suite: SuiteArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
}

impl Prove {
    /// Proves.
    ///
    /// # Errors
    /// If an argument is wrong, or the run without defects cannot be completed.
    pub fn run(mut self, out: &mut dyn Write) -> Result<Exit, Fault> {
        // A defect's id among the selectors is meant as one: every id that is printed can be pasted back.
        let (named, selectors) = std::mem::take(&mut self.suite.selectors)
            .into_iter()
            .partition::<Vec<_>, _>(|selector| DEFECTS.iter().any(|defect| defect.id == selector));
        self.suite.selectors = selectors;
        self.defect.extend(named);
        run::check_defects(&self.defect)?;
        let options = Options {
            target: Choice::Embedded { defects: Vec::new() },
            ..run::options(&self.suite, &self.profiles, &Config::default())?
        };
        let cancel = options.cancel.clone();
        let prove =
            ProveOptions { defects: self.defect, run: options, whole_suite: self.whole_suite, quick: self.quick };
        let color = self.color.on(&std::io::stdout());
        let human = self.format == ProveFormat::Human;
        let mut written = Ok(());
        let proofs = interrupt::block_on(interrupt::CLEANING, move || cancel.cancel(), async {
            let mut tell = |proof: &Proof| {
                if human && written.is_ok() {
                    written = write!(out, "{}", line(proof, color)).and_then(|()| out.flush());
                }
            };
            suite::prove(prove, &mut tell).await
        })?
        .map_err(fault)?;
        written?;
        let survivors = proofs.iter().filter(|proof| proof.survived()).count();
        let missed = proofs.iter().filter(|proof| !proof.survived() && !proof.missed.is_empty()).count();
        if human {
            writeln!(
                out,
                "\n{} defect{}: {} caught, {survivors} survived{}",
                proofs.len(),
                if proofs.len() == 1 { "" } else { "s" },
                proofs.len() - survivors,
                if missed > 0 {
                    format!("; {missed} escaped something that should have caught them")
                } else {
                    String::new()
                }
            )?;
        } else {
            let objects: Vec<_> = proofs
                .iter()
                .map(|proof| {
                    let mut object = json!(proof);
                    object["id"] = proof.defect.into();
                    object["survived"] = proof.survived().into();
                    object
                })
                .collect();
            writeln!(out, "{:#}", serde_json::Value::Array(objects))?;
        }
        Ok(exit(&proofs))
    }
}

fn exit(proofs: &[Proof]) -> Exit {
    if proofs.iter().any(|proof| proof.aborted.is_some()) {
        Exit::Aborted
    } else if proofs.iter().any(|proof| proof.survived() || !proof.missed.is_empty()) {
        Exit::Findings
    } else if proofs.is_empty() {
        Exit::NothingRan
    } else {
        Exit::Conforms
    }
}

fn fault(error: ProveError) -> Fault {
    match error {
        ProveError::Baseline(_) => Fault::aborted(error),
        ProveError::Unknown { .. } | ProveError::Run(_) => Fault::usage(error),
    }
}

/// One defect: what caught it, what should have and did not.
fn line(proof: &Proof, color: bool) -> String {
    let style = console::Style::new().force_styling(color);
    let word = match (&proof.aborted, proof.survived()) {
        (Some(_), _) => style.red().bold().apply_to(" ABORTED").to_string(),
        (None, true) => style.red().bold().apply_to("SURVIVED").to_string(),
        (None, false) => style.green().apply_to("  CAUGHT").to_string(),
    };
    let mut text = format!("{word} {}  {}\n", proof.defect, proof.summary);
    let mut more = |label: &str, what: String| text.push_str(&format!("{:8} {label} {what}\n", ""));
    let shown: Vec<&str> = proof.caught_by.iter().take(3).map(|one| one.id.as_str()).collect();
    if !shown.is_empty() {
        let rest = proof.caught_by.len() - shown.len();
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        more("by", format!("{}{rest}", shown.join(", ")));
    }
    if !proof.missed.is_empty() {
        more("not by", proof.missed.join(", "));
    }
    if let Some(abort) = &proof.aborted {
        more("because", format!("{}; {}", abort.cause, abort.remedy));
    }
    text
}

//! The wire step of disputed requirements: where the texts allow more than one reading, each passes, and the result
//! names the one that was seen.

use crate::{
    spec,
    suite::{
        stop::{About, Played, Stop},
        vocabulary::{self, Args, StepDef, step},
        world::World,
    },
};

/// The pattern, which the lint of features looks for.
pub(in crate::suite) const PATTERN: &str = "one of these readings is seen:";

pub(in crate::suite) static STEPS: &[StepDef] = &[step(
    "Then",
    PATTERN,
    "each row is a reading of the scenario's requirement (`scimulate explain ID` lists them) and the steps that show it; \
     the first that holds is noted",
    |w, a| Box::pin(seen(w, a)),
)];

async fn seen(world: &mut World, args: Args) -> Played {
    let mut expected = Vec::new();
    let mut last = None;
    let mut may_refuse = false;
    for row in args.rows()? {
        let [reading, lines @ ..] = row.as_slice() else {
            return Err(Stop::script(format!("`{}` needs a table of a reading and its steps", args.line)));
        };
        match all_hold(world, lines).await {
            Ok(()) => {
                world.stage()?.basis.read(reading, 1);
                return Ok(());
            }
            Err(Stop::Mismatch { evidence, about }) => {
                may_refuse |= about == About::Refusal;
                let dispute = spec::dispute(&world.stage()?.item.info.requirement);
                let reading = dispute.and_then(|dispute| dispute.reading(reading));
                expected.push(reading.map_or_else(|| lines.join(" and "), |reading| reading.says.clone()));
                last = Some(evidence);
            }
            Err(other) => return Err(other),
        }
    }
    let evidence = last.ok_or_else(|| Stop::script(format!("`{}` needs a table below it", args.line)))?;
    if let Some(failed) = failed_instead_of_refusing(world, may_refuse)? {
        return Err(Stop::NotExercised(failed));
    }
    let answer = world.stage()?.last.as_ref().map(|last| (last.line(), last.seq));
    let (line, seq) = answer.unwrap_or_default();
    let mut seqs = evidence.exchanges;
    if !seqs.contains(&seq) {
        seqs.push(seq);
    }
    Err(Stop::mismatch("", expected.join("; or "), format!("{line}: {}", evidence.actual), seqs))
}

/// Where one reading is a refusal, an answer of 5xx is one as well, though not as it should be: the rows of RFC 7644 section
/// 3.12 are about that, and this row is not.
fn failed_instead_of_refusing(world: &mut World, may_refuse: bool) -> Result<Option<String>, Stop> {
    let last =
        world.stage()?.last.as_ref().filter(|last| may_refuse && last.status().is_some_and(|status| status >= 500));
    Ok(last.map(|last| format!("the target fails where it may refuse: {}", last.line())))
}

/// Plays the steps of one reading; an empty cell is none.
async fn all_hold(world: &mut World, lines: &[String]) -> Played {
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let (definition, values) = vocabulary::find(line).map_err(|error| Stop::script(error.to_string()))?;
        let inner = Args { values, docstring: None, table: Vec::new(), line: line.clone() };
        (definition.play)(world, inner).await?;
    }
    Ok(())
}

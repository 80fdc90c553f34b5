//! The passive checks against their fixtures: `fixtures/checks/<id>/holds.json` and `broken.json`, each a transcript
//! as `scimulate judge` reads it. A new check without both fails here, with what to do.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use scimulate::{
    check::{self, Judgement, Scope},
    spec,
    wire::Exchange,
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks")
}

fn transcript(path: &Path) -> Vec<Exchange> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Judges one fixture as a target of its own, where nobody else changes anything.
fn judged(id: &str, name: &str) -> Option<Judgement> {
    let exchanges = transcript(&fixtures().join(id).join(name));
    let mut scope = Scope::at("https://target.example/scim/v2");
    scope.base_url = exchanges
        .first()
        .and_then(|first| first.url.find("/scim/v2").map(|at| first.url[..at + "/scim/v2".len()].to_owned()))
        .unwrap_or(scope.base_url);
    scope.isolated = true;
    scope.secrets = vec![scimulate::wire::Secret::new("token-of-this-run")];
    check::judge(&exchanges, &scope).into_iter().find(|judgement| judgement.check.id == id)
}

/// Each check can pass and can fail: a check that never fails protects nothing, and one that never passes accuses.
#[test]
fn every_check_holds_and_breaks() {
    let mut wrong = Vec::new();
    for check in check::all() {
        for (name, breaks) in [("holds.json", false), ("broken.json", true)] {
            let path = fixtures().join(check.id).join(name);
            if !path.is_file() {
                wrong.push(format!(
                    "{} ({}): add fixtures/checks/{}/{name}, a transcript that {}",
                    check.id,
                    check.file,
                    check.id,
                    if breaks { "breaks it" } else { "holds" }
                ));
                continue;
            }
            match judged(check.id, name) {
                None => wrong.push(format!("{}: {name} has no exchange that it is about", check.id)),
                Some(judgement) if judgement.broken.is_empty() == breaks => {
                    wrong.push(format!("{}: {name} is judged {:?}", check.id, judgement.broken));
                }
                Some(judgement) if !breaks && judgement.held == 0 => {
                    wrong.push(format!("{}: {name} holds nothing", check.id));
                }
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} fixtures are missing or wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each reading of a disputed rule passes and is told apart: `readings.json` beside the other two shows them all, and
/// every reading of every dispute is one that some check or scenario can see.
#[test]
fn every_reading_is_seen() {
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    for check in check::all().filter(|check| matches!(check.judge, check::Judge::Reading(_))) {
        let dispute = spec::dispute(check.requirement);
        let Some(dispute) = dispute else {
            wrong.push(format!("{}: {} has no readings in readings.json", check.id, check.requirement));
            continue;
        };
        let readings = judged(check.id, "readings.json").filter(|judgement| judgement.broken.is_empty());
        let found: Vec<&str> = readings.iter().flat_map(|it| &it.readings).map(|(id, _)| *id).collect();
        let wanted: Vec<&str> = dispute.readings.iter().map(|reading| reading.id.as_str()).collect();
        let same = BTreeSet::from_iter(&found) == BTreeSet::from_iter(&wanted);
        if !same {
            wrong.push(format!("{}/readings.json shows {found:?}, and the readings are {wanted:?}", check.id));
        }
        seen.extend(found.iter().map(|id| (check.requirement, (*id).to_owned())));
    }
    for (requirement, reading) in scimulate::suite::readings() {
        let Some(dispute) = spec::dispute(&requirement) else { continue };
        seen.insert((&dispute.requirement, reading));
    }
    for dispute in spec::disputes() {
        assert!(spec::requirement(&dispute.requirement).is_some(), "{} is no requirement", dispute.requirement);
        assert!(dispute.readings.len() > 1, "{} is no dispute", dispute.requirement);
        for reading in &dispute.readings {
            if !seen.contains(&(&dispute.requirement, reading.id.clone())) {
                wrong.push(format!("{} {}: no check and no scenario can see it", dispute.requirement, reading.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fixture that holds for its own check accuses the target of nothing else either, unless it must: a transcript of
/// a conforming server that any check objects to is a false accusation.
#[test]
fn what_holds_is_accused_of_nothing() {
    let mut wrong = Vec::new();
    for check in check::all() {
        let path = fixtures().join(check.id).join("holds.json");
        if !path.is_file() {
            continue;
        }
        let exchanges = transcript(&path);
        let Some(scope) = Scope::infer(&exchanges) else { continue };
        for judgement in check::judge(&exchanges, &scope) {
            if let Some(evidence) = judgement.broken.first() {
                wrong.push(format!("{}/holds.json: {} says {}", check.id, judgement.check.id, evidence.actual));
            }
        }
    }
    assert!(wrong.is_empty(), "{} accusations:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a broken fixture is told, for a person to read: expected and actual are sentences that help.
#[test]
fn evidence_reads_well() {
    let mut lines = String::new();
    for check in check::all() {
        let Some(judgement) = judged(check.id, "broken.json") else { continue };
        for evidence in &judgement.broken {
            lines.push_str(&format!(
                "{}\n  rule:     {}\n  expected: {}\n  actual:   {}\n  in:       {:?}\n",
                check.id, check.summary, evidence.expected, evidence.actual, evidence.exchanges
            ));
        }
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots/checks" }, {
        insta::assert_snapshot!("evidence", lines);
    });
}

/// Ids are unique and well-formed, requirements exist, and the texts are there.
#[test]
fn the_registry_is_sound() {
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for check in check::all() {
        let place = format!("{} in {}", check.id, check.file);
        if !ids.insert(check.id) {
            wrong.push(format!("{place}: the id is taken"));
        }
        if spec::requirement(check.requirement).is_none() {
            wrong.push(format!("{place}: {} is no row of fixtures/requirements/requirements.json", check.requirement));
        }
        let slug = check.id.strip_prefix(check.requirement).and_then(|rest| rest.strip_prefix('.'));
        let well_formed = slug.is_some_and(|slug| {
            !slug.is_empty() && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        });
        if !well_formed {
            wrong.push(format!("{place}: an id is the requirement, a full stop, and a slug of a-z, 0-9 and hyphens"));
        }
        for (name, text) in [("summary", check.summary), ("explanation", check.explanation), ("why", check.why)] {
            if text.len() < 12 {
                wrong.push(format!("{place}: the {name} says too little"));
            }
        }
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join(check.file).is_file() {
            wrong.push(format!("{place}: the file does not exist"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No fixture is left behind by a check that is gone.
#[test]
fn no_orphaned_fixtures() {
    for entry in fs::read_dir(fixtures()).expect("fixtures/checks") {
        let name = entry.expect("a readable entry").file_name().to_string_lossy().into_owned();
        assert!(check::check(&name).is_some(), "fixtures/checks/{name} belongs to no check: remove or rename it");
    }
}

/// Every file of checks is in the registry: a check that is written but not listed never runs.
#[test]
fn every_file_is_registered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check");
    let registered: BTreeSet<&str> = check::all().map(|check| check.file).collect();
    for room in ["rfc7643", "rfc7644", "rfc9865"] {
        for entry in fs::read_dir(root.join(room)).expect("a folder of checks") {
            let path = entry.expect("a readable entry").path();
            let text = fs::read_to_string(&path).expect("a readable file");
            let name = format!("src/check/{room}/{}", path.file_name().expect("a name").to_string_lossy());
            assert!(
                !text.contains("static CHECKS") || registered.contains(name.as_str()),
                "{name} is not in CHECKS of src/check/mod.rs"
            );
        }
    }
}

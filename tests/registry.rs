//! The registries hang together: scenarios, requirements and defects name one another, and each id once.

use std::collections::BTreeSet;

use scimulate::{
    check,
    idp::{self, Kind},
    provider::{defect::DEFECTS, effects::POLICIES},
    spec, suite,
};

/// A scenario's id is what reports, selectors and `explain` know it by.
#[test]
fn scenario_ids_are_unique_and_begin_with_their_requirement() {
    let mut seen = BTreeSet::new();
    for info in suite::scenarios() {
        let slug = info.id.strip_prefix(&info.requirement).and_then(|rest| rest.strip_prefix('.'));
        let slug = slug.unwrap_or_else(|| panic!("{}: {} does not begin with its requirement", info.source, info.id));
        assert!(
            !slug.is_empty() && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            info.id
        );
        assert!(slug.len() <= 90, "{}: the id {} is too long; give the row an `id`", info.source, info.id);
        assert!(seen.insert(info.id.clone()), "{}: {} is taken", info.source, info.id);
        assert!(spec::requirement(&info.requirement).is_some(), "{}: {}", info.source, info.requirement);
    }
}

/// Ids of the catalogue are never given twice: the files of requirements, effects and flows do not overlap.
#[test]
fn requirement_ids_are_unique() {
    let mut seen = BTreeSet::new();
    for row in spec::catalogue() {
        assert!(seen.insert(&row.id), "{} is in the catalogue twice; ids are never reused", row.id);
    }
}

/// Every row that binds a provider, of the groups that are about the protocol, is played, checked, held by a test of the
/// provider's own, or says why not; and what it says is so.
#[test]
fn every_row_is_tested_or_says_why_not() {
    let mut covered: BTreeSet<String> = suite::scenarios().into_iter().map(|info| info.requirement).collect();
    covered.extend(check::all().map(|check| check.requirement.to_owned()));
    let mut wrong = Vec::new();
    for row in spec::catalogue() {
        let (seen, id) = (covered.contains(&row.id), &row.id);
        if seen && row.untested.is_some() {
            wrong.push(format!("{id} is tested: take its `untested` out"));
        }
        if row.untested.is_some() && !row.held_by.is_empty() {
            wrong.push(format!("{id} is held by a test: take its `untested` out"));
        }
        let protocol = row.group_number().is_some() && row.binds != spec::Binds::Client;
        if protocol && !seen && row.untested.is_none() && row.held_by.is_empty() {
            wrong.push(format!("{id} has no scenario, no check, no `held_by` and no `untested`"));
        }
        for test in &row.held_by {
            let (file, name) = test.split_once("::").unwrap_or((test, ""));
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = std::fs::read_to_string(path).unwrap_or_default();
            // A function, or an entry of the vectors' list, from which a macro makes functions.
            let there = [format!("fn {name}("), format!(" {name} = \"")].iter().any(|place| text.contains(place));
            if name.is_empty() || !there {
                wrong.push(format!("{id} names the test {test}, which is not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "fixtures/requirements/requirements.json:\n{}", wrong.join("\n"));
}

/// An effect or a flow without a scenario is a promise that nobody keeps.
#[test]
fn every_effect_and_flow_has_a_scenario() {
    let played: BTreeSet<String> = suite::scenarios().into_iter().map(|info| info.requirement).collect();
    let unplayed: Vec<&str> = spec::catalogue()
        .iter()
        .filter(|row| row.case.as_ref().is_none_or(|case| case.by_hand.is_none()))
        .map(|row| row.id.as_str())
        .filter(|id| ["EFF-", "OKTA-", "ENTRA-"].iter().any(|prefix| id.starts_with(prefix)))
        .filter(|id| !played.contains(*id))
        .collect();
    assert!(unplayed.is_empty(), "write a scenario for {unplayed:?} under features/");
}

/// Scenarios of one IdP's flows say so, or they would be played by the other.
#[test]
fn flows_of_an_idp_are_played_by_that_idp() {
    // A test suite of the vendor is a client of its own: it plays without an IdP.
    for info in suite::scenarios().into_iter().filter(|info| info.needs_idp) {
        let wanted = match info.family.as_str() {
            "okta" => Kind::Okta,
            "entra" => Kind::Entra,
            _ => continue,
        };
        assert_eq!(info.kinds, [wanted], "{}: tag it @needs-{wanted}", info.source);
    }
}

/// `run @okta-oin` must play all of the review and nothing else, and each case must have a place in a review that exists.
#[test]
fn cases_and_tags_of_reviews_agree() {
    let mut numbers = BTreeSet::new();
    for row in spec::catalogue() {
        let Some(case) = &row.case else { continue };
        assert!(spec::review(&case.review).is_some(), "{}: there is no review `{}`", row.id, case.review);
        assert!(numbers.insert((&case.review, &case.number)), "{}: {} stands twice", row.id, case.number);
    }
    for info in suite::scenarios() {
        let review = spec::requirement(&info.requirement).and_then(|row| row.case.as_ref()).map(|case| &case.review);
        for known in spec::REVIEWS {
            let tagged = info.tags.iter().any(|tag| tag == known.id);
            let of = review.is_some_and(|review| review == known.id);
            assert_eq!(tagged, of, "{}: the tag @{} and the review of {}", info.source, known.id, info.requirement);
        }
    }
    let cases = |review: &str| numbers.iter().filter(|(of, _)| *of == review).count();
    assert_eq!(
        ["okta-spec", "okta-crud", "okta-oin", "entra-validator", "entra-gallery"].map(cases),
        [12, 10, 61, 32, 25]
    );
}

/// Whoever looks a quirk up finds a scenario that is about it, or the reason why there is none.
#[test]
fn every_quirk_has_a_scenario_or_a_reason() {
    let tagged: BTreeSet<String> = suite::scenarios().into_iter().flat_map(|info| info.quirks).collect();
    for quirk in idp::quirks() {
        // Other IdPs' quirks are turned by their profiles: every scenario that is played by one meets them.
        if !quirk.id.starts_with("okta-") && !quirk.id.starts_with("entra-") {
            continue;
        }
        let (has, reason) = (tagged.contains(&quirk.id), quirk.untested.is_some());
        assert!(
            has != reason,
            "{}: tag a scenario under features with it, or say why there is none (`untested`)",
            quirk.id
        );
    }
}

/// Every cell of the effects matrix that the product promises has a scenario: path × effect.
#[test]
fn the_effects_matrix_is_full() {
    let deprovisioning = [
        "PUT with active false",
        "PATCH of active, JSON false",
        "PATCH of active, string \"False\"",
        "PATCH that adds active",
        "PATCH without a path",
        "DELETE",
        "Okta unassigns",
        "Okta deactivates",
        "Entra disables",
        "Entra unassigns",
        "Entra: out of scope",
        "Entra soft-deletes",
        "Entra deletes after 30 days",
    ];
    let others = ["SCIM connection removed", "leaves the group", "group deleted", "renamed"];
    let cells: BTreeSet<(String, String)> =
        suite::scenarios().into_iter().filter_map(|info| info.cell).map(|cell| (cell.path, cell.effect)).collect();
    let mut empty = Vec::new();
    let effects = ["EFF-STATUS", "EFF-SESSIONS", "EFF-JWT", "EFF-ROLES", "EFF-SIGNIN", "EFF-WEBHOOKS", "EFF-BYSTANDER"];
    for effect in effects {
        for path in deprovisioning {
            if !cells.contains(&(path.to_owned(), effect.to_owned())) {
                empty.push(format!("{path} × {effect}"));
            }
        }
    }
    for effect in ["EFF-STATUS", "EFF-SESSIONS", "EFF-ROLES", "EFF-SIGNIN", "EFF-WEBHOOKS", "EFF-BYSTANDER", "EFF-JWT"]
    {
        for path in others {
            if !cells.contains(&(path.to_owned(), effect.to_owned())) {
                empty.push(format!("{path} × {effect}"));
            }
        }
    }
    assert!(empty.is_empty(), "write scenarios under features/effects for: {empty:#?}");
}

/// A defect must name what catches it, and what it names must be in the catalogue.
#[test]
fn defects_name_rows_of_the_catalogue() {
    for defect in DEFECTS {
        assert!(!defect.caught_by.is_empty(), "{} names nothing that must catch it", defect.id);
        for id in defect.caught_by {
            let row = spec::requirement(id).is_some() || suite::scenarios().iter().any(|info| info.id == *id);
            assert!(row, "{}: {id} is neither a requirement nor a scenario", defect.id);
        }
    }
}

/// A policy that is only stored would be a promise that nobody keeps: each value of each has a scenario, whose id is the
/// policy's row and the value.
#[test]
fn every_value_of_every_policy_has_a_scenario() {
    let played: BTreeSet<String> = suite::scenarios().into_iter().map(|info| info.id).collect();
    let missing: Vec<String> = POLICIES
        .iter()
        .flat_map(|policy| policy.values.iter().map(|value| (policy.id, *value)))
        .map(|(id, value)| format!("POL-{}.{}", id.to_uppercase().replace('_', "-"), value.replace('_', "-")))
        .filter(|id| !played.contains(id))
        .collect();
    assert!(missing.is_empty(), "write scenarios under features/provider for {missing:#?}");
}

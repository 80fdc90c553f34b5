//! Profiles, knobs and quirks as data.

use std::{collections::HashSet, fs, path::Path};

use scimulate::idp::{
    Profile,
    profile::{KNOBS, Knobs},
    profiles, quirks,
};

fn explained(profile: &Profile, knob: &str) -> String {
    profile.knobs.show(knob).unwrap_or_else(|| panic!("no knob {knob}"))
}

/// The profiles that the documentation promises are there.
#[test]
fn has_the_promised_profiles() {
    let ids: Vec<&str> = profiles().iter().map(|profile| profile.id.as_str()).collect();
    for id in [
        "okta",
        "okta-oin",
        "okta-oin-nopatch",
        "okta-entitlements",
        "okta-opp",
        "entra-default",
        "entra-062020",
        "entra-on-demand",
        "entra-validator",
        "onelogin",
        "jumpcloud",
        "google-workspace",
        "pingone",
        "pingfederate",
        "rippling",
        "cyberark-identity",
    ] {
        assert!(ids.contains(&id), "{id} is missing in {ids:?}");
    }
}

/// Every quirk names a knob that exists and a value that it can have, and switching it on and off changes something.
#[test]
fn quirks_turn_their_knobs() {
    let base = Profile::parse("id = \"plain\"\n", "plain.toml").expect("a minimal profile");
    for quirk in quirks() {
        assert!(KNOBS.iter().any(|knob| knob.name == quirk.knob), "{}: no knob `{}`", quirk.id, quirk.knob);
        let on = base.clone().with_quirk(&format!("+{}", quirk.id)).unwrap_or_else(|error| panic!("{error}"));
        let off = on.clone().with_quirk(&format!("-{}", quirk.id)).unwrap_or_else(|error| panic!("{error}"));
        assert!(on.has_quirk(&quirk.id) && !off.has_quirk(&quirk.id), "{}", quirk.id);
        assert_ne!(
            explained(&on, &quirk.knob),
            explained(&off, &quirk.knob),
            "{}: on and off are the same; give it an `off` value",
            quirk.id
        );
    }
}

/// An id means one quirk.
#[test]
fn quirk_ids_are_unique() {
    let mut seen = HashSet::new();
    for quirk in quirks() {
        assert!(seen.insert(&quirk.id), "{} stands twice in fixtures/profiles", quirk.id);
        assert!(
            !quirk.evidence.is_empty() && quirk.evidence.iter().all(|url| url.starts_with("https://")),
            "{}",
            quirk.id
        );
        assert!(quirk.request.is_some(), "{}: say in `request` what is on the wire", quirk.id);
    }
}

/// Every peculiarity that research found is a quirk or is listed as unsettled in a profile.
#[test]
fn nothing_that_was_found_is_lost() {
    let known: HashSet<&str> = quirks()
        .iter()
        .map(|quirk| quirk.id.as_str())
        .chain(profiles().iter().flat_map(|profile| profile.unsettled.iter().map(|open| open.id.as_str())))
        .collect();
    let lost: Vec<&str> =
        include_str!("../../fixtures/vectors/idp/quirk-ids.txt").lines().filter(|id| !known.contains(id)).collect();
    assert!(lost.is_empty(), "add a [[quirk]], or an [[unsettled]] note to the profile it concerns: {lost:?}");
}

/// A knob that nothing reads would be a promise without a keeper.
#[test]
fn every_knob_is_read() {
    fn read(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("profile") {
                read(&path, into);
            } else if path.is_file() {
                into.push_str(&fs::read_to_string(&path).expect("a source file"));
            }
        }
    }
    let mut text = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/idp"), &mut text);
    let unread: Vec<&str> =
        KNOBS.iter().map(|knob| knob.name).filter(|name| !text.contains(&format!("knobs.{name}"))).collect();
    assert!(unread.is_empty(), "no code outside src/idp/profile reads {unread:?}: implement or remove them");
}

/// Each knob says what it does and shows its default.
#[test]
fn knobs_are_documented() {
    for knob in KNOBS {
        assert!(knob.about.trim().ends_with('.'), "{}: say in a sentence what it does", knob.name);
        assert_eq!(Some(knob.default()), Knobs::default().show(knob.name));
    }
}

/// A wrong key, knob, value, quirk, function or profile is answered with place and remedy.
#[test]
fn mistakes_are_answered_with_the_remedy() {
    let error = |text: &str| Profile::parse(text, "acme.toml").expect_err("a mistake").to_string();
    let cases = [
        ("id = \"a\"\nextend = \"okta\"\n", "acme.toml:2: unknown key `extend`; did you mean `extends`?"),
        ("id = \"a\"\nextends = \"okat\"\n", "no profile `okat`; did you mean `okta`?"),
        (
            "id = \"a\"\n[knobs]\nop_caes = \"lower\"\n",
            "acme.toml:3: unknown key `knobs.op_caes`; did you mean `op_case`?",
        ),
        (
            "id = \"a\"\n[knobs]\nop_case = \"LOWER\"\n",
            "acme.toml:3: `knobs.op_case`: expected one of lower, capitalised, not \"LOWER\"",
        ),
        (
            "id = \"a\"\nquirks = [\"okta-put-echo\"]\n",
            "acme.toml:2: `quirks`: there is no quirk `okta-put-echo`; did you mean `okta-put-echoes-",
        ),
        (
            "id = \"a\"\nextends = \"oktaa\"\n",
            "acme.toml:2: `extends`: there is no profile `oktaa`; did you mean `okta`?",
        ),
        ("id = \"a\"\ncolour = \"red\"\n", "acme.toml:2: `colour`: unknown key; there are id, title, about"),
        (
            "id = \"a\"\n[[mapping]]\ntarget = \"title\"\nsource = \"Swich(title, , )\"\n",
            "acme.toml:3: `mapping: title`: unknown function `Swich` at character 1; did you mean `Switch`?",
        ),
        (
            "id = \"a\"\n[[mapping]]\ntarget = \"title\"\nsorce = \"x\"\n",
            "unknown key `mapping.sorce`; did you mean `source`?",
        ),
        ("id = 3\n", "acme.toml:1: `id`: expected text in quotes"),
        ("id = \"a\"\nkind = \"okat\"\n", "acme.toml:2: `kind`: expected one of okta, entra, generic"),
        ("id = \"a\"\n[[cannot]]\nscenario = \"X\"\n", "acme.toml:2: `cannot[0]`: `why` is missing"),
        (
            "id = \"a\"\n[[mapping]]\ntarget = \"title\"\nsource = \"title\"\n[[mapping]]\ntarget = \"nickName\"\n",
            "acme.toml:5: `mapping[1]`: `source` is missing",
        ),
        ("id = \"a\"\n[[quirk]]\nid = \"x\"\n", "acme.toml:2: `quirk[0]`: `confidence` is missing"),
        ("id = \"a\"\nextends = \"./b.toml\"\n", "acme.toml:2: `extends`: it names a profile of ours"),
        (
            "id = \"a\"\n[[mapping]]\ntarget = \"emails[type eq work].value\"\nsource = \"email\"\n",
            "acme.toml:3: `mapping: emails[type eq work].value`: `emails[type eq work].value` is no attribute path",
        ),
        ("id = \"a\n", "not valid TOML"),
    ];
    for (text, expected) in cases {
        let message = error(text);
        assert!(message.contains(expected), "{message}\nshould contain\n{expected}");
    }
    assert!(Profile::named("entra").expect_err("none").to_string().contains("did you mean `entra-"));
}

/// A user's file extends an embedded profile, and the explanation says what decided each knob.
#[test]
fn a_users_file_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acme.toml");
    let text = "id = \"acme\"\ntitle = \"Acme\"\nextends = \"entra-default\"\nwithout = [\"entra-op-case\"]\n\
                [knobs]\nmember_batch = 20\n[[unsettled]]\nid = \"x\"\nnote = \"open\"\n";
    fs::write(&path, text).expect("written");
    let profile = Profile::find(&path.display().to_string()).expect("a good profile");
    let explained = profile.explain();
    for line in [
        "member_batch = 20   [profile acme]",
        "op_case = \"lower\"   [quirk entra-op-case switched off]",
        "active_type = \"text\"   [quirk entra-active-string]",
        "lookup_upper_case = false   [default]",
        "extends: entra-default",
        "  x: open",
    ] {
        assert!(explained.contains(line), "{line}\nis not in\n{explained}");
    }
    for knob in KNOBS {
        assert!(explained.contains(&format!("  {} = ", knob.name)), "{} is not explained", knob.name);
    }
}

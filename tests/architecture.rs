//! The house (ARCHITECTURE.md): arrows between rooms only point down. This test reads every source file and fails on a
//! `crate::room` that its own room may not use, naming the file, the line and the remedy.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What each room may use of ours. A room that is missing here is a new one: add it, and say why in ARCHITECTURE.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["suite", "report", "provider", "idp", "check", "target", "verdict", "wire", "scim", "spec"]),
    ("suite", &["idp", "target", "check", "verdict", "provider", "wire", "scim", "spec"]),
    ("report", &["verdict", "wire", "spec"]),
    ("provider", &["scim"]),
    ("idp", &["scim", "wire"]),
    ("check", &["verdict", "spec", "wire", "scim"]),
    ("target", &["wire"]),
    ("verdict", &["spec", "wire"]),
    ("wire", &[]),
    ("scim", &[]),
    ("spec", &[]),
];

/// What suite may use of the provider: how to start it, and the names of its defects.
const SUITE_USES_OF_PROVIDER: &[&str] = &["app", "defect"];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// All `crate::a::b` paths of a source text, with their lines: the first two segments, nested groups included.
fn uses(text: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        // `$crate::` in a macro is a use as well; `my_crate::` is not.
        if at > 0 && text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        if text[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        for path in expand(rest) {
            let mut segments = path.split("::").map(|segment| segment.trim().to_owned());
            found.push((line, segments.next().unwrap_or_default(), segments.next().unwrap_or_default()));
        }
    }
    found
}

/// `a::{b, c::{d}}` as `a::b`, `a::c::d`; a plain path as itself.
fn expand(rest: &str) -> Vec<String> {
    let head: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
    if rest[head.len()..].starts_with('{') {
        let body = &rest[head.len() + 1..];
        let mut depth = 1;
        let mut item = String::new();
        let mut items = Vec::new();
        for c in body.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                items.push(std::mem::take(&mut item));
                if depth == 0 {
                    break;
                }
            } else {
                item.push(c);
            }
        }
        return items
            .iter()
            .filter(|item| !item.trim().is_empty())
            .flat_map(|item| expand(item.trim()).into_iter().map(|tail| format!("{head}{tail}")).collect::<Vec<_>>())
            .collect();
    }
    vec![head]
}

#[test]
fn arrows_only_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&root).expect("below src");
        let room = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        if room == "main.rs" || room == "lib.rs" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("src/{room} is not in ARROWS of tests/architecture.rs: decide what it may use"));
            continue;
        };
        let text = fs::read_to_string(file).expect("a readable file");
        for (line, used, part) in uses(&text) {
            let known = ARROWS.iter().any(|(name, _)| *name == used);
            if !known || used == room {
                continue;
            }
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!(
                    "src/{}:{line}: `{room}` must not use `{used}` (it may use {allowed:?}); move the shared part down, \
                     or pass it in as data from above",
                    inside.display()
                ));
            }
            if room == "suite" && used == "provider" && !SUITE_USES_OF_PROVIDER.contains(&part.as_str()) {
                wrong.push(format!(
                    "src/{}:{line}: `suite` may use only {SUITE_USES_OF_PROVIDER:?} of `provider`, not `{part}`: \
                     observe the embedded provider over HTTP, as a user's server is observed",
                    inside.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up or sideways:\n{}", wrong.join("\n"));
}

/// The reader of `use` paths sees through groups, so that an arrow cannot hide in one.
#[test]
fn reads_nested_use_groups() {
    let found = uses("use crate::{spec::{A, B}, wire::C};\n// crate::cli\nlet x = crate::idp::y();");
    let rooms: Vec<&str> = found.iter().map(|(_, room, _)| room.as_str()).collect();
    assert_eq!(rooms, ["spec", "spec", "wire", "idp"]);
}

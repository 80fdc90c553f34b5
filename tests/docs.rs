//! The documentation is true: console blocks run, and generated tables are what the registries say.
//!
//! A fenced block with the info string `console` is a test. A line that begins with `$ scimulate ` (or with
//! `$ cargo run --release -- `, which stands for it) is run in a fresh folder that sees `fixtures` and `features`; the
//! lines below it are what it must print, from the beginning: `...` inside a line stands for anything, a line that is
//! only `...` for any number of lines, and what the program prints after the last line is not compared. `$ echo $?`
//! compares the exit code of the command before it. What cannot be run here stands in a block of another kind (`sh`,
//! `text`).
//!
//! A table between `<!-- generated: NAME -->` and `<!-- end -->` is made by the program;
//! `BLESS=1 cargo test --test docs` writes it anew.

use std::{fs, path::Path, process::Command};

use scimulate::cli::TABLES;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PAGES: [&str; 2] = ["README.md", "ARCHITECTURE.md"];

/// One command with the lines that it must print.
#[derive(Debug, PartialEq)]
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// The blocks of a page, each a list of steps.
fn blocks(page: &str) -> Vec<Vec<Step>> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<Step>> = None;
    let mut inside_other = false;
    for (at, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            match open.take() {
                Some(steps) => blocks.push(steps),
                None if inside_other => inside_other = false,
                None if line.trim() == "```console" => open = Some(Vec::new()),
                None => inside_other = true,
            }
        } else if let Some(steps) = &mut open {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step { line: at + 1, command: command.trim().to_owned(), expected: Vec::new() });
            } else if let Some(step) = steps.last_mut() {
                step.expected.push(line.trim_end().to_owned());
            }
        }
    }
    blocks
}

/// Whether the printed lines begin with the expected ones. Says which expected line was not found.
fn matches(expected: &[String], printed: &[&str]) -> Result<(), String> {
    let mut at = 0;
    let mut anywhere = false;
    for wanted in expected {
        if wanted.trim() == "..." {
            anywhere = true;
            continue;
        }
        let found = if anywhere {
            (at..printed.len()).find(|n| line_matches(wanted, printed[*n]))
        } else {
            printed.get(at).filter(|line| line_matches(wanted, line)).map(|_| at)
        };
        match found {
            Some(n) => at = n + 1,
            None => {
                return Err(format!("expected `{wanted}`, printed `{}`", printed.get(at).unwrap_or(&"nothing more")));
            }
        }
        anywhere = false;
    }
    Ok(())
}

/// Whether a line is the wanted one, where `...` stands for anything.
fn line_matches(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split("...");
    let Some(mut rest) = parts.next().and_then(|first| line.trim_end().strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The words of a command line, with quotes as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn run(page: &str, steps: &[Step], wrong: &mut Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    #[cfg(unix)]
    for name in ["fixtures", "features", "snapshots"] {
        std::os::unix::fs::symlink(Path::new(ROOT).join(name), folder.path().join(name)).expect("a link");
    }
    let mut last = None;
    for step in steps {
        let place = format!("{page}:{}", step.line);
        if step.command == "echo $?" {
            let printed = last.map(|code: i32| code.to_string()).unwrap_or_default();
            if let Err(why) = matches(&step.expected, &[&printed]) {
                wrong.push(format!("{place}: exit code: {why}"));
            }
            continue;
        }
        let arguments = step
            .command
            .strip_prefix("scimulate ")
            .or_else(|| step.command.strip_prefix("cargo run --release -- "))
            .map(words);
        let Some(arguments) = arguments else {
            wrong.push(format!("{place}: only `scimulate …` can be run here; use a block of another kind"));
            continue;
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(folder.path()).env("NO_COLOR", "1");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCIMULATE_")) {
            command.env_remove(name);
        }
        let output = command.output().expect("the program starts");
        last = output.status.code();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if let Err(why) = matches(&step.expected, &text.lines().collect::<Vec<_>>()) {
            wrong.push(format!("{place}: `{}`: {why}", step.command));
        }
    }
}

/// What the documentation shows of the program is what the program does.
#[test]
fn console_blocks_run() {
    let mut wrong = Vec::new();
    for page in PAGES {
        let Ok(text) = fs::read_to_string(Path::new(ROOT).join(page)) else { continue };
        for steps in blocks(&text) {
            run(page, &steps, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "the documentation shows what the program does not do:\n{}", wrong.join("\n"));
}

/// Generated tables say what the registries say.
#[test]
fn generated_tables_are_current() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for page in PAGES {
        let path = Path::new(ROOT).join(page);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let fresh = regenerate(page, &text, &mut wrong);
        if fresh != text {
            if bless {
                fs::write(&path, fresh).expect("the page can be written");
            } else {
                wrong.push(format!("{page}: a generated table is out of date"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n`BLESS=1 cargo test --test docs` writes the tables anew", wrong.join("\n"));
}

fn regenerate(page: &str, text: &str, wrong: &mut Vec<String>) -> String {
    const OPEN: &str = "<!-- generated: ";
    const CLOSE: &str = "<!-- end -->";
    let mut fresh = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let (before, marked) = rest.split_at(at);
        fresh.push_str(before);
        let name = marked[OPEN.len()..].split(" -->").next().unwrap_or_default();
        let (Some(end), Some((_, make))) = (marked.find(CLOSE), TABLES.iter().find(|(one, _)| *one == name)) else {
            let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
            wrong.push(format!("{page}: `{name}` has no end mark, or is none of {names:?}"));
            fresh.push_str(OPEN);
            rest = &marked[OPEN.len()..];
            continue;
        };
        fresh.push_str(&format!("{OPEN}{name} -->\n{}{CLOSE}", make()));
        rest = &marked[end + CLOSE.len()..];
    }
    fresh + rest
}

/// The reader of pages can fail: it finds the blocks, and refuses output that differs.
#[test]
fn the_reader_of_console_blocks() {
    let page = "```sh\n$ rm -r x\n```\ntext\n```console\n$ scimulate list\nID  ...\n...\n3 rows\n$ echo $?\n0\n```\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 1, "only console blocks");
    assert_eq!((blocks[0][0].command.as_str(), blocks[0][0].line), ("scimulate list", 6));
    let expected = &blocks[0][0].expected;
    assert_eq!(matches(expected, &["ID  NAME", "a", "b", "3 rows", "more"]), Ok(()));
    assert_eq!(matches(expected, &["ID  NAME", "3 rows"]), Ok(()));
    assert!(matches(expected, &["NAME", "3 rows"]).is_err(), "the beginning differs");
    assert!(matches(expected, &["ID  NAME", "4 rows"]).is_err(), "the end differs");
    assert!(line_matches("a ... b ... c", "a 1 b 2 c") && !line_matches("a ... b ... c", "a 1 b 2 d"));
    assert!(!line_matches("a", "ab"));
    assert_eq!(words("run 'a b' \"c\" ''"), ["run", "a b", "c", ""]);
}

/// The generator replaces what stands between the marks, and names a mark that it does not know.
#[test]
fn the_generator_of_tables() {
    let mut wrong = Vec::new();
    let fresh = regenerate("p", "x\n<!-- generated: exit-codes -->\nold\n<!-- end -->\ny", &mut wrong);
    assert!(wrong.is_empty() && fresh.contains("| `3` | aborted |") && !fresh.contains("old"), "{fresh}");
    assert!(fresh.starts_with("x\n") && fresh.ends_with("<!-- end -->\ny"));
    regenerate("p", "<!-- generated: exitcodes -->\n<!-- end -->", &mut wrong);
    assert!(wrong[0].contains("exit-codes"), "{wrong:?}");
}

//! The program from outside: exit codes, help, error messages, and what happens when the target goes away.
//!
//! Each test starts the program in a folder of its own, without `SCIMULATE_*` variables, and reads what it prints.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::{Value, json};

/// A folder, and the program in it.
struct Cli {
    folder: tempfile::TempDir,
}

/// What a command did.
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Cli {
    fn new() -> Cli {
        Cli { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars() {
            if name.starts_with("SCIMULATE_") || name.starts_with("GITHUB_") || name == "CI" {
                command.env_remove(name);
            }
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Done {
        done(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs, and wants that exit code.
    fn exits(&self, code: i32, arguments: &[&str]) -> Done {
        let done = self.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}\n{}\n{}", done.stdout, done.stderr);
        done
    }

    /// Runs, wants exit code 2 and nothing on stdout, and gives the message.
    fn refuses(&self, arguments: &[&str]) -> String {
        let done = self.exits(2, arguments);
        assert_eq!(done.stdout, "", "nothing was begun");
        done.stderr
    }
}

fn done(output: Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A running reference provider: a target that the program under test sees only over HTTP.
struct Server {
    child: Child,
    facts: Value,
}

impl Server {
    fn start(cli: &Cli, arguments: &[&str]) -> Server {
        let mut command = cli.command(&["serve", "--format", "json"]);
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let facts = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Server { child, facts }
    }

    fn fact(&self, name: &str) -> &str {
        self.facts[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.facts))
    }

    fn target(&self) -> [&str; 4] {
        ["--target", self.fact("scim_base_url"), "--token", self.fact("scim_token")]
    }

    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compares with `snapshots/cli/{name}.snap`; the version of the crate is not part of a snapshot.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Help is read more often than documentation: each command's is whole, and a change of it is a decision.
#[test]
fn help() {
    let cli = Cli::new();
    snapshot("help", &cli.exits(0, &["--help"]).stdout);
    for command in ["run", "serve", "sync", "judge", "prove", "list", "explain", "init", "report", "completions", "man"]
    {
        snapshot(&format!("help-{command}"), &cli.exits(0, &[command, "--help"]).stdout);
    }
    snapshot("help-report-merge", &cli.exits(0, &["report", "merge", "--help"]).stdout);
}

/// Exit code 0: the embedded provider conforms, under both default profiles, and the reports are written.
#[test]
fn exit_0_conforms() {
    let cli = Cli::new();
    let done =
        cli.exits(0, &["run", "EFF-STATUS", "--report", "json=out/report.json", "--report", "junit=out/junit.xml"]);
    assert!(done.stdout.contains("0 failed"), "{}", done.stdout);
    let report: Value = serde_json::from_slice(&fs::read(cli.path("out/report.json")).expect("written")).expect("JSON");
    let profiles: Vec<&str> =
        report["results"].as_array().expect("results").iter().filter_map(|result| result["profile"].as_str()).collect();
    assert!(profiles.contains(&"okta") && profiles.contains(&"entra-default"), "{profiles:?}");
    assert!(fs::read_to_string(cli.path("out/junit.xml")).expect("written").contains("failures=\"0\""));
}

/// Exit code 1: a wrong provider is found out, and the finding says what, where, and how to see it again.
#[test]
fn exit_1_findings() {
    let cli = Cli::new();
    let done =
        cli.exits(1, &["run", "EFF-SESSIONS", "--profile", "entra-default", "--defect", "sessions-survive-patch"]);
    for part in [
        "FAIL",
        "requirement EFF-SESSIONS, MUST",
        "expected",
        "actual",
        "reproduce   curl -X",
        "explain     scimulate explain EFF-SESSIONS.",
    ] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    // What is printed can be pasted.
    let line = done.stdout.lines().find_map(|line| line.split("explain     scimulate explain ").nth(1)).expect("an id");
    assert!(cli.exits(0, &["explain", line]).stdout.starts_with(line));
    assert!(cli.exits(0, &["run", line, "--dry-run"]).stdout.contains(line));
}

/// Exit code 2: whatever is wrong with the arguments is said by name, with what would be right, and nothing is sent.
#[test]
fn exit_2_arguments() {
    let cli = Cli::new();
    for (arguments, parts) in [
        (vec!["run", "--profile", "otka"], vec!["no profile `otka`", "okta"]),
        (vec!["run", "--quirk", "+nonsense"], vec!["no quirk `nonsense`"]),
        (vec!["run", "EFF-SESSION.put"], vec!["EFF-SESSION.put", "matches nothing"]),
        (vec!["run", "@efects"], vec!["@efects", "@effects"]),
        (vec!["run", "--defect", "sessions-survive-patches"], vec!["no defect", "`sessions-survive-patch`"]),
        (vec!["run", "--target", "example.com/scim"], vec!["--target example.com/scim", "https://"]),
        (vec!["run", "--target", "ftp://example.com"], vec!["`ftp` is not a scheme"]),
        (vec!["run", "--token", "x"], vec!["--token", "add --target URL"]),
        (vec!["run", "--shard", "5/4"], vec!["I/N"]),
        (vec!["run", "--timeout", "soon"], vec!["10s"]),
        (vec!["run", "--report", "pdf=x"], vec!["no report format `pdf`", "junit"]),
        (vec!["run", "--report", "junit"], vec!["FORMAT=PATH"]),
        (vec!["run", "--config", "absent.toml"], vec!["absent.toml", "cannot be read"]),
        (vec!["explain", "EFF-SESION"], vec!["`EFF-SESION`", "`EFF-SESSIONS`"]),
        (vec!["list", "checks", "--uncovered"], vec!["list requirements --uncovered"]),
        (vec!["list", "profiles", "zzz"], vec!["begins with `zzz`"]),
        (vec!["judge", "absent.har"], vec!["cannot read absent.har"]),
        (vec!["report", "merge", "absent.json"], vec!["cannot read absent.json"]),
        (vec!["sync", "absent.json"], vec!["cannot read absent.json"]),
        (vec!["frobnicate"], vec!["unrecognized subcommand"]),
    ] {
        let message = cli.refuses(&arguments);
        for part in parts {
            assert!(message.contains(part), "{arguments:?}: `{part}` in {message}");
        }
    }
}

/// Exit code 2: a wrong configuration is named with file, line, key and what was probably meant.
#[test]
fn exit_2_configuration() {
    let cli = Cli::new();
    for (text, parts) in [
        (
            "[target]\nurl = \"http://127.0.0.1:9\"\ntokn = \"x\"\n",
            vec!["scimulate.toml:3", "target.tokn", "unknown key"],
        ),
        ("[target\n", vec!["scimulate.toml:1"]),
        ("[run]\nlevle = \"must\"\n", vec!["run.levle", "`level`"]),
        ("[target]\nurl = \"${NOT_SET_ANYWHERE}\"\n", vec!["NOT_SET_ANYWHERE"]),
        ("[[expect]]\nid = \"EFF-JWT\"\n", vec!["reason"]),
    ] {
        cli.write("scimulate.toml", text);
        let message = cli.refuses(&["run", "--dry-run"]);
        for part in parts {
            assert!(message.contains(part), "`{part}` in {message}");
        }
    }
    fs::remove_file(cli.path("scimulate.toml")).expect("removed");
    fs::create_dir(cli.path("scimulate.toml")).expect("a folder of that name");
    assert!(cli.refuses(&["run", "--dry-run"]).contains("scimulate.toml"));
}

/// Exit code 3: nobody answers, nobody is let in, or a report cannot be written; each says so in its own words.
#[test]
fn exit_3_aborted() {
    let cli = Cli::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}/scim", listener.local_addr().expect("an address"));
    drop(listener);
    let done = cli.exits(3, &["run", "EFF-STATUS", "--target", &nobody, "--token", "secret-token"]);
    assert!(done.stdout.contains("ABORTED") && done.stdout.contains(&nobody), "{}", done.stdout);

    let server = Server::start(&cli, &[]);
    let done = cli.exits(3, &["run", "EFF-STATUS", "--target", server.fact("scim_base_url"), "--token", "wrong-token"]);
    assert!(done.stdout.contains("401"), "{}", done.stdout);
    assert!(!done.stdout.contains("wrong-token"), "the token is not printed: {}", done.stdout);

    let done = cli.exits(3, &["run", "EFF-STATUS", "--report", "json=."]);
    assert!(done.stderr.contains("cannot write the json report to .:"), "{}", done.stderr);
}

/// Exit code 4: an effect that the target has no observer for was not seen, so nothing is claimed about it.
#[test]
fn exit_4_nothing_ran() {
    let cli = Cli::new();
    let server = Server::start(&cli, &[]);
    let mut arguments = vec!["run", "EFF-SESSIONS", "--profile", "okta"];
    arguments.extend(server.target());
    let done = cli.exits(4, &arguments);
    assert!(done.stdout.contains("not exercised") && done.stdout.contains("Skipped"), "{}", done.stdout);
}

/// Exit code 3: the target dies in mid-run. The run ends, says so, and claims nothing.
#[test]
fn exit_3_target_killed_in_mid_run() {
    let cli = Cli::new();
    let mut server = Server::start(&cli, &[]);
    let mut arguments = vec!["run", "@effects", "-v", "--rate", "20"];
    arguments.extend(server.target().map(|argument| argument));
    let mut run = cli.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut out = BufReader::new(run.stdout.take().expect("a pipe"));
    read_until(&mut out, "target http");
    server.kill();
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("read");
    let status = run.wait().expect("ended");
    assert_eq!(status.code(), Some(3), "{rest}");
    assert!(rest.contains("ABORTED"), "{rest}");
}

/// Ctrl-C ends a run with exit code 3, after what was made on the target has been deleted again.
#[cfg(unix)]
#[test]
fn ctrl_c_cleans_up() {
    let cli = Cli::new();
    let server = Server::start(&cli, &[]);
    let mut arguments = vec!["run", "@effects", "@okta", "-v", "--rate", "200"];
    arguments.extend(server.target());
    let mut run = cli.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut out = BufReader::new(run.stdout.take().expect("a pipe"));
    read_until(&mut out, "target http");
    interrupt(&run);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("read");
    assert_eq!(run.wait().expect("ended").code(), Some(3), "{rest}");
    let users = get(&format!("{}/Users?count=0", server.fact("scim_base_url")), server.fact("scim_token"));
    assert_eq!(users["totalResults"], 0, "{users}\n{rest}");
}

/// `serve` prints one line that a script can read, answers, and ends in order on Ctrl-C.
#[cfg(unix)]
#[test]
fn serve_for_scripts() {
    let cli = Cli::new();
    let mut server = Server::start(&cli, &[]);
    for name in [
        "scim_base_url",
        "scim_token",
        "api_base_url",
        "project_id",
        "project_secret",
        "organization_id",
        "connection_id",
    ] {
        assert!(!server.fact(name).is_empty(), "{name}");
    }
    let users = get(&format!("{}/Users", server.fact("scim_base_url")), server.fact("scim_token"));
    assert_eq!(users["totalResults"], 0, "{users}");
    interrupt(&server.child);
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
}

/// `serve --schema` extends User by a file, and serves a type of its own: both are advertised. A type at an endpoint that is
/// taken, a file that is not there, is no JSON or is no schema are refused before anything is opened, by name.
#[test]
fn serve_takes_schemas_from_a_file() {
    const BADGE: &str = "urn:example:params:scim:schemas:Badge";
    let cli = Cli::new();
    let schema = |id: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": "Badge",
            "attributes": [{"name": "number", "type": "string", "multiValued": false}],
        })
    };
    let resource_type = |name: &str, endpoint: &str, urn: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": name, "endpoint": endpoint,
            "schema": urn, "schemaExtensions": [{"schema": BADGE, "required": false}],
        })
    };
    let user = resource_type("User", "/Users", "urn:ietf:params:scim:schemas:core:2.0:User");
    cli.write("badge.json", &json!([schema(BADGE), user]).to_string());
    let server = Server::start(&cli, &["--schema", "badge.json"]);
    let base = server.fact("scim_base_url");
    let users = get(&format!("{base}/ResourceTypes/User"), server.fact("scim_token"));
    assert!(
        users["schemaExtensions"].as_array().expect("extensions").iter().any(|one| one["schema"] == BADGE),
        "{users}"
    );
    let advertised = get(&format!("{base}/Schemas/{BADGE}"), server.fact("scim_token"));
    assert_eq!(advertised["attributes"][0]["name"], "number");

    let custom = |endpoint: &str| {
        let badge = resource_type("Badge", endpoint, "urn:example:params:scim:schemas:Base");
        json!([schema(BADGE), schema("urn:example:params:scim:schemas:Base"), badge]).to_string()
    };
    cli.write("custom.json", &custom("/Badges"));
    let server = Server::start(&cli, &["--schema", "custom.json"]);
    let badges = get(&format!("{}/Badges", server.fact("scim_base_url")), server.fact("scim_token"));
    assert_eq!(badges["totalResults"], 0, "{badges}");

    cli.write("taken.json", &custom("/connection"));
    cli.write("text.json", "{");
    cli.write("other.json", r#"{"a": 1}"#);
    for (path, told) in [
        ("taken.json", "resource type Badge at /connection"),
        ("text.json", "text.json is not JSON"),
        ("other.json", "other.json: schema data"),
        ("no-such.json", "cannot read no-such.json"),
    ] {
        let message = cli.refuses(&["serve", "--schema", path]);
        assert!(message.contains(told), "{message}");
    }
}

/// A `--data` file outlives the process: what was provisioned is there after a restart.
#[test]
fn serve_keeps_its_data() {
    let cli = Cli::new();
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let arguments = ["--data", "scim.sqlite", "--listen", &address];
    let mut first = Server::start(&cli, &arguments);
    let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","emails":[{"value":"ada@example.com","primary":true}]}"#;
    let url = format!("{}/Users", first.fact("scim_base_url"));
    let token = first.fact("scim_token").to_owned();
    let made = request("POST", &url, &token, Some(body));
    assert_eq!(made["userName"], "ada@example.com", "{made}");
    first.kill();
    let second = Server::start(&cli, &arguments);
    let users = get(&url, &token);
    assert_eq!(users["totalResults"], 1, "the first connection and its token are still good: {users}");
    drop(second);
}

/// A user's own profile is played and printed in full by its path, and a mistake in it is answered with the line.
#[test]
fn a_profile_of_ones_own() {
    let cli = Cli::new();
    cli.write("acme.toml", "id = \"acme\"\nextends = \"entra-default\"\n\n[knobs]\nmember_batch = 20\n");
    let text = cli.exits(0, &["explain", "./acme.toml"]).stdout;
    assert!(text.contains("extends: entra-default") && text.contains("member_batch = 20   [profile acme]"), "{text}");
    let played = cli.exits(0, &["run", "ENTRA-TEST", "--profile", "acme.toml"]).stdout;
    assert!(played.contains("profiles acme"), "{played}");
    for (wrong, message) in [
        ("member_batches = 20", "acme.toml:5: unknown key `knobs.member_batches`; did you mean `member_batch`?"),
        ("member_batch = \"20\"", "acme.toml:5: `knobs.member_batch`: expected a whole number"),
    ] {
        cli.write("acme.toml", &format!("id = \"acme\"\nextends = \"entra-default\"\n\n[knobs]\n{wrong}\n"));
        let told = cli.exits(2, &["explain", "acme.toml"]).stderr;
        assert!(told.contains(message), "{told}");
    }
}

/// A review answers with its cases, also the ones that only a person can play.
#[test]
fn a_review_ends_with_its_cases() {
    let cli = Cli::new();
    let text = cli.exits(0, &["run", "@okta-crud"]).stdout;
    assert!(text.contains("Readiness: Okta, CRUD suite for SCIM 2.0"), "{text}");
    assert!(text.contains("10 cases: 10 pass, 0 fail, 0 not exercised, 0 by hand"), "{text}");
    assert!(text.contains("profiles okta, entra-default, okta-oin"), "played by the profiles of its tags: {text}");
    let one = cli.exits(0, &["run", "@okta-crud", "--profile", "okta-oin-nopatch"]).stdout;
    assert!(one.contains("profiles okta-oin-nopatch  run"), "or by those that were chosen: {one}");
    assert!(cli.exits(0, &["explain", "OKTA-OIN-C9342"]).stdout.contains("press the app's tile"), "what to do by hand");
}

/// Lists are arrays of objects with an id, and every id can be explained.
#[test]
fn lists_and_explanations() {
    let cli = Cli::new();
    for what in ["requirements", "scenarios", "checks", "profiles", "quirks", "defects", "steps"] {
        let list: Value =
            serde_json::from_str(&cli.exits(0, &["list", what, "--format", "json"]).stdout).expect("JSON");
        let list = list.as_array().expect("an array");
        assert!(!list.is_empty(), "{what}");
        assert!(list.iter().all(|one| one["id"].as_str().is_some_and(|id| !id.is_empty())), "{what}: each has an id");
        let table = cli.exits(0, &["list", what]).stdout;
        assert!(table.contains(&format!("{} {}", list.len(), what.trim_end_matches('s'))), "{what}: counted");
        if what != "steps" {
            for one in [list.first(), list.last()].into_iter().flatten() {
                let id = one["id"].as_str().expect("an id");
                let text = cli.exits(0, &["explain", id]).stdout;
                assert!(text.starts_with(id), "{text}");
                assert!(text.lines().count() > 3, "{id} is explained: {text}");
            }
        }
    }
    let uncovered = cli.exits(0, &["list", "requirements", "--uncovered", "--format", "json"]).stdout;
    let uncovered: Value = serde_json::from_str(&uncovered).expect("JSON");
    for row in uncovered.as_array().expect("an array") {
        assert_eq!(row["covered_by"], serde_json::json!([]), "{row}");
    }
}

/// A reader that has seen enough is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let cli = Cli::new();
    let mut child = cli
        .command(&["list", "requirements", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("read");
    assert_eq!((child.wait().expect("ended").code(), stderr.as_str()), (Some(0), ""));
}

/// `init` writes a configuration that changes nothing, a workflow that is YAML by its look, and over nothing.
#[test]
fn init() {
    let cli = Cli::new();
    cli.exits(0, &["init", "--github"]);
    assert!(
        fs::read_to_string(cli.path(".github/workflows/scimulate.yml")).expect("written").contains("scimulate run")
    );
    let with = cli.exits(0, &["run", "EFF-STATUS", "--dry-run"]).stdout;
    assert!(cli.refuses(&["init"]).contains("scimulate.toml exists already"));
    fs::remove_file(cli.path("scimulate.toml")).expect("removed");
    assert_eq!(cli.exits(0, &["run", "EFF-STATUS", "--dry-run"]).stdout, with);
}

/// Command line over environment over file: the order in which settings win.
#[test]
fn precedence_of_settings() {
    let cli = Cli::new();
    cli.write("scimulate.toml", "[run]\nprofiles = [\"entra-default\"]\n");
    let profiles = |environment: Option<&str>, flag: Option<&str>| {
        let mut command = cli.command(&["run", "EFF-STATUS", "--dry-run"]);
        command.args(flag.map(|profile| ["--profile", profile]).into_iter().flatten());
        command.envs(environment.map(|profile| ("SCIMULATE_PROFILE", profile)));
        let done = done(command.output().expect("started"));
        ["okta", "okta-oin", "entra-default"]
            .into_iter()
            .filter(|profile| done.stdout.lines().any(|line| line.split_whitespace().nth(1) == Some(profile)))
            .collect::<Vec<_>>()
    };
    assert_eq!(profiles(None, None), ["entra-default"]);
    assert_eq!(profiles(Some("okta"), None), ["okta"]);
    assert_eq!(profiles(Some("okta"), Some("okta-oin")), ["okta-oin"]);
    // From a folder below, up to the root of the repository.
    fs::create_dir_all(cli.path(".git")).expect("made");
    fs::create_dir_all(cli.path("a/b")).expect("made");
    let below =
        done(cli.command(&["run", "EFF-STATUS", "--dry-run"]).current_dir(cli.path("a/b")).output().expect("started"));
    assert!(!below.stdout.contains(" okta "), "{}", below.stdout);
}

/// Machine output owns stdout: with `--format json` there is one document and nothing else.
#[test]
fn json_owns_stdout() {
    let cli = Cli::new();
    let done = cli.exits(0, &["run", "EFF-STATUS", "--profile", "okta", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!(report["format"], 1);
    assert!(done.stderr.contains("Summary"), "{}", done.stderr);
}

/// GitHub gets annotations in the log and a summary on the job's page.
#[test]
fn github_format() {
    let cli = Cli::new();
    let arguments = [
        "run",
        "EFF-SESSIONS",
        "--profile",
        "entra-default",
        "--defect",
        "sessions-survive-patch",
        "--format",
        "github",
    ];
    let mut command = cli.command(&arguments);
    command.env("GITHUB_STEP_SUMMARY", cli.path("summary.md"));
    let done = done(command.output().expect("started"));
    assert_eq!(done.code, 1);
    assert!(done.stdout.lines().any(|line| line.starts_with("::error title=fail EFF-SESSIONS.")), "{}", done.stdout);
    assert!(fs::read_to_string(cli.path("summary.md")).expect("written").contains("## SCIM conformance: findings"));
}

/// Two shards, merged, are the whole.
#[test]
fn shards_merge_into_the_whole() {
    let cli = Cli::new();
    let ids = |name: &str| {
        let report: Value = serde_json::from_slice(&fs::read(cli.path(name)).expect("written")).expect("JSON");
        report["results"]
            .as_array()
            .expect("results")
            .iter()
            .filter(|result| result["kind"] == "scenario")
            .map(|result| format!("{} {}", result["id"], result["profile"]))
            .collect::<Vec<_>>()
    };
    cli.exits(0, &["run", "EFF-STATUS", "--report", "json=whole.json"]);
    cli.exits(0, &["run", "EFF-STATUS", "--shard", "1/2", "--report", "json=1.json"]);
    cli.exits(0, &["run", "EFF-STATUS", "--shard", "2/2", "--report", "json=2.json"]);
    cli.exits(0, &["report", "merge", "1.json", "2.json", "--report", "json=merged.json", "--report", "html=m.html"]);
    assert!(ids("1.json").len() < ids("whole.json").len());
    assert_eq!(ids("merged.json"), ids("whole.json"));
}

/// A recording is judged without network, in the three forms in which recordings come.
#[test]
fn judge() {
    let cli = Cli::new();
    cli.exits(0, &["run", "EFF-STATUS", "--profile", "okta", "--report", "har=run.har", "--report", "json=run.json"]);
    for file in ["run.har", "run.json"] {
        let done = cli.exits(0, &["judge", file]);
        assert!(done.stdout.contains("recording") && done.stdout.contains("0 failed"), "{file}: {}", done.stdout);
    }
    cli.write("wrong.har", WRONG);
    let done = cli.exits(1, &["judge", "wrong.har", "RFC7644-3.12"]);
    assert!(done.stdout.contains("FAIL") && !done.stdout.contains("hunter2"), "{}", done.stdout);
    cli.write("empty.json", "[]");
    assert!(cli.refuses(&["judge", "empty.json"]).contains("--base-url"));
}

/// An error whose status is a number, where RFC 7644 section 3.12 wants a string; with a token that must not be shown.
const WRONG: &str = r#"{"log":{"entries":[{
    "startedDateTime": "2026-11-23T10:00:00Z", "time": 12,
    "request": {"method": "GET", "url": "https://scim.example/v2/Users/1",
        "headers": [{"name": "Authorization", "value": "Bearer hunter2"}]},
    "response": {"status": 404, "headers": [{"name": "Content-Type", "value": "application/scim+json"}],
        "content": {"text": "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":404}"}}
}]}}"#;

/// A directory file is provisioned cycle by cycle, and the log says what the IdP did.
#[test]
fn sync() {
    let cli = Cli::new();
    cli.write(
        "people.json",
        r#"{
            "users": [{"key": "ada", "user_name": "ada@example.com", "given_name": "Ada", "family_name": "L", "email": "ada@example.com"}],
            "groups": [{"key": "eng", "display_name": "Engineering", "members": ["ada"]}],
            "cycles": [[{"unassign-user": {"key": "ada"}}]]
        }"#,
    );
    let done = cli.exits(0, &["sync", "people.json", "--profile", "okta"]);
    for part in ["DONE", "create", "push-group", "deactivate", "0 failed"] {
        assert!(done.stdout.contains(part), "{part} in {}", done.stdout);
    }
    let done = cli.exits(0, &["sync", "people.json", "--profile", "entra-default", "--format", "json"]);
    assert!(done.stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", done.stdout);
    cli.write("wrong.json", r#"{"cycles": [[{"unassign-user": {"key": "nobody"}}]]}"#);
    let message = cli.exits(2, &["sync", "wrong.json"]).stderr;
    assert!(message.contains("cycles[0]") && message.contains("nobody"), "{message}");
}

/// A CSV directory and its change feed end without drift; a dry run
/// prints the requests; a made-up directory of a seed is possible; wrong files are told with their line.
#[test]
fn sync_compares_the_target_with_the_directory() {
    let cli = Cli::new();
    cli.write("people.csv", include_str!("../fixtures/directories/people.csv"));
    cli.write("changes.jsonl", include_str!("../fixtures/directories/changes.jsonl"));
    cli.write("people.json", include_str!("../fixtures/directories/people.json"));
    for profile in ["okta", "entra-default", "entra-062020"] {
        let feed = ["sync", "people.csv", "--change-feed", "changes.jsonl", "--until", "idle", "--profile", profile];
        let done = cli.exits(0, &feed);
        assert!(done.stdout.contains("nothing differs"), "{}", done.stdout);
        cli.exits(0, &["sync", "people.json", "--profile", profile]);
    }
    let done = cli.exits(0, &["sync", "--people", "20", "--groups", "3", "--format", "json"]);
    let last: Value = serde_json::from_str(done.stdout.lines().last().unwrap_or_default()).expect("JSON");
    assert_eq!((&last["summary"]["users"], &last["summary"]["drift"]), (&json!(20), &json!(0)));
    let done = cli.exits(0, &["sync", "people.csv", "--dry-run", "--target", "http://127.0.0.1:9/scim"]);
    assert!(
        done.stdout.contains("POST /Users\n") && done.stdout.contains("the target heard nothing"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.starts_with("GET /Users?startIndex=1&count=2\n"), "{}", done.stdout);
    // Eleven requests, forty a second, at the embedded provider as well; and several under way make no difference.
    let slow = ["sync", "--people", "5", "--format", "json", "--rate", "40", "--concurrency", "4"];
    let done = cli.exits(0, &slow);
    let last: Value = serde_json::from_str(done.stdout.lines().last().unwrap_or_default()).expect("JSON");
    assert!(last["summary"]["seconds"].as_f64() > Some(0.2), "{last}");
    assert_eq!((&last["summary"]["requests"], &last["summary"]["drift"]), (&json!(11), &json!(0)));
    cli.exits(2, &["sync"]);
    cli.write("wrong.csv", "userName\nada,bob\n");
    let message = cli.exits(2, &["sync", "wrong.csv"]).stderr;
    assert!(message.contains("line 2"), "{message}");
    cli.write("wrong.jsonl", "\n{\"fire-user\": {}}\n");
    let message = cli.exits(2, &["sync", "people.csv", "--change-feed", "wrong.jsonl"]).stderr;
    assert!(message.contains("wrong.jsonl:2"), "{message}");
}

/// `prove` shows a defect caught, by what caught it.
#[test]
fn prove() {
    let cli = Cli::new();
    let done = cli.exits(0, &["prove", "--defect", "sessions-survive-patch", "--profile", "entra-default"]);
    assert!(done.stdout.contains("CAUGHT sessions-survive-patch"), "{}", done.stdout);
    assert!(done.stdout.contains("1 caught, 0 survived"), "{}", done.stdout);
}

/// Completion scripts and manual pages come from the same definition as the help.
#[test]
fn completions_and_manual() {
    let cli = Cli::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(cli.exits(0, &["completions", shell]).stdout.contains("scimulate"), "{shell}");
    }
    cli.exits(0, &["man", "pages"]);
    assert!(fs::read_to_string(cli.path("pages/scimulate-run.1")).expect("written").contains("SELECTOR"));
}

/// Reads lines until one has `part`.
fn read_until(out: &mut BufReader<ChildStdout>, part: &str) {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(out.read_line(&mut line).expect("read"), 0, "the output ended before `{part}`");
        if line.contains(part) {
            return;
        }
    }
}

/// Sends what Ctrl-C sends.
#[cfg(unix)]
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(sent.success());
}

fn get(url: &str, token: &str) -> Value {
    request("GET", url, token, None)
}

fn request(method: &str, url: &str, token: &str, body: Option<&str>) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut request = client.request(method.parse().expect("a method"), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/scim+json").body(body.to_owned());
        }
        let text = request.send().await.expect("sent").text().await.expect("read");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    })
}

//! The command from outside: the state file, its refusals, and what is left when a run is broken off.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use scimulate::provider::app::{self, Running};
use serde_json::{Value, json};

/// A provider, a folder, and the program in it.
pub struct Bench {
    pub provider: Running,
    url: String,
    token: String,
    folder: tempfile::TempDir,
}

pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub async fn new() -> Bench {
        let provider = app::start(app::Options::default()).await.expect("a provider");
        let bootstrap = provider.bootstrap().await.expect("a connection");
        let folder = tempfile::tempdir().expect("a folder");
        let people = json!({
            "users": [
                {"key": "ada", "user_name": "ada@example.com", "given_name": "Ada", "family_name": "L"},
                {"key": "bob", "user_name": "bob@example.com", "given_name": "Bob", "family_name": "B", "manager": "ada"},
            ],
            "groups": [{"key": "eng", "display_name": "Engineering", "members": ["ada", "bob"]}],
        });
        fs::write(folder.path().join("people.json"), people.to_string()).expect("written");
        Bench { provider, url: bootstrap.scim_base_url, token: bootstrap.scim_token, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(["sync", "people.json", "--format", "json"]).args(arguments);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SCIMULATE_")) {
            command.env_remove(name);
        }
        command.env("SCIMULATE_TARGET", &self.url).env("SCIMULATE_TOKEN", &self.token);
        command
    }

    /// Writes a directory of so many people.
    fn employs(&self, people: usize) {
        let user = |n| json!({"key": format!("u{n}"), "user_name": format!("u{n}@example.com"), "given_name": "U", "family_name": "U"});
        let users: Vec<Value> = (0..people).map(user).collect();
        fs::write(self.path("people.json"), json!({ "users": users }).to_string()).expect("written");
    }

    /// Runs without keeping the runtime: the provider answers on it.
    pub async fn run(&self, arguments: &[&str]) -> Done {
        let mut command = self.command(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it starts");
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Done {
    /// The kinds of move that were done, in order, without probes.
    pub fn moves(&self) -> Vec<String> {
        let lines = self.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let kinds = lines
            .filter(|line| line["status"] == "success")
            .filter_map(|line| line["kind"].as_str().map(str::to_owned));
        kinds.filter(|kind| kind != "probe").collect()
    }
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("read");
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

/// A second run with the state sends nothing but what is new: nothing for the same file, the differences for an edited
/// one, the new lines of a feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_makes_the_second_run_incremental() {
    for profile in ["okta", "entra-default"] {
        let bench = Bench::new().await;
        let state = ["--profile", profile, "--state", "s.json"];
        let first = bench.run(&state).await;
        assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
        assert!(first.moves().iter().filter(|kind| *kind == "create").count() == 2, "{:?}", first.moves());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(bench.path("s.json")).expect("written").permissions().mode();
            assert_eq!(mode & 0o077, 0, "only its owner may read it");
        }
        let same = bench.run(&state).await;
        assert_eq!((same.code, same.moves()), (0, Vec::<String>::new()), "{profile}: {}", same.stdout);

        edit(&bench.path("people.json"), "\"Bob\"", "\"Robert\"");
        let edited = bench.run(&state).await;
        assert_eq!((edited.code, edited.moves().last().map(String::as_str)), (0, Some("update")), "{}", edited.stdout);

        fs::write(bench.path("feed.jsonl"), "{\"disable-user\": {\"key\": \"bob\"}}\n").expect("written");
        let feed = [&state[..], &["--change-feed", "feed.jsonl"]].concat();
        assert!(bench.run(&feed).await.moves().contains(&"deactivate".to_owned()));
        let read = bench.run(&feed).await;
        assert_eq!((read.code, read.moves()), (0, Vec::<String>::new()), "{}", read.stdout);
        bench.provider.shutdown().await;
    }
}

/// A state of another target, profile, seed or directory, of a newer version, or of something else is refused with exit
/// code 2, and stays as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_belongs_to_one_job() {
    let bench = Bench::new().await;
    assert_eq!(bench.run(&["--state", "s.json"]).await.code, 0);
    let before = fs::read_to_string(bench.path("s.json")).expect("written");
    fs::write(bench.path("newer.json"), before.replacen("\"version\":1", "\"version\":9", 1)).expect("written");
    let cases: [(&[&str], &str); 7] = [
        (&["--state", "s.json", "--profile", "okta-oin"], "belongs to the profile `okta`"),
        (&["--state", "s.json", "--target", "http://127.0.0.1:9/scim"], "holds links to"),
        (&["--state", "s.json", "--seed", "2"], "seed 1"),
        (&["--state", "newer.json"], "version 9"),
        (&["--state", "people.json"], "not a link state"),
        (&["--state", "s.json", "--target", "embedded"], "--target"),
        (&["--state", "s.json", "--restart", "keep-links"], "force-sync"),
    ];
    for (arguments, part) in cases {
        let mut arguments = arguments.to_vec();
        if part == "--target" {
            // The token is for a target of one's own.
            arguments.extend(["--token", ""]);
        }
        let done = bench.run(&arguments).await;
        assert!(done.code == 2 && done.stderr.contains(part), "{arguments:?}: {} {}", done.code, done.stderr);
    }
    fs::write(bench.path("people.json"), r#"{"users": [{"key": "eve", "user_name": "eve"}]}"#).expect("written");
    let done = bench.run(&["--state", "s.json"]).await;
    assert!(done.code == 2 && done.stderr.contains("another directory"), "{} {}", done.code, done.stderr);
    assert_eq!(fs::read_to_string(bench.path("s.json")).expect("there"), before);
    bench.provider.shutdown().await;
}

/// Entra's restart with links reads everything anew under the known ids; without, it matches everything anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_or_forgets_links() {
    let bench = Bench::new().await;
    let state = ["--profile", "entra-default", "--state", "s.json"];
    assert_eq!(bench.run(&state).await.code, 0);
    for (links, filters) in [("keep-links", 0), ("forget-links", 3)] {
        let done = bench.run(&[&state[..], &["--restart", links]].concat()).await;
        assert_eq!(done.code, 0, "{}", done.stderr);
        let lines = done.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let matches = lines.filter(|line| line["kind"] == "match" && line["requests"].to_string().contains("filter="));
        assert_eq!(matches.count(), filters, "{links}: {}", done.stdout);
        assert!(!done.stdout.contains("\"create\""), "{}", done.stdout);
    }
    bench.provider.shutdown().await;
}

/// Ctrl-C in the middle: the message says what stays, the state holds the rest, and the same command ends the work.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_keeps_the_state() {
    let bench = Bench::new().await;
    bench.employs(40);
    let mut slow = bench.command(&["--state", "s.json", "--rate", "10"]);
    let child = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let id = child.id().to_string();
    let stopped = tokio::task::spawn_blocking(move || {
        use std::io::{BufRead, BufReader};
        let mut child = child;
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut created = 0;
        for line in out.lines() {
            let created_now = line.expect("read").contains("\"create\"");
            created += usize::from(created_now);
            if created_now && created == 1 {
                assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill starts").success());
            }
        }
        (created, child.wait_with_output().expect("it ends"))
    });
    let (created, output) = stopped.await.expect("no panic");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("stays there") && stderr.contains("goes on from there"), "{stderr}");
    let rest = bench.run(&["--state", "s.json"]).await;
    assert_eq!(rest.code, 0, "{}{}", rest.stdout, rest.stderr);
    let others = rest.moves().iter().filter(|kind| *kind == "create").count();
    assert!(created < 40 && created + others == 40, "{created} and {others}");
    bench.provider.shutdown().await;
}

/// A target that goes away ends the run with exit code 3, with the state kept; when it is back, the same command ends the
/// work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_goes_away_costs_nothing() {
    let bench = Bench::new().await;
    bench.employs(60);
    let door = Door::open(&bench.url, 30).await;
    let away = ["--state", "s.json", "--retry-failed", "--target", &door.url];
    let done = bench.run(&away).await;
    assert_eq!(done.code, 3, "{}", done.stdout);
    assert!(done.stderr.contains("does not answer any more") && done.stderr.contains("s.json"), "{}", done.stderr);
    door.left.store(usize::MAX, std::sync::atomic::Ordering::Relaxed);
    let done = bench.run(&away).await;
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    bench.provider.shutdown().await;
}

/// A way to the target that is shut after so many connections' worth of requests.
struct Door {
    url: String,
    left: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Door {
    async fn open(target: &str, requests: usize) -> Door {
        use std::sync::{Arc, atomic::AtomicUsize};
        let left = Arc::new(AtomicUsize::new(requests));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let rest = target.splitn(4, '/').nth(3).unwrap_or_default();
        let host = target.split('/').nth(2).unwrap_or_default().to_owned();
        let url = format!("http://{address}/{rest}");
        let door = left.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (host, door) = (host.clone(), door.clone());
                tokio::spawn(async move { through(&mut near, &host, &door).await });
            }
        });
        Door { url, left }
    }
}

/// Copies both ways; each piece that comes in counts, and after the last the connection is cut.
async fn through(near: &mut tokio::net::TcpStream, host: &str, left: &std::sync::atomic::AtomicUsize) {
    use std::sync::atomic::Ordering;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Ok(mut far) = tokio::net::TcpStream::connect(host).await else { return };
    let (mut out, mut back) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = near.read(&mut out) => match read {
                Ok(size) if size > 0 && left.load(Ordering::Relaxed) > 0 => {
                    left.fetch_sub(1, Ordering::Relaxed);
                    if far.write_all(&out[..size]).await.is_err() { return }
                }
                _ => return,
            },
            read = far.read(&mut back) => match read {
                Ok(size) if size > 0 => if near.write_all(&back[..size]).await.is_err() { return },
                _ => return,
            },
        }
    }
}

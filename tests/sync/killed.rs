//! A run that is killed (SIGKILL, a power cut) cannot say anything any more; what it made on the target is not made again.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::command::Bench;

const PEOPLE: usize = 8;

/// People and two groups, and cycles in which the names by which they would be found again change.
fn company(bench: &Bench) {
    let key = |n: usize| format!("u{n}");
    let user = |n: usize| {
        json!({"key": key(n), "user_name": format!("u{n}@old.example"), "email": format!("u{n}@old.example"),
               "given_name": "U", "family_name": "U"})
    };
    let people: Vec<Value> = (0..PEOPLE).map(user).collect();
    let members: Vec<String> = (0..PEOPLE).map(key).collect();
    let renamed: Vec<Value> = (0..PEOPLE)
        .map(|n| json!({"update-user": {"key": key(n), "set": {"user_name": format!("u{n}@new.example")}}}))
        .collect();
    let late = json!({"key": "late", "user_name": "late@old.example", "given_name": "U", "family_name": "U"});
    let directory = json!({
        "users": people,
        "groups": [{"key": "eng", "display_name": "Engineering", "members": members},
                   {"key": "ops", "display_name": "Operations", "members": [key(0)]}],
        "cycles": [
            renamed,
            [{"rename-group": {"key": "eng", "name": "Product"}}, {"add-user": late}, {"assign-user": {"key": "late"}}],
            [{"update-user": {"key": "late", "set": {"user_name": "late@new.example"}}},
             {"delete-group": {"key": "ops"}}, {"remove-member": {"group": "eng", "user": key(1)}}],
        ],
    });
    fs::write(bench.path("people.json"), directory.to_string()).expect("written");
}

/// Runs, and kills the run when it has told so many moves; tells whether it was still running.
async fn killed_after(bench: &Bench, arguments: &[&str], moves: usize) -> bool {
    let mut command = bench.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let dead = tokio::task::spawn_blocking(move || {
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut told = out.lines().take(moves);
        assert!(told.all(|line| line.is_ok()));
        child.kill().expect("it is ours");
        let status = child.wait().expect("it ends");
        status.code().is_none()
    });
    dead.await.expect("no panic")
}

/// Killed later each time, and begun again: in the end nothing differs, nobody is there twice, and no
/// task is left that failed.
async fn killed_again_and_again(profile: &str) {
    let bench = Bench::new().await;
    company(&bench);
    let state = ["--profile", profile, "--state", "s.json", "--rate", "120"];
    let mut kills = 0;
    for moves in (1..200).step_by(3) {
        if !killed_after(&bench, &state, moves).await {
            break;
        }
        kills += 1;
    }
    assert!(kills > 4, "{profile}: {kills} kills");
    let rest = bench.run(&state[..4]).await;
    assert_eq!(rest.code, 0, "{profile}: {}{}", rest.stdout, rest.stderr);
    let sum: Value = rest.stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).expect("a sum");
    let on_target = (&sum["summary"]["users"], &sum["summary"]["groups"]);
    assert_eq!(on_target, (&json!(PEOPLE + 1), &json!(1)), "{profile}: {sum}");
    let text = fs::read_to_string(bench.path("s.json")).expect("written");
    assert_eq!(text.lines().count(), 1, "a run that ends leaves no links behind the state");
    bench.provider.shutdown().await;
}

/// Okta's tasks, by PUT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_makes_nobody_twice() {
    killed_again_and_again("okta").await;
}

/// Okta's tasks, groups by PATCH.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_oin_makes_nobody_twice() {
    killed_again_and_again("okta-oin").await;
}

/// Entra's cycles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_makes_nobody_twice() {
    killed_again_and_again("entra-default").await;
}

//! The program that a user starts: `scimulate serve` in a process of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::server::text;

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.arg("serve").args(arguments).stdin(Stdio::null()).env_remove("SCIMULATE_LOG");
    command
}

/// A server that is ready. It is killed when it is dropped.
pub struct Serve {
    child: Child,
    /// What it printed when it was ready.
    pub facts: Value,
    pub http: reqwest::Client,
    /// A file and not a pipe: nobody reads it while the server runs.
    log: tempfile::NamedTempFile,
}

impl Serve {
    pub fn start(arguments: &[&str]) -> Serve {
        Serve::with(program(&["--format", "json"]).args(arguments))
    }

    /// Runs a command that is `serve --format json` and more.
    pub fn with(command: &mut Command) -> Serve {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let stderr = log.reopen().expect("the file");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let facts = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Serve { child, facts, http: reqwest::Client::builder().no_proxy().build().expect("a client"), log }
    }

    pub fn fact(&self, name: &str) -> String {
        text(&self.facts[name])
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process, and gives what it wrote to stderr.
    pub fn stop(mut self) -> String {
        self.child.kill().expect("a kill");
        self.child.wait().expect("an end");
        self.log()
    }

    /// Waits for its own end, and gives what it wrote to stderr.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("an end");
        (status.code(), self.log())
    }

    /// What it has written to stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log.path()).expect("a text")
    }

    /// A request to the management API with this secret.
    pub fn request(&self, method: Method, path: &str, secret: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.fact("api_base_url"));
        self.http.request(method, url).basic_auth(self.fact("project_id"), Some(secret))
    }

    /// The answer's body.
    pub async fn call(&self, method: Method, path: &str, secret: &str, body: Value) -> Value {
        self.request(method, path, secret).json(&body).send().await.expect("an answer").json().await.expect("JSON")
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Already dead after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

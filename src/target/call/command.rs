//! Calls that are commands: a program with arguments, standard input and environment, without a shell.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::{Caller, Raw};
use crate::target::{TargetError, config::Call, template::Variables};

/// Most of an output that is read, in bytes.
const LARGEST: u64 = 4 << 20;

impl Caller<'_> {
    /// Runs the command; gives its name and its answer.
    pub(super) async fn execute(
        &self,
        key: &str,
        place: &str,
        call: &Call,
        variables: &Variables,
    ) -> Result<(String, Raw), TargetError> {
        let words = call
            .command
            .iter()
            .map(|word| self.render(&format!("{key}.command"), word, variables))
            .collect::<Result<Vec<_>, _>>()?;
        let (program, arguments) = words.split_first().map_or(("", &words[..]), |(first, rest)| (first.as_str(), rest));
        let environment = call
            .env
            .iter()
            .map(|(name, value)| Ok((name, self.render(&format!("{key}.env.{name}"), value, variables)?)))
            .collect::<Result<BTreeMap<_, _>, TargetError>>()?;
        let input = match &call.stdin {
            Some(text) => Some(self.render(&format!("{key}.stdin"), text, variables)?),
            None => None,
        };
        let failed =
            |reason: String| TargetError::Command { place: place.to_owned(), program: program.to_owned(), reason };

        let mut command = Command::new(program);
        command.args(arguments).envs(environment).kill_on_drop(true);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.config.folder().as_os_str().is_empty() {
            command.current_dir(self.config.folder());
        }
        let timeout = call.timeout.unwrap_or(self.config.target.timeout);
        let run = run(command, input);
        let (code, output, errors) = match tokio::time::timeout(timeout, run).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => return Err(failed(format!("cannot be run: {error}; check that it is installed"))),
            Err(_) => return Err(failed(format!("did not end within {}; raise `timeout`", seconds(timeout)))),
        };
        let Some(code) = code else {
            return Err(failed("was ended by a signal; run it by hand to see why".to_owned()));
        };
        let success = if call.exit.is_empty() { code == 0 } else { call.exit.contains(&code) };
        // Programs tell what went wrong on standard error.
        let body = if success || output.trim().len() > errors.trim().len() { output } else { errors };
        Ok((
            format!("`{program}`"),
            Raw { code: code.into(), success, shown: format!("exit code {code}"), headers: None, body },
        ))
    }
}

/// Exit code (none if a signal ended it), standard output and standard error.
async fn run(mut command: Command, input: Option<String>) -> std::io::Result<(Option<u8>, String, String)> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let feed = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A program that does not read its input to the end is no failure.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let ((), output, errors) = tokio::join!(feed, read(stdout), read(stderr));
    let status = child.wait().await?;
    Ok((status.code().map(|code| u8::try_from(code).unwrap_or(u8::MAX)), output?, errors?))
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(LARGEST).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn seconds(timeout: Duration) -> String {
    format!("{:?}", timeout)
}

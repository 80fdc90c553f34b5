//! The engine that plays scenarios: against the embedded provider, and against targets that refuse or are gone.

use scimulate::{
    idp::Profile,
    suite::{self, Options},
    verdict::{Outcome, RunEvent, Verdict},
};

fn profiles() -> Vec<Profile> {
    ["okta", "entra-default"].iter().map(|id| Profile::named(id).expect("a profile of ours")).collect()
}

fn play(options: Options) -> Vec<RunEvent> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut events = Vec::new();
    runtime.block_on(suite::run(options, &mut |event| events.push(event))).expect("a run that begins");
    events
}

/// The whole effects matrix holds on the reference provider, for Okta and for Entra.
#[test]
fn the_reference_provider_conforms() {
    let events = play(Options { profiles: profiles(), selectors: std::env::var("SEL").ok().map(|s| s.split_whitespace().map(str::to_owned).collect()).unwrap_or_default(), ..Options::default() });
    let mut wrong = Vec::new();
    if std::env::var("SLOW").is_ok() {
        for event in &events {
            if let RunEvent::Result(result) = event {
                let sum: u64 = result.transcript.iter().map(|e| e.micros).sum();
                eprintln!("T {:?} {} {:?} n={} sum={}us slowest={:?}", result.duration, result.id, result.profile, result.transcript.len(), sum, result.transcript.iter().max_by_key(|e| e.micros).map(|e| (e.line(), e.micros)));
            }
        }
    }
    for event in &events {
        match event {
            RunEvent::Result(result) if result.verdict != Verdict::Pass => {
                let why = match &result.outcome {
                    Outcome::Broken(evidence) => format!("{evidence:?}"),
                    Outcome::NotExercised { why } => why.clone(),
                    Outcome::Holds => String::new(),
                };
                wrong.push(format!("{:?} {} [{:?}] {why} {:?} {}", result.verdict, result.id, result.profile, result.duration, result.transcript.len()));
                if std::env::var("SHOW").is_ok() {
                    for exchange in &result.transcript {
                        wrong.push(format!("      {} {} -> {:?}", exchange.line(), exchange.body.clone().unwrap_or_default(), exchange.response().map(|r| r.body.clone())));
                    }
                }
            }
            RunEvent::Aborted(abort) => wrong.push(format!("{abort:?}")),
            RunEvent::Finished { summary, duration, leftovers } => eprintln!("{summary:?} {duration:?} {leftovers:?}"),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

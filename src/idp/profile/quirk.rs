//! A quirk: a named, sourced peculiarity of an IdP, which is a knob set to a value.

use std::{fmt, str::FromStr};

/// How well a quirk is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// The vendor says so.
    Documented,
    /// Somebody published the literal traffic.
    Observed,
    /// An implementer says so, without the traffic.
    Reported,
    /// Concluded from the above; a hypothesis.
    Inferred,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::Documented => "documented",
            Confidence::Observed => "observed",
            Confidence::Reported => "reported",
            Confidence::Inferred => "inferred",
        })
    }
}

impl FromStr for Confidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Confidence, String> {
        match text {
            "documented" => Ok(Confidence::Documented),
            "observed" => Ok(Confidence::Observed),
            "reported" => Ok(Confidence::Reported),
            "inferred" => Ok(Confidence::Inferred),
            _ => Err("expected one of documented, observed, reported, inferred".to_owned()),
        }
    }
}

/// A quirk of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Quirk {
    /// Id, as in `--quirk +ID`.
    pub id: String,
    /// What the IdP does, in one line.
    pub summary: String,
    /// The knob that makes it do so.
    pub knob: String,
    /// The value that the knob gets.
    pub value: toml::Value,
    /// The value that the knob gets when the quirk is switched off; `None`: the knob's default.
    pub off: Option<toml::Value>,
    /// Further knobs that belong to it, with their values.
    pub with: Vec<(String, toml::Value)>,
    /// Where it is established: URLs.
    pub evidence: Vec<String>,
    /// How well.
    pub confidence: Confidence,
    /// What it breaks in a server that does not expect it.
    pub breaks: String,
    /// What it looks like on the wire, where one line can show it.
    pub request: Option<String>,
    /// Why no scenario is about it, where none is.
    pub untested: Option<String>,
}

impl Quirk {
    /// What `explain` says about the quirk.
    pub fn explain(&self) -> String {
        let mut text = format!("{}\n\n{}\n\nbreaks:     {}\n", self.id, self.summary, self.breaks);
        if let Some(request) = &self.request {
            text.push_str(&format!("on the wire: {request}\n"));
        }
        text.push_str(&format!("knob:       {} = {}\n", self.knob, self.value));
        for (knob, value) in &self.with {
            text.push_str(&format!("            {knob} = {value}\n"));
        }
        text.push_str(&format!("confidence: {}\n", self.confidence));
        for evidence in &self.evidence {
            text.push_str(&format!("evidence:   {evidence}\n"));
        }
        let profile = match self.id.split('-').next() {
            Some("okta") => "okta",
            Some("entra") => "entra-default",
            _ => "generic",
        };
        if let Some(why) = &self.untested {
            text.push_str(&format!("scenarios:  none: {why}\n"));
        }
        text.push_str(&format!("\nreproduce:  scimulate run --profile {profile} --quirk +{}\n", self.id));
        text
    }
}

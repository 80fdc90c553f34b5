//! The requirement catalogue: every normative statement of RFC 7643, 7644, 9865 and 9967 and of the interoperability
//! profiles that a scenario or a check can be about, and the effects that a provisioning change must have.
//!
//! Both are data (`fixtures/requirements/*.json`), parsed once and handed out as `&'static` rows. Ids are stable:
//! they are never renumbered and never reused.

mod dispute;
mod review;

use std::{collections::HashMap, sync::OnceLock};

use serde::{Deserialize, Serialize};

pub use dispute::{Dispute, Reading, dispute, disputes};
pub use review::{Case, REVIEWS, Review, review};

/// How strongly a requirement binds, as the catalogue classes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// MUST, MUST NOT, SHALL, SHALL NOT, REQUIRED (BCP 14).
    Must,
    /// SHOULD, SHOULD NOT, RECOMMENDED.
    Should,
    /// MAY, OPTIONAL.
    May,
    /// Behaviour that the RFC states without a keyword (tables, prose, examples).
    Def,
    /// Deduced from several rules; no single sentence says it.
    Drv,
}

/// Whom a requirement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Binds {
    /// The service provider (the target).
    #[serde(rename = "SP")]
    ServiceProvider,
    /// The client (the IdP).
    #[serde(rename = "C")]
    Client,
    /// Both.
    #[serde(rename = "both")]
    Both,
}

/// One row of the catalogue.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Requirement {
    /// Stable id: `RFC7644-3.6-R2`, `EFF-SESSIONS`.
    pub id: String,
    /// The group of the catalogue: `G11 Delete`, `Effects`.
    pub group: String,
    /// Where it stands: `RFC 7644 §3.6`, or the source of an effect.
    pub clause: String,
    /// The literal keyword: `MUST`, `SHALL NOT`, `def`, `drv`, …
    pub level: String,
    /// The class that verdicts are made from.
    pub severity: Severity,
    /// Whom it binds.
    pub binds: Binds,
    /// The requirement in our own words.
    pub requirement: String,
    /// How it can be tested.
    pub check: String,
    /// What servers were seen to do instead.
    pub violations: String,
    /// Capabilities that must be advertised for the row to apply.
    pub gate: Vec<String>,
    /// The text supports more than one reading: a deviation is a note, never a failure.
    pub ambiguous: bool,
    /// The case of a review that the row is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// Tests of the provider's own that hold the row, where no scenario and no check sees it on a target:
    /// `tests/provider/rows.rs::tenants_share_nothing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// Why nothing tests the row, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<String>,
}

impl Requirement {
    /// The number of the row's group in the catalogue: 11 of `G11 Delete`; `None` for effects and flows.
    pub fn group_number(&self) -> Option<u8> {
        self.group.strip_prefix('G')?.get(..2)?.parse().ok()
    }

    /// A link to the clause, where the clause is an RFC section: `https://www.rfc-editor.org/rfc/rfc7644#section-3.6`.
    pub fn url(&self) -> Option<String> {
        let rest = self.clause.strip_prefix("RFC ")?;
        let (number, section) = rest.split_once(" §")?;
        let section: String = section.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
        (number.chars().all(|c| c.is_ascii_digit()) && !section.is_empty())
            .then(|| format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{}", section.trim_end_matches('.')))
    }
}

static REQUIREMENTS: &str = include_str!("../../fixtures/requirements/requirements.json");
static EFFECTS: &str = include_str!("../../fixtures/requirements/effects.json");
static FLOWS: &str = include_str!("../../fixtures/requirements/idp.json");
static POLICIES: &str = include_str!("../../fixtures/requirements/policies.json");

/// All rows: the requirements in catalogue order, then the effects, then the flows of the IdPs, then the
/// named policies of the reference provider.
///
/// # Panics
/// If the embedded data does not parse; a test reads it.
pub fn catalogue() -> &'static [Requirement] {
    static ROWS: OnceLock<Vec<Requirement>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let mut rows: Vec<Requirement> = serde_json::from_str(REQUIREMENTS).expect("the embedded requirements parse");
        let effects: Vec<Requirement> = serde_json::from_str(EFFECTS).expect("the embedded effects parse");
        rows.extend(effects);
        let flows: Vec<Requirement> = serde_json::from_str(FLOWS).expect("the embedded flows of the IdPs parse");
        rows.extend(flows);
        let policies: Vec<Requirement> = serde_json::from_str(POLICIES).expect("the embedded policies parse");
        rows.extend(policies);
        rows
    })
}

/// The row with exactly this id, if there is one.
pub fn requirement(id: &str) -> Option<&'static Requirement> {
    static INDEX: OnceLock<HashMap<&'static str, &'static Requirement>> = OnceLock::new();
    INDEX.get_or_init(|| catalogue().iter().map(|row| (row.id.as_str(), row)).collect()).get(id).copied()
}

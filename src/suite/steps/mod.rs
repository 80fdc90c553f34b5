//! The steps, one file an idea, and the registry that joins them.
//!
//! To add a step: write an async function `(&mut World, Args) -> Played` in the file of its idea and name it in that
//! file's `STEPS`, with its pattern and one line about it. `tests/features.rs` tells if a step lacks its line or is used
//! by no feature.
//!
//! # For writers of wire scenarios
//!
//! Text of a step, its block and its table may hold `{name}`: a person's or group's SCIM id (`{ada}`), `{ada.userName}`,
//! `{ada.email}`, `{unique}` (a text unique in the run), `{base}` (the SCIM base URL), or a value stored by
//! `Then the value at "id" is kept as "x"`. Text in single quotes may hold double quotes: SCIM filters need no escapes.
//! A typical scenario:
//!
//! ```gherkin
//! @rfc @RFC7644-3.6-R2
//! Scenario: A deleted user is gone
//!   Given the user "ada" exists
//!   And the client sends DELETE "/Users/{ada}"
//!   When the client sends GET "/Users/{ada}"
//!   Then the response is a SCIM error with status 404
//! ```

mod acts;
mod bystanders;
mod conformance;
mod deeds;
mod generated;
mod groups;
mod imports;
mod lists;
mod members;
mod people;
pub(in crate::suite) mod readings;
mod requests;
mod responses;
mod roles;
mod security_events;
mod sessions;
mod setup;
mod values;
mod webhooks;

pub(super) use bystanders::{sessions_of, status_and_roles_of};
pub(super) use generated::complete;

use super::vocabulary::{Chapter, Tier};

/// All chapters, in the order in which `list steps` shows them.
pub(super) static CHAPTERS: &[&Chapter] = &[
    &Chapter { file: "src/suite/steps/people.rs", tier: Tier::People, steps: people::STEPS },
    &Chapter { file: "src/suite/steps/deeds.rs", tier: Tier::People, steps: deeds::STEPS },
    &Chapter { file: "src/suite/steps/groups.rs", tier: Tier::People, steps: groups::STEPS },
    &Chapter { file: "src/suite/steps/imports.rs", tier: Tier::People, steps: imports::STEPS },
    &Chapter { file: "src/suite/steps/members.rs", tier: Tier::People, steps: members::STEPS },
    &Chapter { file: "src/suite/steps/sessions.rs", tier: Tier::People, steps: sessions::STEPS },
    &Chapter { file: "src/suite/steps/roles.rs", tier: Tier::People, steps: roles::STEPS },
    &Chapter { file: "src/suite/steps/webhooks.rs", tier: Tier::People, steps: webhooks::STEPS },
    &Chapter { file: "src/suite/steps/security_events.rs", tier: Tier::People, steps: security_events::STEPS },
    &Chapter { file: "src/suite/steps/bystanders.rs", tier: Tier::People, steps: bystanders::STEPS },
    &Chapter { file: "src/suite/steps/acts.rs", tier: Tier::People, steps: acts::STEPS },
    &Chapter { file: "src/suite/steps/setup.rs", tier: Tier::Wire, steps: setup::STEPS },
    &Chapter { file: "src/suite/steps/requests.rs", tier: Tier::Wire, steps: requests::STEPS },
    &Chapter { file: "src/suite/steps/responses.rs", tier: Tier::Wire, steps: responses::STEPS },
    &Chapter { file: "src/suite/steps/values.rs", tier: Tier::Wire, steps: values::STEPS },
    &Chapter { file: "src/suite/steps/lists.rs", tier: Tier::Wire, steps: lists::STEPS },
    &Chapter { file: "src/suite/steps/conformance.rs", tier: Tier::Wire, steps: conformance::STEPS },
    &Chapter { file: "src/suite/steps/readings.rs", tier: Tier::Wire, steps: readings::STEPS },
    &Chapter { file: "src/suite/steps/generated.rs", tier: Tier::Generated, steps: generated::STEPS },
];

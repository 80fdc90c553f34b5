//! Reviews: what an identity provider has a vendor pass before it lists the app, case by case.
//!
//! A case is a row of the catalogue that names the review it belongs to. Its scenarios carry the row's id like those of
//! any requirement; a case that needs a person or an administrator's page says what to do by hand.

use serde::{Deserialize, Serialize};

/// The place of a row in a review.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Id of the [`Review`].
    pub review: String,
    /// The number or name that the review gives it: `C9290`, `step 10`.
    pub number: String,
    /// What it is about, in our own words.
    pub title: String,
    /// What a person has to do, where no request shows it, or not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
}

/// A list of cases that an identity provider wants passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its id, and the tag of its scenarios: `okta-oin` is played by `run @okta-oin`.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Who asks for it, and what the simulation leaves to a person.
    pub about: &'static str,
}

/// All reviews, in the order in which reports show them.
pub const REVIEWS: [Review; 5] = [
    Review {
        id: "okta-spec",
        title: "Okta, SPEC suite for SCIM 2.0",
        about: "asked for with every submission to Okta's catalog; pauses and the 1.1 suite are left out",
    },
    Review {
        id: "okta-crud",
        title: "Okta, CRUD suite for SCIM 2.0",
        about: "needs a live Okta org; here the simulated Okta does the steps that call Okta's own API",
    },
    Review {
        id: "okta-oin",
        title: "Okta, test plan of the integration catalog",
        about: "61 cases that a person plays in Okta's admin pages; here the simulated Okta plays what reaches the server",
    },
    Review {
        id: "entra-validator",
        title: "Microsoft, SCIM validator",
        about: "24 tests and 7 previews of scimvalidator.microsoft.com, as one published run of February 2026 sent them, and test 6b of later builds",
    },
    Review {
        id: "entra-gallery",
        title: "Microsoft, validation for the Entra gallery",
        about: "25 tests of Microsoft's validation workflows; here the simulated Entra plays the provisioning job",
    },
];

/// The review of that id.
pub fn review(id: &str) -> Option<&'static Review> {
    REVIEWS.iter().find(|review| review.id == id)
}

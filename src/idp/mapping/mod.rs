//! Attribute mappings: which SCIM attribute gets its value from which expression over the directory.

mod expression;

pub use expression::{COMPUTED, Expression, Function};

/// One line of an attribute mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// SCIM attribute in the notation of a PATCH path: `name.givenName`, `emails[type eq "work"].value`,
    /// `urn:…:User:department`.
    pub target: String,
    /// Where the value comes from.
    pub source: Expression,
}

impl Mapping {
    /// Parses the source of a mapping.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn parse(target: &str, source: &str) -> Result<Mapping, String> {
        Ok(Mapping { target: target.to_owned(), source: Expression::parse(source)? })
    }

    /// The source as it would be written in a profile.
    pub fn source_text(&self) -> String {
        self.source.to_string()
    }
}

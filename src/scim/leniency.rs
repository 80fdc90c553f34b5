//! What is accepted beside the RFC because real identity providers send it: one named switch each, with its evidence.
//!
//! A leniency never loses data (what it cannot place is refused) and never lets anybody in (it never turns an operation
//! on one thing into an operation on more). [`Leniency::strict`] is the RFC as written (`serve --strict-rfc`).

/// A leniency as `list`, `--strict-rfc` and the documentation show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeniencyInfo {
    /// Stable name.
    pub id: &'static str,
    /// What is accepted.
    pub summary: &'static str,
    /// Where a client was seen to need it.
    pub evidence: &'static str,
}

macro_rules! leniencies {
    ($( $(#[doc = $doc:literal])+ $field:ident: $id:literal, $summary:literal, $evidence:literal; )+) => {
        /// Which leniencies are on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Leniency {
            $( $(#[doc = $doc])+ pub $field: bool, )+
        }

        impl Leniency {
            /// Everything that Okta and Entra need.
            pub const fn lenient() -> Self {
                Leniency { $( $field: true, )+ }
            }

            /// The RFC as written.
            pub const fn strict() -> Self {
                Leniency { $( $field: false, )+ }
            }

            /// Switches one leniency by its id; `false` if there is none of that name.
            pub fn set(&mut self, id: &str, on: bool) -> bool {
                match id {
                    $( $id => self.$field = on, )+
                    _ => return false,
                }
                true
            }

            /// Whether the leniency of that id is on; `None` if there is none.
            pub fn get(&self, id: &str) -> Option<bool> {
                match id {
                    $( $id => Some(self.$field), )+
                    _ => None,
                }
            }
        }

        /// Every leniency, in the order of the documentation.
        pub static LENIENCIES: &[LeniencyInfo] = &[
            $( LeniencyInfo { id: $id, summary: $summary, evidence: $evidence }, )+
        ];
    };
}

leniencies! {
    /// `Add`, `Replace`, `Remove` in any case. Strict: 400 `invalidSyntax`.
    op_any_case: "op-any-case",
        "PATCH operations in any case: Add, Replace, Remove",
        "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups";
    /// The token alone in `Authorization`, without `Bearer`, as Okta's catalogue apps send it. Strict: 401.
    bare_token: "bare-token",
        "the token in the Authorization header without a scheme before it",
        "https://developer.okta.com/docs/guides/submit-oin-app/";
    /// `"True"`, `"false"`, … where a boolean is due. Strict: 400 `invalidValue`, never "truthy".
    boolean_strings: "boolean-strings",
        "the strings true and false, in any case, where a boolean is due",
        "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility";
    /// `name.givenName` as a key of a value without a path. Strict: an unknown attribute.
    dotted_keys: "dotted-keys",
        "keys such as name.givenName in the value of a PATCH without a path",
        "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility";
    /// `urn:…:User:department` as a key of a value without a path. Strict: an unknown attribute.
    urn_keys: "urn-keys",
        "keys such as urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department in the value of a PATCH without a path",
        "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility";
    /// `urn:…:2.0:User.manager`, a dot after the URN. Strict: 400 `invalidPath`.
    dot_after_urn: "dot-after-urn",
        "a dot instead of a colon between a schema URN and the attribute",
        "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility";
    /// `add` on `emails[type eq "work"].value` when there is no such element creates it from the filter. Never for a
    /// filter on `value` or `$ref`, which names an existing element: that would add what was not granted. `replace`
    /// stays 400 `noTarget`, as RFC 7644 section 3.5.2.3 demands. Strict: 400 `noTarget` (erratum 8097 is open).
    value_path_creates: "value-path-creates",
        "add on a value path that matches nothing creates the element that the filter describes",
        "https://learn.microsoft.com/answers/questions/120490/patch-request-in-scim-with-azure-ad";
    /// `remove` of `members` with a list of values removes those and no others. Strict: 400 `invalidValue`; the
    /// operation never empties the attribute, which is what reading the path alone would do.
    remove_listed_values: "remove-listed-values",
        "remove with a list of values removes exactly those",
        "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups";
    /// A string where a complex value with a `value` is due stands for that value: `manager: "id"`; the empty string
    /// clears. Strict: 400 `invalidValue`.
    bare_values: "bare-values",
        "a bare string for a complex attribute that has a value sub-attribute, such as manager",
        "https://github.com/imulab/go-scim/issues/75";
    /// One object where a list is due. (In `add` RFC 7644 section 3.5.2.1 allows it anyway.) Strict: 400 `invalidValue`.
    single_as_list: "single-as-list",
        "one value where a list of values is due",
        "https://github.com/apache/directory-scimple/issues/693";
    /// An extension object whose URN is missing in `schemas`. Strict: 400 `invalidSyntax`.
    unlisted_extensions: "unlisted-extensions",
        "attributes of a known extension whose URN is missing in schemas",
        "https://learn.microsoft.com/answers/questions/1684621/entra-id-patch-sending-add-instead-of-replace";
    /// URNs in `schemas` that are not served, such as the ADSCIM group. Strict: 400 `invalidSyntax`.
    unknown_schemas: "unknown-schemas",
        "URNs in schemas that this server does not know are ignored",
        "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups";
    /// Attributes that no schema knows are ignored in a body; a PATCH path to one is always refused. Strict: 400
    /// `invalidSyntax`.
    unknown_attributes: "unknown-attributes",
        "attributes that no schema knows are ignored, as in a PUT that echoes another server's answer",
        "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/";
    /// readOnly attributes in the value of a PATCH without a path are ignored (Okta sends the group's `id`); a path to
    /// one is always refused. Strict: 400 `mutability`.
    read_only_in_value: "read-only-in-value",
        "readOnly attributes in the value of a PATCH without a path are ignored, such as the id that Okta repeats",
        "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/";
    /// `roles[primary eq "True"]`: the string against a boolean attribute. Strict: 400 `invalidFilter`.
    boolean_filter_strings: "boolean-filter-strings",
        "the strings True and False compared with a boolean attribute in a filter",
        "https://learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes";
    /// `emails[type eq "work"].value eq "x"` in a filter, which the grammar has only in PATCH paths. Strict: 400
    /// `invalidFilter`.
    sub_attribute_after_filter: "sub-attribute-after-filter",
        "a sub-attribute behind the brackets of a filter: emails[type eq \"work\"].value eq \"x\"",
        "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups";
    /// The empty string for an attribute that is not text (a date, a reference, an object) clears it. Strict: 400
    /// `invalidValue`.
    empty_string_clears: "empty-string-clears",
        "the empty string clears an attribute that is not text",
        "https://learn.microsoft.com/entra/identity/app-provisioning/scim-validator-tutorial";
    /// Texts that are no URI are kept in reference attributes such as profileUrl. Strict: 400 `invalidValue`.
    any_reference: "any-reference",
        "texts that are no URI in reference attributes such as profileUrl",
        "https://learn.microsoft.com/entra/identity/app-provisioning/scim-validator-tutorial";
}

impl Default for Leniency {
    fn default() -> Self {
        Self::lenient()
    }
}

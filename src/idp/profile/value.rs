//! Types of knob values: how each is read from TOML, and how it is shown.

use toml::Value;

/// A type that a knob can have.
pub trait KnobValue: Sized + Clone + PartialEq {
    /// Name of the type in `explain` and in errors.
    const TYPE: &'static str;
    /// The words that are allowed, with what each means; empty if the type is open.
    const CHOICES: &'static [(&'static str, &'static str)] = &[];

    /// Reads the value.
    ///
    /// # Errors
    /// What was expected, when the value is of another type or not among the choices.
    fn from_toml(value: &Value) -> Result<Self, String>;

    /// Shows the value as it would be written in a profile.
    fn show(&self) -> String;
}

impl KnobValue for bool {
    const TYPE: &'static str = "true or false";

    fn from_toml(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "expected true or false".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl KnobValue for u32 {
    const TYPE: &'static str = "whole number";

    fn from_toml(value: &Value) -> Result<Self, String> {
        value
            .as_integer()
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| "expected a whole number from 0 up to 4294967295".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl KnobValue for String {
    const TYPE: &'static str = "text";

    fn from_toml(value: &Value) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "expected text in quotes".to_owned())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl KnobValue for Vec<String> {
    const TYPE: &'static str = "list of texts";

    fn from_toml(value: &Value) -> Result<Self, String> {
        value
            .as_array()
            .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect())
            .ok_or_else(|| "expected a list of texts".to_owned())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl KnobValue for Vec<u32> {
    const TYPE: &'static str = "list of whole numbers";

    fn from_toml(value: &Value) -> Result<Self, String> {
        value
            .as_array()
            .and_then(|items| {
                items.iter().map(|item| item.as_integer().and_then(|number| u32::try_from(number).ok())).collect()
            })
            .ok_or_else(|| "expected a list of whole numbers".to_owned())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

/// Declares an enum whose variants are words of a profile file.
macro_rules! choices {
    ($( $(#[doc = $about:literal])+ $name:ident { $( #[doc = $doc:literal] $variant:ident = $word:literal ),+ $(,)? } )+) => { $(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( #[doc = $doc] $variant ),+ }

        impl KnobValue for $name {
            const TYPE: &'static str = "choice";
            const CHOICES: &'static [(&'static str, &'static str)] = &[ $( ($word, $doc) ),+ ];

            fn from_toml(value: &Value) -> Result<Self, String> {
                match value.as_str() {
                    $( Some($word) => Ok($name::$variant), )+
                    _ => Err(format!("expected one of {}", [ $( $word ),+ ].join(", "))),
                }
            }

            fn show(&self) -> String {
                format!("{:?}", match self { $( $name::$variant => $word ),+ })
            }
        }
    )+ };
}

choices! {
    /// How a filter is written into the query.
    FilterEncoding {
        /// RFC 3986: a space is `%20`.
        Percent = "percent",
        /// As a form: a space is `+`, everything else that is not a letter, digit, `-`, `_` or `.` is percent-encoded.
        Plus = "plus",
    }
    /// The method of an update.
    Method {
        /// The whole resource.
        Put = "put",
        /// Only what changes.
        Patch = "patch",
    }
    /// Where the body of a PUT starts from.
    PutBody {
        /// The body of the GET before it, mapped attributes laid over it.
        Echo = "echo",
        /// Only the mapped attributes.
        Mapped = "mapped",
    }
    /// Which source `externalId` has.
    ExternalId {
        /// It is not sent.
        None = "none",
        /// The IdP's own id of the object.
        ObjectId = "object-id",
        /// The attribute mapping decides.
        Mapped = "mapped",
    }
    /// In which order the attributes of a create come.
    CreateOrder {
        /// As the mapping lists them, then externalId, groups, password and active.
        Mapping = "mapping",
        /// externalId, userName and active, the others by name, extensions last.
        ByName = "by-name",
    }
    /// In which order the parts of an element of a multi-valued attribute come.
    ElementOrder {
        /// primary, value, type.
        ValueFirst = "value-first",
        /// primary, type, value.
        TypeFirst = "type-first",
    }
    /// When the enterprise URN stands in `schemas`.
    UrnListed {
        /// Always, also without data.
        Always = "always",
        /// When an attribute of it has a value.
        WithValues = "with-values",
    }
    /// What a create says about roles.
    RolesInCreate {
        /// Nothing.
        None = "none",
        /// An empty array.
        Empty = "empty",
        /// The first role alone, marked `primary`, without `display`.
        Single = "single",
        /// All roles, none marked `primary`.
        Complex = "complex",
        /// All roles, `primary` of the first as the text "True".
        StringPrimary = "string-primary",
    }
    /// How role changes are written in a PATCH.
    RolesPatch {
        /// Roles are not mapped.
        None = "none",
        /// `add` with each role as a JSON text; removed roles stay.
        AddJsonText = "add-json-text",
        /// `replace` with the whole set as objects.
        Assertive = "assertive",
        /// One role as plain text at `roles[primary eq "True"].value`.
        PrimaryValue = "primary-value",
    }
    /// How `active` is written.
    ActiveType {
        /// JSON true or false.
        Boolean = "boolean",
        /// "True" or "False".
        Text = "text",
        /// "true" or "false".
        LowerText = "lower-text",
    }
    /// How `op` is spelt.
    OpCase {
        /// `add`, `replace`, `remove` (RFC 7644 section 3.5.2).
        Lower = "lower",
        /// `Add`, `Replace`, `Remove`.
        Capitalised = "capitalised",
    }
    /// How the operations of a user PATCH are laid out.
    PatchStyle {
        /// One operation with a path for each attribute.
        PerAttribute = "per-attribute",
        /// Value paths stay apart; two or more other attributes become one path-less operation with dotted and URN keys.
        Merged = "merged",
        /// As merged, also for a single attribute other than `active`.
        Pathless = "pathless",
        /// One path-less operation with a proper partial resource as value.
        PartialResource = "partial-resource",
    }
    /// How a PATCH of `active` alone is laid out.
    ActivePatch {
        /// With `path`.
        Path = "path",
        /// Without `path`: `value` is `{"active": …}`.
        Pathless = "pathless",
    }
    /// Whether an attribute is added or replaced.
    AddOrReplace {
        /// Add what the target did not show, replace what it did.
        Shown = "shown",
        /// Always replace.
        Replace = "replace",
        /// Always add.
        Add = "add",
    }
    /// Which key of a PATCH comes first.
    Envelope {
        /// `schemas`, then `Operations`.
        SchemasFirst = "schemas-first",
        /// `Operations`, then `schemas`.
        OperationsFirst = "operations-first",
    }
    /// What is sent for an attribute that lost its value.
    Cleared {
        /// Nothing.
        Nothing = "nothing",
        /// An empty text.
        EmptyText = "empty-text",
        /// A `remove` operation (in a PUT: the attribute is left out).
        Remove = "remove",
    }
    /// How a reference to the manager is written.
    ManagerValue {
        /// The id as plain text.
        Text = "text",
        /// An object with `value`.
        Object = "object",
        /// An array of one object with `$ref` and `value`, at the path `manager`.
        Array = "array",
    }
    /// When the manager is written.
    ManagerPass {
        /// Never.
        Never = "never",
        /// In a pass of its own, after all users exist.
        Late = "late",
        /// In the create, as text, and late as well.
        InCreate = "in-create",
        /// In the create, as an object with the id of nobody, and late as well.
        NobodyInCreate = "nobody-in-create",
    }
    /// What is sent when a person has no manager any more.
    ManagerClear {
        /// Nothing.
        Nothing = "nothing",
        /// An empty text.
        EmptyText = "empty-text",
        /// An object with an empty `value`.
        EmptyObject = "empty-object",
        /// A `remove` operation.
        Remove = "remove",
    }
    /// What the end of an assignment does.
    Unassign {
        /// Sets the user inactive.
        Deactivate = "deactivate",
        /// Deletes the user.
        Delete = "delete",
    }
    /// What happens when the person is gone from the directory.
    HardDelete {
        /// Nothing is sent.
        Never = "never",
        /// DELETE, if the person was still in scope.
        InScope = "in-scope",
        /// DELETE in any case.
        Always = "always",
    }
    /// How a connection is probed.
    Probe {
        /// A short page of users.
        List = "list",
        /// A filter for a random GUID.
        RandomFilter = "random-filter",
    }
    /// Which discovery endpoints are read when provisioning is set up.
    Discovery {
        /// None.
        None = "none",
        /// `/Schemas`.
        Schemas = "schemas",
        /// `/ResourceTypes`, then `/Schemas`.
        ResourceTypes = "resource-types",
        /// `/ServiceProviderConfig`.
        ServiceProviderConfig = "service-provider-config",
        /// `/ServiceProviderConfigs` (the SCIM 1.1 name).
        ServiceProviderConfigs = "service-provider-configs",
    }
    /// Which members the create of a group carries.
    GroupMembers {
        /// No `members` key.
        None = "none",
        /// An empty array.
        Empty = "empty",
        /// All that are known to the target.
        Full = "full",
    }
    /// What members carry as `display`.
    MemberDisplay {
        /// Nothing.
        None = "none",
        /// The user name.
        UserName = "user-name",
        /// A null.
        Null = "null",
    }
    /// How a member is removed by PATCH.
    MemberRemove {
        /// `path` is `members`, the member stands in `value`.
        Value = "value",
        /// `path` is `members[value eq "…"]`.
        FilterPath = "filter-path",
    }
    /// The operation by which a member joins.
    MemberAdd {
        /// `add`.
        Add = "add",
        /// `replace`.
        Replace = "replace",
    }
    /// How the whole membership is written by PATCH.
    PushNow {
        /// `replace` at the path `members`.
        Path = "path",
        /// Path-less `replace` of `members`, `id` and `displayName`.
        Pathless = "pathless",
    }
    /// How a group is renamed by PATCH.
    GroupRename {
        /// With the path `displayName`.
        Path = "path",
        /// Path-less, with `displayName`.
        Pathless = "pathless",
        /// Path-less, with `id` and `displayName`.
        PathlessWithId = "pathless-with-id",
    }
    /// What the end of a group's assignment or push does to the group in the target.
    GroupUnassign {
        /// It stays.
        Leave = "leave",
        /// It is deleted.
        Delete = "delete",
    }
    /// What an answer with status 429 leads to.
    TooMany {
        /// The task waits and is tried again.
        Wait = "wait",
        /// The object failed; it is tried again in a later cycle.
        Escrow = "escrow",
    }
    /// What a 404 to a filter means.
    FilterNotFound {
        /// Nobody matches.
        NoMatch = "no-match",
        /// The target is incompatible.
        Incompatible = "incompatible",
    }
    /// How a bearer token is sent.
    TokenScheme {
        /// As the target's configuration says.
        Configured = "configured",
        /// The token alone in `Authorization`, without a scheme.
        Raw = "raw",
    }
    /// Between an extension's URN and its attribute.
    UrnSeparator {
        /// A colon (RFC 7644 section 3.10).
        Colon = "colon",
        /// A dot.
        Dot = "dot",
    }
}

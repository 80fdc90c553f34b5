//! One attribute and its characteristics (RFC 7643 sections 2.2, 2.3 and 7).

use serde_json::{Map, Value};

macro_rules! keywords {
    ($(#[doc = $doc:literal])+ $name:ident { $( $(#[doc = $item_doc:literal])+ $variant:ident = $text:literal, )+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[doc = $item_doc])+ $variant, )+
        }

        impl $name {
            /// The keyword as schema data writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( $name::$variant => $text, )+
                }
            }

            /// The value of a keyword; case matters, as keywords are fixed strings.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $( $text => Some($name::$variant), )+
                    _ => None,
                }
            }
        }
    };
}

keywords! {
    /// The data types of RFC 7643 section 2.3 (`binary` by errata 5606 and 8435).
    Type {
        /// Unicode text.
        String = "string",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A number with digits on both sides of the point.
        Decimal = "decimal",
        /// A number without a fraction.
        Integer = "integer",
        /// An `xsd:dateTime`.
        DateTime = "dateTime",
        /// Base64 text.
        Binary = "binary",
        /// A URI.
        Reference = "reference",
        /// An object of sub-attributes.
        Complex = "complex",
    }
}

keywords! {
    /// Who may change a value, and when.
    Mutability {
        /// Only the server.
        ReadOnly = "readOnly",
        /// The client at any time.
        ReadWrite = "readWrite",
        /// The client, once.
        Immutable = "immutable",
        /// The client, and it is never shown.
        WriteOnly = "writeOnly",
    }
}

keywords! {
    /// When a value is shown.
    Returned {
        /// Whatever the request says.
        Always = "always",
        /// In no case.
        Never = "never",
        /// Unless the request leaves it out.
        Default = "default",
        /// When the request names it.
        Request = "request",
    }
}

keywords! {
    /// Among whom a value is unique.
    Uniqueness {
        /// Nobody.
        None = "none",
        /// The resources of one endpoint and tenant.
        Server = "server",
        /// All there are.
        Global = "global",
    }
}

/// One attribute or sub-attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name, in the case in which it is shown.
    pub name: String,
    /// Data type.
    pub type_: Type,
    /// Whether it holds a list.
    pub multi_valued: bool,
    /// What it is for.
    pub description: String,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether case matters when values are compared.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is shown.
    pub returned: Returned,
    /// Among whom it is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values; not enforced (RFC 7643 section 7: the provider may accept others).
    pub canonical_values: Vec<String>,
    /// What a reference may point to: names of resource types, `external`, `uri`.
    pub reference_types: Vec<String>,
    /// Sub-attributes of a complex attribute.
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// The sub-attribute of that name; names ignore case (RFC 7643 section 2.1).
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// Whether the client can never write it.
    pub fn read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// The attribute as `/Schemas` shows it. Characteristics that do not apply to the type are left out (RFC 7643
    /// section 2.3.8; erratum 6004).
    pub fn to_json(&self) -> Value {
        let mut json = Map::new();
        json.insert("name".into(), self.name.clone().into());
        json.insert("type".into(), self.type_.as_str().into());
        json.insert("multiValued".into(), self.multi_valued.into());
        json.insert("description".into(), self.description.clone().into());
        json.insert("required".into(), self.required.into());
        if !self.canonical_values.is_empty() {
            json.insert("canonicalValues".into(), self.canonical_values.clone().into());
        }
        if matches!(self.type_, Type::String | Type::Reference | Type::Binary) {
            json.insert("caseExact".into(), self.case_exact.into());
        }
        json.insert("mutability".into(), self.mutability.as_str().into());
        json.insert("returned".into(), self.returned.as_str().into());
        if !matches!(self.type_, Type::Complex | Type::Boolean | Type::Binary) {
            json.insert("uniqueness".into(), self.uniqueness.as_str().into());
        }
        if self.type_ == Type::Reference {
            json.insert("referenceTypes".into(), self.reference_types.clone().into());
        }
        if self.type_ == Type::Complex {
            let subs = self.sub_attributes.iter().map(Attribute::to_json).collect();
            json.insert("subAttributes".into(), Value::Array(subs));
        }
        Value::Object(json)
    }
}

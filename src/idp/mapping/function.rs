//! The functions that an expression may call: those of Microsoft's reference
//! (<https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data>), and of
//! Okta's those on texts and lists, and its operators
//! (<https://developer.okta.com/docs/reference/okta-expression-language/>).

/// One function as the parser knows it.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name; compared without case.
    pub name: &'static str,
    /// The function.
    pub function: Function,
    /// Least and most arguments.
    pub arguments: (usize, usize),
    /// How it is written, and what it gives.
    pub about: &'static str,
}

macro_rules! functions {
    ($( #[doc = $doc:literal] $variant:ident = $name:literal ($least:literal ..= $most:expr) ),+ $(,)?) => {
        /// A function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $( #[doc = $doc] $variant ),+ }

        /// Every function there is.
        pub static FUNCTIONS: &[Named] = &[ $( Named {
            name: $name,
            function: Function::$variant,
            arguments: ($least, $most),
            about: $doc,
        } ),+ ];
    };
}

/// For functions that take any number of arguments.
const MANY: usize = 1000;

functions! {
    /// `Append(source, suffix)`: the suffix behind the source.
    Append = "Append" (2 ..= 2),
    /// `AppRoleAssignmentsComplex([appRoleAssignments])`: all roles, each as the JSON text that Entra sends.
    AppRoleAssignmentsComplex = "AppRoleAssignmentsComplex" (1 ..= 1),
    /// `AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`: as above; that the set is replaced is a knob's business.
    AssertiveAppRoleAssignmentsComplex = "AssertiveAppRoleAssignmentsComplex" (1 ..= 1),
    /// `BitAnd(a, b)`: the bits that both numbers have; `&HF7` is hexadecimal.
    BitAnd = "BitAnd" (2 ..= 2),
    /// `CBool(expression)`: "True" for what is not zero, or for a comparison that holds.
    CBool = "CBool" (1 ..= 1),
    /// `CDate(text)`: the moment in UTC, written `M/d/yyyy h:mm:ss tt`.
    CDate = "CDate" (1 ..= 1),
    /// `Coalesce(a, b, …)`: the first that has a value.
    Coalesce = "Coalesce" (1 ..= MANY),
    /// `ConvertToBase64(source)`: base 64 of the text in UTF-16, little end first.
    ConvertToBase64 = "ConvertToBase64" (1 ..= 1),
    /// `ConvertToUTF8Hex(source)`: the bytes of the text in UTF-8, hexadecimal.
    ConvertToUtf8Hex = "ConvertToUTF8Hex" (1 ..= 1),
    /// `Count(attribute)`: how many values a multi-valued attribute has.
    Count = "Count" (1 ..= 1),
    /// `CStr(value)`: the value as text.
    CStr = "CStr" (1 ..= 1),
    /// `DateAdd(interval, number, date)`: intervals are yyyy, m, d, ww, h, n (minutes), s.
    DateAdd = "DateAdd" (3 ..= 3),
    /// `DateDiff(interval, from, to)`: how many intervals lie between.
    DateDiff = "DateDiff" (3 ..= 3),
    /// `DateFromNum(number)`: the moment of an Active Directory time stamp.
    DateFromNum = "DateFromNum" (1 ..= 1),
    /// `FormatDateTime(source, styles, inputFormat, outputFormat)`: formats as .NET writes them; styles are ignored.
    FormatDateTime = "FormatDateTime" (4 ..= 4),
    /// `Guid()`: a random GUID; here the same one for the same person, so that a run can be repeated.
    Guid = "Guid" (0 ..= 0),
    /// `IgnoreFlowIfNullOrEmpty(expression)`: the expression; without a value the attribute is not sent.
    IgnoreFlowIfNullOrEmpty = "IgnoreFlowIfNullOrEmpty" (1 ..= 1),
    /// `IIF(condition, then, else)`: without a value if an attribute of the condition has none.
    Iif = "IIF" (3 ..= 3),
    /// `InStr(text, part, start, compareType)`: the position of the part, from 1; vbTextCompare ignores case.
    InStr = "InStr" (2 ..= 4),
    /// `IsNull(expression)`: "True" if there is no value.
    IsNull = "IsNull" (1 ..= 1),
    /// `IsNullOrEmpty(expression)`: "True" if there is no value or an empty one.
    IsNullOrEmpty = "IsNullOrEmpty" (1 ..= 1),
    /// `IsPresent(expression)`: "True" if there is a value that is not empty.
    IsPresent = "IsPresent" (1 ..= 1),
    /// `IsString(expression)`: "True" if the value is a text.
    IsString = "IsString" (1 ..= 1),
    /// `Item(attribute, index)`: one value of a multi-valued attribute; the first is 1.
    Item = "Item" (2 ..= 2),
    /// `Join(separator, a, b, …)`: only those that have a value; lists are joined value by value.
    Join = "Join" (2 ..= MANY),
    /// `Left(text, number)`: that many characters from the left.
    Left = "Left" (2 ..= 2),
    /// `Mid(source, start, length)`: start counts from 1.
    Mid = "Mid" (3 ..= 3),
    /// `NormalizeDiacritics(source)`: without accents: ë is e, ß is ss.
    NormalizeDiacritics = "NormalizeDiacritics" (1 ..= 1),
    /// `Not(source)`: "False" for "True", otherwise "True".
    Not = "Not" (1 ..= 1),
    /// `Now()`: the simulated time in UTC, written `M/d/yyyy h:mm:ss tt`.
    Now = "Now" (0 ..= 0),
    /// `NumFromDate(date)`: the Active Directory time stamp of an ISO 8601 date.
    NumFromDate = "NumFromDate" (1 ..= 1),
    /// `PCase(source, separators)`: each word with a capital first letter.
    PCase = "PCase" (1 ..= 2),
    /// `RandomString(length, numbers, specials, capitals, lowers, avoid)`: here the same one for the same person.
    RandomString = "RandomString" (5 ..= 6),
    /// `Redact(value)`: the value; it is hidden in Entra's log only.
    Redact = "Redact" (1 ..= 1),
    /// `RemoveDuplicates(attribute)`: each value of a multi-valued attribute once.
    RemoveDuplicates = "RemoveDuplicates" (1 ..= 1),
    /// `Replace(source, old, regex, group, new, otherAttribute, template)`: which are given decides what it does.
    Replace = "Replace" (5 ..= 7),
    /// `SelectUniqueValue(a, b, …)`: the first that has a value; no SCIM target is asked whether it is taken.
    SelectUniqueValue = "SelectUniqueValue" (2 ..= MANY),
    /// `SingleAppRoleAssignment([appRoleAssignments])`: the value of the first role.
    SingleAppRoleAssignment = "SingleAppRoleAssignment" (1 ..= 1),
    /// `Split(source, delimiter)`: a list of the parts.
    Split = "Split" (2 ..= 2),
    /// `StripSpaces(source)`: without blanks.
    StripSpaces = "StripSpaces" (1 ..= 1),
    /// `Switch(source, default, key, value, …)`: keys are compared with case; "" is the key of no value.
    Switch = "Switch" (2 ..= MANY),
    /// `ToLower(source, culture)`: the culture is ignored.
    ToLower = "ToLower" (1 ..= 2),
    /// `ToUpper(source, culture)`: the culture is ignored.
    ToUpper = "ToUpper" (1 ..= 2),
    /// `Word(text, number, delimiters)`: that word of the text, from 1.
    Word = "Word" (3 ..= 3),
    /// `Arrays.contains(list, value)`: Okta; whether the value is in the list.
    ArraysContains = "Arrays.contains" (2 ..= 2),
    /// `Arrays.get(list, index)`: Okta; one value, the first is 0.
    ArraysGet = "Arrays.get" (2 ..= 2),
    /// `Arrays.isEmpty(list)`: Okta; whether there is no value.
    ArraysIsEmpty = "Arrays.isEmpty" (1 ..= 1),
    /// `Arrays.size(list)`: Okta; how many values there are.
    ArraysSize = "Arrays.size" (1 ..= 1),
    /// `Arrays.toCsvString(list)`: Okta; the values with commas between.
    ArraysToCsv = "Arrays.toCsvString" (1 ..= 1),
    /// `String.append(a, b)`: Okta; b behind a.
    StringAppend = "String.append" (2 ..= 2),
    /// `String.join(separator, a, b, …)`: Okta; all with the separator between.
    StringJoin = "String.join" (2 ..= MANY),
    /// `String.len(text)`: Okta; how many characters it has.
    StringLen = "String.len" (1 ..= 1),
    /// `String.removeSpaces(text)`: Okta; without blanks.
    StringRemoveSpaces = "String.removeSpaces" (1 ..= 1),
    /// `String.replace(text, old, new)`: Okta; wherever the old part stands.
    StringReplace = "String.replace" (3 ..= 3),
    /// `String.replaceFirst(text, old, new)`: Okta; where the old part stands first.
    StringReplaceFirst = "String.replaceFirst" (3 ..= 3),
    /// `String.startsWith(text, part)`: Okta; whether it begins so.
    StringStartsWith = "String.startsWith" (2 ..= 2),
    /// `String.stringContains(text, part)`: Okta; whether the part is in it.
    StringContains = "String.stringContains" (2 ..= 2),
    /// `String.stringSwitch(text, default, part, value, …)`: Okta; the value of the first part that is in the text.
    StringSwitch = "String.stringSwitch" (4 ..= MANY),
    /// `String.substring(text, start, end)`: Okta; from start, counted from 0, to before end.
    StringSubstring = "String.substring" (3 ..= 3),
    /// `String.substringAfter(text, part)`: Okta; what is behind the part where it stands first.
    StringSubstringAfter = "String.substringAfter" (2 ..= 2),
    /// `String.substringBefore(text, part)`: Okta; what is before it.
    StringSubstringBefore = "String.substringBefore" (2 ..= 2),
    /// `String.toLowerCase(text)`: Okta.
    StringToLower = "String.toLowerCase" (1 ..= 1),
    /// `String.toUpperCase(text)`: Okta.
    StringToUpper = "String.toUpperCase" (1 ..= 1),
    /// `condition ? a : b`: Okta; a if the condition holds, else b.
    Choose = "?" (3 ..= 3),
    /// `a AND b`: Okta; whether both hold.
    And = "AND" (2 ..= 2),
    /// `a OR b`: Okta; whether one of them holds.
    Or = "OR" (2 ..= 2),
}

impl Function {
    /// Its name.
    pub fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|named| named.function == self).map_or("", |named| named.name)
    }
}

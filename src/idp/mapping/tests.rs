//! Every function, with the examples of its documentation
//! (<https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data>).

use super::*;
use crate::idp::mapping::FUNCTIONS;

const ROLES: &str = r#"[{"id":"06b07648-ecfe-589f-9d2f-6325724a46ee","value":"25","display_name":"Role1234"},
    {"id":"8ae06bd4-35bb-4fcd-977e-14e074ad1192","value":"Admin","display_name":"Admin"}]"#;

/// The value with these attributes, as one text; `-` for none.
fn with(text: &str, attributes: &[(&str, &str)]) -> String {
    given(text, attributes).map_or_else(|| "-".to_owned(), Given::text)
}

fn given(text: &str, attributes: &[(&str, &str)]) -> Option<Given> {
    let find = |name: &str| {
        let (_, value) = attributes.iter().find(|(known, _)| *known == name)?;
        Some(match value.strip_prefix("list:") {
            Some(items) => Given::List(items.split('|').map(str::to_owned).collect()),
            None => Given::Text((*value).to_owned()),
        })
    };
    let context = Context { attribute: &find, now: time::macros::datetime!(2021-07-02 15:33:38 UTC), seed: "ada" };
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(&context)
}

fn value(text: &str) -> String {
    with(text, &[])
}

const JOHN: &[(&str, &str)] = &[("givenName", "John"), ("surname", "Doe"), ("mail", "john.doe@contoso.com")];

#[test]
fn append() {
    let upn = &[("userPrincipalName", "John.Doe@contoso.com")];
    assert_eq!(with(r#"Append([userPrincipalName], ".test")"#, upn), "John.Doe@contoso.com.test");
    assert_eq!(with("Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))", JOHN), "JohDoe");
}

#[test]
fn app_roles() {
    let roles = &[("appRoleAssignments", ROLES)];
    let text = r#"{"id":"06b07648-ecfe-589f-9d2f-6325724a46ee","value":"25","displayName":"Role1234"}"#;
    for name in ["AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"] {
        let list = given(&format!("{name}([appRoleAssignments])"), roles).map(Given::list).unwrap_or_default();
        assert_eq!((list.len(), list[0].as_str()), (2, text));
    }
    assert_eq!(with("SingleAppRoleAssignment([appRoleAssignments])", roles), "25");
    assert_eq!(value("SingleAppRoleAssignment([appRoleAssignments])"), "-");
}

#[test]
fn numbers_and_truth() {
    assert_eq!(value("BitAnd(&HF, &HF7)"), "7");
    assert_eq!(with("CBool([title] = [department])", &[("title", "a"), ("department", "a")]), "True");
    assert_eq!(with("CBool([title] = [department])", &[("title", "a"), ("department", "b")]), "False");
    assert_eq!([value("CBool(0)"), value("CBool(7)")], ["False", "True"]);
    assert_eq!([value(r#"Not("True")"#), value(r#"Not("False")"#), value(r#"Not("x")"#)], ["False", "True", "True"]);
    assert_eq!(value("CStr(15)"), "15");
}

#[test]
fn dates() {
    let hired = |text: &str, date: &str| with(text, &[("title", date)]);
    assert_eq!(hired("CDate([title])", "2020-03-16-07:00"), "3/16/2020 7:00:00 AM");
    assert_eq!(value(r#"CDate("2021-06-30+08:00")"#), "6/29/2021 4:00:00 PM");
    assert_eq!(value(r#"CDate("2009-06-15T01:45:30-07:00")"#), "6/15/2009 8:45:30 AM");
    assert_eq!(value(r#"CDate("soon")"#), "-");
    for (interval, number, wanted) in [
        ("d", "7", "3/23/2012 7:00:00 AM"),
        ("d", "-10", "3/6/2012 7:00:00 AM"),
        ("ww", "2", "3/30/2012 7:00:00 AM"),
        ("m", "10", "1/16/2013 7:00:00 AM"),
        ("yyyy", "2", "3/16/2014 7:00:00 AM"),
        ("h", "1", "3/16/2012 8:00:00 AM"),
        ("n", "1", "3/16/2012 7:01:00 AM"),
        ("s", "1", "3/16/2012 7:00:01 AM"),
        ("x", "1", "-"),
    ] {
        let text = format!(r#"DateAdd("{interval}", {number}, CDate([title]))"#);
        assert_eq!(hired(&text, "2012-03-16-07:00"), wanted, "{text}");
    }
    for (interval, from, to, wanted) in [
        ("d", "2021-08-18+08:00", "2021-08-31+08:00", "13"),
        ("d", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", "-3449"),
        ("ww", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", "-493"),
        ("m", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", "-113"),
        ("yyyy", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", "-9"),
        ("d", "2021-08-31+08:00", "2021-08-31+08:00", "0"),
        ("h", "2021-08-24", "2021-08-25", "24"),
        ("n", "2021-08-24", "2021-08-25", "1440"),
        ("s", "2021-08-24", "2021-08-25", "86400"),
    ] {
        let text = format!(r#"DateDiff("{interval}", CDate("{from}"), CDate("{to}"))"#);
        assert_eq!(value(&text), wanted, "{text}");
    }
    assert_eq!(value("DateFromNum(129699324000000000)"), "1/1/2012 11:00:00 PM");
    assert_eq!(value("Now()"), "7/2/2021 3:33:38 PM");
    let format = r#"FormatDateTime([title], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#;
    assert_eq!(hired(format, "20150123105347.1Z"), "2015-01-23");
    let number =
        r#"NumFromDate(Join("", FormatDateTime([title], , "yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))"#;
    assert_eq!(hired(number, "2020-12-31-08:00"), "132539615990000000");
    let number =
        r#"NumFromDate(Join("", FormatDateTime([title], , "M/d/yyyy hh:mm:ss tt", "yyyy-MM-dd"), " 23:59:59-08:00"))"#;
    assert_eq!(hired(number, "12/31/2020 12:00:00 AM"), "132539615990000000");
    let soon =
        r#"Switch([title], , "1", IIF(DateDiff("d", Now(), CDate([department])) > 5, "False", "True"), "0", "False")"#;
    assert_eq!(with(soon, &[("title", "1"), ("department", "2021-07-04")]), "True");
    assert_eq!(with(soon, &[("title", "1"), ("department", "2021-07-14")]), "False");
    let names =
        r#"FormatDateTime("2024-02-29T05:06:07+01:00", , "yyyy-MM-ddTHH:mm:sszzz", "dddd, d MMM yy 'at' H.mm")"#;
    assert_eq!(value(names), "Thursday, 29 Feb 24 at 5.06");
}

#[test]
fn choices() {
    assert_eq!(
        with("Coalesce([mail], [userPrincipalName])", &[("userPrincipalName", "J@contoso.com")]),
        "J@contoso.com"
    );
    assert_eq!(value(r#"Coalesce([mail], "none")"#), "none");
    assert_eq!(value("IgnoreFlowIfNullOrEmpty([department])"), "-");
    assert_eq!(with("IgnoreFlowIfNullOrEmpty([department])", &[("department", "R&D")]), "R&D");
    let usa = r#"IIF([country]="USA",[country],[department])"#;
    assert_eq!(with(usa, &[("country", "USA"), ("department", "R&D")]), "USA");
    assert_eq!(with(usa, &[("country", "GB"), ("department", "R&D")]), "R&D");
    let both = r#"IIF([country]="USA",IIF([state]="CA","True","False"),"False")"#;
    assert_eq!(with(both, &[("country", "USA"), ("state", "CA")]), "True");
    assert_eq!(with(both, &[("country", "USA"), ("state", "NY")]), "False");
    // The reference: an attribute of the condition without a value makes the check fail.
    assert_eq!(value(r#"IIF([country]="","Other",[country])"#), "-");
    assert_eq!(value(r#"IIF(IsNullOrEmpty([country]),"Other",[country])"#), "-");
    assert_eq!([value(r#"IIF(2 > 10, "a", "b")"#), value(r#"IIF(2 < 10, "a", "b")"#)], ["b", "a"]);
    for (sign, wanted) in [("<>", "a"), (">=", "b"), ("<=", "a"), (">", "b"), ("<", "a"), ("=", "b")] {
        assert_eq!(value(&format!(r#"IIF(9 {sign} 10, "a", "b")"#)), wanted, "9 {sign} 10");
    }
    let zones = r#"Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")"#;
    assert_eq!(with(zones, &[("state", "QLD")]), "Australia/Brisbane");
    assert_eq!(with(zones, &[("state", "qld")]), "Australia/Sydney");
    assert_eq!(value(r#"Switch([state], "Default Value", "true", "1", "", "0")"#), "0");
    assert_eq!(value(r#"Switch([country],[country],"","Other")"#), "Other");
    let gone = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
    assert_eq!(with(gone, &[("IsSoftDeleted", "True")]), "False");
    let unique = r#"SelectUniqueValue(Join("@", [mail], ""), Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com"))"#;
    assert_eq!(with(unique, &[("givenName", "John"), ("surname", "Smith")]), "John.Smith@contoso.com");
}

#[test]
fn presence() {
    let empty = &[("displayName", ""), ("title", "x"), ("roles", "list:a|b")];
    assert_eq!([with("IsNull([displayName])", empty), value("IsNull([displayName])")], ["False", "True"]);
    assert_eq!([with("IsNullOrEmpty([displayName])", empty), with("IsNullOrEmpty([title])", empty)], ["True", "False"]);
    assert_eq!([with("IsPresent([title])", empty), with("IsPresent([displayName])", empty)], ["True", "False"]);
    assert_eq!([with("IsString([title])", empty), with("IsString([roles])", empty)], ["True", "False"]);
}

#[test]
fn lists() {
    let mails = &[("roles", "list:a@x|b@x|a@x")];
    assert_eq!(with("Count([roles])", mails), "3");
    assert_eq!(value("Count([roles])"), "0");
    assert_eq!(
        [with("Item([roles], 1)", mails), with("Item([roles], 0)", mails), with("Item([roles], 9)", mails)],
        ["a@x", "-", "-"]
    );
    assert_eq!(with(r#"Join(";", RemoveDuplicates([roles]))"#, mails), "a@x;b@x");
    let sets = given(r#"Split([title], ",")"#, &[("title", "PermissionSetOne, PermissionSetTwo")]);
    assert_eq!(sets, Some(Given::List(vec!["PermissionSetOne".to_owned(), "PermissionSetTwo".to_owned()])));
}

#[test]
fn texts() {
    assert_eq!(value(r#"ConvertToBase64("Hello world!")"#), "SABlAGwAbABvACAAdwBvAHIAbABkACEA");
    assert_eq!(value(r#"ConvertToUTF8Hex("Hello world!")"#), "48656C6C6F20776F726C6421");
    assert_eq!(value(r#"InStr("The quick brown fox","quick")"#), "5");
    assert_eq!(value(r#"InStr("repEated","e",3,vbBinaryCompare)"#), "7");
    assert_eq!(value(r#"InStr("repEated","e",3,vbTextCompare)"#), "4");
    assert_eq!(value(r#"InStr("abc","x")"#), "0");
    assert_eq!(
        [value(r#"Left("John Doe", 3)"#), value(r#"Left("John", -1)"#), value(r#"Left("John", 9)"#)],
        ["Joh", "John", "John"]
    );
    assert_eq!(value(r#"Left("John", 0)"#), "-");
    assert_eq!(value(r#"Mid("ada@example.com", 5, 7)"#), "example");
    assert_eq!(with(r#"Join(", ", "", [surname], [givenName])"#, JOHN), "Doe, John");
    assert_eq!(value(r#"Join(" ", [title], [department])"#), "-");
    assert_eq!(value(r#"NormalizeDiacritics("Zoë Łukasz Straße Ødegård")"#), "Zoe Lukasz Strasse OEdegard");
    assert_eq!(value("NormalizeDiacritics(\"e\u{301}\")"), "e");
    assert_eq!(value(r#"PCase("PABLO GONSALVES (SECOND)")"#), "Pablo Gonsalves (Second)");
    assert_eq!(value(r#"PCase("PINTO-DE'SILVA", " '-")"#), "Pinto-De'Silva");
    assert_eq!(value(r#"PCase(Join(" ", "GREGORY", "JAMES"))"#), "Gregory James");
    assert_eq!(value(r#"StripSpaces(ToUpper("Love lace"))"#), "LOVELACE");
    let upn =
        r#"ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com"))"#;
    assert_eq!(with(upn, &[("givenName", "John"), ("surname", "Smith")]), "john.smith@contoso.com");
    assert_eq!(value(r#"Word("The quick brown fox",3," ")"#), "brown");
    assert_eq!(value(r#"Word("This,string!has&many separators",3,",!&#")"#), "has");
    assert_eq!([value(r#"Word("a b",0," ")"#), value(r#"Word("a b",3," ")"#)], ["-", "-"]);
    assert_eq!(with("Redact([mail])", JOHN), "john.doe@contoso.com");
}

#[test]
fn replace() {
    let one = |text: &str, attribute: &str| with(text, &[("title", attribute)]);
    let new_title = r#"Replace([title],"Product Developer", , , "Software Engineer", , )"#;
    assert_eq!(one(new_title, "Product Developer"), "Software Engineer");
    assert_eq!(
        one(r#"Replace([title],"<username>", , , , , "<username>@contoso.com")"#, "jsmith"),
        "jsmith@contoso.com"
    );
    let phone = r#"Replace([title], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )"#;
    assert_eq!(one(phone, "+91 9998887777"), "9998887777");
    // The reference shows this one without the plus, which its pattern does not take away.
    assert_eq!(one(r#"Replace([title], , "[()\\s-]+", , "", , )"#, "+1 (999) 888-7777"), "+19998887777");
    let street = r#"Replace([title], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )"#;
    assert_eq!(one(street, "545 Tremont Street"), "888 Tremont Street");
    assert_eq!(one(r#"Replace([title], , "(?<Suffix>@(.)*)", "Suffix", "", , )"#, "jsmith@contoso.com"), "jsmith");
    let other = r#"Replace([title], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber" , , [mobile], )"#;
    assert_eq!(with(other, &[("mobile", "+91 8887779999")]), "8887779999");
    assert_eq!(with(other, &[("title", "1"), ("mobile", "+91 8887779999")]), "1");
    assert_eq!(one(r#"Replace([title], , "[a-zA-Z_]*", , "", , )"#, "john_doe72"), "72");
    assert_eq!(with(r#"Replace([mail], "@contoso.com", , ,"", ,)"#, JOHN), "john.doe");
    assert_eq!(one(r#"Replace([title], , "(", , "", , )"#, "a pattern that is none"), "-");
    let id = r#"Join("", 1000, Replace(ConvertToUTF8Hex([title]), , "[a-zA-Z_]*", , "", , ))"#;
    assert_eq!(one(id, "J0"), "1000430", "4A30 without its letter, behind 1000");
}

#[test]
fn random() {
    let guid = value("Guid()");
    assert_eq!((guid.len(), &guid[14..15], guid.clone()), (36, "4", value("Guid()")), "the same for the same person");
    let text = value(r#"RandomString(10,2,2,2,1,"?,")"#);
    let count = |fits: fn(char) -> bool| text.chars().filter(|c| fits(*c)).count();
    assert_eq!(text.chars().count(), 10, "{text}");
    assert!(count(|c| c.is_ascii_digit()) >= 2 && count(|c| c.is_ascii_uppercase()) >= 2, "{text}");
    assert!(count(|c| c.is_ascii_punctuation()) >= 2 && !text.contains(['?', ',']), "{text}");
    assert_eq!(value("RandomString(6,3,0,0,3)").len(), 6);
    assert_eq!(value("RandomString(100000,0,0,0,0)").len(), 256, "no more than the reference allows");
}

/// A function that no test above calls would be a promise without a keeper.
#[test]
fn every_function_has_an_example() {
    let text = concat!(include_str!("tests.rs"), include_str!("okta.rs"));
    for named in FUNCTIONS {
        assert!(
            [format!("{}(", named.name), format!("\"{}\"", named.name), format!(" {} ", named.name)]
                .iter()
                .any(|call| text.contains(call)),
            "{}",
            named.name
        );
        assert!(named.about.contains(named.name), "{}: its line shows how it is written", named.name);
    }
}

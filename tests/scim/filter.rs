//! Filters: the grammar, its limits, and what each operator finds.

use scimulate::scim::{
    filter::{self, Limits, Prepared, UnknownAttributes},
    leniency::Leniency,
};
use serde_json::{Value, json};

use super::helpers::{at, keyword, registry, user};

fn finds(filter: &str, resource: &Value) -> bool {
    let registry = registry();
    let filter = filter::parse(filter, &Limits::default()).unwrap_or_else(|error| panic!("{filter}: {error}"));
    filter::matches(&filter, resource, at(&registry, "/Users"), &registry).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    let registry = registry();
    match filter::parse(text, &Limits::default()) {
        Err(error) => format!("{}", error.position),
        Ok(filter) => keyword(filter::matches(&filter, &user(), at(&registry, "/Users"), &registry)),
    }
}

/// Every operator finds what RFC 7644 table 3 says, and nothing else.
#[test]
fn operators_find_what_the_table_says() {
    let mut user = user();
    user["id"] = json!("AbC");
    user["meta"] = json!({ "resourceType": "User", "created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05.5+01:00" });
    for (filter, expected) in [
        (r#"userName eq "BJENSEN@example.com""#, true),
        (r#"USERNAME Eq "bjensen@example.com""#, true),
        (r#"userName eq "bjensen@example.co""#, false),
        (r#"id eq "AbC""#, true),
        (r#"id eq "abc""#, false),
        (r#"externalId eq "00UJL29U0LE5T6AJ10H7""#, false),
        (r#"userName ne "x""#, true),
        (r#"title ne "x""#, true),
        (r#"userName co "SEN@""#, true),
        (r#"userName co "%""#, false),
        (r#"userName sw "bjen""#, true),
        (r#"userName ew "COM""#, true),
        ("title pr", false),
        ("name pr", true),
        ("emails pr", true),
        ("title eq null", true),
        ("userName eq null", false),
        ("userName ne null", true),
        (r#"userName gt "a""#, true),
        (r#"userName lt "C""#, true),
        (r#"meta.created ge "2026-01-02T04:04:05+01:00""#, true),
        (r#"meta.created gt "2026-01-02T03:04:05.000Z""#, false),
        (r#"meta.lastModified lt "2026-01-02T02:04:05.6Z""#, true),
        (r#"meta.resourceType eq "User""#, true),
        ("active eq true", true),
        ("active ne true", false),
        (r#"active eq "True""#, true),
        (r#"emails.value eq "babs@jensen.org""#, true),
        (r#"emails co "jensen.org""#, true),
        (r#"emails[type eq "work" and value co "@jensen"]"#, false),
        (r#"emails[type eq "home" and value co "@jensen"]"#, true),
        (r#"emails[not (type eq "work") and primary eq false]"#, true),
        ("emails.primary eq false", true),
        ("emails.primary ne true", true),
        ("emails[primary eq false and primary ne false]", false),
        ("phoneNumbers.primary eq true", false),
        (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tour operations""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#, true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true),
        (r#"title pr or userName pr and active eq false"#, false),
        (r#"(userName pr or title pr) and active eq true"#, true),
        (r#"not(title pr)"#, true),
        (r#"NOT (userName pr) OR active eq true"#, true),
    ] {
        assert_eq!(finds(filter, &user), expected, "{filter}");
    }
}

/// An empty text is no value for `pr`, and equal to itself all the same.
#[test]
fn an_empty_text_is_equal_to_itself() {
    let mut user = user();
    user["title"] = "".into();
    for (filter, expected) in
        [(r#"title eq """#, true), (r#"title ne """#, false), (r#"title ne "x""#, true), ("title pr", false)]
    {
        assert_eq!(finds(filter, &user), expected, "{filter}");
    }
}

/// `and` binds tighter than `or`, and `not` tighter than both.
#[test]
fn precedence_is_not_and_or() {
    let parse = |text| filter::parse(text, &Limits::default()).expect("a filter");
    assert_eq!(parse("a pr or b pr and c pr"), parse("a pr or (b pr and c pr)"));
    assert_eq!(parse("not (a pr) and b pr"), parse("(not (a pr)) and b pr"));
    assert_ne!(parse("(a pr or b pr) and c pr"), parse("a pr or b pr and c pr"));
}

/// A filter that is not one is refused with the place of the mistake; it never becomes "no filter".
#[test]
fn mistakes_are_refused_with_their_place() {
    for (filter, expected) in [
        ("", "0"),
        ("   ", "3"),
        ("userName", "8"),
        (r#"userName eq"#, "11"),
        (r#"userName eq "#, "12"),
        (r#"userName eq"x""#, "11"),
        (r#"userName eq 'x'"#, "12"),
        (r#"userName eq User"#, "12"),
        (r#"userName eq "x"#, "12"),
        (r#"userName eq "\x""#, "12"),
        (r#"userName regex "a.*""#, "9"),
        (r#"userName eq "x" and"#, "19"),
        (r#"userName eq "x" foo"#, "16"),
        (r#"(userName pr"#, "12"),
        (r#"userName pr)"#, "11"),
        (r#"emails[type eq "work""#, "21"),
        (r#"emails[type[x pr]]"#, "7"),
        ("emails[]", "7"),
        ("not userName pr", "0"),
        (r#"a.b.c eq "x""#, "0"),
        (r#"emails[type eq "work"].value eq "x""#, "22"),
        (r#"bogus eq "x""#, "400 invalidFilter"),
        ("active gt true", "400 invalidFilter"),
        (r#"active co "t""#, "400 invalidFilter"),
        (r#"active eq "yes""#, "400 invalidFilter"),
        ("userName eq 5", "400 invalidFilter"),
        ("userName gt null", "400 invalidFilter"),
        (r#"x509Certificates.value gt "A""#, "400 invalidFilter"),
        (r#"meta.created gt "yesterday""#, "400 invalidFilter"),
        (r#"name eq "x""#, "400 invalidFilter"),
        (r#"emails[userName eq "x"]"#, "400 invalidFilter"),
        (r#"password eq "secret""#, "403 sensitive"),
    ] {
        assert_eq!(refused(filter), expected, "{filter}");
    }
}

/// A filter that does not fit the type is refused with the place of what does not fit, counted in characters.
#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let registry = registry();
    for (text, place) in [
        (r#"userName eq "ä" and bogus pr"#, "at character 21: "),
        (r#"userName pr or not (active co "t")"#, "at character 21: "),
        (r#"emails[type eq "work" and nothing pr]"#, "at character 27: "),
    ] {
        let filter = filter::parse(text, &Limits::default()).expect("a filter");
        let error = filter::matches(&filter, &user(), at(&registry, "/Users"), &registry).expect_err(text);
        assert!(error.detail.contains(place), "{}", error.detail);
    }
}

/// A hostile filter is refused by a limit before it can use up the stack or the time.
#[test]
fn limits_hold() {
    let deep = format!("{}a pr{}", "(".repeat(100_000), ")".repeat(100_000));
    let nots = format!("{}a pr{}", "not (".repeat(3_000), ")".repeat(3_000));
    let long = vec!["a pr"; 5_000].join(" or ");
    for text in [&deep, &nots, &long] {
        assert!(filter::parse(text, &Limits::default()).is_err());
        assert!(filter::parse(text, &Limits { length: usize::MAX, ..Limits::default() }).is_err());
    }
    assert!(filter::parse(&vec!["a pr"; 512].join(" or "), &Limits::default()).is_ok());
}

/// Entra's matching filter is read, and only where the leniency is on.
#[test]
fn sub_attribute_after_a_filter_is_a_leniency() {
    let text = r#"emails[type eq "work"].value eq "bjensen@example.com""#;
    let registry = registry();
    let filter = filter::parse_with(text, &Limits::default(), &Leniency::lenient()).expect("a filter");
    assert_eq!(filter.to_string(), r#"emails[type eq "work" and value eq "bjensen@example.com"]"#);
    assert!(filter::matches(&filter, &user(), at(&registry, "/Users"), &registry).expect("a match"));
    assert!(filter::parse_with(text, &Limits::default(), &Leniency::strict()).is_err());
}

/// Over several types an attribute that one lacks has no value there (RFC 7644 section 3.4.2.1).
#[test]
fn unknown_attributes_have_no_value_at_the_root() {
    let registry = registry();
    let group = super::helpers::group();
    for (text, expected) in [("userName pr", false), ("not (userName pr)", true), (r#"userName ne "x""#, true)] {
        let filter = filter::parse(text, &Limits::default()).expect("a filter");
        let rt = at(&registry, "/Groups");
        let lenient = Leniency::lenient();
        let prepared = Prepared::new(&filter, rt, &registry, UnknownAttributes::HaveNoValue, &lenient);
        assert_eq!(prepared.expect("prepared").matches(&group), expected, "{text}");
    }
}

/// The same text in two Unicode forms is the same text; widths and cases fold (RFC 7644 section 7.8).
#[test]
fn text_is_compared_in_one_unicode_form() {
    let user = json!({ "userName": "Å\u{30a}ngström", "externalId": "e\u{301}" });
    assert!(finds("userName eq \"å\u{30a}NGSTRO\u{308}M\"", &user));
    assert!(finds("externalId eq \"\u{e9}\"", &user));
    assert!(!finds("externalId eq \"\u{c9}\"", &user));
    assert!(finds("userName eq \"ｊｏｈｎ\"", &json!({ "userName": "John" })));
}

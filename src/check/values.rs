//! Small readers of JSON values and of the forms that the RFCs give to strings.

use serde_json::{Map, Value};

pub(super) use crate::scim::urn::{
    BULK_RESPONSE, ENTERPRISE_USER, ERROR, GROUP, LIST_RESPONSE, SCHEMA, SERVICE_PROVIDER_CONFIG, USER,
};

/// What all message schemas begin with (RFC 7644 section 3.1).
pub(super) const MESSAGES: &str = "urn:ietf:params:scim:api:";

/// A string member.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// An array member.
pub(super) fn array<'a>(value: &'a Value, name: &str) -> Option<&'a Vec<Value>> {
    value.get(name)?.as_array()
}

/// An attribute of a resource. Attribute names are compared without case (RFC 7643 section 2.1).
pub(super) fn attribute<'a>(resource: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let mut near = None;
    for (key, value) in resource {
        if key == name {
            return Some(value);
        }
        if near.is_none() && key.eq_ignore_ascii_case(name) {
            near = Some(value);
        }
    }
    near
}

/// An attribute that has a value: not null and not an empty array (RFC 7643 section 2.5).
pub(super) fn assigned<'a>(resource: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    attribute(resource, name).filter(|value| !is_unassigned(value))
}

/// Null and the empty array say "no value" (RFC 7643 section 2.5).
pub(super) fn is_unassigned(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The strings of `schemas`, if it is an array.
pub(super) fn schemas(resource: &Map<String, Value>) -> Option<Vec<&str>> {
    Some(resource.get("schemas")?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// A value for a person: compact JSON, cut to a readable length.
pub(super) fn brief(value: &Value) -> String {
    cut(&value.to_string())
}

/// Text for a person, cut to a readable length at a character boundary.
pub(super) fn cut(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whether two values are the same where order does not matter: arrays are compared as bags, members of objects by
/// name; a member of the left that has no value may be missing on the right, and the right may have more members.
pub(super) fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            let mut rest: Vec<&Value> = right.iter().collect();
            left.len() == right.len()
                && left.iter().all(|one| match rest.iter().position(|other| same_value(one, other)) {
                    Some(at) => {
                        rest.swap_remove(at);
                        true
                    }
                    None => false,
                })
        }
        (Value::Object(left), Value::Object(right)) => left.iter().all(|(name, value)| {
            is_unassigned(value) || attribute(right, name).is_some_and(|other| same_value(value, other))
        }),
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ if is_unassigned(left) => is_unassigned(right),
        _ => left == right,
    }
}

/// An xsd:dateTime with its zone as an instant. Fractions may have any length.
pub(super) fn timestamp(value: Option<&Value>) -> Option<time::OffsetDateTime> {
    let text = value?.as_str()?;
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .or_else(|_| time::OffsetDateTime::parse(text, &time::format_description::well_known::Iso8601::PARSING))
        .ok()
}

/// A dateTime as XML Schema defines it, with date and time (RFC 7643 section 2.3.5). The zone may be missing.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten()
    };
    let mut date = date.trim_start_matches('-').split('-');
    let (Some(year), Some(month), Some(day), None) = (date.next(), date.next(), date.next(), date.next()) else {
        return false;
    };
    let days = year.len() >= 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day));
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(at);
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut clock = clock.split(':').map(|part| number(part, 2));
    let (Some(Some(hour)), Some(Some(minute)), Some(Some(second)), None) =
        (clock.next(), clock.next(), clock.next(), clock.next())
    else {
        return false;
    };
    let zone = match zone {
        "" | "Z" => true,
        offset => offset[1..]
            .split_once(':')
            .is_some_and(|(h, m)| number(h, 2).is_some_and(|h| h <= 14) && number(m, 2).is_some_and(|m| m < 60)),
    };
    days && (hour < 24 || (hour == 24 && minute == 0 && second == 0))
        && minute < 60
        && second <= 60
        && fraction.is_none_or(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        && zone
}

/// Whether text can be a URI reference: no space, control character or other character that RFC 3986 never allows.
pub(super) fn is_uri_reference(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
    })
}

/// The bytes of a base64 text, in either alphabet, with or without padding (RFC 7643 section 2.3.6).
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, alphabet, engine};
    let lenient = engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .into_iter()
        .find_map(|alphabet| engine::GeneralPurpose::new(&alphabet, lenient).decode(text).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every legal dateTime passes; what databases and epoch clocks print does not.
    #[test]
    fn date_times() {
        for good in [
            "2010-01-23T04:56:22Z",
            "2011-05-13T04:42:34.123456789+02:00",
            "2011-05-13T04:42:34",
            "2011-05-13T24:00:00Z",
            "12011-05-13T04:42:34-14:00",
        ] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "2024-01-01 10:00:00",
            "2024-01-01",
            "1700000000",
            "2024-13-01T10:00:00Z",
            "2024-01-01T10:00Z",
            "2024-01-01T10:00:00.Z",
            "2024-01-01T10:00:00GMT",
            "",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    /// Order of lists and members does not matter, values do, and what has no value may be missing.
    #[test]
    fn sameness() {
        let left = json!({"emails": [{"value": "a", "type": null}, {"value": "b"}], "n": 1});
        assert!(same_value(&left, &json!({"n": 1.0, "emails": [{"value": "b"}, {"value": "a", "primary": true}]})));
        assert!(!same_value(&left, &json!({"n": 1, "emails": [{"value": "b"}, {"value": "b"}]})));
        assert!(!same_value(&left, &json!({"n": 1})));
    }

    /// Both alphabets and missing padding are base64; PEM is not.
    #[test]
    fn base64_forms() {
        assert_eq!(base64("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64("+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!(base64("-----BEGIN CERTIFICATE-----"), None);
    }
}

//! Dates as the functions read and write them: .NET's custom formats, as far as mappings use them.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// How the functions write a moment.
const SHOWN: &str = "M/d/yyyy h:mm:ss tt";
/// What is read as a date without being told its format, in this order.
const READ: [&str; 11] = [
    "yyyy-MM-ddTHH:mm:sszzz",
    "yyyy-MM-ddTHH:mm:ss.fffffffzzz",
    "yyyy-MM-ddTHH:mm:ss",
    "yyyy-MM-ddTHH:mm:ss.fffffff",
    "yyyy-MM-dd HH:mm:sszzz",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-ddzzz",
    "yyyy-MM-dd",
    SHOWN,
    "M/d/yyyy H:mm:ss",
    "M/d/yyyy",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Seconds from 1601-01-01, where Active Directory's time begins, to 1970-01-01.
const AD_EPOCH: i64 = 11_644_473_600;
/// Parts of a second in Active Directory's time.
const TICKS: i64 = 10_000_000;

/// A date in one of the usual formats; without an offset it is in UTC.
pub(super) fn read(text: &str) -> Option<OffsetDateTime> {
    READ.iter().find_map(|format| parse(text.trim(), format))
}

/// A moment in UTC, as the functions hand it on.
pub(super) fn show(moment: OffsetDateTime) -> String {
    format(moment.to_offset(UtcOffset::UTC), SHOWN)
}

/// From one format to another. The offset of the text is kept.
pub(super) fn convert(text: &str, from: &str, to: &str) -> Option<String> {
    parse(text.trim(), from).map(|moment| format(moment, to))
}

/// The moment of an Active Directory time stamp.
pub(super) fn from_stamp(stamp: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(stamp.div_euclid(TICKS) - AD_EPOCH).ok()
}

/// The Active Directory time stamp of a moment.
pub(super) fn stamp(moment: OffsetDateTime) -> Option<i64> {
    moment.unix_timestamp().checked_add(AD_EPOCH)?.checked_mul(TICKS)
}

/// A moment so many intervals later, or earlier.
pub(super) fn add(interval: &str, count: i64, moment: OffsetDateTime) -> Option<OffsetDateTime> {
    let months = match interval {
        "yyyy" => count.checked_mul(12)?,
        "m" => count,
        _ => {
            let seconds = match interval {
                "d" => 86_400,
                "ww" => 604_800,
                "h" => 3_600,
                "n" => 60,
                "s" => 1,
                _ => return None,
            };
            return moment.checked_add(Duration::seconds(count.checked_mul(seconds)?));
        }
    };
    let total = i64::from(moment.year()) * 12 + i64::from(u8::from(moment.month())) - 1;
    let total = total.checked_add(months)?;
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(total.rem_euclid(12)).ok()? + 1).ok()?;
    let day = moment.day().min(month.length(year));
    Some(moment.replace_date(Date::from_calendar_date(year, month, day).ok()?))
}

/// How many intervals lie between: years, months, weeks (from Sunday) and days by the calendar, the others by the clock.
pub(super) fn difference(interval: &str, from: OffsetDateTime, to: OffsetDateTime) -> Option<i64> {
    let (from, to) = (from.to_offset(UtcOffset::UTC), to.to_offset(UtcOffset::UTC));
    let months = |moment: OffsetDateTime| i64::from(moment.year()) * 12 + i64::from(u8::from(moment.month()));
    let days = |moment: OffsetDateTime| i64::from(moment.date().to_julian_day());
    let sunday = |moment: OffsetDateTime| days(moment) - i64::from(moment.weekday().number_days_from_sunday());
    Some(match interval {
        "yyyy" => i64::from(to.year()) - i64::from(from.year()),
        "m" => months(to) - months(from),
        "d" => days(to) - days(from),
        "ww" => (sunday(to) - sunday(from)) / 7,
        "h" => (to - from).whole_hours(),
        "n" => (to - from).whole_minutes(),
        "s" => (to - from).whole_seconds(),
        _ => return None,
    })
}

/// The parts of a .NET format: runs of one letter, and what stands for itself.
fn parts(format: &str) -> Vec<(char, usize, String)> {
    let mut parts: Vec<(char, usize, String)> = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let text: String = chars.by_ref().take_while(|next| *next != c).collect();
                parts.push(('\'', 0, text));
            }
            '\\' => parts.extend(chars.next().map(|next| ('\'', 0, next.to_string()))),
            'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'f' | 'F' | 't' | 'z' | 'K' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                parts.push((c, count, String::new()));
            }
            other => parts.push(('\'', 0, other.to_string())),
        }
    }
    parts
}

fn format(moment: OffsetDateTime, format: &str) -> String {
    let mut out = String::new();
    let hour12 = match moment.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let pad = |number: u32, count: usize| if count >= 2 { format!("{number:02}") } else { number.to_string() };
    for (letter, count, text) in parts(format) {
        match (letter, count) {
            ('y', 1 | 2) => out.push_str(&format!("{:02}", moment.year().rem_euclid(100))),
            ('y', _) => out.push_str(&format!("{:04}", moment.year())),
            ('M', 3..) => {
                let name = MONTHS[usize::from(u8::from(moment.month())) - 1];
                out.push_str(if count == 3 { &name[..3] } else { name });
            }
            ('M', _) => out.push_str(&pad(u32::from(u8::from(moment.month())), count)),
            ('d', 3..) => {
                let name = DAYS[usize::from(moment.weekday().number_days_from_monday())];
                out.push_str(if count == 3 { &name[..3] } else { name });
            }
            ('d', _) => out.push_str(&pad(u32::from(moment.day()), count)),
            ('H', _) => out.push_str(&pad(u32::from(moment.hour()), count)),
            ('h', _) => out.push_str(&pad(u32::from(hour12), count)),
            ('m', _) => out.push_str(&pad(u32::from(moment.minute()), count)),
            ('s', _) => out.push_str(&pad(u32::from(moment.second()), count)),
            ('f' | 'F', _) => out.extend(format!("{:09}", moment.nanosecond()).chars().take(count)),
            ('t', _) => out.extend(if moment.hour() < 12 { "AM" } else { "PM" }.chars().take(count)),
            ('z' | 'K', _) => {
                let (hours, minutes, _) = moment.offset().as_hms();
                let sign = if moment.offset().is_negative() { '-' } else { '+' };
                out.push_str(&format!("{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs()));
            }
            _ => out.push_str(&text),
        }
    }
    out
}

/// A text in that format. What the format does not say is the first of its kind: January, the 1st, midnight, UTC.
fn parse(text: &str, format: &str) -> Option<OffsetDateTime> {
    let mut rest = text;
    let (mut year, mut month, mut day) = (1, 1_u8, 1_u8);
    let (mut hour, mut minute, mut second, mut nano, mut afternoon) = (0_u8, 0_u8, 0_u8, 0_u32, None);
    let mut offset = UtcOffset::UTC;
    for (letter, count, literal) in parts(format) {
        // A run of letters that fills its width takes exactly that many digits; a single letter takes one or two.
        let most = if count == 1 { 2 } else { count };
        match letter {
            'y' => year = digits(&mut rest, if count <= 2 { 2 } else { 4 })?.try_into().ok()?,
            'M' if count >= 3 => month = named(&mut rest, count)?,
            'M' => month = digits(&mut rest, most)?.try_into().ok()?,
            'd' => day = digits(&mut rest, most)?.try_into().ok()?,
            'H' | 'h' => hour = digits(&mut rest, most)?.try_into().ok()?,
            'm' => minute = digits(&mut rest, most)?.try_into().ok()?,
            's' => second = digits(&mut rest, most)?.try_into().ok()?,
            'f' | 'F' => {
                let length = rest.bytes().take(count).take_while(u8::is_ascii_digit).count();
                let part = rest.get(..length).filter(|part| !part.is_empty())?;
                nano = format!("{part:0<9}").parse().ok()?;
                rest = &rest[length..];
            }
            't' => {
                let part = rest.get(..count)?;
                afternoon = Some(part.to_ascii_uppercase().starts_with('P'));
                rest = &rest[count..];
            }
            'z' | 'K' => offset = shift(&mut rest)?,
            _ => rest = rest.strip_prefix(literal.as_str())?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = Time::from_hms_nano(hour, minute, second, nano).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset))
}

fn digits(rest: &mut &str, most: usize) -> Option<u32> {
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let number = rest.get(..length)?.parse().ok()?;
    *rest = &rest[length..];
    Some(number)
}

fn named(rest: &mut &str, count: usize) -> Option<u8> {
    let (at, length) = MONTHS.iter().enumerate().find_map(|(at, name)| {
        let name = if count == 3 { &name[..3] } else { name };
        let head = rest.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then_some((at, name.len()))
    })?;
    *rest = &rest[length..];
    u8::try_from(at + 1).ok()
}

/// `Z`, `+08:00` or `-0700`.
fn shift(rest: &mut &str) -> Option<UtcOffset> {
    if let Some(tail) = rest.strip_prefix('Z') {
        *rest = tail;
        return Some(UtcOffset::UTC);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let hours = i8::try_from(digits(rest, 2)?).ok()?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = i8::try_from(digits(rest, 2).unwrap_or(0)).ok()?;
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

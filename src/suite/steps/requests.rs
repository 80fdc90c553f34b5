//! Wire steps that send.

use crate::{
    suite::{
        stop::{Played, Stop},
        vocabulary::{Args, StepDef, step},
        world::World,
    },
    wire::{Auth, Request, Secret, url_encode},
};

pub(in crate::suite) static STEPS: &[StepDef] = &[
    step(
        "When",
        "the client sends {word} {string}",
        "sends a request without a body; the path is below the SCIM base URL",
        |w, a| Box::pin(send(w, a)),
    ),
    step("When", "the client sends {word} {string} with:", "sends a request with the JSON body below", |w, a| {
        Box::pin(send(w, a))
    }),
    step(
        "When",
        "the client sends {word} {string} with the body {string}",
        "sends a request with a body on the same line",
        |w, a| Box::pin(send(w, a)),
    ),
    step(
        "When",
        "the client sends GET {string} with the query:",
        "sends a GET with the parameters of the table, percent-encoded",
        |w, a| Box::pin(query(w, a)),
    ),
    step(
        "When",
        "the client patches {string} with the operation {string}",
        "sends a PatchOp message with one operation",
        |w, a| Box::pin(patch(w, a)),
    ),
    step("When", "the client patches {string} with:", "sends a PatchOp message with the operations below", |w, a| {
        Box::pin(patch(w, a))
    }),
    step(
        "Given",
        "the next request carries the header {string}",
        "adds a header, written `Name: value`, to the next request only",
        |w, a| Box::pin(header(w, a)),
    ),
    step(
        "Given",
        "the next request carries the headers of Okta's test suite",
        "Accept, Accept-Charset, User-Agent, and a Content-Type although there is no body",
        |w, _| Box::pin(async move { w.stage().map(|stage| stage.next_headers.extend(suite_headers())) }),
    ),
    step(
        "Given",
        "the next request carries no credentials",
        "leaves the Authorization header out of the next request",
        |w, _| Box::pin(async move { other_credentials(w, Auth::None) }),
    ),
    step(
        "Given",
        "the next request carries the bearer token {string}",
        "sends another bearer token with the next request only",
        |w, a| Box::pin(token(w, a)),
    ),
];

/// The SCIM media type (RFC 7644 section 3.1).
const SCIM: &str = "application/scim+json";

async fn send(world: &mut World, args: Args) -> Played {
    let body = match (args.values.get(2), &args.docstring) {
        (Some(inline), _) => Some(inline.clone()),
        (None, block) => block.clone(),
    };
    if args.line.ends_with(':') && body.is_none() {
        return Err(Stop::script(format!("`{}` needs a text block below it", args.line)));
    }
    request(world, args.text(0)?, args.text(1)?, body).await
}

/// Sends one request and keeps the exchange as the newest response. A transport failure is a deviation here; a target
/// that is gone for good is told apart afterwards.
pub(super) async fn request(world: &mut World, method: &str, path: &str, body: Option<String>) -> Played {
    let stage = world.stage()?;
    let target = encode(&stage.expand(path)?);
    let body = body.map(|body| stage.expand(&body)).transpose()?;
    let mut request = Request::new(method, target);
    let own = std::mem::take(&mut stage.next_headers);
    let has = |name: &str| own.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    if !has("Accept") {
        request = request.header("Accept", SCIM);
    }
    if let Some(body) = body {
        if !has("Content-Type") {
            request = request.header("Content-Type", SCIM);
        }
        request = request.body(body);
    }
    // An empty value stands for a header that is left out.
    request.headers.extend(own.into_iter().filter(|(_, value)| !value.is_empty()));
    if let Some(auth) = stage.next_auth.take() {
        request = request.auth(auth);
    }
    let exchange = world.send(request).await?;
    match exchange.failure() {
        None => Ok(()),
        Some(error) => {
            let what = format!("{} {} is answered", exchange.method, exchange.path());
            Err(Stop::mismatch(what, "a complete HTTP response", error.to_string(), [exchange.seq]))
        }
    }
}

async fn query(world: &mut World, args: Args) -> Played {
    let mut pairs = Vec::new();
    for row in args.rows()? {
        let [name, value] = row.as_slice() else {
            return Err(Stop::script(format!("`{}` needs a table of two columns: name and value", args.line)));
        };
        let stage = world.stage()?;
        pairs.push(format!("{}={}", url_encode(&stage.expand(name)?), url_encode(&stage.expand(value)?)));
    }
    let path = format!("{}?{}", args.text(0)?, pairs.join("&"));
    request(world, "GET", &path, None).await
}

async fn patch(world: &mut World, args: Args) -> Played {
    let operations = match args.values.get(1) {
        Some(one) => format!("[{one}]"),
        None => {
            let block = args.block()?.trim();
            if block.starts_with('[') { block.to_owned() } else { format!("[{block}]") }
        }
    };
    let body = format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":{operations}}}"#);
    request(world, "PATCH", args.text(0)?, Some(body)).await
}

async fn header(world: &mut World, args: Args) -> Played {
    let text = world.stage()?.expand(args.text(0)?)?;
    let (name, value) =
        text.split_once(':').ok_or_else(|| Stop::script(format!("`{text}` is no header; write `Name: value`")))?;
    world.stage()?.next_headers.push((name.trim().to_owned(), value.trim().to_owned()));
    Ok(())
}

/// What every GET of Okta's published suite carries
/// (<https://developer.okta.com/standards/SCIM/SCIMFiles/Okta-SCIM-20-SPEC-Test.json>).
fn suite_headers() -> impl Iterator<Item = (String, String)> {
    [
        ("Accept", SCIM),
        ("Accept-Charset", "utf-8"),
        ("Content-Type", "application/scim+json; charset=utf-8"),
        ("User-Agent", "OKTA SCIM Integration"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

async fn token(world: &mut World, args: Args) -> Played {
    let token = world.stage()?.expand(args.text(0)?)?;
    other_credentials(world, Auth::Bearer(Secret::new(token)))
}

/// Sends the next request with other credentials than the target's, where those decide who is let in. A target that is
/// configured without any lets everybody in, which RFC 7644 section 2.2 allows; what an identity provider's review asks
/// for is another matter.
fn other_credentials(world: &mut World, credentials: Auth) -> Played {
    let stage = world.stage()?;
    let client = stage.client();
    let endpoint = client.endpoint();
    if endpoint.has_credentials_in_headers() {
        let why = "the target's credentials stand among its [target] headers, and cannot be left out of one request; \
                   give them as [target] auth = { header = { name = …, value = … } }";
        return Err(Stop::NotExercised(why.to_owned()));
    }
    if endpoint.auth == Auth::None && stage.item.info.family == "rfc" {
        let why = "the target is configured without credentials, so everybody is let in alike";
        return Err(Stop::NotExercised(why.to_owned()));
    }
    stage.next_auth = Some(credentials);
    Ok(())
}

/// Percent-encodes what may not stand in a URL, and leaves what a scenario encoded itself as it is.
fn encode(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for byte in target.bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                out.push_str(&format!("%{byte:02X}"))
            }
            0x21..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filter written plainly arrives as it was meant, and an encoded one is not encoded twice.
    #[test]
    fn encodes_targets() {
        assert_eq!(encode(r#"/Users?filter=userName eq "ä""#), "/Users?filter=userName%20eq%20%22%C3%A4%22");
        assert_eq!(encode("/Users?filter=userName%20eq"), "/Users?filter=userName%20eq");
    }
}

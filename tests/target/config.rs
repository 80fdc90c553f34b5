//! What is read from `scimulate.toml`, and what is said about a wrong one.

use std::{fs, time::Duration};

use scimulate::target::config::{AuthConfig, Config, Level, Scheme};

fn parse(text: &str) -> Result<Config, String> {
    let environment = |name: &str| match name {
        "TOKEN" => Some("tok-s3cret".to_owned()),
        "HOST" => Some("scim.example".to_owned()),
        _ => None,
    };
    Config::parse_in(text, "scimulate.toml", &environment).map_err(|error| error.to_string())
}

/// The file that `init` writes says nothing, so that a fresh copy changes nothing.
#[test]
fn the_template_equals_the_default() {
    assert_eq!(parse(Config::template()).unwrap(), Config::default());
}

/// Every commented-out line of the template is a key that exists and is valid where it stands.
#[test]
fn the_template_is_true() {
    let mut seen = Vec::new();
    let uncommented: Vec<&str> = Config::template()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c != ' ' && c != '-') => rest,
            _ => line,
        })
        // Alternatives of one key stand side by side: the first is taken.
        .filter(|line| {
            if line.starts_with('[') {
                seen.clear();
            }
            let key = line.split('=').next().unwrap_or_default().to_owned();
            let first = line.starts_with(['#', '[']) || line.is_empty() || !seen.contains(&key);
            seen.push(key);
            first
        })
        .collect();
    let text = uncommented.join("\n");
    let config = Config::parse_in(&text, "scimulate.toml", &|_| Some("value".to_owned())).unwrap();
    assert_eq!(config.target.auth, Some(AuthConfig::Bearer("value".to_owned())));
    assert_eq!(config.run.level, Some(Level::May));
    let webhooks = config.observe.webhooks.unwrap();
    assert_eq!(webhooks.signature.scheme, Scheme::HmacSha256Hex);
    assert_eq!(webhooks.settle, Duration::from_secs(2));
    assert_eq!(config.report.list().len(), 6);
    assert!(config.act.grant_role.is_some() && config.observe.jwt.is_some());
    assert_eq!(config.expect[0].reason, "ticket 412: PATCH of a sub-attribute answers 501");
}

/// Every other form of credentials in the template is valid too.
#[test]
fn all_forms_of_credentials() {
    let forms: Vec<String> = Config::template()
        .lines()
        .filter(|line| line.starts_with("#auth = "))
        .map(|line| format!("[target]\nurl = \"http://h\"\n{}", &line[1..]))
        .collect();
    assert!(forms.len() >= 5);
    for form in forms {
        Config::parse_in(&form, "scimulate.toml", &|_| Some("value".to_owned())).expect(&form);
    }
    assert_eq!(parse("[target]\nauth = \"none\"").unwrap().target.auth, Some(AuthConfig::None));
}

/// Every mistake is told with file, line, key path and remedy: these lines are what a user sees.
#[test]
fn mistakes() {
    let cases = [
        ("unknown section", "[tagret]\nurl = \"x\""),
        ("unknown key", "[target]\nurl = \"http://h\"\ntimout = \"3s\""),
        ("unknown key, nothing like it", "[run]\nxyz = 1"),
        ("unknown nested key", "[target]\nauth = { basic = { user = \"u\", passwrd = \"p\" } }"),
        (
            "unknown key in a list of calls",
            "[api]\nurl = \"http://h\"\n[[tenant.open]]\nurl = \"/a\"\n[[tenant.open]]\nurll = \"/b\"",
        ),
        ("unknown scheme", "[observe.webhooks.signature]\nscheme = \"svx\""),
        ("unknown form of auth", "[target]\nauth = { baerer = \"x\" }"),
        ("wrong level", "[run]\nlevel = \"shoud\""),
        ("wrong type", "[run]\n\nconcurrency = \"many\""),
        ("negative", "[run]\nconcurrency = -1"),
        ("zero", "[run]\nconcurrency = 0"),
        ("duration", "[target]\ntimeout = \"3 days\""),
        ("missing key", "[[expect]]\nid = \"EFF-JWT\"\n\n[[expect]]\nid = \"EFF-ROLES\"\nreason = \" \""),
        ("empty reason", "[[expect]]\nid = \"EFF-ROLES\"\nreason = \" \""),
        ("not TOML", "[target\nurl = 1"),
        ("text not closed", "[target]\nurl = \"http://h"),
        ("key twice", "[target]\nurl = \"http://h\"\nurl = \"http://i\""),
        ("environment", "[target]\nurl = \"http://h\"\n\n[target.auth]\nbearer = \"${NOT_SET}\""),
        ("environment not closed", "[target]\nname = \"${TOKEN\""),
        ("no URL", "[target]\nurl = \"localhost:8080/scim\""),
        ("wrong scheme of URL", "[target]\nurl = \"ftp://h\""),
        ("rate", "[target]\nrate = 0.0"),
        ("template", "[target]\nurl = \"http://h/{{ x\""),
        (
            "template in a body",
            "[api]\nurl = \"http://h\"\n[[tenant.open]]\nurl = \"/a\"\njson = { a = [\"{% if %}\"] }",
        ),
        ("neither", "[act.grant_role]\nmethod = \"PUT\""),
        ("both", "[act.grant_role]\nurl = \"http://h\"\ncommand = [\"x\"]"),
        ("HTTP key in a command", "[act.grant_role]\ncommand = [\"x\"]\nstatus = [200]"),
        ("two bodies", "[act.grant_role]\nurl = \"http://h\"\nbody = \"x\"\njson = {}"),
        ("relative", "[act.grant_role]\nurl = \"/x\""),
        ("status", "[act.grant_role]\nurl = \"http://h\"\nstatus = [99]"),
        ("method", "[act.grant_role]\nurl = \"http://h\"\nmethod = \"PU T\""),
        ("pointer", "[act.grant_role]\nurl = \"http://h\"\ncapture = { x = \"a/b\" }"),
        ("capture of two", "[act.grant_role]\nurl = \"http://h\"\ncapture = { x = { json = \"/a\", text = true } }"),
        ("header of a command", "[act.grant_role]\ncommand = [\"x\"]\ncapture = { x = { header = \"a\" } }"),
        ("captures nothing", "[observe.member.call]\nurl = \"http://h\""),
        ("no call", "[observe.member]\ncall = []"),
        ("call is missing", "[observe.member]\nstatus = { deleted = \"deactivated\" }"),
        (
            "state",
            "[observe.member]\nstatus = { deleted = \"deactived\" }\ncall = { url = \"http://h\", capture = { status = \"/s\" } }",
        ),
        ("never refused", "[observe.session.call]\nurl = \"http://h\""),
        ("listen", "[observe.webhooks]\nlisten = \"localhost\""),
        ("no secret", "[observe.webhooks]\nsignature = { scheme = \"svix\" }"),
        ("no header", "[observe.webhooks]\nsignature = { scheme = \"hmac-sha256-hex\", secret = \"x\" }"),
        ("mapping", "[observe.webhooks]\nevent = { type = \"type\" }"),
        ("fence", "[observe.webhooks.fence]\nurl = \"http://h\""),
        ("disposable, and shared", "[tenant]\ndisposable = true"),
        (
            "disposable, and removed",
            "[api]\nurl = \"http://h\"\n[tenant]\ndisposable = true\nopen = { url = \"/a\" }\nclose = { url = \"/b\" }",
        ),
        ("report kind", "[report]\njunitt = \"x\""),
    ];
    let lines: Vec<String> = cases
        .iter()
        .map(|(name, text)| {
            let error = parse(text).expect_err(name);
            assert!(!error.contains('\n'), "one line: {error}");
            format!("{name}\n  {error}\n")
        })
        .collect();
    insta::with_settings!({ snapshot_path => "../../snapshots/target", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("config_mistakes", lines.join("\n"));
    });
}

/// Values of environment variables are filled in anywhere, and hidden unless they are no secret by their key.
#[test]
fn environment() {
    let config = parse(
        "[target]\nurl = \"https://${HOST}/scim\"\nname = \"$${HOST}\"\n[target.headers]\nX-Key = \"k ${TOKEN}\"\n\
         [variables]\nhost = \"${HOST}\"\nadmin_token = \"${TOKEN}\"",
    )
    .unwrap();
    assert_eq!(config.target.url.as_deref(), Some("https://scim.example/scim"));
    assert_eq!(config.target.name.as_deref(), Some("${HOST}"));
    assert_eq!(config.target.headers["X-Key"], "k tok-s3cret");
    let secrets: Vec<&str> = config.secrets().iter().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["tok-s3cret", "tok-s3cret"]);
}

/// An expectation knows its line, so that a stale one can be found.
#[test]
fn expectations_know_their_place() {
    let config =
        parse("[run]\nseed = 1\n\n[[expect]]\nid = \"A\"\nreason = \"r\"\n\n[[expect]]\nid = \"B\"\nreason = \"r\"\n");
    let places: Vec<String> = config.unwrap().expect.into_iter().map(|expect| expect.place).collect();
    assert_eq!(places, ["scimulate.toml:4", "scimulate.toml:8"]);
}

/// The file is looked for upward to the repository root and no further; outside a repository only in the folder.
#[test]
fn is_found_upward_to_the_repository() {
    let home = tempfile::tempdir().unwrap();
    let repository = home.path().join("repository");
    let inside = repository.join("a/b");
    fs::create_dir_all(&inside).unwrap();
    fs::write(home.path().join("scimulate.toml"), "[run]\nseed = 1").unwrap();
    assert!(Config::find(&inside).unwrap().is_none(), "outside a repository nothing above is read");

    fs::create_dir(repository.join(".git")).unwrap();
    assert!(Config::find(&inside).unwrap().is_none(), "above the repository nothing is read");
    fs::write(repository.join("scimulate.toml"), "[run]\nseed = 2").unwrap();
    assert_eq!(Config::find(&inside).unwrap().unwrap().run.seed, Some(2));
    fs::write(inside.join("scimulate.toml"), "[run]\nseed = 3").unwrap();
    assert_eq!(Config::find(&inside).unwrap().unwrap().run.seed, Some(3));
}

/// A file that is there and cannot be read is an error, never the same as no file.
#[test]
fn an_unreadable_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scimulate.toml");
    fs::create_dir(&file).unwrap();
    let error = Config::find(folder.path()).unwrap_err();
    assert_eq!(error.place, file.display().to_string());
    assert!(error.problem.starts_with("cannot be read: "), "{error}");
    fs::remove_dir(&file).unwrap();
    fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(Config::find(folder.path()).unwrap_err().remedy.contains("UTF-8"));
}

/// A missing certificate file is told with its key, when the pool is made.
#[test]
fn a_missing_ca_file_is_an_error() {
    let config = parse("[target.tls]\nca_file = \"no/ca.pem\"").unwrap();
    let error = config.http_options().unwrap_err().to_string();
    assert!(error.starts_with("scimulate.toml:2: target.tls.ca_file: `no/ca.pem` cannot be read: "), "{error}");
}

/// The embedded provider's observers are a file like any other, and complete.
#[test]
fn embedded() {
    let config = Config::embedded("http://127.0.0.1:1", "project-test-1", "secret-1234").unwrap();
    assert_eq!(config.variables["api_base_url"], "http://127.0.0.1:1");
    let observe = &config.observe;
    assert!(observe.member.is_some() && observe.roles.is_some() && observe.sign_in.is_some());
    assert!(observe.session.is_some() && observe.jwt.is_some() && observe.webhooks.is_some());
    assert!(config.secrets().iter().any(|secret| secret.expose() == "secret-1234"));
}

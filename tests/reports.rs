//! Every report format, drawn from one fixed run. The snapshots are what a person or a machine reads: a change of one is
//! a decision. `cargo insta review` shows what changed.

#[path = "reports/browser.rs"]
mod browser;
#[path = "reports/events.rs"]
mod events;

use std::{fs, path::Path};

use scimulate::{
    report::{self, Format, Github, Human, HumanOptions, Report, Run, Verbosity},
    verdict::RunEvent,
};
use serde_json::Value;

/// Compares with `snapshots/reports/{name}.snap`; the version of the crate is not part of a snapshot.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/reports"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = text
        .replace(&format!("scimulate {}", env!("CARGO_PKG_VERSION")), "scimulate VERSION")
        .replace(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"version\": \"VERSION\"");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// What a stream writes about some events.
fn stream<R: Report>(events: &[RunEvent], open: impl FnOnce(Shared) -> R) -> String {
    let out = Shared::default();
    let mut report = Box::new(open(out.clone()));
    for event in events {
        report.event(event).expect("written");
    }
    report.finish().expect("finished");
    out.text()
}

#[derive(Clone, Default)]
struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn human(events: &[RunEvent], options: HumanOptions) -> String {
    stream(events, |out| Human::new(out, options))
}

fn render(format: Format, events: &[RunEvent]) -> String {
    String::from_utf8(format.render(&Run::from_events(events)).expect("rendered")).expect("UTF-8")
}

fn json(events: &[RunEvent]) -> Value {
    serde_json::from_str(&render(Format::Json, events)).expect("JSON")
}

/// Every verdict, a finding in full, the matrix, measured times, reasons, leftovers: the whole terminal report.
#[test]
fn human_shows_every_verdict() {
    snapshot("human", &human(&events::all_verdicts(), HumanOptions::default()));
}

/// `-v` says more about the same run: warnings in full, every result.
#[test]
fn human_verbose() {
    let options = HumanOptions { verbosity: Verbosity::Verbose, ..HumanOptions::default() };
    snapshot("human-verbose", &human(&events::all_verdicts(), options));
}

/// `-q` leaves the findings and the summary.
#[test]
fn human_quiet() {
    let options = HumanOptions { verbosity: Verbosity::Quiet, ..HumanOptions::default() };
    snapshot("human-quiet", &human(&events::all_verdicts(), options));
}

/// With hundreds of results what passed is counted by feature, not listed.
#[test]
fn human_counts_by_feature() {
    let mut events = events::many();
    // The matrix of sixty made-up paths is not the point.
    for event in &mut events {
        if let RunEvent::Result(result) = event {
            result.cell = None;
        }
    }
    snapshot("human-many", &human(&events, HumanOptions::default()));
}

/// An aborted run says why and what to do, and never looks like a passed one.
#[test]
fn human_aborted() {
    snapshot("human-aborted", &human(&events::aborted(), HumanOptions::default()));
}

/// Colour repeats what words say: without the escape sequences the text is the same.
#[test]
fn colour_is_never_the_only_signal() {
    let plain = human(&events::all_verdicts(), HumanOptions::default());
    let colored = human(&events::all_verdicts(), HumanOptions { color: true, ..HumanOptions::default() });
    assert_ne!(plain, colored);
    assert_eq!(console::strip_ansi_codes(&colored), plain);
    assert!(!plain.contains('\u{1b}'), "the target's own escape sequence is shown, not obeyed");
}

/// On a narrow terminal letters stand for the heads of the matrix, and a key says which.
#[test]
fn matrix_fits_a_narrow_terminal() {
    let text = human(&events::all_verdicts(), HumanOptions { width: Some(40), ..HumanOptions::default() });
    assert!(text.contains("a sessions  b roles"), "{text}");
}

/// The counts of the summary line add up to the number of results, whatever order they came in.
#[test]
fn counts_add_up() {
    let run = Run::from_events(&events::all_verdicts());
    assert_eq!(run.summary.total(), run.results.len());
    let mut shuffled = events::all_verdicts();
    let last = shuffled.len() - 1;
    shuffled[1..last].reverse();
    assert_eq!(render(Format::Json, &shuffled), render(Format::Json, &events::all_verdicts()));
}

/// The machine format is what its schema in the repository says, whole, aborted and empty.
#[test]
fn json_is_what_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../fixtures/reports/report.schema.json")).expect("the schema is JSON");
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is a JSON Schema");
    for events in [events::all_verdicts(), events::aborted(), events::many(), Vec::new()] {
        let document = json(&events);
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
    let mut wrong = json(&events::all_verdicts());
    wrong["results"][0]["verdict"] = "perfect".into();
    assert!(!validator.is_valid(&wrong), "the schema refuses a verdict that does not exist");
    snapshot("report.json", &render(Format::Json, &events::all_verdicts()));
}

/// A requirement has the worst verdict of its results, and a result carries its transcript.
#[test]
fn json_judges_requirements_by_their_worst() {
    let document = json(&events::all_verdicts());
    let requirements = document["requirements"].as_array().expect("an array");
    let sessions = requirements.iter().find(|row| row["id"] == "EFF-SESSIONS").expect("judged");
    assert_eq!((&sessions["verdict"], &sessions["level"]), (&"fail".into(), &"MUST".into()));
    let results = document["results"].as_array().expect("an array");
    let total: u64 = document["summary"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert_eq!(total as usize, results.len());
    let fail = results.iter().find(|result| result["profile"] == "entra-default").expect("there");
    assert_eq!(fail["exchanges"].as_array().map(Vec::len), Some(3));
}

/// A saved report gives the run back: merging one report, or reading it, loses nothing.
#[test]
fn json_reads_back() {
    let bytes = render(Format::Json, &events::all_verdicts());
    let run = report::read(bytes.as_bytes()).expect("readable");
    assert_eq!(String::from_utf8(Format::Json.render(&run).expect("rendered")).expect("UTF-8"), bytes);
    assert_eq!(String::from_utf8(Format::Html.render(&run).expect("rendered")).expect("UTF-8"), {
        render(Format::Html, &events::all_verdicts())
    });
}

/// Shards merge into the report of the whole; a check that both made counts once, with its worst verdict.
#[test]
fn shards_merge() {
    let events = events::all_verdicts();
    let (head, tail) = (events[..5].to_vec(), events[5..].to_vec());
    let shard = |results: Vec<RunEvent>| {
        let mut shard = vec![events[0].clone()];
        shard.extend(results.into_iter().filter(|event| !matches!(event, RunEvent::Started(_))));
        Run::from_events(&shard)
    };
    let (mut first, mut second) = (shard(head), shard(tail));
    // The check ran in both shards, and saw nothing in the first.
    let mut seen = second.results.iter().find(|result| result.source.contains("media_type")).expect("there").clone();
    seen.outcome = scimulate::verdict::Outcome::NotExercised { why: "no exchange to judge".into() };
    seen.verdict = scimulate::verdict::Verdict::Skip;
    first.results.push(seen);
    second.info = first.info.clone();
    let merged = report::merge(vec![("a.json".into(), first.clone()), ("b.json".into(), second)]).expect("merged");
    let whole = Run::from_events(&events);
    assert_eq!(merged.summary, whole.summary);
    assert_eq!(merged.results.len(), whole.results.len());
    let mut stranger = whole;
    stranger.info.as_mut().expect("started").target = "https://other.example".into();
    let error = report::merge(vec![("a.json".into(), first), ("c.json".into(), stranger)]).expect_err("other target");
    assert!(error.to_string().contains("c.json"), "{error}");
    assert!(report::merge(Vec::new()).is_err());
}

/// JUnit as CI servers read it: failures, skips, and an abort as an error.
#[test]
fn junit() {
    snapshot("junit.xml", &render(Format::Junit, &events::all_verdicts()));
    snapshot("junit-aborted.xml", &render(Format::Junit, &events::aborted()));
}

/// The page: its rows, and its data.
#[test]
fn html() {
    snapshot("report.html", &render(Format::Html, &events::all_verdicts()));
}

/// The page loads nothing from elsewhere, and an answer of the target cannot become markup or end the data element.
#[test]
fn html_is_self_contained_and_inert() {
    let page = render(Format::Html, &events::all_verdicts());
    assert!(!page.contains("<script>alert"), "the hostile body is not markup");
    assert!(!page.contains("src="), "no external script or image");
    assert!(!page.contains("<link"), "no external style");
    let data = page.split("id=\"results\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let details: Value = serde_json::from_str(data).expect("the embedded data is JSON");
    assert_eq!(details.as_array().map(Vec::len), Some(10));
}

/// Whole transcripts of what passed would make the page too large to send around: they are outlines, the page says so,
/// and whatever did not pass is shown whole.
#[test]
fn html_outlines_what_passed() {
    let page = render(Format::Html, &events::all_verdicts());
    assert!(page.contains("Behind a result that passed, exchanges are shown without headers"));
    let data = page.split("id=\"results\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let details: Vec<Value> = serde_json::from_str(data).expect("the embedded data is JSON");
    let (passed, others): (Vec<&Value>, Vec<&Value>) = details.iter().partition(|one| one["verdict"] == "pass");
    let with_headers = |one: &&Value| {
        let exchanges = one["exchanges"].as_array().expect("exchanges");
        exchanges.iter().any(|exchange| exchange["request_headers"].as_array().is_some_and(|it| !it.is_empty()))
    };
    assert!(passed.iter().any(|one| one["exchanges"].as_array().is_some_and(|it| !it.is_empty())), "something to cut");
    assert!(!passed.iter().any(with_headers));
    assert!(others.iter().any(with_headers));
}

/// HAR 1.2 with one page a scenario; transport failures have status 0.
#[test]
fn har() {
    let text = render(Format::Har, &events::all_verdicts());
    snapshot("report.har", &text);
    let archive: Value = serde_json::from_str(&text).expect("JSON");
    let entries = scimulate::wire::har::read(&text).expect("readable");
    assert!(archive["log"]["pages"].as_array().is_some_and(|pages| !pages.is_empty()));
    let sent: usize = Run::from_events(&events::all_verdicts())
        .results
        .iter()
        .filter(|result| result.kind == scimulate::verdict::Kind::Scenario)
        .map(|result| result.transcript.len())
        .sum();
    assert_eq!(entries.len(), sent, "every exchange once: a check's evidence is not sent again");
}

/// The summary of a pull request; text of the target is not read as markup.
#[test]
fn markdown() {
    snapshot("report.md", &render(Format::Markdown, &events::all_verdicts()));
    snapshot("report-aborted.md", &render(Format::Markdown, &events::aborted()));
}

/// A run of a review alone ends with its table: what holds, what does not, what was not seen, what a person has to do.
#[test]
fn readiness() {
    let review = events::review("entra-gallery");
    snapshot("readiness", &human(&review, HumanOptions::default()));
    snapshot("readiness.md", &render(Format::Markdown, &review));
    let page = render(Format::Html, &review);
    assert!(page.contains("<h2>Readiness: Microsoft, validation for the Entra gallery</h2>"), "the page has the table");
    assert!(page.contains(r#"<td class="fail">fail</td><td>a user is updated by the job</td>"#), "and its cases");
    // A part of a review answers nothing, and among other results the cases are only counted.
    let part = human(&review[..4], HumanOptions::default());
    assert!(!part.contains("Readiness"), "{part}");
    let mut mixed = review;
    mixed.splice(1..1, events::all_verdicts().into_iter().skip(1).take(2));
    let mixed = human(&mixed, HumanOptions::default());
    assert!(
        mixed.contains("Reviews Microsoft, validation for the Entra gallery: 25 cases: 20 pass, 1 fail"),
        "{mixed}"
    );
    assert!(!mixed.contains("Readiness:"), "{mixed}");
}

/// The matrix alone, as a text file.
#[test]
fn matrix() {
    snapshot("matrix.txt", &render(Format::Matrix, &events::all_verdicts()));
}

/// Workflow commands: one line each, properties escaped.
#[test]
fn github() {
    let text = stream(&events::all_verdicts(), Github::new);
    assert!(text.lines().all(|line| line.starts_with("::")), "a line break inside a command ends it: {text}");
    snapshot("github", &text);
    snapshot("github-aborted", &stream(&events::aborted(), Github::new));
}

/// A report that cannot be written names its path, before and after the run, and does not stop the other reports.
#[test]
fn a_report_that_cannot_be_written_names_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut reports = report::Reports::new();
    let error = reports.document(Format::Json, folder.path()).expect_err("a folder is no file");
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");

    let path = folder.path().join("deep/er/report.json");
    reports.document(Format::Json, &path).expect("folders are made");
    reports.stream(Human::new(Broken, HumanOptions::default()));
    for event in events::all_verdicts() {
        reports.event(&event);
    }
    reports.finish().expect_err("the output is broken");
    assert!(fs::read_to_string(&path).expect("written all the same").contains("\"format\": 1"));
}

struct Broken;

impl std::io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no reader"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Snapshots of the wire: recorded, unchanged, and changed; a change is shown, counted, and left for review.
#[test]
fn snapshots_of_the_wire() {
    use scimulate::{
        report::snapshots::{Compared, Mode, Snapshots},
        wire::Reply,
    };
    let folder = tempfile::tempdir().expect("a folder");
    let compare = |mode, events: &[RunEvent]| {
        let out = Shared::default();
        let mut report = Box::new(Snapshots::new(mode, folder.path(), out.clone(), false));
        let compared = report.compared();
        for event in events {
            report.event(event).expect("written");
        }
        report.finish().expect("finished");
        (compared(), out.text().replace(&folder.path().display().to_string(), "FOLDER"))
    };
    let events = events::all_verdicts();
    let new = compare(Mode::Check, &events);
    assert_eq!(new.0, Compared { same: 0, changed: 0, new: 8 }, "{}", new.1);
    assert_eq!(compare(Mode::Update, &events).0.new, 8);
    let same = compare(Mode::Check, &events);
    assert_eq!(same.0, Compared { same: 8, changed: 0, new: 0 }, "{}", same.1);

    let mut changed = events.clone();
    let result = changed.iter_mut().find_map(|event| match event {
        RunEvent::Result(result) if result.id.starts_with("EFF-SESSIONS") => Some(result),
        _ => None,
    });
    if let Reply::Response(response) = &mut result.expect("there").transcript[1].reply {
        response.status = 204;
    }
    let (counts, text) = compare(Mode::Check, &changed);
    assert_eq!((counts.same, counts.changed), (7, 1));
    snapshot("snapshots-changed", &text);
    let waiting = folder.path().join("scim.example-v2/okta/EFF-SESSIONS.put-active-false.snap.new");
    assert!(waiting.exists(), "for `cargo insta review`");
    assert_eq!(compare(Mode::Update, &changed).0.changed, 1);
    assert!(!waiting.exists());
    assert_eq!(compare(Mode::Check, &changed).0.same, 8);
}

/// The page works in a browser: a click shows the transcript, the filter hides, and nothing of the target runs.
#[test]
fn html_in_a_browser() {
    let page = render(Format::Html, &events::all_verdicts());
    let Some(browser) = browser::Browser::open(&page) else {
        eprintln!("skipped: chromium and chromedriver are not installed");
        return;
    };
    let shown = "[...document.querySelectorAll('#requirements tbody tr')].filter((row) => !row.hidden).length";
    assert_eq!(browser.eval(&format!("return {shown}")), 9);
    let after = browser.eval(&format!(
        "document.querySelectorAll('[name=verdict]').forEach((box) => {{ if (box.value !== 'fail') box.click(); }}); \
         return {shown}"
    ));
    assert_eq!(after, 3, "three requirements have a failure");
    let after = browser.eval(&format!(
        "const text = document.querySelector('[name=text]'); text.value = 'eff-'; \
         text.dispatchEvent(new Event('input', {{ bubbles: true }})); return {shown}"
    ));
    assert_eq!(after, 1, "one of them is an effect");
    let text = browser.eval(
        "document.querySelector('#requirements tr:not([hidden]) button.fail').click(); \
         const dialog = document.querySelector('dialog'); return dialog.open ? dialog.innerText : 'closed'",
    );
    let text = text.as_str().expect("text").to_owned();
    for part in
        ["Deprovisioning revokes every open session", "+ session 2 is still open", "curl -X PUT", "Transcript (3)"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let hostile = browser.eval(
        "document.querySelector('dialog').close(); document.querySelector('button.note').click(); \
         return [document.querySelectorAll('dialog script').length, document.querySelector('dialog').textContent]",
    );
    assert_eq!(hostile[0], 0, "what the target answered is text");
    assert!(hostile[1].as_str().is_some_and(|text| text.contains("<script>alert(1)</script>")), "{hostile}");
    let wide = browser.eval(
        "document.querySelector('dialog').close(); const text = document.querySelector('[name=text]'); \
         document.querySelectorAll('[name=verdict]').forEach((box) => { if (!box.checked) box.click(); }); \
         text.value = ''; text.dispatchEvent(new Event('input', { bubbles: true })); \
         document.querySelector('#requirements th p').textContent = 'urn:ietf:params:scim:schemas:'.repeat(3); \
         const pages = [document.documentElement, document.querySelector('#requirements').parentElement]; \
         return [document.documentElement.clientWidth, ...pages.map((page) => page.scrollWidth > page.clientWidth)]",
    );
    assert_eq!(wide, serde_json::json!([390, false, false]), "a phone needs no sideways scrolling");
    let first = browser.eval("return document.querySelector('#requirements tbody tr').dataset.verdict");
    assert_eq!(first, "fail", "what failed stands first");
}

//! `cargo bench --bench judge`: how many exchanges a second the passive checks judge, all of them together, as `judge` does
//! with a recording: on all processors.
//!
//! The exchanges are those of `fixtures/checks`, which hold something for each check, joined to transcripts as long as a
//! scenario's; the target's schemas are known, as in a run.

use std::{fs, hint::black_box, path::Path};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scimulate::{
    check::{self, Discovery, Scope},
    wire::Exchange,
};
use serde_json::Value;

/// The allocator of the program, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exchanges of a transcript: what a scenario sends.
const LENGTH: usize = 6;

/// Every exchange of the fixtures that hold, in transcripts.
fn transcripts(root: &Path) -> Vec<Vec<Exchange>> {
    let mut folders: Vec<_> = fs::read_dir(root.join("fixtures/checks"))
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let all: Vec<Exchange> = folders
        .iter()
        .flat_map(|folder| {
            let text = fs::read_to_string(folder.join("holds.json")).expect("a fixture");
            serde_json::from_str::<Vec<Exchange>>(&text).expect("a transcript")
        })
        .collect();
    all.chunks(LENGTH).map(<[Exchange]>::to_vec).collect()
}

fn scope(root: &Path) -> Scope {
    let schemas: Vec<Value> = ["User", "Group", "EnterpriseUser"]
        .iter()
        .filter_map(|name| fs::read_to_string(root.join(format!("fixtures/schemas/{name}.json"))).ok())
        .map(|text| serde_json::from_str(&text).expect("a schema"))
        .collect();
    assert!(!schemas.is_empty(), "the schemas of fixtures/schemas");
    let mut scope = Scope::at("https://target.example/scim/v2");
    scope.discovery = Discovery::new(None, Vec::new(), schemas).into();
    scope
}

fn judge(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (transcripts, scope) = (transcripts(root), scope(root));
    let exchanges: usize = transcripts.iter().map(Vec::len).sum();
    let scoped: Vec<(&[Exchange], Scope)> =
        transcripts.iter().map(|exchanges| (exchanges.as_slice(), scope.clone())).collect();
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(exchanges as u64));
    group.bench_function("exchanges", |bencher| {
        bencher.iter(|| black_box(check::judge_all(&scoped)));
    });
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);

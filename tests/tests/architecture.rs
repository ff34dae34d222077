//! The dependency table of `docs/architecture.md`, held against what the manifests say.

#![cfg(test)]

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// What a crate may use of the workspace, and what it must never use of the world.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const DRIVERS: &[&str] = &[
    "diesel",
    "diesel-async",
    "diesel_migrations",
    "libsqlite3-sys",
    "deadpool",
    "tokio-postgres",
    "redis",
    "deadpool-redis",
];

const LAYERS: &[Layer] = &[
    Layer {
        name: "tessera-domain",
        may_use: &[],
        never: &["async-trait", "tokio", "serde", "serde_json", "rand", "chrono", "tracing", "actix-web"],
    },
    Layer { name: "tessera-repositories", may_use: &["tessera-domain"], never: &["serde", "actix-web"] },
    Layer {
        name: "tessera-repositories-sqlite",
        may_use: &["tessera-domain", "tessera-repositories"],
        // JSON is allowed in a storage for the column `user_tokens.token_data`: its form is the storage's own business,
        // and the layers above never see it.
        never: &["actix-web"],
    },
    Layer {
        name: "tessera-repositories-postgres",
        may_use: &["tessera-domain", "tessera-repositories"],
        never: &["actix-web", "libsqlite3-sys"],
    },
    Layer {
        name: "tessera-repositories-redis",
        may_use: &["tessera-domain", "tessera-repositories"],
        never: &["actix-web", "serde", "serde_json", "diesel"],
    },
    Layer {
        name: "tessera-repositories-memory",
        may_use: &["tessera-domain", "tessera-repositories"],
        never: &["actix-web", "serde", "serde_json", "tokio"],
    },
    Layer {
        name: "tessera-services",
        may_use: &["tessera-domain", "tessera-repositories"],
        never: &["actix-web", "serde", "serde_json", "clap", "dotenvy", "jsonwebtoken", "bcrypt", "aws-lc-rs"],
    },
    Layer {
        name: "tessera-adapters",
        may_use: &["tessera-domain", "tessera-services"],
        never: &["actix-web", "clap", "dotenvy"],
    },
    Layer {
        name: "tessera-api",
        may_use: &["tessera-domain", "tessera-services"],
        never: &["clap", "dotenvy", "jsonwebtoken", "bcrypt", "aws-lc-rs"],
    },
    Layer {
        name: "tessera-server",
        may_use: &[
            "tessera-domain",
            "tessera-repositories",
            "tessera-repositories-memory",
            "tessera-repositories-sqlite",
            "tessera-repositories-postgres",
            "tessera-repositories-redis",
            "tessera-services",
            "tessera-adapters",
            "tessera-api",
        ],
        never: &["diesel", "jsonwebtoken", "bcrypt"],
    },
];

/// The crates that may know a driver: the storages themselves.
const STORAGES: &[&str] =
    &["tessera-repositories-sqlite", "tessera-repositories-postgres", "tessera-repositories-redis"];

/// The tests drive the server; the benchmark among them also measures parts of it alone. What they run it on is known
/// to the tests of the storages, too.
const TESTS: &[&str] = &["tessera-tests", "tessera-test-servers"];

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace")
}

/// What `package` uses when it is built, not what its tests use.
fn uses(package: &Package) -> BTreeSet<&str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    normal.map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn every_crate_is_a_layer() {
    let metadata = metadata();
    let crates: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let layers: BTreeSet<&str> = LAYERS.iter().map(|layer| layer.name).chain(TESTS.iter().copied()).collect();
    assert_eq!(crates, layers);
}

#[test]
fn a_layer_uses_the_layers_it_may_and_no_other() {
    let metadata = metadata();
    for layer in LAYERS {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == layer.name).expect("a layer");
        for used in uses(package).into_iter().filter(|name| name.starts_with("tessera-")) {
            assert!(layer.may_use.contains(&used), "{} must not use {used}", layer.name);
        }
    }
}

#[test]
fn a_layer_never_uses_what_belongs_to_another() {
    let metadata = metadata();
    for layer in LAYERS {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == layer.name).expect("a layer");
        let drivers = if STORAGES.contains(&layer.name) { &[] } else { DRIVERS };
        for used in uses(package) {
            assert!(!layer.never.contains(&used), "{} must not use {used}", layer.name);
            assert!(!drivers.contains(&used), "{} must not know the driver {used}", layer.name);
        }
    }
}

#[test]
fn the_top_level_is_what_the_documentation_says() {
    let root = metadata().workspace_root;
    let entries = std::fs::read_dir(&root).expect("the workspace is readable");
    let names: BTreeSet<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    for expected in ["Cargo.toml", "crates", "migrations", "docker", "tests", "Makefile", "README.md"] {
        assert!(names.contains(expected), "{expected} is missing");
    }
    let tolerated =
        ["Cargo.lock", "LICENSE", "clippy.toml", "deny.toml", "docs", "rust-toolchain.toml", "rustfmt.toml"];
    let made = ["target", "data"];
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        let is_known = ["Cargo.toml", "crates", "migrations", "docker", "tests", "Makefile", "README.md"]
            .iter()
            .chain(&tolerated)
            .chain(&made)
            .any(|known| known == name);
        assert!(is_known, "{name} does not belong at the top level");
    }
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = std::fs::read_to_string(metadata().workspace_root.join("Cargo.toml")).expect("a manifest");
    let table = manifest.split("[workspace.dependencies]").nth(1).expect("a table of dependencies");
    let table = table.split("\n[").next().expect("its end");
    let mut has_purpose = false;
    for line in table.lines() {
        match line.trim() {
            "" => has_purpose = false,
            comment if comment.starts_with('#') => has_purpose = true,
            dependency => assert!(has_purpose, "no purpose beside `{dependency}`"),
        }
    }
}

#[test]
fn the_readme_opens_with_the_two_commands() {
    let readme = std::fs::read_to_string(metadata().workspace_root.join("README.md")).expect("a README");
    let block = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let commands: Vec<&str> = block.lines().filter_map(|line| line.split('#').next()).map(str::trim).collect();
    assert_eq!(commands, ["make run", "make test"]);
}

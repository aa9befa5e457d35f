//! Sees whether this machine can start a PostgreSQL, so that tests that need one are counted as ignored where it cannot.
//! With `CHATCORE_REQUIRE_SERVICES=1` they are not: there they fail.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CHATCORE_REQUIRE_SERVICES");
    println!("cargo::rustc-check-cfg=cfg(no_postgres)");
    let packages = Path::new("/usr/lib/postgresql");
    if packages.exists() {
        println!("cargo::rerun-if-changed={}", packages.display());
    }
    let versions = fs::read_dir(packages).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = versions.chain(env::split_paths(&path));
    let there = |folder: PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let required = env::var_os("CHATCORE_REQUIRE_SERVICES").is_some_and(|value| value == "1");
    if !required && !folders.any(there) {
        println!("cargo::rustc-cfg=no_postgres");
    }
}

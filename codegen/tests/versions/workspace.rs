//! Compiles programs against the bindings of many versions: a temporary workspace with a package for each version,
//! checked by one run of cargo. Nothing is downloaded, because core needs no crates that this workspace does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::adopt::{self, Version};

/// A temporary workspace.
pub(crate) struct Workspace {
    name: String,
    folder: PathBuf,
    /// The name of the package of each version, by its bindings. Versions with equal bindings share one.
    packages: BTreeMap<String, String>,
    /// The programs of each package, by the name of the example.
    programs: BTreeMap<String, BTreeMap<String, String>>,
    /// The files of all packages, by their paths in the folder.
    files: BTreeMap<PathBuf, String>,
}

/// A program in the workspace: its package and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    package: String,
    example: String,
}

/// What the compiler said about the programs.
pub(crate) struct Verdicts {
    compiled: BTreeSet<String>,
    errors: BTreeMap<String, String>,
    output: String,
}

impl Workspace {
    /// Creates an empty workspace in the folder that cargo gives to tests.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self {
            name: name.to_owned(),
            folder,
            packages: BTreeMap::new(),
            programs: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    /// Adds a program that uses the bindings of a version.
    pub(crate) fn add(&mut self, version: &Version, example: &str, code: &str) -> Program {
        let bindings = adopt::render(version);
        // The headers of the generated files have a fingerprint of psa.json.
        let key = bindings.iter().map(|(path, text)| format!("{path}\n{}", without_header(text))).collect::<String>();
        let package = match self.packages.get(&key) {
            Some(package) => package.clone(),
            None => {
                // Cargo tells packages of workspaces that share a target folder apart by their names only.
                let package = format!("{}-{}", self.name, self.packages.len());
                self.files.extend(package_files(&package, &adopt::sections(version), &bindings));
                self.packages.insert(key, package.clone());
                package
            }
        };
        let programs = self.programs.entry(package.clone()).or_default();
        if let Some((example, _)) = programs.iter().find(|(_, other)| *other == code) {
            return Program { package, example: example.clone() };
        }
        let example = format!("{example}_{}", programs.len());
        programs.insert(example.clone(), code.to_owned());
        Program { package, example }
    }

    /// Returns the number of different bindings.
    pub(crate) fn versions(&self) -> usize {
        self.packages.len()
    }

    /// Writes the programs and checks all of them.
    pub(crate) fn check(&self) -> Verdicts {
        self.write();
        let output = self.cargo(&["check", "--workspace", "--examples", "--keep-going", "--message-format=json"]);
        let mut verdicts = Verdicts {
            compiled: BTreeSet::new(),
            errors: BTreeMap::new(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            let path = message["target"]["src_path"].as_str().unwrap_or_default().to_owned();
            match message["reason"].as_str() {
                Some("compiler-artifact") => drop(verdicts.compiled.insert(path)),
                Some("compiler-message") if message["message"]["level"] == "error" => {
                    let text = message["message"]["rendered"].as_str().unwrap_or_default();
                    verdicts.errors.entry(path).or_default().push_str(text);
                }
                _ => {}
            }
        }
        verdicts
    }

    /// Runs one program and returns what it printed.
    pub(crate) fn run(&self, program: &Program) -> Result<String, String> {
        self.write();
        let output = self.cargo(&["run", "--quiet", "-p", &program.package, "--example", &program.example]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .args(arguments)
            .args(["--offline", "--target-dir"])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("versions-target"))
            .current_dir(&self.folder)
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Writes all files, and removes those of earlier runs. A file that has not changed keeps its time, so that cargo
    /// does not compile it again.
    fn write(&self) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = self.files.clone();
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"packages/*\"]\n\n[profile.dev]\ndebug = false\n";
        files.insert("Cargo.toml".into(), manifest.to_owned());
        // The same versions of all crates as in this workspace.
        files.insert("Cargo.lock".into(), fs::read_to_string(repository.join("Cargo.lock")).unwrap());
        for (package, programs) in &self.programs {
            for (example, code) in programs {
                files.insert(package_folder(package).join("examples").join(format!("{example}.rs")), code.clone());
            }
        }
        remove_others(&self.folder, &self.folder, &files);
        for (path, text) in &files {
            write_file(&self.folder.join(path), text);
        }
    }
}

impl Verdicts {
    /// Returns whether a program compiled.
    pub(crate) fn compiles(&self, program: &Program) -> bool {
        let ending = format!("/packages/{}/examples/{}.rs", program.package, program.example);
        self.compiled.iter().any(|path| path.replace('\\', "/").ends_with(&ending))
    }

    /// Returns the errors of a program, or of the bindings that it uses.
    pub(crate) fn errors(&self, program: &Program) -> String {
        let folder = format!("/packages/{}/", program.package);
        let of = |ending: &str| {
            let errors = self.errors.iter().filter(|(path, _)| {
                let path = path.replace('\\', "/");
                path.contains(&folder) && path.ends_with(ending)
            });
            errors.map(|(_, text)| text.as_str()).collect::<String>()
        };
        format!("{}{}", of("/src/lib.rs"), of(&format!("/examples/{}.rs", program.example)))
    }

    /// Returns whether the bindings that a program uses compiled.
    pub(crate) fn bindings_compile(&self, program: &Program) -> bool {
        let ending = format!("/packages/{}/src/lib.rs", program.package);
        self.compiled.iter().any(|path| path.replace('\\', "/").ends_with(&ending))
    }

    /// Returns what cargo printed.
    pub(crate) fn output(&self) -> &str {
        &self.output
    }
}

/// Returns a generated file without its first line.
fn without_header(text: &str) -> &str {
    text.split_once('\n').map_or(text, |(_, rest)| rest)
}

fn package_folder(name: &str) -> PathBuf {
    Path::new("packages").join(name)
}

/// Returns the files of a package with the bindings of a version as its library.
fn package_files(name: &str, sections: &[String], bindings: &BTreeMap<String, String>) -> BTreeMap<PathBuf, String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/connectwise-psa-core").canonicalize().unwrap();
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\nname = \"bindings\"\ndoctest = false\n\n\
         [dependencies]\nconnectwise-psa-core = {{ path = {core:?}, default-features = false }}\n\n[features]\n\
         default = {sections:?}\n"
    );
    for section in sections {
        let _ = writeln!(manifest, "{section:?} = []");
    }
    let library = "//! The bindings of one version.\n#![allow(warnings)]\n#[rustfmt::skip]\nmod generated;\npub use generated::*;\n";
    let folder = package_folder(name);
    let mut files: BTreeMap<PathBuf, String> =
        bindings.iter().map(|(path, text)| (folder.join("src/generated").join(path), text.clone())).collect();
    files.insert(folder.join("Cargo.toml"), manifest);
    files.insert(folder.join("src/lib.rs"), library.to_owned());
    files
}

/// Removes the files of earlier runs.
fn remove_others(root: &Path, folder: &Path, files: &BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            remove_others(root, &path, files);
            // Fails if the folder still has files.
            let _ = fs::remove_dir(&path);
        } else if !files.contains_key(path.strip_prefix(root).unwrap()) {
            fs::remove_file(&path).unwrap();
        }
    }
}

fn write_file(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The program that uses everything which users write against the bindings.
pub(crate) fn everything() -> String {
    let mut program = String::from("#![allow(warnings)]\n");
    for (name, code) in [
        ("service", include_str!("programs/service.rs")),
        ("company", include_str!("programs/company.rs")),
        ("system", include_str!("programs/system.rs")),
    ] {
        let _ = writeln!(program, "mod {name} {{\n{}\n}}", code.replace("//!", "//"));
    }
    program.push_str("fn main() {}\n");
    program
}

/// Makes a program of statements. They can use the clients of the sections as `service`, `company` and so on, and the
/// types without a path.
pub(crate) fn statements(codes: &[&str]) -> String {
    let mut program = String::from("#![allow(warnings)]\n");
    for (index, code) in codes.iter().enumerate() {
        let sections: Vec<&str> =
            ["service", "company", "system"].into_iter().filter(|section| code.contains(section)).collect();
        let imports: String = sections.iter().map(|section| format!("use bindings::{section};\n")).collect();
        let arguments: String =
            sections.iter().map(|section| format!("{section}: &bindings::{section}::Client, ")).collect();
        let _ = writeln!(
            program,
            "mod program_{index} {{\nuse bindings::types::*;\nuse connectwise_psa_core::json::DateTime;\n{imports}\
             pub async fn program({arguments}) -> Result<(), connectwise_psa_core::error::Error> {{\n{code}\nOk(())\n}}\n}}"
        );
    }
    program.push_str("fn main() {}\n");
    program
}

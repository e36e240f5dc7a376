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
    folder: PathBuf,
    /// The name of the package of each version, by its psa.json.
    packages: BTreeMap<String, String>,
    /// The programs of each package, by the name of the example.
    programs: BTreeMap<String, BTreeMap<String, String>>,
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
        let packages = folder.join("packages");
        if packages.exists() {
            fs::remove_dir_all(&packages).unwrap();
        }
        fs::create_dir_all(&packages).unwrap();
        Self { folder, packages: BTreeMap::new(), programs: BTreeMap::new() }
    }

    /// Adds a program that uses the bindings of a version.
    pub(crate) fn add(&mut self, version: &Version, example: &str, code: &str) -> Program {
        let key = version.psa.to_string();
        let package = match self.packages.get(&key) {
            Some(package) => package.clone(),
            None => {
                let package = format!("version-{}", self.packages.len());
                write_package(&self.folder.join("packages").join(&package), &package, version);
                self.packages.insert(key, package.clone());
                package
            }
        };
        let programs = self.programs.entry(package.clone()).or_default();
        let example = format!("{example}_{}", programs.len());
        programs.insert(example.clone(), code.to_owned());
        Program { package, example }
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
            .arg(self.folder.join("target"))
            .current_dir(&self.folder)
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn write(&self) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"packages/*\"]\n\n[profile.dev]\ndebug = false\n";
        fs::write(self.folder.join("Cargo.toml"), manifest).unwrap();
        // The same versions of all crates as in this workspace.
        fs::copy(repository.join("Cargo.lock"), self.folder.join("Cargo.lock")).unwrap();
        for (package, programs) in &self.programs {
            let examples = self.folder.join("packages").join(package).join("examples");
            fs::create_dir_all(&examples).unwrap();
            for (example, code) in programs {
                fs::write(examples.join(format!("{example}.rs")), code).unwrap();
            }
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

/// Writes a package with the bindings of a version as its library.
fn write_package(folder: &Path, name: &str, version: &Version) {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/connectwise-psa-core").canonicalize().unwrap();
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nautoexamples = true\n\n\
         [lib]\nname = \"bindings\"\ndoctest = false\n\n\
         [dependencies]\nconnectwise-psa-core = {{ path = {core:?}, default-features = false }}\n\n[features]\n"
    );
    let sections = adopt::sections(version);
    let _ = writeln!(manifest, "default = {sections:?}");
    for section in &sections {
        let _ = writeln!(manifest, "{section:?} = []");
    }
    let library = "//! The bindings of one version.\n#![allow(warnings)]\n#[rustfmt::skip]\nmod generated;\npub use generated::*;\n";
    write_file(&folder.join("Cargo.toml"), &manifest);
    write_file(&folder.join("src/lib.rs"), library);
    for (path, text) in adopt::render(version) {
        write_file(&folder.join("src/generated").join(path), &text);
    }
}

fn write_file(path: &Path, text: &str) {
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

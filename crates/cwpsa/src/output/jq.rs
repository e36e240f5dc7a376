//! Filters of results in the jq language, and indentation of JSON. Numbers keep their digits.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::write::{Pp, write};
use jaq_json::{Val, read};

use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::stdout::Stdout;

/// A compiled filter.
pub(crate) struct Filter(jaq_core::Filter<data::JustLut<Val>>);

impl Filter {
    /// Compiles a program.
    pub(crate) fn new(program: &str) -> Result<Self, CommandError> {
        compile(program).map(Self).map_err(|problem| CommandError::usage(format!("--jq: {problem}")))
    }

    /// Applies the filter to a JSON document and writes each result on a line; if `raw`, texts without quotes.
    pub(crate) fn run(&self, json: &[u8], raw: bool, stdout: &mut Stdout) -> Result<(), CommandError> {
        let input = read::parse_single(json)
            .map_err(|error| CommandError::failure(format!("--jq: the result is not valid JSON: {error}")))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        for result in self.0.id.run((context, input)).map(unwrap_valr) {
            let value =
                result.map_err(|error| CommandError::failure(format!("--jq: {}", shortened(&error.to_string()))))?;
            match &value {
                Val::TStr(text) if raw => stdout.line(&String::from_utf8_lossy(text))?,
                value => stdout.line(&json_of(value)?)?,
            }
        }
        stdout.flush()
    }
}

/// Returns a result as JSON. jq has values that JSON does not have, such as infinity and bytes.
fn json_of(value: &Val) -> Result<String, CommandError> {
    let mut text = Vec::new();
    write(&mut text, &format(Stdout::is_terminal()), 0, value).map_err(CommandError::stdout)?;
    let text = String::from_utf8(text).ok().filter(|text| serde_json::from_str::<&RawValue>(text).is_ok());
    text.ok_or_else(|| CommandError::failure("--jq: a result is not valid JSON, such as infinity or bytes"))
}

/// Returns an error's text without the whole records that it can quote.
fn shortened(text: &str) -> String {
    let (start, end): (String, Vec<char>) = (text.chars().take(200).collect(), text.chars().rev().take(60).collect());
    if text.chars().count() <= 260 {
        text.to_owned()
    } else {
        format!("{start} … {}", end.iter().rev().collect::<String>())
    }
}

/// Checks a program. For arguments.
pub(crate) fn parse_filter(program: &str) -> Result<String, String> {
    compile(program).map(|_| program.to_owned())
}

fn compile(program: &str) -> Result<jaq_core::Filter<data::JustLut<Val>>, String> {
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let file = File { code: program, path: () };
    let modules = Loader::new(definitions).load(&arena, file).map_err(|errors| {
        let at = errors.into_iter().flat_map(|(_, error)| load_error(error)).next();
        match at.as_deref() {
            None => "the filter has a syntax error".to_owned(),
            Some("") => "the filter has a syntax error at its end".to_owned(),
            Some(at) => format!("the filter has a syntax error at {at:?}"),
        }
    })?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let unknown = errors.into_iter().flat_map(|(_, errors)| errors).next();
        match unknown {
            Some((name, _)) => format!("the filter uses {name:?}, which is not defined"),
            None => "the filter is not valid".to_owned(),
        }
    })
}

/// Returns the texts at which a program is wrong.
fn load_error(error: jaq_core::load::Error<&str>) -> Vec<String> {
    use jaq_core::load::Error;
    match error {
        Error::Io(errors) => errors.into_iter().map(|(path, _)| path.to_owned()).collect(),
        Error::Lex(errors) => errors.into_iter().map(|(_, rest)| rest.chars().take(20).collect()).collect(),
        Error::Parse(errors) => errors.into_iter().map(|(_, rest)| rest.chars().take(20).collect()).collect(),
    }
}

/// Returns a JSON document with indentation. `None` if it is not valid JSON.
pub(crate) fn indented(json: &str) -> Option<String> {
    let value = read::parse_single(json.as_bytes()).ok()?;
    let mut text = Vec::new();
    write(&mut text, &format(true), 0, &value).ok()?;
    String::from_utf8(text).ok()
}

fn format(indent: bool) -> Pp {
    Pp { indent: indent.then(|| "  ".to_owned()), sep_space: indent, ..Pp::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_filters_are_reported() {
        assert_eq!(parse_filter(".[] | .id"), Ok(".[] | .id".to_owned()));
        assert!(parse_filter(".[").is_err_and(|problem| problem.contains("syntax error")));
        assert!(parse_filter("burn").is_err_and(|problem| problem.contains("burn")));
    }

    #[test]
    fn only_valid_json_is_printed() {
        let result = |program: &str| {
            let filter = Filter::new(program).ok()?;
            let context = Ctx::<data::JustLut<Val>>::new(&filter.0.lut, Vars::new([]));
            let value = filter.0.id.run((context, Val::Null)).map(unwrap_valr).next()?.ok()?;
            json_of(&value).ok()
        };
        assert_eq!(result("1.50").as_deref(), Some("1.50"));
        assert_eq!(result("[\"a\"]").as_deref(), Some("[\"a\"]"));
        assert_eq!((result("infinite"), result("\"a\" | tobytes")), (None, None));
    }

    #[test]
    fn indentation_keeps_the_digits() {
        let text = indented(r#"{"b":10.50,"a":[12345678901234567890.10]}"#);
        assert_eq!(text.as_deref(), Some("{\n  \"b\": 10.50,\n  \"a\": [\n    12345678901234567890.10\n  ]\n}"));
        assert_eq!(indented("{"), None);
    }
}

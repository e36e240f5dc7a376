//! Names of files: the check before an upload, and names that are safe on every file system after a download.

use connectwise_psa_core::error::Error;

/// The longest name that [`safe_file_name`] returns, in bytes. File systems allow 255; the rest is for the number that
/// makes a name unique.
const MAX_NAME: usize = 200;

/// The longest extension that is kept when a name is shortened, in bytes.
const MAX_EXTENSION: usize = 20;

/// Names that Windows reserves for devices, also with an extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Checks the name of a file to upload, and returns it.
///
/// # Errors
///
/// An invalid-input error for a name that is empty, has control characters or a path separator, or consists only of
/// dots.
pub fn checked_file_name(name: &str) -> Result<&str, Error> {
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().any(char::is_control) {
        "contains control characters"
    } else if name.contains(['/', '\\']) {
        "contains a path separator; pass only the last part of the path"
    } else if name.chars().all(|character| character == '.') {
        "consists of dots"
    } else {
        return Ok(name);
    };
    Err(Error::invalid_input("file name of the upload", problem))
}

/// Returns a name that is safe on every file system, from a name that somebody else has chosen; `None` if nothing usable
/// is left.
///
/// Only the last part of a path is kept. Control characters, and characters that change the direction of text, are
/// removed; characters that Windows does not allow become `_`. Leading dots, which hide a file, and closing dots and
/// spaces are removed. A name that Windows reserves for a device gets a `_` in front. A name of more than 200 bytes is
/// shortened, and keeps its extension.
///
/// ```
/// use connectwise_psa::documents::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe_file_name("NUL.txt").as_deref(), Some("_NUL.txt"));
/// assert_eq!(safe_file_name("..."), None);
/// ```
#[must_use]
pub fn safe_file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let cleaned: String = last
        .chars()
        .filter(|character| !character.is_control() && !changes_direction(*character))
        .map(|character| if matches!(character, '<' | '>' | '"' | '|' | '?' | '*') { '_' } else { character })
        .collect();
    let ends = |character: char| character == '.' || character.is_whitespace();
    let cleaned = cleaned.trim_start_matches(ends).trim_end_matches(ends);
    if cleaned.is_empty() {
        return None;
    }
    let name = if is_device(cleaned) { format!("_{cleaned}") } else { cleaned.to_owned() };
    // A cut can end in a dot or a space.
    Some(shortened(&name).trim_end_matches(ends).to_owned()).filter(|name| !name.is_empty())
}

/// Returns whether a character is invisible and changes the direction of the text, so that `exe.fdp` can look like
/// `pdf.exe`.
fn changes_direction(character: char) -> bool {
    matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether Windows opens a device in place of a file with this name.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = ["COM", "LPT"].iter().filter_map(|prefix| stem.strip_prefix(prefix)).any(|number| {
        let mut characters = number.chars();
        let digit = characters.next();
        // The superscripts are digits of device names too.
        digit.is_some_and(|digit| digit.is_ascii_digit() || matches!(digit, '¹' | '²' | '³'))
            && characters.next().is_none()
    });
    numbered || DEVICES.contains(&stem.as_str())
}

/// Splits a name into its stem and its extension with the dot; the extension is empty if there is none.
pub(crate) fn stem_and_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MAX_EXTENSION => name.split_at(at),
        _ => (name, ""),
    }
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let (stem, extension) = stem_and_extension(name);
    let mut end = MAX_NAME.saturating_sub(extension.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

/// Returns the extension for a media type, with the dot, for files that the server does not name.
pub(crate) fn extension_of(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/pdf" => ".pdf",
        "image/png" => ".png",
        "image/jpeg" | "image/jpg" => ".jpg",
        "image/gif" => ".gif",
        "image/bmp" => ".bmp",
        "image/svg+xml" => ".svg",
        "image/webp" => ".webp",
        "text/plain" => ".txt",
        "text/html" => ".html",
        "text/csv" => ".csv",
        "application/zip" => ".zip",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_a_server_become_safe() {
        for (name, expected) in [
            ("offer.pdf", Some("offer.pdf")),
            ("Größe 写真.png", Some("Größe 写真.png")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Temp\\x.doc", Some("x.doc")),
            ("a.pdf:stream", Some("stream")),
            ("/", None),
            ("..", None),
            (" . . ", None),
            ("", None),
            (".bashrc", Some("bashrc")),
            ("...hidden.txt", Some("hidden.txt")),
            ("name. . ", Some("name")),
            ("a\u{0}b\nc\u{7f}.txt", Some("abc.txt")),
            ("invoice\u{202e}fdp.exe", Some("invoicefdp.exe")),
            ("a<b>c\"d|e?f*g.txt", Some("a_b_c_d_e_f_g.txt")),
            ("CON", Some("_CON")),
            ("nul.txt", Some("_nul.txt")),
            ("Aux .tar.gz", Some("_Aux .tar.gz")),
            ("com1.log", Some("_com1.log")),
            ("LPT³", Some("_LPT³")),
            ("conin$", Some("_conin$")),
            ("COM10.log", Some("COM10.log")),
            ("console.log", Some("console.log")),
        ] {
            assert_eq!(safe_file_name(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_shortened_and_keeps_its_extension() {
        for (name, extension) in [
            (format!("{}.pdf", "a".repeat(500)), ".pdf"),
            (format!("{}.pdf", "写".repeat(500)), ".pdf"),
            ("é".repeat(500), ""),
            // An extension that is not one.
            (format!("a.{}", "b".repeat(500)), ""),
        ] {
            let safe = safe_file_name(&name).unwrap();
            assert!(safe.len() <= MAX_NAME && safe.len() > MAX_NAME - 8 && safe.ends_with(extension), "{safe}");
        }
    }

    #[test]
    fn every_safe_name_is_safe_again() {
        for name in ["CON.CON", "..CON", " .nul", "a".repeat(199).as_str(), "x. ", "_", "COM1:NUL"] {
            if let Some(safe) = safe_file_name(name) {
                assert_eq!(safe_file_name(&safe).as_deref(), Some(safe.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn names_of_uploads_are_checked() {
        for (name, is_valid) in [
            ("a.txt", true),
            ("Größe 写真.png", true),
            (".env", true),
            ("", false),
            ("  ", false),
            ("..", false),
            ("a\r\nb", false),
            ("a/b", false),
            ("a\\b", false),
        ] {
            assert_eq!(checked_file_name(name).is_ok(), is_valid, "{name:?}");
        }
    }
}

//! The types of documents, which follow from the names of their files.

use serde_json::{Value, json};

use super::into_object;
use super::references::reference_with_link;

/// The types of documents: the id, the name, and the extensions of their files. The list of types has no endpoint, and
/// the types of live servers are not known. Other files are of the last type.
const TYPES: &[(i64, &str, &[&str])] = &[
    (1, "PDF", &["pdf"]),
    (2, "Image", &["png", "jpg", "jpeg", "gif", "bmp"]),
    (3, "Text", &["txt", "csv", "log"]),
    (4, "Other", &[]),
];

/// Returns whether a file is a picture, according to its name.
pub(crate) fn is_image(file_name: &str) -> bool {
    type_of_file(file_name).is_some_and(|(id, ..)| *id == 2)
}

fn type_of_file(file_name: &str) -> Option<&'static (i64, &'static str, &'static [&'static str])> {
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_of = |known: &&(i64, &str, &[&str])| known.2.iter().any(|other| other.eq_ignore_ascii_case(extension));
    TYPES.iter().find(is_of).or_else(|| TYPES.last())
}

/// Returns the reference to the type of a document with a file of this name.
pub(crate) fn document_type(file_name: &str) -> Value {
    let Some((id, name, _)) = type_of_file(file_name) else { return Value::Null };
    let fields = into_object(json!({"id": id, "name": name}));
    reference_with_link("DocumentTypeReference", fields, "/system/documentTypes", *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_the_names_of_files() {
        for (file, name, image) in [
            ("a.PDF", "PDF", false),
            ("a.b.jpg", "Image", true),
            ("x.log", "Text", false),
            ("archive.zip", "Other", false),
            ("png", "Other", false),
        ] {
            assert_eq!((document_type(file)["name"].as_str(), is_image(file)), (Some(name), image), "{file}");
        }
    }
}

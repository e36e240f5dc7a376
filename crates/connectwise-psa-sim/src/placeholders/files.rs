//! Placeholder files: valid but nearly empty pictures, documents and pages.

use bytes::Bytes;
use http::StatusCode;

use crate::http::Response;

/// Returns the content of a file with a name and a title: a PDF that shows the title, an image, or else a text with the
/// title. It is always the same, so it need not be stored.
pub(crate) fn sample(file_name: &str, title: &str) -> Vec<u8> {
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("pdf") => pdf(title).into_bytes(),
        Some("png") => PNG.to_vec(),
        Some("csv") => format!("title\r\n\"{}\"\r\n", title.replace('"', "\"\"")).into_bytes(),
        _ => format!("{title}\r\n").into_bytes(),
    }
}

/// A response with a PDF that has a name and shows a title.
pub(crate) fn named_pdf(file_name: &str, title: &str) -> Response {
    Response::new(StatusCode::OK, "application/pdf", Bytes::from(pdf(title)))
        .with_header("content-disposition", &format!("attachment; filename={file_name}"))
}

/// A response with a valid but empty file of a media type: a PDF, an HTML page, or else an image.
pub(crate) fn placeholder_file(media_type: &str) -> Response {
    let (media_type, name, body): (&'static str, _, Bytes) = if media_type.contains("pdf") {
        ("application/pdf", "document.pdf", Bytes::from(pdf("")))
    } else if media_type.contains("html") {
        ("text/html", "form.html", Bytes::from_static(b"<html><body><form></form></body></html>"))
    } else {
        ("image/png", "image.png", Bytes::from_static(PNG))
    };
    // Observed on live servers: the file name may be unquoted.
    Response::new(StatusCode::OK, media_type, body)
        .with_header("content-disposition", &format!("attachment; filename={name}"))
}

/// An image of one pixel.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\
    \x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x00\x01\x01\x01\x00\xb1\x38\xf6\x14\x00\x00\x00\x00\x49\x45\x4e\x44\xae\
    \x42\x60\x82";

/// Returns a PDF with one page, which shows a line of text. Characters outside of ASCII are shown as `?`.
fn pdf(line: &str) -> String {
    let printable = |character: char| match character {
        '(' | ')' | '\\' => format!("\\{character}"),
        ' '..='~' => character.to_string(),
        _ => "?".to_owned(),
    };
    let shown: String = line.chars().map(printable).collect();
    let content = format!("BT /F1 14 Tf 56 760 Td ({shown}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(text.len());
        text.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = text.len();
    text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pdf_offsets_point_to_the_objects_and_the_image_is_a_png() {
        let text = pdf("Invoice (5) for Börse");
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(text[start..].starts_with("xref\n0 6\n"));
        for (number, line) in text[start..].lines().skip(3).take(5).enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{} 0 obj", number + 1)) && line.len() == 19);
        }
        assert!(text.contains(r"(Invoice \(5\) for B?rse) Tj") && text.is_ascii());
        assert_eq!((&PNG[1..4], &PNG[PNG.len() - 8..PNG.len() - 4]), (&b"PNG"[..], &b"IEND"[..]));
    }

    #[test]
    fn samples_have_the_format_of_their_names() {
        for (name, start) in [("a.PDF", "%PDF"), ("a.txt", "Title"), ("a", "Title"), ("a.csv", "title\r\n\"Title\"")] {
            assert!(sample(name, "Title").starts_with(start.as_bytes()), "{name}");
        }
        assert_eq!(sample("a.png", ""), PNG);
    }
}

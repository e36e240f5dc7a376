//! Placeholder files: valid but empty pictures, invoices and pages.

use bytes::Bytes;
use http::StatusCode;

use crate::http::Response;

/// A response with a valid but empty file of a media type: a PDF, an HTML page, or else an image.
pub(crate) fn placeholder_file(media_type: &str) -> Response {
    let (media_type, name, body): (&'static str, _, Bytes) = if media_type.contains("pdf") {
        ("application/pdf", "invoice.pdf", Bytes::from(pdf()))
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

/// Returns a PDF with one empty page.
fn pdf() -> String {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
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
        let text = pdf();
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(text[start..].starts_with("xref\n0 4\n"));
        for (number, line) in text[start..].lines().skip(3).take(3).enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{} 0 obj", number + 1)) && line.len() == 19);
        }
        assert_eq!((&PNG[1..4], &PNG[PNG.len() - 8..PNG.len() - 4]), (&b"PNG"[..], &b"IEND"[..]));
    }
}

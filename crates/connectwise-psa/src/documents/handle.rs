//! The handle `psa.documents()`: uploads, lists and downloads.

use connectwise_psa_bindings::system::ListDocumentsParameters;
use connectwise_psa_bindings::types::{DocumentFormData, DocumentInfo, DocumentRecordType};
use connectwise_psa_core::calls::{Call, List, RequestBuilder};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::{Download, Request};

use crate::client::Psa;
use crate::documents::inline_image::is_inline_image;
use crate::documents::source::FileSource;
use crate::documents::upload::DocumentUpload;
use crate::raw::path::target;

impl Psa {
    /// Documents, images and other files: uploads, lists and downloads.
    #[must_use]
    pub fn documents(&self) -> Documents {
        Documents { psa: self.clone() }
    }
}

/// Documents, images and other files; see [`Psa::documents`].
///
/// Every function that downloads returns a [`Call`] of a [`Download`]: read it as a stream, or import
/// [`SaveFile`](crate::documents::SaveFile) and save it to a file. A web page or an error object in place of a file is an
/// error whose [`is_unexpected_response`](Error::is_unexpected_response) is true.
#[derive(Clone, Debug)]
pub struct Documents {
    psa: Psa,
}

impl Documents {
    /// Uploads a file and attaches it to a record. The caller needs the right *Manage Attachments* (Add). The tenant's
    /// settings limit the sizes and the types of files.
    ///
    /// Observed on live servers: project tickets have a record type of their own, `ProjectTicket`.
    pub fn upload(
        &self,
        record_type: impl Into<DocumentRecordType>,
        record_id: i32,
        file: FileSource,
    ) -> DocumentUpload {
        DocumentUpload::new(&self.psa, form(record_type, record_id), Some(file))
    }

    /// Attaches a link to a record: a document that has a URL in place of a file.
    pub fn link(
        &self,
        record_type: impl Into<DocumentRecordType>,
        record_id: i32,
        url: impl Into<String>,
    ) -> DocumentUpload {
        let url = url.into();
        let is_invalid = url.trim().is_empty() || url.chars().any(char::is_control);
        let form = DocumentFormData { url: Some(url), ..form(record_type, record_id) };
        let upload = DocumentUpload::new(&self.psa, form, None);
        if is_invalid {
            upload.failed(Error::invalid_input("url", "is empty or contains control characters"))
        } else {
            upload
        }
    }

    /// Lists the documents of a record. The records describe the documents; [`download`](Self::download) returns their
    /// content.
    pub fn of(&self, record_type: impl Into<DocumentRecordType>, record_id: i32) -> List<DocumentInfo> {
        let parameters = ListDocumentsParameters::new().record_type(record_type).record_id(record_id);
        self.psa.system().list_documents_with(&parameters)
    }

    /// Downloads a document. A document that is a link has no content.
    pub fn download(&self, id: i32) -> Call<Download> {
        self.psa.system().download_document(id)
    }

    /// Downloads the thumbnail of a document that is an image.
    pub fn thumbnail(&self, id: i32) -> Call<Download> {
        self.psa.system().download_document_thumbnail(id)
    }

    /// Downloads the image of a contact.
    #[cfg(feature = "company")]
    pub fn contact_image(&self, contact_id: i32) -> Call<Download> {
        self.psa.company().download_contact_image(contact_id)
    }

    /// Downloads the image of a member.
    pub fn member_image(&self, member_id: i32) -> Call<Download> {
        self.psa.system().download_member_image(member_id)
    }

    /// Downloads the icon of a priority.
    #[cfg(feature = "service")]
    pub fn priority_image(&self, priority_id: i32) -> Call<Download> {
        self.psa.service().download_priority_image(priority_id)
    }

    /// Downloads the icon of a menu entry.
    pub fn menu_entry_image(&self, menu_entry_id: i32) -> Call<Download> {
        self.psa.system().download_menu_entry_image(menu_entry_id)
    }

    /// Downloads an invoice as a PDF.
    #[cfg(feature = "finance")]
    pub fn invoice_pdf(&self, invoice_id: i32) -> Call<Download> {
        self.psa.finance().download_invoice_pdf(invoice_id)
    }

    /// Downloads an image inside the text of a note. `link` is one of
    /// [`inline_image_links`](crate::documents::inline_image_links): a path, or a URL of this client's server. Any other
    /// link is invalid input, so a note cannot make the client request something else.
    pub fn inline_image(&self, link: &str) -> Call<Download> {
        match self.inline_image_path(link) {
            Ok(path) => {
                let mut request = Request::new(Method::Get, path);
                request.outside_api = true;
                RequestBuilder::from_request(self.psa.connection(), request).download()
            }
            Err(problem) => {
                let request = RequestBuilder::from_request(self.psa.connection(), Request::new(Method::Get, "/"));
                request.failed(Error::invalid_input("link", problem)).download()
            }
        }
    }

    /// Returns the path of an inline image on the server.
    fn inline_image_path(&self, link: &str) -> Result<String, String> {
        let link = link.trim();
        if !is_inline_image(link) {
            return Err("is not the link of an inline image".to_owned());
        }
        if link.starts_with('/') && !link.starts_with("//") {
            return Ok(link.to_owned());
        }
        target(link, &self.psa.pipeline().shared.endpoint.known()).map(|target| target.path)
    }
}

fn form(record_type: impl Into<DocumentRecordType>, record_id: i32) -> DocumentFormData {
    DocumentFormData {
        record_type: Some(record_type.into()),
        record_id: Some(record_id),
        ..DocumentFormData::default()
    }
}

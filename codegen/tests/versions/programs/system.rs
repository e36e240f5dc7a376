//! What users write about documents, reports and members: uploads, enum parameters, rows and plain values.

use bindings::system::{Client, ListDocumentsParameters};
use bindings::types::{DocumentFormData, DocumentRecordType, Member, MemberLicenseClass};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::DateTime;
use connectwise_psa_core::transport::Upload;

pub async fn documents(client: &Client) -> Result<(), Error> {
    client.list_documents().all().await?;
    let parameters = ListDocumentsParameters::new().record_type(DocumentRecordType::Ticket).record_id(7);
    let documents = client.list_documents_with(&parameters).select(|document| (document.id(), document.title())).all().await?;
    let form = DocumentFormData { title: Some("Photo".to_owned()), record_id: Some(7), ..Default::default() };
    client.upload_document(&form, Some(Upload::from_bytes("photo.png", vec![1, 2, 3]))).await?;
    for document in documents {
        let file = client.download_document(document.id.unwrap_or_default()).await?;
        let _ = file.into_stream();
    }
    Ok(())
}

pub async fn reports(client: &Client) -> Result<(), Error> {
    let report = client.get_report("Time").await?;
    let rows = report.row_values.unwrap_or_default();
    let _: Option<&connectwise_psa_core::serde_json::Value> = rows.first().and_then(|row| row.first());
    for columns in client.list_report_columns("Time").all().await? {
        let _: Option<Option<String>> = columns.get("hours").map(|column| column.type_.clone());
    }
    Ok(())
}

pub async fn members(client: &Client, since: DateTime) -> Result<(), Error> {
    let member = Member::new("aarcher", MemberLicenseClass::F);
    client.create_member(&member).await?;
    let members = client.list_members().filter(|member| member.hire_date().ge(since).and(member.hourly_cost().gt(10))).all().await?;
    let _: Vec<&str> = members
        .iter()
        .filter_map(|member| member.license_class.as_ref())
        .map(|class| match class {
            MemberLicenseClass::A | MemberLicenseClass::X => "without a seat",
            _ => "with a seat",
        })
        .collect();
    let pin: i64 = client.create_member_pin(3).await?;
    let _ = pin;
    Ok(())
}

//! What users write about configurations and contacts: bulk calls, optional parameters and downloads.

use bindings::company::{BulkCreateConfigurationsParameters, Client, DeleteContactParameters, DownloadContactImageParameters};
use bindings::types::{CompanyConfiguration, Contact, ContactGender, IdCollection, ResultInfo};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::Reference;

pub async fn configurations(client: &Client) -> Result<(), Error> {
    let found = client
        .list_configurations()
        .filter(|configuration| configuration.name().like("srv*").and(configuration.active_flag().eq(true)))
        .all()
        .await?;
    let first = found.into_iter().next().unwrap_or_else(|| CompanyConfiguration::new("srv-1"));
    let _ = first.attributes.as_ref().and_then(|attributes| attributes.get("Serial number"));
    let created = client.bulk_create_configurations(&vec![first]).await?;
    let _: Option<Vec<ResultInfo>> = created.payload;
    let parameters = BulkCreateConfigurationsParameters::new().managed_flag(true);
    client.bulk_create_configurations_with(&vec![CompanyConfiguration::default()], &parameters).await?;
    client.bulk_delete_configurations(&IdCollection::new(vec![1, 2])).await?;
    Ok(())
}

pub async fn contacts(client: &Client) -> Result<(), Error> {
    let contact = Contact {
        company: Some(Reference::from(5).into()),
        nick_name: Some("Annie".to_owned()),
        gender: Some(ContactGender::Female),
        ..Contact::new("Anna", "Archer")
    };
    client.create_contact(&contact).await?;
    let women = client.list_contacts().filter(|contact| contact.gender().eq(ContactGender::Female)).all().await?;
    for contact in women {
        let _: (Option<String>, Option<String>) = (contact.first_name, contact.last_name);
    }
    client.delete_contact(3).await?;
    client.delete_contact_with(3, &DeleteContactParameters::new().transfer_contact_id(4)).await?;
    let image = client.download_contact_image(3).await?;
    let _ = image.into_stream();
    client.download_contact_image_with(3, &DownloadContactImageParameters::new().use_default_flag(false)).await?;
    Ok(())
}

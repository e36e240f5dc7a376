//! The set-up of hosted pages: which page PSA shows on which screen.

use connectwise_psa_bindings::types::{ConnectWiseHostedScreen, ConnectWiseHostedSetup, ConnectWiseHostedSetupType};
use connectwise_psa_core::error::Error;
use url::Url;

use crate::client::Psa;

/// The hosted pages that are set up in PSA; see [`Psa::hosted_pages`].
#[derive(Clone, Debug)]
pub struct HostedPages {
    psa: Psa,
}

impl Psa {
    /// Returns a handle to the pages that PSA shows in a frame: pods, tabs and toolbar buttons of its screens.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::hosted::HostedPage;
    ///
    /// let pages = psa.hosted_pages();
    /// let screen = pages.screen("ticket").await?;
    /// // PSA replaces `[cw_id]` with the id of the record that the screen shows.
    /// let page = HostedPage::pod(screen, "Devices", "https://pods.example.com/devices?id=[cw_id]").pod_height(300);
    /// pages.create(&page).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn hosted_pages(&self) -> HostedPages {
        HostedPages { psa: self.clone() }
    }
}

/// A page to set up as a pod, a tab or a toolbar button.
///
/// The URL is sent as it is: PSA replaces placeholders in brackets when it opens the page, such as `[cw_id]` with the id
/// of the record. Its length is limited to 1,024 characters, that of the description to 50.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a page does nothing by itself: pass it to `create`"]
pub struct HostedPage(ConnectWiseHostedSetup);

impl HostedPage {
    fn new(screen_id: i32, description: &str, url: &str, kind: ConnectWiseHostedSetupType) -> Self {
        let url = url.trim();
        let origin = Url::parse(url).ok().filter(|url| url.has_host()).map(|url| url.origin().ascii_serialization());
        Self(ConnectWiseHostedSetup { origin, ..ConnectWiseHostedSetup::new(screen_id, description.trim(), url, kind) })
    }

    /// Creates a page in a pod of a screen.
    pub fn pod(screen_id: i32, description: &str, url: &str) -> Self {
        Self::new(screen_id, description, url, ConnectWiseHostedSetupType::Pod)
    }

    /// Creates a page in a tab of a screen.
    pub fn tab(screen_id: i32, description: &str, url: &str) -> Self {
        Self::new(screen_id, description, url, ConnectWiseHostedSetupType::Tab)
    }

    /// Creates a page that a toolbar button of a screen opens in a dialog. The text of the button has at most 50
    /// characters.
    pub fn toolbar_button(screen_id: i32, description: &str, url: &str, text: &str) -> Self {
        let Self(setup) = Self::new(screen_id, description, url, ConnectWiseHostedSetupType::ToolbarButton);
        Self(ConnectWiseHostedSetup { toolbar_button_text: Some(text.trim().to_owned()), ..setup })
    }

    /// Sets the origin whose messages PSA accepts. The default is the origin of the URL, such as
    /// `https://pods.example.com`.
    pub fn origin(mut self, origin: &str) -> Self {
        self.0.origin = Some(origin.trim().to_owned());
        self
    }

    /// Sets the height of the pod, in pixels.
    pub fn pod_height(mut self, pixels: i32) -> Self {
        self.0.pod_height = Some(pixels);
        self
    }

    /// Sets the width and the height of the dialog that the toolbar button opens, in pixels.
    pub fn dialog_size(mut self, width: i32, height: i32) -> Self {
        self.0.toolbar_button_dialog_width = Some(width);
        self.0.toolbar_button_dialog_height = Some(height);
        self
    }

    /// Sets the text that is shown when the pointer is on the toolbar button. At most 50 characters.
    pub fn tool_tip(mut self, text: &str) -> Self {
        self.0.toolbar_button_tool_tip = Some(text.trim().to_owned());
        self
    }

    /// Sets the icon of the toolbar button: the id of a document.
    pub fn icon(mut self, document_id: i32) -> Self {
        self.0.toolbar_button_icon_document_id = Some(document_id);
        self
    }

    /// Shows the page only to members of these locations (ids).
    pub fn locations(mut self, ids: impl IntoIterator<Item = i32>) -> Self {
        self.0.location_ids = Some(ids.into_iter().map(i64::from).collect());
        self.0.locations_enabled_flag = Some(true);
        self
    }

    /// Sets the client id of the program that the page belongs to.
    pub fn client_id(mut self, client_id: &str) -> Self {
        self.0.client_id = Some(client_id.trim().to_owned());
        self
    }

    /// Returns the record that [`HostedPages::create`] sends, for example to compare it with the pages that exist.
    #[must_use]
    pub fn record(&self) -> &ConnectWiseHostedSetup {
        &self.0
    }

    /// Checks what can be checked without the server. The lengths are checked when the record is sent.
    fn check(&self) -> Result<(), Error> {
        let Self(setup) = self;
        let url = setup.url.as_deref().unwrap_or_default();
        // PSA puts an id in place of a placeholder. A placeholder in the host would let a record choose the host.
        let is_valid = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            && !url.chars().any(|c| c.is_whitespace() || c.is_control());
        if !is_valid {
            return Err(Error::invalid_input(
                "url",
                "is not an absolute http or https URL, such as https://pods.example.com/?id=[cw_id]",
            ));
        }
        if setup.description.as_deref().is_none_or(str::is_empty) {
            return Err(Error::invalid_input("description", "is empty"));
        }
        if setup.screen_id.is_none_or(|id| id < 1) {
            return Err(Error::invalid_input("screenId", "is not the id of a screen; `screens` lists them"));
        }
        let is_button = matches!(setup.type_, Some(ConnectWiseHostedSetupType::ToolbarButton));
        if is_button && setup.toolbar_button_text.as_deref().is_none_or(str::is_empty) {
            return Err(Error::invalid_input("toolbarButtonText", "is empty"));
        }
        Ok(())
    }
}

impl HostedPages {
    /// Returns the pages that are set up, those of other integrations too.
    ///
    /// # Errors
    ///
    /// The errors of the list. The API member needs the right `Manage Hosted API` in `Table Setup`.
    pub async fn list(&self) -> Result<Vec<ConnectWiseHostedSetup>, Error> {
        self.psa.system().list_connectwise_hosted_setups().all().await
    }

    /// Returns the screens that can show hosted pages.
    ///
    /// # Errors
    ///
    /// The errors of the list.
    pub async fn screens(&self) -> Result<Vec<ConnectWiseHostedScreen>, Error> {
        self.psa.system().list_connectwise_hosted_screens().all().await
    }

    /// Returns the id of a screen by its name in messages (`ticket`) or in PSA (`Service Ticket`), in any letter case.
    ///
    /// # Errors
    ///
    /// The errors of the list, and an invalid-input error that lists the screens if there is none with this name.
    pub async fn screen(&self, name: &str) -> Result<i32, Error> {
        let screens = self.screens().await?;
        let is_named =
            |text: &Option<String>| text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(name.trim()));
        let found = screens.iter().find(|screen| is_named(&screen.screen_id) || is_named(&screen.name));
        found.and_then(|screen| screen.id).ok_or_else(|| {
            let names: Vec<_> = screens.iter().filter_map(|screen| screen.name.as_deref()).take(50).collect();
            Error::invalid_input("screen", format!("{name:?} does not exist; the screens are {}", names.join(", ")))
        })
    }

    /// Sets up a page. PSA does not prevent that the same page is set up twice; look at [`list`](Self::list) first.
    ///
    /// # Errors
    ///
    /// Invalid input, and the errors of the call.
    pub async fn create(&self, page: &HostedPage) -> Result<ConnectWiseHostedSetup, Error> {
        page.check()?;
        self.psa.system().create_connectwise_hosted_setup(&page.0).await
    }

    /// Deletes a page.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn delete(&self, id: i32) -> Result<(), Error> {
        self.psa.system().delete_connectwise_hosted_setup(id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stay_in_the_url_and_the_origin_follows_from_it() {
        let page = HostedPage::pod(1, "Devices", " https://pods.example.com:8443/[cw_id]?id=[cw_id] ");
        page.check().unwrap();
        let record = page.record();
        assert_eq!(
            (record.url.as_deref(), record.origin.as_deref()),
            (Some("https://pods.example.com:8443/[cw_id]?id=[cw_id]"), Some("https://pods.example.com:8443"))
        );
        let json = serde_json::to_string(record).unwrap();
        assert!(json.contains("?id=[cw_id]\""), "{json}");
        let other = page.origin("https://other.example").record().origin.clone();
        assert_eq!(other.as_deref(), Some("https://other.example"));
    }

    #[test]
    fn invalid_pages_are_rejected() {
        for (page, parameter) in [
            (HostedPage::pod(1, "x", "/devices"), "url"),
            (HostedPage::pod(1, "x", "javascript:alert(1)"), "url"),
            (HostedPage::pod(1, "x", "https://[cw_id].example/"), "url"),
            (HostedPage::pod(1, " ", "https://h/"), "description"),
            (HostedPage::tab(0, "x", "https://h/"), "screenId"),
            (HostedPage::toolbar_button(1, "x", "https://h/", ""), "toolbarButtonText"),
        ] {
            assert_eq!(page.check().unwrap_err().parameter(), Some(parameter));
        }
    }
}

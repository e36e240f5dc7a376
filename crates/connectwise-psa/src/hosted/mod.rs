//! Pages that PSA shows in a frame (the Hosted API): their set-up, their messages, and their credentials.
//!
//! A hosted page is a pod, a tab, or a toolbar button of a screen. PSA opens its URL in a frame, and the page and PSA
//! exchange messages with `window.postMessage`. The page's script passes the messages on to your server, which reads
//! them with [`FrameMessage`] and writes them with [`PageMessage`].
//!
//! - **Check the origin.** Any page can post messages to yours. The script must compare `event.origin` with the host that
//!   members log in to, such as `https://na.myconnectwise.net`, and must pass that origin, not `*`, to `postMessage`.
//! - **Texts of records are hostile.** Customers write them, by e-mail for example. Never insert them into a page as
//!   HTML.
//! - **Nothing in a message is proven.** The browser sends it. A member is who it says only after PSA has accepted its
//!   hash: see [`MemberAuthentication`].

mod authentication;
mod frame_message;
mod page_message;
#[cfg(feature = "system")]
mod set_up;

pub use authentication::MemberAuthentication;
pub use frame_message::{FrameEvent, FrameMessage, HostedAs, MessageError, ScreenObject};
pub use page_message::PageMessage;
#[cfg(feature = "system")]
pub use set_up::{HostedPage, HostedPages};

//! The regions of the ConnectWise cloud.

use std::fmt;
use std::str::FromStr;

use connectwise_psa_core::error::Error;

/// A region of the ConnectWise cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// North America: `na.myconnectwise.net`.
    Na,
    /// Europe: `eu.myconnectwise.net`.
    Eu,
    /// Australia: `au.myconnectwise.net`.
    Au,
    /// Australia, second host name: `aus.myconnectwise.net`.
    Aus,
    /// South Africa: `za.myconnectwise.net`.
    Za,
    /// ConnectWise's staging servers: `staging.connectwisedev.com`.
    Staging,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 6] = [Self::Na, Self::Eu, Self::Au, Self::Aus, Self::Za, Self::Staging];

    /// Returns the short name: `na`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Na => "na",
            Self::Eu => "eu",
            Self::Au => "au",
            Self::Aus => "aus",
            Self::Za => "za",
            Self::Staging => "staging",
        }
    }

    /// Returns the host that members log in to: `na.myconnectwise.net`.
    #[must_use]
    pub fn host(self) -> String {
        let domain = if self == Self::Staging { "connectwisedev.com" } else { "myconnectwise.net" };
        format!("{}.{domain}", self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|region| text.trim().eq_ignore_ascii_case(region.as_str()));
        found.ok_or_else(|| {
            Error::invalid_input("region", format!("is {text:?}; the regions are na, eu, au, aus, za and staging"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::site::Site;

    #[test]
    fn every_region_is_parsed_from_its_name_and_belongs_to_the_cloud() {
        for region in Region::ALL {
            assert_eq!(region.to_string().to_uppercase().parse::<Region>().unwrap(), region);
            assert!(Site::from_host(&region.host()).unwrap().is_cloud);
        }
        assert!("mars".parse::<Region>().unwrap_err().to_string().contains("na, eu, au, aus, za and staging"));
    }
}

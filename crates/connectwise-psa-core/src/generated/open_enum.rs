//! `open_enum!`: an enum of strings that keeps unknown values.

/// Defines an enum of strings that keeps unknown values. Observed on live servers: values are added without a new
/// version.
///
/// ```
/// use connectwise_psa_core as psa;
///
/// psa::open_enum! {
///     /// The severity of a ticket.
///     pub enum Severity {
///         /// Low.
///         Low => "Low",
///         /// High.
///         High => "High",
///     }
/// }
///
/// assert_eq!(Severity::from("High"), Severity::High);
/// assert_eq!(Severity::from("Critical").as_str(), "Critical");
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        $visibility enum $name {
            $($(#[$variant_meta])* $variant,)*
            /// A value that the OpenAPI document does not list. It is written back unchanged.
            Unrecognized(::std::string::String),
        }

        impl $name {
            /// The values that the OpenAPI document lists.
            pub const VALUES: &'static [&'static str] = &[$($text),*];

            /// Returns the string that JSON holds for the value.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unrecognized(text) => text,
                }
            }

            #[inline]
            fn known(text: &str) -> ::core::option::Option<Self> {
                match text {
                    $($text => ::core::option::Option::Some(Self::$variant),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl $crate::generated::OpenEnum for $name {
            const NAME: &'static str = ::core::stringify!($name);
            const VALUES: &'static [&'static str] = Self::VALUES;

            #[inline]
            fn as_str(&self) -> &str {
                Self::as_str(self)
            }
        }

        impl ::core::convert::From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Unrecognized(text.into()))
            }
        }

        impl ::core::convert::From<::std::string::String> for $name {
            #[inline]
            fn from(text: ::std::string::String) -> Self {
                Self::known(&text).unwrap_or_else(|| Self::Unrecognized(text))
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = ::core::convert::Infallible;

            #[inline]
            fn from_str(text: &str) -> ::core::result::Result<Self, ::core::convert::Infallible> {
                ::core::result::Result::Ok(Self::from(text))
            }
        }

        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        // Compares the strings, so that `Unrecognized("High")` equals `High`.
        impl ::core::cmp::PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl ::core::cmp::Eq for $name {}

        impl ::core::hash::Hash for $name {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(self.as_str(), state);
            }
        }

        impl $crate::generated::Serialize for $name {
            fn serialize<S: $crate::generated::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::generated::Deserialize<'de> for $name {
            fn deserialize<D: $crate::generated::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                $crate::generated::required_text(from).map(|text| Self::from(text.as_ref()))
            }
        }

        impl $crate::generated::Property for $name {
            fn read_property<'de, D: $crate::generated::Deserializer<'de>>(
                from: D,
            ) -> ::core::result::Result<::core::option::Option<Self>, D::Error> {
                $crate::generated::read_text(from).map(|text| text.map(|text| Self::from(text.as_ref())))
            }

            fn write_property<S: $crate::generated::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }

            #[inline]
            fn debug_property(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(self, f)
            }
        }

        impl $crate::generated::field_types::ValueOf<$crate::generated::field_types::Enumeration<Self>> for $name {
            fn literal(self) -> ::core::result::Result<$crate::generated::Literal, $crate::generated::field_types::InvalidLiteral> {
                $crate::generated::enum_literal(&self)
            }
        }

        impl $crate::generated::PathValue for $name {
            #[inline]
            fn text(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }

        impl $crate::generated::QueryValue for $name {
            #[inline]
            fn text(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }
    };
}

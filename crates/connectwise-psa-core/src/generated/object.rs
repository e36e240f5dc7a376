//! `object!`: implements the traits of a generated struct.

/// Implements `Serialize`, `Deserialize` and `Debug` for a type that implements [`Object`](crate::json::object::Object).
///
/// `object!(T, reference)` is for references: `From<i32>` creates a reference by id.
///
/// `has` lists fields of the type. Each adds an implementation: `id` implements
/// [`Record`](crate::json::record::Record), `info` adds the method that returns `_info`, and `name` and `identifier` of
/// a reference add the constructors `by_name` and `by_identifier`.
// Functions that are not generic are `#[inline]`, so that a crate compiles only those that it uses. Compiling them for
// all 700 types of the bindings would take a quarter of the build time.
#[doc(hidden)]
#[macro_export]
macro_rules! object {
    ($type:ty $(, has $($field:ident)+)?) => {
        $crate::object!(@shared $type);
        $($($crate::object!(@field $field, $type);)+)?
    };
    ($type:ty, reference $(has $($field:ident)+)?) => {
        $crate::object!(@shared $type);
        $($($crate::object!(@field $field, $type);)+)?

        impl ::core::convert::From<i32> for $type {
            /// Creates a reference to the record with this id.
            #[inline]
            fn from(id: i32) -> Self {
                Self { id: ::core::option::Option::Some(id), ..::core::default::Default::default() }
            }
        }
    };
    (@field id, $type:ty) => {
        impl $crate::generated::Record for $type {
            #[inline]
            fn optional_id(&self) -> ::core::option::Option<i32> {
                self.id
            }
        }
    };
    (@field info, $type:ty) => {
        #[allow(dead_code, unreachable_pub, reason = "the macro also serves private types")]
        impl $type {
            /// Returns `_info`: who created and updated the record, and when.
            #[inline]
            #[must_use]
            pub fn info(&self) -> ::core::option::Option<&$crate::generated::RecordInfo> {
                self.info.as_ref()
            }
        }
    };
    (@field name, $type:ty) => {
        #[allow(dead_code, unreachable_pub, reason = "the macro also serves private types")]
        impl $type {
            /// Creates a reference to the record with this name.
            #[inline]
            #[must_use]
            pub fn by_name(name: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self { name: ::core::option::Option::Some(name.into()), ..::core::default::Default::default() }
            }
        }
    };
    (@field identifier, $type:ty) => {
        #[allow(dead_code, unreachable_pub, reason = "the macro also serves private types")]
        impl $type {
            /// Creates a reference to the record with this identifier, its short text id.
            #[inline]
            #[must_use]
            pub fn by_identifier(identifier: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self { identifier: ::core::option::Option::Some(identifier.into()), ..::core::default::Default::default() }
            }
        }
    };
    (@shared $type:ty) => {
        #[allow(dead_code, unreachable_pub, reason = "the macro also serves private types")]
        impl $type {
            /// Checks the lengths of all strings, also in the objects inside. Lengths are counted in UTF-16 code units.
            ///
            /// # Errors
            ///
            /// An invalid-input error that lists every string that is too long.
            #[inline]
            pub fn check_lengths(&self) -> ::core::result::Result<(), $crate::generated::Error> {
                $crate::generated::check_lengths(self)
            }
        }

        impl $crate::generated::Serialize for $type {
            fn serialize<S: $crate::generated::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::generated::write_object(self, to)
            }
        }

        impl<'de> $crate::generated::Deserialize<'de> for $type {
            fn deserialize<D: $crate::generated::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                $crate::generated::read_object(from)
            }
        }

        impl ::core::fmt::Debug for $type {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::generated::debug_object(self, f)
            }
        }

        impl $crate::generated::ObjectValue for $type {}
    };
}

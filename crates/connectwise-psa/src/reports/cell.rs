//! Converts the cells of a row to the fields of a type, as leniently as the fields of records are read.

use std::fmt;

use connectwise_psa_core::json::{Date, DateTime, Property};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use crate::reports::column::ReportColumn;

/// Reads a cell into any field type of records, such as [`Date`](crate::Date) or [`Amount`](crate::Amount): for fields
/// with `#[serde(default, deserialize_with = "connectwise_psa::reports::lenient")]`. A missing value is `None`.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Row {
///     #[serde(default, deserialize_with = "connectwise_psa::reports::lenient")]
///     required_date: Option<connectwise_psa::Date>,
/// }
///
/// let row: Row = serde_json::from_str(r#"{"required_date":"2026-06-09T00:00:00"}"#)?;
/// assert_eq!(row.required_date.map(|date| date.to_string()).as_deref(), Some("2026-06-09"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// The input's error, if the value does not have this type.
pub fn lenient<'de, T: Property, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::read_property(from)
}

/// Converts a row. The error is a clause that names the column.
pub(crate) fn decode<T: DeserializeOwned>(columns: &[ReportColumn], cells: &[Box<RawValue>]) -> Result<T, String> {
    T::deserialize(Row { columns, cells }).map_err(|problem| problem.0)
}

/// The error of a conversion, with the name of the column.
#[derive(Debug)]
struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A row as an object whose fields are the columns.
struct Row<'r> {
    columns: &'r [ReportColumn],
    cells: &'r [Box<RawValue>],
}

impl<'de> Deserializer<'de> for Row<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(Cells { row: self, fields: &[], index: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_map(Cells { row: self, fields, index: 0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The cells of a row, of which those before `index` have been read.
struct Cells<'r> {
    row: Row<'r>,
    fields: &'static [&'static str],
    index: usize,
}

impl Cells<'_> {
    /// Returns the name of the field for a column: the field with this name, or else the one with this name in another
    /// letter case that no column has exactly.
    fn field<'a>(&self, column: &'a ReportColumn) -> &'a str {
        let name = column.name.as_str();
        if self.fields.contains(&name) {
            return name;
        }
        let lower = name.to_lowercase();
        let is_free = |field: &str| self.row.columns.iter().all(|column| column.name != field);
        self.fields.iter().find(|field| field.to_lowercase() == lower && is_free(field)).copied().unwrap_or(name)
    }
}

impl<'de> MapAccess<'de> for Cells<'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        match self.row.columns.get(self.index) {
            Some(column) => {
                let name: StrDeserializer<'_, Problem> = self.field(column).into_deserializer();
                seed.deserialize(name).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (Some(column), Some(cell)) = (self.row.columns.get(self.index), self.row.cells.get(self.index)) else {
            return Err(Problem::custom("a value is missing"));
        };
        self.index += 1;
        let value =
            seed.deserialize(Cell { text: cell.get(), is_date: column.data_type.to_lowercase().contains("date") });
        value.map_err(|problem| Problem(format!("column `{}`: {problem}", column.name)))
    }
}

/// The JSON of one cell.
struct Cell<'r> {
    text: &'r str,
    /// Whether the column has dates.
    is_date: bool,
}

impl Cell<'_> {
    fn read<T: Property>(&self) -> Result<Option<T>, Problem> {
        T::read_property(&mut serde_json::Deserializer::from_str(self.text)).map_err(|error| {
            // The position in the text of one value tells nothing.
            let message = error.to_string();
            Problem(message.split(" at line ").next().unwrap_or(&message).to_owned())
        })
    }

    fn required<T: Property>(&self) -> Result<T, Problem> {
        self.read()?.ok_or_else(|| Problem("the value is missing".to_owned()))
    }

    fn integer<T: TryFrom<i64>>(&self) -> Result<T, Problem> {
        let number: i64 = self.required()?;
        T::try_from(number).map_err(|_| Problem(format!("{number} is too large for the type of the field")))
    }

    /// Returns a date in the notation of RFC 3339, which types of dates read; `None` if the cell is not a date.
    fn date(&self) -> Option<String> {
        if !self.is_date {
            return None;
        }
        let text: String = self.read().ok()??;
        // A date without a time stays as it is: a time zone would be invented.
        if !text.contains(['T', ':']) {
            return None;
        }
        let date: DateTime = self.read().ok()??;
        Some(date.to_rfc3339_opts(connectwise_psa_core::chrono::SecondsFormat::AutoSi, true))
    }
}

/// Implements the functions that read a scalar leniently.
macro_rules! scalars {
    ($($function:ident $read:ident $visit:ident;)*) => {
        $(fn $function<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            visitor.$visit(self.$read()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let mut from = serde_json::Deserializer::from_str(self.text);
        from.deserialize_any(visitor).map_err(Problem::custom)
    }

    scalars! {
        deserialize_bool required visit_bool;
        deserialize_i8 integer visit_i8;
        deserialize_i16 integer visit_i16;
        deserialize_i32 integer visit_i32;
        deserialize_i64 integer visit_i64;
        deserialize_u8 integer visit_u8;
        deserialize_u16 integer visit_u16;
        deserialize_u32 integer visit_u32;
        deserialize_u64 integer visit_u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let number: connectwise_psa_core::json::Amount = self.required()?;
        let number: f64 = number.to_string().parse().map_err(Problem::custom)?;
        visitor.visit_f64(number)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.date() {
            Some(date) => visitor.visit_string(date),
            None => visitor.visit_string(self.required()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let text = self.text.trim();
        // An empty text is a value of a column of texts only.
        if text == "null" || (self.is_date && self.read::<Date>().is_ok_and(|date| date.is_none())) {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Problem> {
        // Amounts ask serde_json for the text of the number by a name of their own.
        if name.starts_with('$') {
            let mut from = serde_json::Deserializer::from_str(self.text);
            return from.deserialize_newtype_struct(name, visitor).map_err(Problem::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        serde_json::Deserializer::from_str(self.text).deserialize_enum(name, variants, visitor).map_err(Problem::custom)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::column;
    use connectwise_psa_core::json::Amount;
    use serde::Deserialize;
    use serde_json::{Value, json};

    #[derive(Deserialize, Debug, PartialEq)]
    struct Typed {
        id: i32,
        name: Option<String>,
        hours: Option<f64>,
        closed: bool,
        entered: Option<DateTime>,
        #[serde(default, deserialize_with = "lenient")]
        due: Option<Date>,
        #[serde(default, deserialize_with = "lenient")]
        amount: Option<Amount>,
        #[serde(default)]
        missing: Option<i64>,
    }

    fn row(types: &str, names: &str, cells: Value) -> (Vec<ReportColumn>, Vec<Box<RawValue>>) {
        let definitions = names
            .split(' ')
            .zip(types.split(' '))
            .map(|(name, data_type)| serde_json::from_value(json!({name: {"type": data_type}})).unwrap())
            .collect();
        let cells =
            cells.as_array().unwrap().iter().map(|cell| serde_json::value::to_raw_value(cell).unwrap()).collect();
        (column::read(definitions).unwrap(), cells)
    }

    const NAMES: &str = "id Name hours closed entered due amount extra";
    const TYPES: &str = "Numeric Text Numeric Boolean DateTime DateTime Numeric Text";

    #[test]
    fn values_are_read_leniently() {
        for cells in [
            json!([5, "x", 1.5, true, "2026-06-09T21:59:49Z", "2026-06-09T00:00:00Z", 10.5, null]),
            json!(["5", "x", "1.5", "True", "2026-06-09T21:59:49", "2026-06-09", "10.5", {}]),
            json!([5.0, "x", 1.5, 1, "2026-06-09 21:59:49", "2026-06-09T00:00:00", 10.50, []]),
        ] {
            let (columns, values) = row(TYPES, NAMES, cells.clone());
            let typed: Typed = decode(&columns, &values).unwrap();
            assert_eq!(
                (typed.id, typed.name.as_deref(), typed.hours, typed.closed),
                (5, Some("x"), Some(1.5), true),
                "{cells}"
            );
            assert_eq!(typed.entered.unwrap().to_rfc3339(), "2026-06-09T21:59:49+00:00");
            assert_eq!(typed.due.unwrap().to_string(), "2026-06-09");
            assert_eq!(typed.amount, Some("10.5".parse().unwrap()));
        }
        let (columns, values) = row(TYPES, NAMES, json!([5, "", null, 0, "", null, null, null]));
        let typed: Typed = decode(&columns, &values).unwrap();
        assert_eq!((typed.name.as_deref(), typed.hours, typed.entered, typed.due), (Some(""), None, None, None));
    }

    #[test]
    fn a_wrong_value_names_its_column() {
        for (cells, expected) in [
            (json!(["x", "", 1, true, null, null, null, null]), "column `id`"),
            (json!([null, "", 1, true, null, null, null, null]), "column `id`: the value is missing"),
            (json!([3_000_000_000_i64, "", 1, true, null, null, null, null]), "column `id`: 3000000000 is too large"),
            (json!([1.5, "", 1, true, null, null, null, null]), "column `id`"),
            (json!([5, "", "a", true, null, null, null, null]), "column `hours`"),
            (json!([5, "", 1, "maybe", null, null, null, null]), "column `closed`"),
            (json!([5, "", 1, true, "soon", null, null, null]), "column `entered`"),
            (json!([5, ["x"], 1, true, null, null, null, null]), "column `Name`"),
        ] {
            let (columns, values) = row(TYPES, NAMES, cells.clone());
            let problem = decode::<Typed>(&columns, &values).unwrap_err();
            assert!(problem.starts_with(expected), "{cells}: {problem}");
        }
    }

    #[test]
    fn repeated_columns_and_maps_keep_every_value() {
        #[derive(Deserialize)]
        struct Names {
            name: String,
            name_2: String,
        }
        let (columns, values) = row("Text Text", "Name name", json!(["a", "b"]));
        let names: Names = decode(&columns, &values).unwrap();
        assert_eq!((names.name.as_str(), names.name_2.as_str()), ("a", "b"));
        let map: std::collections::BTreeMap<String, Value> = decode(&columns, &values).unwrap();
        assert_eq!(map, [("Name".to_owned(), json!("a")), ("name_2".to_owned(), json!("b"))].into());
    }
}

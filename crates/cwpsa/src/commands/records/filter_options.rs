//! The options of `list` that are short filters. Each type of record has its own.

use std::fmt;
use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};
use connectwise_psa::Condition;

use crate::error::CommandError;
use crate::records::filters::Filter;
use crate::records::types::RecordType;

/// A type of record as a type of Rust, so that clap can ask it for its options.
pub(crate) trait RecordCommand: fmt::Debug + Clone + Send + Sync + 'static {
    /// Returns the type of record.
    fn record_type() -> &'static RecordType;
}

/// The values of the filters.
#[derive(Clone, Debug)]
pub(crate) struct FilterOptions<K> {
    values: Vec<(Filter, String)>,
    kind: PhantomData<K>,
}

impl<K: RecordCommand> FilterOptions<K> {
    /// Returns the conditions of the filters that are given.
    pub(crate) fn conditions(&self) -> Result<Vec<Condition>, CommandError> {
        self.values.iter().map(|(filter, value)| filter.condition(value)).collect()
    }
}

impl<K: RecordCommand> Args for FilterOptions<K> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let options = K::record_type().filters.iter().map(|filter| {
            let option = Arg::new(filter.option).long(filter.option).help(filter.help()).help_heading("Filters");
            match filter.has_value() {
                true => option.value_name("VALUE"),
                false => option.action(ArgAction::SetTrue),
            }
        });
        command.args(options)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<K: RecordCommand> FromArgMatches for FilterOptions<K> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = K::record_type().filters.iter().filter_map(|filter| {
            let value = match filter.has_value() {
                true => matches.get_one::<String>(filter.option).cloned(),
                false => matches.get_flag(filter.option).then(String::new),
            };
            value.map(|value| (*filter, value))
        });
        Ok(Self { values: values.collect(), kind: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

//! The columns of a security role and the levels in them.

use std::fmt;

/// What a right allows: a column of the Security Roles screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// To create records.
    Add,
    /// To change records.
    Edit,
    /// To delete records.
    Delete,
    /// To read records.
    Inquire,
}

impl Permission {
    /// All permissions, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::Add, Self::Edit, Self::Delete, Self::Inquire];

    /// Returns the name of the column: `Inquire`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Edit => "Edit",
            Self::Delete => "Delete",
            Self::Inquire => "Inquire",
        }
    }

    /// Returns the position of the column on the screen.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Add => 0,
            Self::Edit => 1,
            Self::Delete => 2,
            Self::Inquire => 3,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// For which records a permission is granted. A higher level includes the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// For none.
    None,
    /// For the member's own records.
    My,
    /// For all records.
    All,
}

impl Level {
    /// Returns the name of the level: `All`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::My => "My",
            Self::All => "All",
        }
    }

    /// Returns the level with this name, in any letter case.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        [Self::None, Self::My, Self::All].into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

//! Typical customer problems, from which tickets are created.

/// A typical customer problem, from which tickets are created.
pub(super) struct Scenario {
    /// Indexes into the lists of the service desk.
    pub(super) board: usize,
    pub(super) ticket_type: usize,
    pub(super) subtype: usize,
    pub(super) item: usize,
    pub(super) priority: usize,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) resolution: &'static str,
    /// In quarter-hours.
    pub(super) effort: i64,
}

const fn scenario(
    [board, ticket_type, subtype, item, priority]: [usize; 5],
    effort: i64,
    summary: &'static str,
    description: &'static str,
    resolution: &'static str,
) -> Scenario {
    Scenario { board, ticket_type, subtype, item, priority, summary, description, resolution, effort }
}

/// The numbers are the indexes of board, type, subtype, item and priority, and the effort. Placeholders in the texts:
/// `{who}` is the name of a contact, `{where}` the town.
pub(super) const SCENARIOS: &[Scenario] = &[
    scenario(
        [0, 0, 1, 0, 2],
        2,
        "Printer at the front desk jams",
        "Every third page gets stuck since this morning.",
        "Cleaned the rollers, printed twenty pages.",
    ),
    scenario(
        [0, 0, 1, 0, 2],
        3,
        "Labels print upside down",
        "Since the update labels come out turned around.",
        "Put the old driver back.",
    ),
    scenario(
        [0, 0, 0, 0, 1],
        5,
        "Computer of {who} does not start",
        "The screen stays black, the fan runs.",
        "Replaced the memory module.",
    ),
    scenario(
        [0, 0, 0, 0, 2],
        3,
        "Laptop of {who} is slow",
        "It takes ten minutes until anything opens.",
        "Removed two programs that started by themselves.",
    ),
    scenario(
        [0, 0, 2, 0, 2],
        2,
        "{who} gets no e-mail",
        "Nothing has come in since yesterday.",
        "The mailbox was full; raised the limit.",
    ),
    scenario(
        [0, 0, 2, 2, 2],
        1,
        "Suspicious e-mail to {who}",
        "Looks like an invoice, nobody here has ordered anything.",
        "Deleted it for everybody and blocked the sender.",
    ),
    scenario(
        [0, 1, 2, 1, 3],
        2,
        "Shared mailbox for the workshop",
        "Three people should see the same mail.",
        "Made the mailbox and gave the three their rights.",
    ),
    scenario(
        [0, 0, 3, 0, 1],
        1,
        "{who} is locked out",
        "Too many tries after the holidays.",
        "Unlocked the account after calling back.",
    ),
    scenario(
        [0, 1, 3, 1, 3],
        2,
        "Access to the finance folder for {who}",
        "Needs to read and write from Monday.",
        "Added to the group; approved by the manager.",
    ),
    scenario(
        [0, 1, 3, 1, 2],
        8,
        "New colleague starts on Monday",
        "Please prepare account, laptop and phone.",
        "All set up, first login done together.",
    ),
    scenario(
        [0, 1, 3, 2, 3],
        4,
        "{who} leaves at the end of the month",
        "Mail should go to the team afterwards.",
        "Account closed, mail forwarded for ninety days.",
    ),
    scenario(
        [0, 0, 4, 0, 1],
        3,
        "Calls drop after a minute",
        "Inside calls are fine, outside ones break off.",
        "The provider had changed a setting; changed ours.",
    ),
    scenario([0, 1, 4, 1, 3], 2, "Move a phone to the other office", "Desk two goes to {where}.", "Moved and tested."),
    scenario([0, 1, 0, 1, 3], 4, "Second screen for {who}", "For the drawing program.", "Delivered and set up."),
    scenario(
        [0, 1, 0, 2, 3],
        1,
        "How to share a calendar",
        "{who} would like the team to see it.",
        "Showed it in a remote session.",
    ),
    scenario(
        [1, 0, 1, 0, 1],
        2,
        "Backup of the file server failed",
        "The job ended with an error last night.",
        "The disk was full; removed old sets and ran it again.",
    ),
    scenario(
        [1, 0, 1, 0, 2],
        1,
        "Backup is older than a day",
        "No restore point since yesterday.",
        "Ran by hand, finished.",
    ),
    scenario(
        [1, 0, 0, 1, 1],
        2,
        "Server does not answer",
        "No reply for five minutes.",
        "The update needed a restart; restarted at noon.",
    ),
    scenario(
        [1, 0, 0, 0, 2],
        2,
        "Disk of the server is 92 % full",
        "Less than forty gigabytes are left.",
        "Moved old projects to the archive.",
    ),
    scenario(
        [1, 0, 2, 1, 0],
        4,
        "Internet in {where} is down",
        "The firewall has lost its line.",
        "The provider mended a cable; watched it for an hour.",
    ),
    scenario(
        [1, 0, 2, 0, 2],
        2,
        "Access point restarts by itself",
        "Three times since midnight.",
        "Updated its system; stable since.",
    ),
    scenario(
        [1, 1, 0, 0, 3],
        6,
        "Monthly updates of the servers",
        "As agreed, in the evening.",
        "All servers updated and restarted.",
    ),
    scenario(
        [1, 1, 1, 0, 3],
        3,
        "Test of a restore",
        "As agreed, once a quarter.",
        "Restored a folder and compared it.",
    ),
    scenario(
        [2, 0, 0, 0, 3],
        10,
        "Two network sockets for the meeting room",
        "Before the end of the month, if possible.",
        "Cable drawn, sockets labelled and measured.",
    ),
    scenario(
        [2, 0, 1, 1, 1],
        6,
        "Replace the power supply of the switch",
        "It hums and smells.",
        "Replaced; the old one is taken along.",
    ),
    scenario(
        [2, 0, 1, 0, 2],
        8,
        "New access point for the hall",
        "Scanners lose their connection at the far end.",
        "Mounted and measured in all corners.",
    ),
    scenario([2, 1, 1, 0, 3], 3, "Deliver four monitors", "To the reception in {where}.", "Delivered and unpacked."),
];

//! What link types are called, for texts about those that are not read.
//!
//! Source: the link-type registry of the pcap drafts.

const NAMES: [(u32, &str); 39] = [
    (3, "AX.25"),
    (6, "Token Ring"),
    (7, "ARCNET"),
    (8, "SLIP"),
    (10, "FDDI"),
    (100, "ATM"),
    (104, "Cisco HDLC"),
    (107, "Frame Relay"),
    (117, "OpenBSD PFLOG"),
    (119, "802.11 with a Prism header"),
    (122, "IP over Fibre Channel"),
    (123, "ATM by SunATM"),
    (130, "Juniper MLPPP"),
    (143, "DOCSIS"),
    (163, "802.11 with an AVS header"),
    (166, "PPP by pppd"),
    (187, "Bluetooth HCI"),
    (189, "USB by Linux, short header"),
    (192, "PPI"),
    (195, "802.15.4 with FCS"),
    (197, "ERF"),
    (201, "Bluetooth HCI with direction"),
    (203, "LAPD"),
    (220, "USB by Linux"),
    (224, "Fibre Channel"),
    (227, "CAN"),
    (230, "802.15.4"),
    (235, "DVB"),
    (239, "NFLOG"),
    (242, "IP over InfiniBand"),
    (247, "InfiniBand"),
    (249, "USB by USBPcap"),
    (251, "Bluetooth Low Energy"),
    (252, "exported protocols of a viewer"),
    (253, "netlink"),
    (254, "Bluetooth monitor"),
    (266, "USB of macOS"),
    (271, "vsock"),
    (272, "Bluetooth Low Energy by Nordic"),
];

/// Returns what a link type is called, if it has a name here.
#[must_use]
pub fn link_type_name(number: u32) -> Option<&'static str> {
    if (147..=162).contains(&number) {
        return Some("private");
    }
    NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// A link type with its name.
pub(super) fn named(number: u32) -> String {
    match link_type_name(number) {
        Some(name) => format!("{number} ({name})"),
        None => number.to_string(),
    }
}

//! What the crate says twice must agree.

use vibespace::Reason;
use vibespace::generated::vibe::errors::v1::ErrorReason;

#[test]
fn the_version_is_that_of_all_clients() {
    assert_eq!(env!("CARGO_PKG_VERSION"), include_str!("../../VERSION").trim());
}

#[test]
fn every_reason_of_the_contract_has_a_constant() {
    let source = include_str!("../src/reason.rs");
    let reasons: Vec<&str> = (1..1000)
        .filter_map(|number| ErrorReason::try_from(number).ok())
        .filter_map(|reason| reason.as_str_name().strip_prefix("ERROR_REASON_"))
        .collect();
    assert!(reasons.len() > 30);
    for reason in reasons {
        assert!(source.contains(&format!("pub const {reason}: Self = Self(Cow::Borrowed(\"{reason}\"));")), "{reason}");
    }
    assert_eq!(Reason::ETAG_MISMATCH, Reason::from("ETAG_MISMATCH".to_owned()));
}

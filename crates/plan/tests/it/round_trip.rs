//! One value, one form. The judge is the decoder's inverse: whatever it accepts must encode to the same bytes.

use plan::{ClientEntry, Delta, Intent, UpsertPlan};
use proptest::prelude::*;

use crate::support::{clients, intents, logged_deltas, plans, transfer};

proptest! {
    #[test]
    fn a_plan_decodes_to_itself(plan in plans()) {
        let bytes = plan.encode().unwrap();
        prop_assert_eq!(&UpsertPlan::decode(&bytes).unwrap(), &plan);
        prop_assert_eq!(plan.hash().unwrap(), plan.clone().hash().unwrap());
    }

    #[test]
    fn an_intent_keeps_its_body_byte_for_byte(intent in intents()) {
        let bytes = intent.encode().unwrap();
        prop_assert!(bytes.ends_with(intent.body.as_bytes()));
        prop_assert_eq!(Intent::decode(&bytes).unwrap(), intent);
    }

    #[test]
    fn a_delta_decodes_to_itself(delta in logged_deltas()) {
        let bytes = delta.encode().unwrap();
        prop_assert_eq!(Delta::decode(delta.tag(), &bytes).unwrap(), delta);
    }

    #[test]
    fn a_client_entry_decodes_to_itself(client in clients()) {
        let mut encoder = plan::wire::Encoder::new();
        client.encode_to(&mut encoder);
        prop_assert_eq!(ClientEntry::decode(encoder.as_slice()).unwrap(), client);
    }

    #[test]
    fn changed_bytes_are_refused_or_mean_something_else(
        plan in plans(),
        at in any::<prop::sample::Index>(),
        change in 1..=255u8,
        cut in any::<bool>(),
    ) {
        let mut bytes = plan.encode().unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= change }
        if let Ok(other) = UpsertPlan::decode(&bytes) {
            prop_assert_ne!(&other, &plan);
            prop_assert_eq!(other.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn changed_deltas_are_refused_or_mean_something_else(
        delta in logged_deltas(),
        at in any::<prop::sample::Index>(),
        change in 1..=255u8,
    ) {
        let mut bytes = delta.encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(other) = Delta::decode(delta.tag(), &bytes) {
            prop_assert_ne!(&other, &delta);
            prop_assert_eq!(other.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), tag in 0..20u8) {
        let _ = UpsertPlan::decode(&bytes);
        let _ = Intent::decode(&bytes);
        let _ = ClientEntry::decode(&bytes);
        if let Ok(delta) = Delta::decode(tag, &bytes) {
            prop_assert_eq!(delta.encode().unwrap(), bytes);
        }
    }
}

#[test]
fn every_flipped_bit_of_a_plan_changes_its_meaning_or_is_refused() {
    let plan = transfer();
    let bytes = plan.encode().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = UpsertPlan::decode(&flipped) {
            assert_ne!(other, plan, "bit {bit}");
            assert_ne!(other.hash().unwrap(), plan.hash().unwrap(), "bit {bit}");
        }
    }
}

/// Written by hand from the format page: tag, length, payload.
#[test]
fn a_plan_has_the_documented_bytes() {
    let mut expected = vec![1, 16 + 1 + 6 + 9 + 1 + 20];
    expected.extend_from_slice(&1u128.to_le_bytes());
    expected.push(0);
    expected.extend_from_slice(b"\x05agent\x08transfer\x01{\"from\": 7, \"to\": 9}");
    expected.extend_from_slice(&[2, 4, 1, 7, 0, 3]);
    expected.extend_from_slice(&[3, 7, 29, 8, 7, 0, 8, 1, 1]);
    expected.extend_from_slice(&[4, 11, 0, 7, 0, 8, 17, 8, 7, 0, 8, 1, 1]);
    expected.extend_from_slice(&[4, 11, 0, 9, 0, 8, 16, 8, 9, 0, 8, 1, 1]);
    expected.extend_from_slice(&[15, 6, 2, 7, 9, 0, 0, 0]);
    assert_eq!(transfer().encode().unwrap(), expected);
}

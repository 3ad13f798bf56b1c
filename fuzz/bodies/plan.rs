//! What must hold for any bytes that the readers of plans are given: no panic, and what is read has exactly the bytes
//! that it was read from. Shared by the fuzz targets and the tests of the crate `plan`.

use plan::wire::Encoder;
use plan::{ClientEntry, Delta, Intent, UpsertPlan};

/// A plan.
pub fn upsert(data: &[u8]) {
    match UpsertPlan::decode(data) {
        Ok(plan) => {
            assert_eq!(plan.encode().as_deref(), Ok(data));
            assert!(plan.hash().is_ok());
        }
        Err(why) => assert!(why.offset <= data.len(), "{why}"),
    }
}

/// An intent.
pub fn intent(data: &[u8]) {
    if let Ok(intent) = Intent::decode(data) {
        assert_eq!(intent.encode().as_deref(), Ok(data));
    }
}

/// A delta: the tag of its entry, then the payload.
pub fn delta(data: &[u8]) {
    let Some((tag, payload)) = data.split_first() else { return };
    if let Ok(delta) = Delta::decode(*tag, payload) {
        assert_eq!(delta.tag(), *tag);
        assert_eq!(delta.encode().as_deref(), Ok(payload));
    }
}

/// An entry of another crate.
pub fn client(data: &[u8]) {
    if let Ok(client) = ClientEntry::decode(data) {
        let mut encoder = Encoder::new();
        client.encode_to(&mut encoder);
        assert_eq!(encoder.as_slice(), data);
    }
}

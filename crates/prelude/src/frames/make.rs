use crate::host::Table;

pub(crate) const TABLE: Table = &[];

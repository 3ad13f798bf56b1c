//! The recorded lane over every packet of `cases/`.

mod recorded;

//! What tests of several crates share. Never a dependency of anything but tests.
//!
//! [`history`] judges what concurrent clients saw, [`dice`] are seeded numbers, [`programs`] says whether a program of
//! others is there to be asked, and [`open_files`] holds a file as a child in its start does. With the feature `disk`: [`disk::FaultyDisk`], a disk in memory that loses, tears,
//! reorders, shortens and refuses on purpose, and [`disk::Watched`], one whose calls are told, for those who write
//! through the store's trait `Vfs`.
//!
//! The crate refuses to know what its users test. Start reading at [`disk`].

pub mod dice;
#[cfg(feature = "disk")]
pub mod disk;
pub mod history;
pub mod open_files;
pub mod programs;

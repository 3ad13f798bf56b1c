//! SQLite: one table, WAL, `synchronous = FULL` where commits are durable. Threads share one connection: with one each
//! they would wait for its lock by sleeping.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::engine::{Edit, Engine, Level, filled};

pub struct Sqlite {
    connection: Mutex<Connection>,
}

impl Sqlite {
    pub fn open(directory: &Path, level: Level) -> Result<Sqlite> {
        let connection = Connection::open(directory.join("sqlite"))?;
        let synchronous = if level == Level::Durable { "FULL" } else { "OFF" };
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             CREATE TABLE IF NOT EXISTS pages (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
        ))?;
        Ok(Sqlite { connection: Mutex::new(connection) })
    }

    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Sqlite {
    fn load(&self, count: u64, size: usize) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for id in 1..=count {
            let mut insert = transaction.prepare_cached("INSERT INTO pages VALUES (?1, ?2)")?;
            insert.execute(params![id as i64, filled(id, size)])?;
        }
        Ok(transaction.commit()?)
    }

    fn commit(&self, edits: &[Edit]) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for edit in edits {
            let mut select = transaction.prepare_cached("SELECT bytes FROM pages WHERE id = ?1")?;
            let mut bytes: Vec<u8> = select.query_row([edit.page as i64], |row| row.get(0))?;
            let start = edit.offset as usize;
            bytes[start..start + edit.bytes.len()].copy_from_slice(&edit.bytes);
            let mut update = transaction.prepare_cached("UPDATE pages SET bytes = ?2 WHERE id = ?1")?;
            update.execute(params![edit.page as i64, bytes])?;
        }
        Ok(transaction.commit()?)
    }

    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT bytes FROM pages WHERE id = ?1")?;
        for page in pages {
            let bytes: Vec<u8> = select.query_row([page as i64], |row| row.get(0))?;
            visit(&bytes);
        }
        Ok(())
    }
}

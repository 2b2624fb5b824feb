//! Writes of the index, each a transaction that runs to its end.

use super::{
	cursor::cursor,
	error::{Result, StoreError},
	handle::Store,
	write::Writer,
};
use crate::block::{Block, Document};
use credio_primitives::RecordId;
use std::{future::Future, panic::resume_unwind};

impl Store {
	/// Writes finalized blocks in increasing order: all of them, with the cursor, or none. Removes live entries, see
	/// [`Self::advance`].
	///
	/// # Errors
	///
	/// [`StoreError::NotNext`], [`StoreError::UnknownRecord`], [`StoreError::TooManyEntries`],
	/// [`StoreError::Database`].
	pub async fn apply(&self, finalized: &[Block]) -> Result<()> {
		self.advance(finalized, &[]).await
	}

	/// Replaces the live entries by these blocks, which come after the cursor. They do not affect final rows.
	///
	/// # Errors
	///
	/// As [`Self::apply`].
	pub async fn set_live(&self, live: &[Block]) -> Result<()> {
		self.advance(&[], live).await
	}

	/// Writes finalized blocks and replaces live entries, in one transaction.
	///
	/// # Errors
	///
	/// As [`Self::apply`].
	pub async fn advance(&self, finalized: &[Block], live: &[Block]) -> Result<()> {
		let (store, finalized, live) = (self.clone(), finalized.to_vec(), live.to_vec());
		self.run_to_end(async move { store.advance_now(&finalized, &live).await }).await
	}

	async fn advance_now(&self, finalized: &[Block], live: &[Block]) -> Result<()> {
		let mut transaction = self.pool.begin().await?;
		let mut writer = Writer::new(self, &mut transaction).await?;
		let mut last = cursor(writer.connection).await?.map(|cursor| cursor.number);
		writer.clear_live().await?;
		let finalized_ones = finalized.iter().map(|block| (block, true));
		let all = finalized_ones.chain(live.iter().map(|block| (block, false)));
		for (block, is_final) in all.collect::<Vec<_>>() {
			if let Some(cursor) = last.filter(|last| block.number <= *last) {
				return Err(StoreError::NotNext { number: block.number, cursor });
			}
			last = Some(block.number);
			writer.block(block, is_final).await?;
		}
		if let Some(block) = finalized.last() {
			writer.set_cursor(block).await?;
		}
		writer.finish().await?;
		let count: usize = finalized.iter().map(|block| block.entries.len()).sum();
		if self.is_analysis_due(count as u64) {
			writer.analyze().await?;
		}
		transaction.commit().await?;
		self.notify_changed();
		Ok(())
	}

	/// Runs a write to its end, even if its caller is dropped. A caller that is always dropped in the middle of a
	/// transaction would make no progress.
	pub(super) async fn run_to_end<Value: Send + 'static>(
		&self,
		write: impl Future<Output = Result<Value>> + Send + 'static,
	) -> Result<Value> {
		let writing = self.writing.clone().lock_owned().await;
		let written = tokio::spawn(async move {
			let _writing = writing;
			write.await
		});
		match written.await {
			Ok(result) => result,
			Err(error) => match error.try_into_panic() {
				Ok(panic) => resume_unwind(panic),
				Err(_) => Err(StoreError::Stopped),
			},
		}
	}

	/// Waits until no write is running, including those of dropped callers.
	pub async fn settled(&self) {
		drop(self.writing.lock().await);
	}

	/// Stores documents of newly readable records.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownRecord`], [`StoreError::Database`].
	pub async fn put_documents(&self, documents: &[(RecordId, Document)]) -> Result<()> {
		self.write(documents, &[]).await
	}

	/// Stores some documents and removes others.
	pub(super) async fn write(
		&self,
		readable: &[(RecordId, Document)],
		removed: &[(RecordId, String)],
	) -> Result<()> {
		let (store, readable, removed) = (self.clone(), readable.to_vec(), removed.to_vec());
		self.run_to_end(async move { store.write_now(&readable, &removed).await }).await
	}

	async fn write_now(
		&self,
		readable: &[(RecordId, Document)],
		removed: &[(RecordId, String)],
	) -> Result<()> {
		let mut transaction = self.pool.begin().await?;
		let mut writer = Writer::new(self, &mut transaction).await?;
		writer.put(readable).await?;
		writer.remove(removed).await?;
		writer.finish().await?;
		transaction.commit().await?;
		self.notify_changed();
		Ok(())
	}

	/// Removes documents and their rows, and stores the reasons.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownRecord`], [`StoreError::Database`].
	pub async fn remove_documents(&self, records: &[(RecordId, String)]) -> Result<()> {
		self.write(&[], records).await
	}
}

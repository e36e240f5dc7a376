//! Locks that ignore poisoning, and a value that is read once for a time.

#[cfg(feature = "system")]
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(feature = "system")]
use std::time::Duration;

#[cfg(feature = "system")]
use tokio::time::Instant;

/// Locks a mutex, even if a thread panicked while holding the lock. That is safe, because this crate never leaves a
/// value half changed while its lock is held.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value that is read when it is needed and then kept for a time.
#[cfg(feature = "system")]
pub(crate) struct Cached<T> {
    value: tokio::sync::Mutex<Option<(Instant, Arc<T>)>>,
}

#[cfg(feature = "system")]
impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { value: tokio::sync::Mutex::new(None) }
    }
}

#[cfg(feature = "system")]
impl<T> Cached<T> {
    /// Returns the value, or reads it if it is older than `max_age`. The lock is held while it is read, so other callers
    /// wait for it instead of reading it too.
    pub(crate) async fn get<E, F: Future<Output = Result<T, E>>>(
        &self,
        max_age: Duration,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>, E> {
        let mut value = self.value.lock().await;
        if let Some((read_at, known)) = &*value
            && read_at.elapsed() < max_age
        {
            return Ok(Arc::clone(known));
        }
        let new = Arc::new(read().await?);
        *value = Some((Instant::now(), Arc::clone(&new)));
        Ok(new)
    }

    /// Forgets the value.
    pub(crate) async fn clear(&self) {
        *self.value.lock().await = None;
    }
}

#[cfg(all(test, feature = "system"))]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cached_value_is_read_once_for_its_time() {
        let cached = Cached::default();
        let reads = AtomicU32::new(0);
        let read = || async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, ()>(reads.fetch_add(1, Ordering::Relaxed))
        };
        let age = Duration::from_secs(60);
        let (one, other) = tokio::join!(cached.get(age, read), cached.get(age, read));
        assert_eq!((*one.unwrap(), *other.unwrap()), (0, 0));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(*cached.get(age, read).await.unwrap(), 1);
        cached.clear().await;
        assert_eq!(*cached.get(age, read).await.unwrap(), 2);
        cached.clear().await;
        assert!(cached.get(age, || async { Err::<u32, ()>(()) }).await.is_err());
        assert_eq!(*cached.get(age, read).await.unwrap(), 3);
    }
}

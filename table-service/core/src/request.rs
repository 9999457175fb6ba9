//! Which request is being served, so that what others note of it can be found by its id.
//!
//! A door serves each call [`within`] its request, and whoever implements a port may ask for the [`id`]. It goes with the
//! work that a request needs done in tasks of their own; what outlives the request (a switch, a sweep, the check of a
//! key after news) has none.

use std::sync::Arc;

use tracing::Instrument as _;

tokio::task_local! {
    static ID: Arc<str>;
}

/// Does the work as part of the request called `id`.
pub async fn within<T>(id: Arc<str>, work: impl Future<Output = T>) -> T {
    ID.scope(id, work).await
}

/// The id of the request that is being served, if one is.
pub fn id() -> Option<Arc<str>> {
    ID.try_with(Arc::clone).ok()
}

/// The work, for a task of its own, as part of the request that is being served; in its span, too.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let id = id();
    async move {
        match id {
            Some(id) => within(id, work).await,
            None => work.await,
        }
    }
    .in_current_span()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_id_goes_with_the_requests_own_tasks_and_with_no_other() {
        assert_eq!(id(), None);
        within("r-1".into(), async {
            assert_eq!(id().as_deref(), Some("r-1"));
            assert_eq!(tokio::spawn(carried(async { id() })).await.unwrap().as_deref(), Some("r-1"));
            assert_eq!(tokio::spawn(async { id() }).await.unwrap(), None);
        })
        .await;
        assert_eq!(tokio::spawn(carried(async { id() })).await.unwrap(), None);
    }
}

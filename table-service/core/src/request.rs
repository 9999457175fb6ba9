//! Which request is being served, so that what others note of it can be found by its id and joined to its trace.
//!
//! A door serves each call [`within`] its request, and whoever implements a port may ask for the [`origin`]. It goes with the
//! work that a request needs done in tasks of their own; what outlives the request (a switch, a sweep, the check of a
//! key after news) has none.

use std::sync::Arc;

use tracing::Instrument as _;

/// A request, as it is known outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its id.
    pub id: Arc<str>,
    /// Its place in a trace, if it is traced, in words that are the door's and the port's own matter.
    pub trace: Option<Arc<str>>,
}

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Does the work as part of the request `origin`.
pub async fn within<T>(origin: Origin, work: impl Future<Output = T>) -> T {
    ORIGIN.scope(origin, work).await
}

/// The request that is being served, if one is.
pub fn origin() -> Option<Origin> {
    ORIGIN.try_with(Origin::clone).ok()
}

/// The work, for a task of its own, as part of the request that is being served; in its span, too.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let origin = origin();
    async move {
        match origin {
            Some(origin) => within(origin, work).await,
            None => work.await,
        }
    }
    .in_current_span()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_origin_goes_with_the_requests_own_tasks_and_with_no_other() {
        let request = Origin { id: "r-1".into(), trace: Some("t-1".into()) };
        assert_eq!(origin(), None);
        within(request.clone(), async {
            assert_eq!(origin().as_ref(), Some(&request));
            assert_eq!(tokio::spawn(carried(async { origin() })).await.unwrap().as_ref(), Some(&request));
            assert_eq!(tokio::spawn(async { origin() }).await.unwrap(), None);
        })
        .await;
        assert_eq!(tokio::spawn(carried(async { origin() })).await.unwrap(), None);
    }
}

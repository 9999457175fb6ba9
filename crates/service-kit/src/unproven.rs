//! Requests of which nobody knows yet whose they are: over AWS JSON the signature covers the body, so all of it has to be
//! there first.
//!
//! Strangers can send as many as they like and never end them. So these requests have places and memory of their own, and
//! whoever comes finds a place: the request that has waited longest is given up for it. An honest one is read within
//! milliseconds, and so is never that one while others hold on to theirs. Where memory is short, the largest is given up.

use crate::{
    budget::{Budget, Taken},
    upload::Upload,
};
use axum::body::Body;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// All unproven requests of one server.
pub(crate) struct Unproven {
    places: usize,
    bodies: Budget,
    live: Mutex<Live>,
}

#[derive(Default)]
struct Live {
    next: u64,
    /// In the order in which they came.
    requests: BTreeMap<u64, Waiting>,
}

struct Waiting {
    given_up: CancellationToken,
    taken: Taken,
}

/// The place of one of them. It is free again when this is dropped.
pub(crate) struct Place {
    all: Arc<Unproven>,
    number: u64,
    given_up: CancellationToken,
    taken: Taken,
}

impl Unproven {
    /// So many requests, and so many bytes of large ones.
    pub(crate) fn new(places: usize, bytes: usize) -> Arc<Self> {
        Arc::new(Self { places, bodies: Budget::new(bytes), live: Mutex::default() })
    }

    /// A place for one more.
    pub(crate) fn enter(self: &Arc<Self>) -> Place {
        let (given_up, taken) = (CancellationToken::new(), Taken::default());
        let mut live = self.live();
        while live.requests.len() >= self.places
            && let Some((_, oldest)) = live.requests.pop_first()
        {
            oldest.given_up.cancel();
        }
        let number = live.next;
        live.next = number.wrapping_add(1);
        live.requests.insert(number, Waiting { given_up: given_up.clone(), taken: taken.clone() });
        drop(live);
        Place { all: Arc::clone(self), number, given_up, taken }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // Whoever panicked with the lock held had changed nothing by halves.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A body that takes memory of this kind of request.
    pub(crate) fn upload(&self, body: Body) -> Upload {
        Upload::new(body, self.all.bodies.clone(), self.taken.clone())
    }

    /// The work, unless the place is given up before it is done.
    pub(crate) async fn unless_given_up<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.given_up.cancelled() => None,
        }
    }

    /// There was no memory for this request; the next one finds some.
    pub(crate) fn make_room(&self) {
        let mut live = self.all.live();
        let largest = live.requests.iter().max_by_key(|(_, request)| request.taken.bytes());
        let largest = largest.map(|(number, _)| *number);
        if let Some(request) = largest.and_then(|number| live.requests.remove(&number)) {
            request.given_up.cancel();
        }
    }

    /// The caller is known: what the request holds counts as theirs. False if there is no room for it.
    pub(crate) fn hand_over(&self, budget: &Budget, taken: &Taken) -> bool {
        let bytes = self.taken.bytes();
        bytes == 0 || taken.take(bytes, budget)
    }

    /// Gives up the place, and keeps the memory for as long as what is returned.
    pub(crate) fn leave(self) -> Taken {
        self.taken.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.live().requests.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::FREE_BYTES;
    use std::{future::pending, pin::Pin};

    fn is_given_up(place: &Place) -> bool {
        place.given_up.is_cancelled()
    }

    #[tokio::test]
    async fn whoever_comes_finds_a_place_and_the_oldest_loses_it() {
        let all = Unproven::new(2, 0);
        let (first, second) = (all.enter(), all.enter());
        assert_eq!(second.unless_given_up(async { 7 }).await, Some(7));
        let third = all.enter();
        assert!(is_given_up(&first) && !is_given_up(&second) && !is_given_up(&third));
        assert_eq!(first.unless_given_up(pending::<()>()).await, None);
        drop(second);
        let fourth = all.enter();
        assert!(!is_given_up(&third) && !is_given_up(&fourth), "a place that was left is free");
        assert_eq!(all.live().requests.len(), 2);
    }

    #[tokio::test]
    async fn where_memory_is_short_the_largest_is_given_up() {
        let all = Unproven::new(10, 100);
        let read = async |place: &Place, bytes: usize| {
            let mut upload = place.upload(Body::from(vec![0; FREE_BYTES + bytes]));
            let frame = std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut upload), cx));
            frame.await.is_some_and(|frame| frame.is_ok())
        };
        let (small, large, last) = (all.enter(), all.enter(), all.enter());
        assert!(read(&small, 20).await && read(&large, 70).await && !read(&last, 30).await);
        last.make_room();
        assert!(is_given_up(&large) && !is_given_up(&small));
        drop(large);
        assert!(read(&last, 30).await);
        let (theirs, budget) = (Taken::default(), Budget::new(25));
        assert!(small.hand_over(&budget, &theirs) && !last.hand_over(&budget, &theirs));
        let kept = small.leave();
        assert_eq!(kept.bytes(), 20);
    }
}

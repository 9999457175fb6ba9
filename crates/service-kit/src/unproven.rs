//! Requests of which nobody knows yet whose they are: over AWS JSON the signature covers the body, so all of it has to be
//! there first.
//!
//! Strangers can send as many as they like and never end them. So these requests have places and memory of their own, and
//! whoever comes finds a place: of those that are not all there yet, the oldest is given up for it. An honest one is read
//! within milliseconds, and so is never that one while others hold on to theirs. Where memory is short, that one is given up
//! that has held on to some for longest, if that is longer than [`PATIENCE`]: others are honest, and merely many.

use crate::budget::{Budget, Taken};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// For how long a request keeps its memory whatever others need: longer than 16 MB take in one network.
const PATIENCE: Duration = Duration::from_millis(250);

/// All unproven requests of one server.
pub(crate) struct Unproven {
    places: usize,
    bodies: Budget,
    live: Mutex<Live>,
}

#[derive(Default)]
struct Live {
    next: u64,
    requests: BTreeMap<u64, Request>,
    /// Those that have a place, in the order in which they came: they have not been read to their end yet.
    arriving: BTreeSet<u64>,
}

struct Request {
    /// Since when it has had memory, if it has.
    holds_since: Option<Instant>,
    given_up: CancellationToken,
    taken: Taken,
}

impl Live {
    fn remove(&mut self, number: u64) -> Option<Request> {
        self.arriving.remove(&number);
        self.requests.remove(&number)
    }

    /// What the request has is free for others at once.
    fn give_up(&mut self, number: u64) {
        if let Some(request) = self.remove(number) {
            request.taken.give_up();
            request.given_up.cancel();
        }
    }
}

/// The place of one of them, and what memory it has. The place is free again when it is left, both when this is dropped.
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
        while live.arriving.len() >= self.places
            && let Some(oldest) = live.arriving.first().copied()
        {
            live.give_up(oldest);
        }
        let number = live.next;
        live.next = number.wrapping_add(1);
        let request = Request { holds_since: None, given_up: given_up.clone(), taken: taken.clone() };
        live.requests.insert(number, request);
        live.arriving.insert(number);
        drop(live);
        Place { all: Arc::clone(self), number, given_up, taken }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // Whoever panicked with the lock held had changed nothing by halves.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether there are as many bytes left for the request, or are once others are given up.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        while !self.taken.take(bytes, &self.all.bodies) {
            if !self.make_room() {
                return false;
            }
        }
        if let Some(request) = self.all.live().requests.get_mut(&self.number) {
            request.holds_since.get_or_insert_with(Instant::now);
        }
        true
    }

    /// Gives up the one that has held on to memory for longest, if that is long.
    fn make_room(&self) -> bool {
        let mut live = self.all.live();
        if !live.requests.contains_key(&self.number) {
            return false;
        }
        let others = live.requests.iter().filter(|(number, _)| **number != self.number);
        let holding = others.filter_map(|(number, request)| Some((request.holds_since?, *number)));
        match holding.min() {
            Some((since, number)) if since.elapsed() >= PATIENCE => live.give_up(number),
            _ => return false,
        }
        true
    }

    /// All of the request is there, and the place is free for others; what it holds counts on. False if it was given up.
    pub(crate) fn leave(&self) -> bool {
        self.all.live().arriving.remove(&self.number)
    }

    /// The work, unless the request is given up before it is done.
    pub(crate) async fn unless_given_up<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.given_up.cancelled() => None,
        }
    }

    /// The caller is known: what the request holds counts as theirs. False if it was given up, or there is no room for it.
    pub(crate) fn hand_over(&self, budget: &Budget, taken: &Taken) -> bool {
        let live = self.all.live();
        let bytes = self.taken.bytes();
        live.requests.contains_key(&self.number) && (bytes == 0 || taken.take(bytes, budget))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.live().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

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

    #[tokio::test(start_paused = true)]
    async fn whoever_is_all_there_keeps_nobody_out_and_is_not_kept_out() {
        let all = Unproven::new(1, 100);
        let read = all.enter();
        assert!(read.take(100) && read.leave());
        let (second, third) = (all.enter(), all.enter());
        assert!(is_given_up(&second) && !second.leave(), "it was not all there");
        assert!(!is_given_up(&read) && !is_given_up(&third));
        tokio::time::advance(PATIENCE).await;
        assert!(third.take(1) && is_given_up(&read), "but its memory it may lose");
        drop((read, second, third));
        assert!(all.live().requests.is_empty() && all.live().arriving.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn where_memory_is_short_whoever_held_on_to_it_for_long_is_given_up() {
        let all = Unproven::new(10, 100);
        let (small, idle, large, young) = (all.enter(), all.enter(), all.enter(), all.enter());
        tokio::time::advance(PATIENCE).await;
        assert!(small.take(20) && large.take(70));
        assert!(!young.take(30), "the others have hardly begun to hold any");
        assert!(!is_given_up(&small) && !is_given_up(&large));
        tokio::time::advance(PATIENCE).await;
        assert!(young.take(30));
        assert!(is_given_up(&small) && !is_given_up(&large) && !is_given_up(&idle) && !small.take(1));
        assert!(young.take(60), "whoever needs more than the others have is not given up for it");
        assert!(is_given_up(&large) && !young.take(20) && !is_given_up(&young));
        drop(idle);
    }

    #[tokio::test]
    async fn what_is_held_is_handed_over_unless_it_was_given_up() {
        let all = Unproven::new(1, 100);
        let (theirs, budget) = (Taken::default(), Budget::new(25));
        let first = all.enter();
        assert!(first.take(20) && first.hand_over(&budget, &theirs));
        let second = all.enter();
        assert!(!first.hand_over(&budget, &theirs) && second.hand_over(&budget, &theirs));
        assert!(second.take(20) && !second.hand_over(&budget, &theirs), "there is no room for it");
    }
}

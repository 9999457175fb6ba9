//! Who is connected: what each connection has proved, what it has in work, and which ones are cut.
//!
//! A connection is cut when it does not begin to speak HTTP in time, when the answer of one of its requests is not
//! taken in time, and when the server is full and it is the one that was of no use for the longest time. A connection
//! that only keeps quiet stays while there is room: it costs little, and to cut it could lose a request on its way.

use crate::{Limits, log_lines::ACCESS};
use identity::{AuthError, Principal};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How often connections are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A connection that was of use so recently is not cut to make room.
const RECENT: Duration = Duration::from_secs(1);

/// What the certificate of a connection proves. `Err`: it names several principals.
pub(crate) type Certified = Result<Option<Arc<Principal>>, AuthError>;

/// All connections of one server.
pub(crate) struct Peers {
    room: Arc<Semaphore>,
    limits: Limits,
    live: Mutex<HashMap<u64, Arc<State>>>,
    next: AtomicU64,
}

/// One connection, as its requests see it.
#[derive(Clone)]
pub(crate) struct Peer {
    state: Arc<State>,
    pub(crate) certified: Certified,
}

/// Keeps the connection's place until it is dropped.
pub(crate) struct Place {
    peers: Arc<Peers>,
    state: Arc<State>,
    _room: OwnedSemaphorePermit,
}

struct State {
    id: u64,
    /// Ends the connection.
    cut: CancellationToken,
    since: Instant,
    speaks: AtomicBool,
    work: Mutex<Work>,
}

struct Work {
    /// When each request in work began. Those that may take for ever are not counted here but in `streams`.
    requests: BTreeMap<u64, Instant>,
    streams: u32,
    next: u64,
    /// When a caller that proved who it is was last served.
    useful: Instant,
}

/// One request of a connection. It ends when this is dropped.
pub(crate) struct InWork {
    state: Arc<State>,
    /// Nothing for a stream.
    request: Option<u64>,
    is_useful: bool,
}

impl Peers {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(limits.connections));
        Arc::new(Self { room, limits, live: Mutex::default(), next: AtomicU64::new(0) })
    }

    /// A place for one more connection. Waits while the server is full of connections that are of use.
    pub(crate) async fn place(self: &Arc<Self>) -> Place {
        loop {
            if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
                return self.seat(room);
            }
            self.make_room();
            let room = tokio::time::timeout(LOOK_EVERY, Arc::clone(&self.room).acquire_owned()).await;
            // The semaphore is never closed, so this is either room or time to look again.
            if let Ok(Ok(room)) = room {
                return self.seat(room);
            }
        }
    }

    fn seat(self: &Arc<Self>, room: OwnedSemaphorePermit) -> Place {
        let now = Instant::now();
        let work = Work { requests: BTreeMap::new(), streams: 0, next: 0, useful: now };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            id,
            cut: CancellationToken::new(),
            since: now,
            speaks: AtomicBool::new(false),
            work: Mutex::new(work),
        });
        locked(&self.live).insert(id, Arc::clone(&state));
        Place { peers: Arc::clone(self), state, _room: room }
    }

    /// Cuts the connection that was of no use for the longest time, if there is one.
    fn make_room(&self) {
        let live = locked(&self.live);
        let idle = live.values().filter(|state| !state.cut.is_cancelled());
        let idle = idle.filter_map(|state| Some((state.idle_since()?, state)));
        if let Some((since, state)) = idle.min_by_key(|(since, _)| *since)
            && since.elapsed() >= RECENT
        {
            state.cut("the server is full");
        }
    }

    /// Cuts what is too slow, for ever.
    pub(crate) async fn supervise(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let live: Vec<_> = locked(&self.live).values().cloned().collect();
            for state in live {
                state.cut_if_slow(&self.limits);
            }
        }
    }
}

impl Place {
    /// The connection as its requests see it.
    pub(crate) fn peer(&self, certified: Certified) -> Peer {
        Peer { state: Arc::clone(&self.state), certified }
    }

    /// Ends the connection when it is cancelled.
    pub(crate) fn cut(&self) -> CancellationToken {
        self.state.cut.clone()
    }

    /// The peer has begun to speak HTTP.
    pub(crate) fn speaks(&self) {
        self.state.speaks.store(true, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.peers.live).remove(&self.state.id);
    }
}

impl Peer {
    /// A request begins. A stream may take for ever; any other is expected to end, answer and all.
    pub(crate) fn begin(&self, is_stream: bool) -> InWork {
        // The shortest request of HTTP/1.1 is shorter than what HTTP/2 begins with.
        self.state.speaks.store(true, Ordering::Relaxed);
        let mut work = locked(&self.state.work);
        let request = if is_stream {
            work.streams = work.streams.saturating_add(1);
            None
        } else {
            let number = work.next;
            work.next = number.wrapping_add(1);
            work.requests.insert(number, Instant::now());
            Some(number)
        };
        InWork { state: Arc::clone(&self.state), request, is_useful: false }
    }
}

impl InWork {
    /// The caller is one that may call.
    pub(crate) fn is_useful(&mut self) {
        self.is_useful = true;
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let mut work = locked(&self.state.work);
        match self.request {
            Some(number) => drop(work.requests.remove(&number)),
            None => work.streams = work.streams.saturating_sub(1),
        }
        if self.is_useful {
            work.useful = Instant::now();
        }
    }
}

impl State {
    /// Since when the connection is of no use; nothing while it is.
    fn idle_since(&self) -> Option<Instant> {
        let work = locked(&self.work);
        (work.requests.is_empty() && work.streams == 0).then_some(work.useful)
    }

    fn cut_if_slow(&self, limits: &Limits) {
        let is_silent = !self.speaks.load(Ordering::Relaxed) && self.since.elapsed() > limits.handshake;
        let oldest = locked(&self.work).requests.values().next().copied();
        if is_silent {
            self.cut("it does not speak HTTP");
        } else if oldest.is_some_and(|began| began.elapsed() > limits.request + limits.answer) {
            self.cut("an answer was not taken");
        }
    }

    fn cut(&self, reason: &'static str) {
        if !self.cut.is_cancelled() {
            tracing::info!(target: ACCESS, reason, "connection cut");
            self.cut.cancel();
        }
    }
}

/// Whoever panicked with the lock held had changed nothing by halves.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(connections: usize) -> Arc<Peers> {
        Peers::new(Limits { connections, ..Limits::default() })
    }

    fn is_cut(place: &Place) -> bool {
        place.cut().is_cancelled()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_server_cuts_whoever_was_of_no_use_for_the_longest_time() {
        let peers = peers(3);
        let places = [peers.place().await, peers.place().await, peers.place().await];
        let served = |place: &Place, is_useful: bool| {
            let mut request = place.peer(Ok(None)).begin(false);
            if is_useful {
                request.is_useful();
            }
        };
        let _busy = places[0].peer(Ok(None)).begin(true);
        tokio::time::sleep(RECENT).await;
        served(&places[1], true);
        served(&places[2], false);
        let next = tokio::spawn({
            let peers = Arc::clone(&peers);
            async move { peers.place().await }
        });
        places[2].cut().cancelled().await;
        assert!(!is_cut(&places[0]) && !is_cut(&places[1]), "a refused request is of no use");
        let [_busy_place, _served, cut] = places;
        drop(cut);
        next.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_are_of_use_one_more_waits() {
        let peers = peers(1);
        let place = peers.place().await;
        let busy = place.peer(Ok(None)).begin(false);
        assert!(tokio::time::timeout(RECENT * 10, peers.place()).await.is_err());
        assert!(!is_cut(&place));
        drop((busy, place));
        peers.place().await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_silent_and_those_who_do_not_take_their_answers_are_cut_and_nobody_else() {
        let peers = peers(10);
        let limits = peers.limits;
        tokio::spawn(Arc::clone(&peers).supervise());
        let (silent, slow, stream, idle) =
            (peers.place().await, peers.place().await, peers.place().await, peers.place().await);
        for place in [&slow, &stream, &idle] {
            place.speaks();
        }
        let _request = slow.peer(Ok(None)).begin(false);
        let _stream = stream.peer(Ok(None)).begin(true);
        tokio::time::sleep(limits.handshake + LOOK_EVERY * 2).await;
        assert!(is_cut(&silent) && !is_cut(&slow));
        tokio::time::sleep(limits.request + limits.answer).await;
        assert!(is_cut(&slow) && !is_cut(&stream) && !is_cut(&idle));
    }
}

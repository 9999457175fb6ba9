//! How lines of the log get to where they go: whole, in order, and many at once.
//!
//! A busy server writes a line for each request, and a system call for each of them costs as much as reading an item. So the
//! lines of the target [`ACCESS`] wait until others come, as in most web servers, though no longer than [`LONGEST_WAIT`];
//! every other line is written at once, with whatever waits before it. Whoever kills the process loses that much of the
//! access log and nothing else.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// The target of the lines that may wait.
pub(crate) const ACCESS: &str = "access";
/// How long one waits, at most.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// So many bytes wait for no others.
const MANY_BYTES: usize = 32 * 1024;
/// Where nothing can be written and so many bytes wait, all of their lines are lost.
const MOST_BYTES: usize = 256 * 1024;

/// Where the log's lines go.
pub(crate) struct Lines<W>(Arc<Shared<W>>);

struct Shared<W> {
    state: Mutex<State<W>>,
    changed: Condvar,
}

struct State<W> {
    out: W,
    waiting: Vec<u8>,
    /// What waits begins within a line, whose beginning is written.
    is_torn: bool,
    /// No line waits any more.
    is_over: bool,
}

/// Lets lines wait until it is dropped.
#[must_use = "dropping it ends the waiting of lines"]
pub(crate) struct Waiting(Box<dyn Fn() + Send + Sync>);

/// One event's.
pub(crate) struct Line<'a, W> {
    shared: &'a Shared<W>,
    may_wait: bool,
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Starts writing to `out`.
    pub(crate) fn start(out: W) -> io::Result<(Self, Waiting)> {
        let state = State { out, waiting: Vec::new(), is_torn: false, is_over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let (writing, ending) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_until_over())?;
        let end = move || {
            let mut state = ending.state();
            state.is_over = true;
            // What cannot be written cannot be told either: this is the log.
            let _ = state.write();
            ending.changed.notify_all();
        };
        Ok((Self(shared), Waiting(Box::new(end))))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl<W: Write> Shared<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_over(&self) {
        let mut state = self.state();
        while !state.is_over {
            let is_idle = |state: &mut State<W>| state.waiting.is_empty() && !state.is_over;
            state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
            let waited = self.changed.wait_timeout_while(state, LONGEST_WAIT, |state| !state.is_over);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let _ = state.write();
        }
    }
}

impl<W: Write> State<W> {
    /// Writes what waits. What cannot be written now waits on, if it is not too much: then only the end of a line does of which
    /// there is a beginning.
    fn write(&mut self) -> io::Result<()> {
        let mut rest = &*self.waiting;
        let written = loop {
            match self.out.write(rest) {
                Ok(0) if !rest.is_empty() => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if rest.is_empty() {
                break self.out.flush();
            }
        };
        let done = self.waiting.len() - rest.len();
        if let Some(last) = self.waiting.get(..done).and_then(<[u8]>::last) {
            self.is_torn = *last != b'\n';
        }
        if rest.len() >= MOST_BYTES {
            let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
            self.waiting.truncate(if self.is_torn { done + line } else { done });
        }
        self.waiting.drain(..done);
        written
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { shared: &self.0, may_wait: false }
    }

    fn make_writer_for(&'a self, what: &Metadata<'_>) -> Self::Writer {
        Line { shared: &self.0, may_wait: what.target() == ACCESS }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        let is_first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        if !self.may_wait || state.is_over || state.waiting.len() >= MANY_BYTES {
            state.write()?;
        } else if is_first {
            drop(state);
            self.shared.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Instant};

    /// Gives each write to a test.
    struct Told(mpsc::Sender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !bytes.is_empty() {
                self.0.send(bytes.to_vec()).unwrap();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes so many bytes, and then nothing until there is room again.
    struct Full {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.room);
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_lost_whole_and_only_where_many_cannot_be_written() {
        let full = Full { room: 5, taken: Vec::new() };
        let mut state = State { out: full, waiting: Vec::new(), is_torn: false, is_over: false };
        let mut write = |text: &str, room: usize| {
            state.out.room = room;
            state.waiting.extend_from_slice(text.as_bytes());
            let written = state.write().is_ok();
            (written, String::from_utf8(std::mem::take(&mut state.out.taken)).unwrap())
        };
        let many = "lost\n".repeat(MOST_BYTES / 5 + 1);
        let nothing = (false, String::new());
        assert_eq!(write("torn line\n", 5), (false, "torn ".to_owned()));
        assert_eq!(write("waits\n", 0), nothing);
        assert_eq!(write("", 100), (true, "line\nwaits\n".to_owned()));
        assert_eq!(write("torn again\n", 4), (false, "torn".to_owned()));
        assert_eq!(write(&many, 0), nothing);
        assert_eq!(write("after\n", 100), (true, " again\nafter\n".to_owned()));
        assert_eq!(write(&many, 0), nothing);
        assert_eq!(write("last\n", 100), (true, "last\n".to_owned()));
    }

    fn line(lines: &Lines<Told>, may_wait: bool, text: &str) {
        Line { shared: &lines.0, may_wait }.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn lines_that_may_wait_are_written_together_and_in_order() {
        let (told, written) = mpsc::channel();
        let (lines, waiting) = Lines::start(Told(told)).unwrap();
        line(&lines, true, "a\n");
        line(&lines, true, "b\n");
        line(&lines, false, "urgent\n");
        let mut seen = written.recv().unwrap();
        while !seen.ends_with(b"urgent\n") {
            seen.extend(written.recv().unwrap());
        }
        assert_eq!(seen, b"a\nb\nurgent\n");

        let began = Instant::now();
        line(&lines, true, "alone\n");
        assert_eq!(written.recv().unwrap(), b"alone\n");
        assert!(began.elapsed() >= LONGEST_WAIT);

        let long = "x".repeat(MANY_BYTES);
        line(&lines, true, &long);
        assert_eq!(written.try_recv().unwrap(), long.as_bytes(), "many wait for no others");

        line(&lines, true, "last\n");
        drop(waiting);
        assert_eq!(written.recv().unwrap(), b"last\n");
        line(&lines, true, "after\n");
        assert_eq!(written.try_recv().unwrap(), b"after\n", "nobody would write it any more");
    }
}

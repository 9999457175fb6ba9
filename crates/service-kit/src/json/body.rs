//! The body of a request, whole: bounded while it arrives, hashed as it arrived, opened if it was compressed.

use crate::{
    budget::{Budget, Taken},
    refusal::Unserved,
    unproven::Place,
    upload::Upload,
};
use aws_json::{GunzipError, gunzip, is_gzip, is_json, sigv4::BodyHash};
use axum::body::{Body, Bytes};
use http::HeaderMap;
use http_body::Body as _;
use std::{future::poll_fn, pin::Pin};
use tonic::{Code, Status};

/// A body as it was received.
pub(super) struct Received {
    pub(super) hash: BodyHash,
    bytes: Bytes,
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than its protocol allows.
    TooLarge,
    /// There is no memory for it at present.
    NoRoom,
    /// It ended too early, or is not what its head says.
    Broken,
}

impl From<Unread> for super::door::Refused {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::TooLarge,
            Unread::NoRoom => Self::Unserved(Unserved::Overloaded),
            Unread::Broken => super::door::Unreadable::NotJson.into(),
        }
    }
}

impl Received {
    /// Reads it to its end in a place among the unproven, if it is no larger than `limit`, and leaves the place.
    pub(super) async fn in_place(place: &Place, body: Body, limit: usize) -> Result<Self, Unread> {
        let body = Upload::new(body, |bytes| place.take(bytes));
        let received = place.unless_given_up(Self::read(body, limit)).await.unwrap_or(Err(Unread::NoRoom))?;
        if place.leave() { Ok(received) } else { Err(Unread::NoRoom) }
    }

    async fn read<T>(mut body: Upload<T>, limit: usize) -> Result<Self, Unread>
    where
        T: FnMut(usize) -> bool + Unpin,
    {
        let announced = body.size_hint().lower();
        if usize::try_from(announced).map_or(true, |bytes| bytes > limit) {
            return Err(Unread::TooLarge);
        }
        let mut hash = BodyHash::default();
        let mut pieces = Pieces::None;
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let frame = frame.map_err(unread)?;
            // Trailers say nothing here.
            let Ok(piece) = frame.into_data() else { continue };
            if pieces.len().saturating_add(piece.len()) > limit {
                return Err(Unread::TooLarge);
            }
            hash.update(&piece);
            pieces.push(piece);
        }
        Ok(Self { hash, bytes: pieces.into_bytes() })
    }

    /// What arrived, for whom it is passed on to.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Whether it is one JSON text, for all that can be said without opening it.
    pub(super) fn may_be_json(&self, headers: &HeaderMap) -> bool {
        is_gzip(headers) == Ok(true) || is_json(&self.bytes)
    }

    /// What the headers say that is in it, which takes memory from the budget as what arrived did.
    pub(super) fn open(
        self,
        headers: &HeaderMap,
        limit: usize,
        budget: &Budget,
        taken: &Taken,
    ) -> Result<Bytes, Unread> {
        let opened = is_gzip(headers).and_then(|is_compressed| match is_compressed {
            false => Ok(self.bytes),
            true => gunzip(&self.bytes, limit, |bytes| taken.take(bytes, budget)).map(Bytes::from),
        });
        opened.map_err(|error| match error {
            GunzipError::Malformed => Unread::Broken,
            GunzipError::TooLarge => Unread::TooLarge,
            GunzipError::NoRoom => Unread::NoRoom,
        })
    }
}

/// What has arrived. Most bodies come in one piece, which is not copied.
enum Pieces {
    None,
    One(Bytes),
    More(Vec<u8>),
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(piece) => piece.len(),
            Self::More(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, piece: Bytes) {
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(piece),
            Self::One(first) => Self::More([first, piece].concat()),
            Self::More(mut bytes) => {
                bytes.extend_from_slice(&piece);
                Self::More(bytes)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(piece) => piece,
            Self::More(bytes) => bytes.into(),
        }
    }
}

/// `Upload` says with a status whether there is no room, or the request was cut off.
fn unread(error: axum::Error) -> Unread {
    match error.into_inner().downcast::<Status>() {
        Ok(status) if status.code() == Code::ResourceExhausted => Unread::NoRoom,
        _ => Unread::Broken,
    }
}
